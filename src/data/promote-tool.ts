import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { fileSafe, pathProblem } from '../base/paths.ts';
import { namespaceOf, TOOL_NAME } from '../base/tool-names.ts';
import { sandboxes, tools as shipped, toolsmith } from '../builtins.ts';
import type { CreatedTool } from '../events/creation.ts';
import { keptToolText, PROMOTED_FOLDER } from '../events/kept-tool.ts';
import type { Plan } from '../events/plan.ts';
import { emptyState } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Effects } from '../ports/effects.ts';
import { checkKeptTool } from '../runtime/creation/kept-check.ts';
import { loadState } from '../runtime/load-state.ts';
import { unknownTool, workflowRoot } from './kept-tools.ts';
import { effectsWith } from './node-host.ts';
import type { WorkflowOptions } from './options.ts';
import { openPlace } from './run-place.ts';

/** Where the run is kept, and where its tool goes. */
export interface PromoteToolOptions extends Pick<WorkflowOptions, 'store' | 'home'> {
  /** Folder of the workflow that gets it. Default: that of the run's workflow. */
  to?: string;
  /** Whether a tool of the same name that is there is replaced. Default false. */
  force?: boolean;
  /** Gives up. */
  signal?: AbortSignal;
}

/** A tool that a person took over from a run. */
export interface PromotedTool {
  name: string;
  /** The run that it was made in, and by which agent. */
  run: string;
  creator: string;
  /** SHA-256 of name, code and schema. */
  hash: string;
  /** Absolute path of its file. */
  file: string;
}

/**
 * Puts a tool that an agent made in a run, or that was only proposed, into `workspace/dynamic_tools/` of
 * a workflow, where later runs find it. To be called for a person who has read its source. It is
 * checked again as a whole, in a box, before it is written. `id` is any unique beginning of the run's
 * id. Throws `store/...`, `tool/unknown`, `tool/refused`, `usage/missing-option` without a workflow,
 * `spec/no-workflow`, `usage/exists`, `usage/not-writable`, `sandbox/...`.
 */
export async function promoteTool(
  id: string,
  name: string,
  options: PromoteToolOptions = {},
): Promise<PromotedTool> {
  const effects = effectsWith({});
  const { to, force = false, signal = new AbortController().signal } = options;
  const { store, close } = await openPlace(options, effects);
  try {
    const state = await loadState(store, (await store.find(id)).run);
    const promotion = await promotionOf(state, name, { effects, to });
    return await promote(promotion, { effects, force, signal });
  } finally {
    await close();
  }
}

/** A tool of a run that a person wants to have in a project. */
export interface Promotion {
  run: string;
  plan: Plan;
  tool: CreatedTool;
  /** Folder of the workflow, absolute. */
  folder: string;
  /** The file that it is written to. */
  path: string;
}

/** Finds what is to be promoted, and where to. Throws as `promoteTool` does. */
export async function promotionOf(
  state: RunState,
  name: string,
  { to, effects }: { to: string | undefined; effects: Effects },
): Promise<Promotion> {
  const { plan, creation, run } = state;
  const tool = creation?.tools.get(name) ?? proposedTool(state, name, effects.clock.now());
  if (!plan || !tool) {
    const names = [...(creation?.tools.keys() ?? []), ...(creation?.proposals.keys() ?? [])];
    throw unknownTool(name, names, `awp tools list ${run} shows what the run has`);
  }
  const { files } = effects;
  const named = to ?? plan.brought?.workflow;
  const folder = named && (await workflowRoot(named, { files, cwd: process.cwd() }));
  if (!folder) {
    throw new AwpError('usage/missing-option', `the run ${run} is not of a workflow folder`, {
      hint: 'say where the tool is to go: --to DIR (to: DIR)',
    });
  }
  return { run, plan, tool, folder, path: join(folder, PROMOTED_FOLDER, `${fileSafe(name)}.json`) };
}

function proposedTool({ creation }: RunState, name: string, now: number): CreatedTool | undefined {
  const proposal = creation?.proposals.get(name);
  if (!proposal) return undefined;
  const { shape: _, workers, ...draft } = proposal;
  return {
    ...draft,
    namespace: namespaceOf(draft.name),
    hash: toolsmith.hashOf(draft),
    creator: workers.join(', '),
    origin: 'agent',
    createdAt: new Date(now).toISOString(),
    repairs: 0,
  };
}

/** How a promotion is written. */
export interface WriteOptions {
  effects: Effects;
  /** Replaces a file that is there. */
  force: boolean;
  signal: AbortSignal;
}

/**
 * Checks the tool once more, all of it and in a box, and writes its file: all or nothing. Throws
 * `tool/refused` with what is wrong, `usage/exists`, `usage/not-writable`, `sandbox/...`.
 */
export async function promote(promotion: Promotion, options: WriteOptions): Promise<PromotedTool> {
  await checkTarget(promotion, options);
  await checkTool(promotion, options);
  const { tool, run, path, folder } = promotion;
  const { files } = options.effects;
  try {
    await files.makeFolder(join(folder, PROMOTED_FOLDER));
    await files.write(path, keptToolText(tool, run));
  } catch (cause) {
    throw new AwpError('usage/not-writable', `${path} cannot be written`, {
      cause,
      hint: 'choose a folder that you may write to: --to DIR',
    });
  }
  return { name: tool.name, run, creator: tool.creator, hash: tool.hash, file: path };
}

/** What is in the way of the file. Throws `usage/exists`, `usage/not-writable`. */
export async function checkTarget(
  { folder, path, tool }: Promotion,
  { effects: { files }, force }: Pick<WriteOptions, 'effects' | 'force'>,
): Promise<void> {
  const wrong = TOOL_NAME.test(tool.name) ? pathProblem(`${tool.name}.json`) : 'it is no name';
  if (wrong !== undefined) throw blocked(path, wrong);
  let above = folder;
  for (const part of PROMOTED_FOLDER.split('/')) {
    above = join(above, part);
    const kind = (await files.info(above))?.kind;
    // A link could lead anywhere.
    if (kind !== undefined && kind !== 'folder') throw blocked(above, `it is a ${kind}`);
  }
  const kind = (await files.info(path))?.kind;
  if (kind === undefined) return;
  if (kind !== 'file') throw blocked(path, `it is a ${kind}`);
  if (force) return;
  throw new AwpError('usage/exists', `${path} is there`, {
    hint: 'give --force to replace it; awp tools show tells what it is',
  });
}

function blocked(path: string, why: string): AwpError {
  return new AwpError('usage/not-writable', `${path} cannot be written: ${why}`, {
    hint: 'put a real folder there, or choose another one: --to DIR',
  });
}

async function checkTool({ plan, tool }: Promotion, options: WriteOptions): Promise<void> {
  const { effects, signal } = options;
  const { creation } = plan;
  if (!creation) throw refused(tool.name, 'the run allowed no tools', 'run it again');
  const sandbox = await sandboxes(effects)(plan.sandbox);
  try {
    const { problem } = await checkKeptTool(
      {
        ...{ toolsmith, effects, plan, creation, sandbox, signal },
        state: emptyState(''),
        others: [...shipped.keys(), ...(plan.brought?.tools ?? [])],
        // Whether a secret is granted is asked again when a run begins with the tool.
        secrets: new Set(tool.secrets),
      },
      tool,
      tool.hash,
    );
    if (problem) throw refused(tool.name, problem.error, problem.hint);
  } finally {
    await sandbox.close();
  }
}

function refused(name: string, error: string, hint: string): AwpError {
  return new AwpError('tool/refused', `${name} is no tool any more: ${error}`, { hint });
}
