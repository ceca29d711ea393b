import { join, relative } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { nodeFiles } from '../effects/files.ts';
import type { DelegationLoop } from '../models/delegation.ts';
import type { Manifest } from '../models/manifest.ts';
import { type AgentDocument, agentFolder, type Workflow } from '../models/workflow.ts';
import type { Files } from '../ports/effects.ts';
import type { WorkflowParts } from './brought.ts';
import { dynamicTools, loopDynamicTools } from './creation-manifest.ts';
import { customToolsOption } from './custom-tools.ts';
import { loopEvaluation } from './graph-plan-evaluation.ts';
import { readGraph } from './graph-plan-folder.ts';
import { graphBudget } from './graph-plan-limits.ts';
import { managerOptions } from './graph-plan-loops.ts';
import { graphSandbox } from './graph-plan-sandbox.ts';
import { type GraphSource, placesOf } from './graph-plan-source.ts';
import { loopOptions } from './loop-options.ts';
import { loopTools, type ToolRuleSources } from './loop-tools.ts';
import type { WorkflowOptions } from './options.ts';
import { validate } from './protocol.ts';
import { workflowSecrets } from './secret-needs.ts';
import { workflowSkills } from './skill-sources.ts';
import { submanagerFolders } from './submanager-agents.ts';
import type { ValidationReport } from './validate.ts';

/** What `new AgentWorkflow` takes for a workflow folder; the task is its description, if it has one. */
export type FolderOptions = Omit<WorkflowOptions, 'task'> & { task?: string };

/** A workflow folder without errors, read. */
export interface WorkflowFolder {
  workflow: Workflow;
  /** Name of the workflow. */
  name: string;
  engine: 'dag' | 'delegation_loop';
  /** Warnings and infos. */
  diagnostics: readonly Diagnostic[];
  /** Its graph with all files read; undefined for a delegation loop. */
  graph: GraphSource | undefined;
  /**
   * The options that it sets, without inputs, which come from who runs it. Throws
   * `spec/unsupported` for what this release cannot run, `spec/invalid` for wrong hosts.
   */
  options(): FolderOptions;
}

/**
 * Reads and validates a workflow folder, or its `workflow.awp.yaml`, with its sub-workflows. Throws
 * `spec/no-workflow`, `spec/recursive-workflow`, and `spec/invalid` with the diagnostics when there
 * are errors.
 */
export async function openWorkflow(
  path: string,
  files: Files = nodeFiles(),
): Promise<WorkflowFolder> {
  const { report, manifest } = sound(await validate(path, { files }));
  const { workflow, diagnostics, folder } = report;
  const engine = manifest.orchestration?.engine ?? 'dag';
  const open = async (sub: string) => {
    // Those of a whole folder were looked at with it; those of a single file were not.
    const { report: found, manifest: inner } = sound(await alone(sub, files), folder);
    return { workflow: found.workflow, folder: found.folder, manifest: inner };
  };
  const graph =
    engine === 'dag' ? await readGraph({ workflow, folder, manifest }, { files, open }) : undefined;
  return {
    workflow,
    name: manifest.workflow.name,
    engine,
    diagnostics,
    graph,
    options: () =>
      graph ? graphOptions(graph, workflow) : optionsOfLoop(folder, workflow, manifest),
  };
}

/** A workflow held against the standard without its sub-workflows. Throws `spec/no-workflow`. */
async function alone(path: string, files: Files): Promise<ValidationReport> {
  const [{ reportOn }, { readWorkflow }] = await Promise.all([
    import('./validate.ts'),
    import('./read-workflow.ts'),
  ]);
  return reportOn(await readWorkflow(path, files));
}

/** A report without errors. Throws `spec/invalid` and the like; files are named from `root`. */
function sound(
  report: ValidationReport,
  root = report.folder,
): { report: ValidationReport; manifest: Manifest } {
  const manifest = report.workflow.manifest?.value;
  if (!report.ok || !manifest) throw invalid(report, root);
  return { report, manifest };
}

const CODES: Readonly<Record<string, `spec/${string}`>> = {
  S10: 'spec/no-workflow',
  S18: 'spec/recursive-workflow',
};

/** The first error as the message, all of them in the diagnostics. */
function invalid(report: ValidationReport, root: string): AwpError {
  const { diagnostics, errors, sources, folder } = report;
  const wrong = diagnostics.filter(({ severity }) => severity === 'error');
  // What follows from unreadable text is told after it.
  const first = wrong.find(({ rule }) => /^[YS]\d/.test(rule) && rule !== 'S2') ?? wrong[0];
  const code = CODES[first?.rule ?? ''] ?? 'spec/invalid';
  const more = errors > 1 ? ` (and ${errors - 1} more)` : '';
  const { line, column } = first?.range.start ?? {};
  const file = join(relative(root, folder), first?.file ?? '').replaceAll('\\', '/');
  const place = `${file}:${line}:${column}`;
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

/** Options of a graph: its limits, box and rules; its nodes and agents are in `graph`. */
function graphOptions(graph: GraphSource, workflow: Workflow): FolderOptions {
  const { manifest, folder = '' } = graph;
  const { name, description } = manifest.workflow;
  if ((manifest.orchestration?.graph ?? []).length === 0) {
    throw new AwpError('spec/invalid', `there is nothing to run in the workflow ${name}: no node`, {
      hint: 'add a node to orchestration.graph, or engine: delegation_loop',
    });
  }
  const { options: sandbox } = graphSandbox(graph);
  const making = dynamicTools(manifest);
  return {
    name,
    ...(description !== undefined && { task: description }),
    graph,
    budget: graphBudget(graph),
    ...(sandbox && { sandbox }),
    ...(making && { dynamicTools: making }),
    ...loopTools({
      security: manifest.security,
      approvals: approvalsIn(graph),
    }),
    workflow: partsOf(folder, manifest, { manager: undefined, graph }),
    workflowHash: hashOf(workflow, graph),
  };
}

/** What a person must allow in some part of a run must be allowed in all of it. */
function approvalsIn({ manifest, subworkflows }: GraphSource): ToolRuleSources['approvals'] {
  const own = manifest.safety_envelope?.approvals ?? [];
  const inner = [...subworkflows.values()].flatMap((sub) => approvalsIn(sub) ?? []);
  return [...new Set([...own, ...inner])];
}

/** Own tools, secrets and skills; those of sub-workflows come with their own folders. */
function partsOf(
  folder: string,
  manifest: Manifest,
  { manager, graph }: { manager: AgentDocument | undefined; graph?: GraphSource },
): WorkflowParts {
  const subs = [...(graph?.subworkflows.values() ?? [])].flatMap((sub) =>
    sub.folder === undefined
      ? []
      : [partsOf(sub.folder, sub.manifest, { manager: undefined, graph: sub })],
  );
  return {
    folder,
    customTools: customToolsOption(folder, manifest.capabilities?.custom_tools),
    secrets: workflowSecrets(manifest),
    skills: workflowSkills(folder, manager),
    ...(subs.length > 0 && { subworkflows: subs }),
  };
}

function optionsOfLoop(folder: string, workflow: Workflow, manifest: Manifest): FolderOptions {
  const { name, description } = manifest.workflow;
  const { delegation_loop: loop } = manifest.orchestration ?? {};
  const manager = managerOf(loop, workflow);
  const fromLoop = loopOptions(loop, {
    envelope: manifest.safety_envelope ?? loop?.safety_envelope,
    box: manager?.value?.capabilities?.sandbox ?? manifest.sandbox,
  });
  const making = loopDynamicTools(manifest, loop);
  const evaluation = loopEvaluation({ manifest, placeOf: placesOf(workflow.manifest?.tree) });
  return {
    name,
    ...(description !== undefined && { task: description }),
    ...(evaluation && { evaluation }),
    ...fromLoop,
    ...(making && { dynamicTools: making }),
    ...(manager?.value &&
      managerOptions({ value: manager.value, system: manager.systemPrompt }, fromLoop)),
    ...submanagerFolders(foldersOf(workflow), manager?.folder),
    ...loopTools({
      security: manifest.security,
      approvals: (manifest.safety_envelope ?? loop?.safety_envelope)?.approvals,
    }),
    workflow: partsOf(folder, manifest, { manager }),
    workflowHash: hashOf(workflow),
  };
}

function foldersOf({ agents }: Workflow): Parameters<typeof submanagerFolders>[0] {
  return [...agents.values()].flatMap(({ folder, value, systemPrompt: system }) =>
    value ? [{ folder, value, system }] : [],
  );
}

/** The manager's own file, unless the built-in manager leads (R8). */
function managerOf(
  loop: DelegationLoop | undefined,
  { agents }: Workflow,
): AgentDocument | undefined {
  return loop?.manager ? agents.get(agentFolder(loop.manager)) : undefined;
}

/** SHA-256 over all that was read of the workflow, for the log. */
function hashOf({ manifest, agents, texts }: Workflow, graph?: GraphSource): string {
  const read = [
    manifest?.source,
    ...[...agents.values()].map(({ source }) => source),
    ...texts.values(),
  ].flatMap((source) => (source ? [source.path, source.text] : []));
  return sha256([...read, ...(graph ? hashesOf(graph) : [])].join('\0'));
}

/** Agents have more files than the parser reads, and sub-workflows have files of their own. */
function hashesOf({ agents, subworkflows, manifest }: GraphSource): string[] {
  const own = [...agents.values()].map(({ hash }) => hash);
  const subs = [...subworkflows.values()].flatMap((sub) => [
    JSON.stringify(sub.manifest),
    ...hashesOf(sub),
  ]);
  return [...own, manifest.workflow.name, ...subs];
}
