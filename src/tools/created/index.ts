import type { Toolsmith } from '../../ports/toolsmith.ts';
import { staticChecks } from './checks/index.ts';
import { createdTool } from './created-tool.ts';
import { dryRun } from './dry-run.ts';
import { draftHash } from './hash.ts';
import { trialPolicy } from './place.ts';

/** The toolsmith that ships. */
export const toolsmith: Toolsmith = {
  checks: [...staticChecks, dryRun],
  hashOf: draftHash,
  trialPolicy,
  tool: createdTool,
};
