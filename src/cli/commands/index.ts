import type { Command } from '../command.ts';
import { complianceCommand } from './compliance.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { evalCommand } from './eval.ts';
import { explainCommand } from './explain.ts';
import { identityCardCommand } from './identity-card.ts';
import { initCommand } from './init.ts';
import { mcpCommand } from './mcp.ts';
import { modelsCommand } from './models.ts';
import { modelsTestCommand } from './models-test.ts';
import { packCommand } from './pack.ts';
import { runCommand } from './run.ts';
import { runsApproveCommand } from './runs-approve.ts';
import { runsExportCommand } from './runs-export.ts';
import { runsForkCommand } from './runs-fork.ts';
import { runsListCommand } from './runs-list.ts';
import { runsRejectCommand } from './runs-reject.ts';
import { runsReportCommand } from './runs-report.ts';
import { runsShowCommand } from './runs-show.ts';
import { sandboxListCommand } from './sandbox-list.ts';
import { sandboxRunCommand } from './sandbox-run.ts';
import { sandboxSelftestCommand } from './sandbox-selftest.ts';
import { schemaCommand } from './schema.ts';
import { secretsListCommand } from './secrets-list.ts';
import { secretsRmCommand } from './secrets-rm.ts';
import { secretsSetCommand } from './secrets-set.ts';
import { skillsListCommand } from './skills-list.ts';
import { skillsPromoteCommand } from './skills-promote.ts';
import { skillsShowCommand } from './skills-show.ts';
import { toolsListCommand } from './tools-list.ts';
import { toolsPromoteCommand } from './tools-promote.ts';
import { toolsRmCommand } from './tools-rm.ts';
import { toolsShowCommand } from './tools-show.ts';
import { unpackCommand } from './unpack.ts';
import { validateCommand } from './validate.ts';
import { verifyCommand } from './verify.ts';
import { visualizeCommand } from './visualize.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  doctorCommand,
  initCommand,
  modelsCommand,
  modelsTestCommand,
  runCommand,
  evalCommand,
  validateCommand,
  complianceCommand,
  explainCommand,
  visualizeCommand,
  identityCardCommand,
  schemaCommand,
  packCommand,
  unpackCommand,
  verifyCommand,
  runsListCommand,
  runsShowCommand,
  runsReportCommand,
  runsApproveCommand,
  runsRejectCommand,
  runsForkCommand,
  runsExportCommand,
  skillsListCommand,
  skillsShowCommand,
  skillsPromoteCommand,
  mcpCommand,
  sandboxListCommand,
  sandboxRunCommand,
  sandboxSelftestCommand,
  toolsListCommand,
  toolsShowCommand,
  toolsPromoteCommand,
  toolsRmCommand,
  secretsListCommand,
  secretsSetCommand,
  secretsRmCommand,
];
