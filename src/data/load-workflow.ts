import type { Diagnostic } from '../base/diagnostic.ts';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { nodeFiles } from '../effects/files.ts';
import type { DelegationLoop } from '../models/delegation.ts';
import type { Manifest } from '../models/manifest.ts';
import { type AgentDocument, agentFolder, type Workflow } from '../models/workflow.ts';
import type { Files } from '../ports/effects.ts';
import { customToolsOption } from './custom-tools.ts';
import { loopOptions } from './loop-options.ts';
import { loopTools } from './loop-tools.ts';
import type { WorkflowOptions } from './options.ts';
import { validate } from './protocol.ts';
import { workflowSecrets } from './secret-needs.ts';
import { workflowSkills } from './skill-sources.ts';
import type { ValidationReport } from './validate.ts';

/** A workflow folder without errors. */
export interface LoadedWorkflow {
  workflow: Workflow;
  /** Name of the workflow. */
  name: string;
  engine: 'dag' | 'delegation_loop';
  /** Warnings and infos. */
  diagnostics: readonly Diagnostic[];
  /**
   * What `new AgentWorkflow` takes for it, without task and inputs, which come from who runs it.
   * Throws `spec/unsupported` for what this release cannot run, `spec/invalid` for wrong hosts.
   */
  options(): Omit<WorkflowOptions, 'task'> & { task?: string };
}

/**
 * Reads and validates a workflow folder, or its `workflow.awp.yaml` (surfaces 7). Throws
 * `spec/no-workflow`, and `spec/invalid` with the diagnostics when there are errors.
 */
export async function loadWorkflow(
  path: string,
  files: Files = nodeFiles(),
): Promise<LoadedWorkflow> {
  const report = await validate(path, { files });
  const manifest = report.workflow.manifest?.value;
  if (!report.ok || !manifest) throw invalid(report);
  const { workflow, diagnostics, folder } = report;
  return {
    workflow,
    name: manifest.workflow.name,
    engine: manifest.orchestration?.engine ?? 'dag',
    diagnostics,
    options: () => optionsOf(folder, workflow, manifest),
  };
}

/** The first error as the message, all of them in the diagnostics. */
function invalid({ diagnostics, errors, sources, folder }: ValidationReport): AwpError {
  const wrong = diagnostics.filter(({ severity }) => severity === 'error');
  // What follows from unreadable text is told after it.
  const first = wrong.find(({ rule }) => /^[YS]\d/.test(rule) && rule !== 'S2') ?? wrong[0];
  const code = first?.rule === 'S10' ? 'spec/no-workflow' : 'spec/invalid';
  const more = errors > 1 ? ` (and ${errors - 1} more)` : '';
  const place = first && `${first.file}:${first.range.start.line}:${first.range.start.column}`;
  return new AwpError(code, first ? `${place}: ${said(first)}${more}` : 'there is no manifest', {
    hint: first
      ? `${first.help}; awp validate shows all`
      : 'name a folder with a workflow.awp.yaml',
    findings: { diagnostics, sources, folder },
  });
}

function said({ path, message }: Diagnostic): string {
  return path === '' ? message : `${path}: ${message}`;
}

function optionsOf(
  folder: string,
  workflow: Workflow,
  manifest: Manifest,
): Omit<WorkflowOptions, 'task'> & { task?: string } {
  const { name, description } = manifest.workflow;
  const { engine = 'dag', delegation_loop: loop } = manifest.orchestration ?? {};
  if (engine === 'dag') {
    throw new AwpError('spec/unsupported', 'only engine: delegation_loop can be run so far', {
      hint: 'the DAG engine follows in a later release; awp validate and awp visualize work',
    });
  }
  const manager = managerOf(loop, workflow);
  const fromLoop = loopOptions(loop, {
    envelope: manifest.safety_envelope ?? loop?.safety_envelope,
    box: manager?.value?.capabilities?.sandbox ?? manifest.sandbox,
  });
  return {
    name,
    ...(description !== undefined && { task: description }),
    ...fromLoop,
    ...managerOptions(manager, fromLoop),
    ...loopTools({
      security: manifest.security,
      approvals: (manifest.safety_envelope ?? loop?.safety_envelope)?.approvals,
    }),
    workflow: {
      folder,
      customTools: customToolsOption(folder, manifest.capabilities?.custom_tools),
      secrets: workflowSecrets(manifest),
      skills: workflowSkills(folder, manager),
    },
    workflowHash: hashOf(workflow),
  };
}

/** The manager's own file, unless the built-in manager leads (R8). */
function managerOf(
  loop: DelegationLoop | undefined,
  { agents }: Workflow,
): AgentDocument | undefined {
  return loop?.manager ? agents.get(agentFolder(loop.manager)) : undefined;
}

function managerOptions(
  manager: AgentDocument | undefined,
  { managerModel: inLoop, fallbackModels }: ReturnType<typeof loopOptions>,
): Partial<WorkflowOptions> {
  const { name = '', parameters, fallback = [], reasoning } = manager?.value?.model ?? {};
  const prompt = manager?.systemPrompt;
  const isFirst = name !== '' || inLoop === undefined;
  return {
    // Who names the first model names those behind it, too.
    ...(isFirst &&
      (fallback.length > 0 || fallbackModels) && {
        fallbackModels: { ...fallbackModels, manager: fallback },
      }),
    ...(reasoning?.enabled && {
      reasoning: { manager: reasoning.effort },
      mustReason: reasoning.force,
    }),
    ...(prompt !== undefined && { managerInstructions: prompt }),
    ...(name !== '' && { managerModel: name }),
    ...(parameters && { managerTemperature: parameters.temperature }),
    ...(parameters?.max_tokens != null && { managerMaxOutputTokens: parameters.max_tokens }),
  };
}

/** SHA-256 over all that was read of the workflow, for the log. */
function hashOf({ manifest, agents, texts }: Workflow): string {
  const read = [
    manifest?.source,
    ...[...agents.values()].map(({ source }) => source),
    ...texts.values(),
  ].flatMap((source) => (source ? [source.path, source.text] : []));
  return sha256(read.join('\0'));
}
