import { basename, dirname, join, relative, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { pathProblem } from '../base/paths.ts';
import { nodeFiles } from '../effects/files.ts';
import type { DelegationLoop, ManagerAgent } from '../parser/delegation-workflow.ts';
import type { Files } from '../ports/effects.ts';
import type { WorkflowOptions } from './options.ts';

/** Options that a workflow folder sets; the task and the inputs come from who runs it. */
export interface LoadedWorkflow {
  options: Omit<WorkflowOptions, 'task'> & { task?: string };
  /** Fields of the file that this release does not act on. */
  unused: readonly string[];
}

/**
 * Reads a workflow folder, or its `workflow.awp.yaml`, with `engine: delegation_loop`: manager
 * folder, models, budgets and worker policy (spec, surfaces 7.4). Throws `spec/no-workflow`,
 * `spec/unreadable`, `spec/too-big`, `spec/invalid`, `spec/unsupported`.
 */
export async function loadWorkflow(
  path: string,
  files: Files = nodeFiles(),
): Promise<LoadedWorkflow> {
  const { readManifest, unusedFields } = await import('../parser/delegation-workflow.ts');
  const { folder, file } = await findManifest(path, files);
  const text = await readText(file, files);
  const workflow = readManifest(await yamlOf(text, file), shown(file));
  const manager = await readManager(folder, workflow.loop.manager, files);
  return {
    options: {
      name: workflow.name,
      ...(workflow.description !== undefined && { task: workflow.description }),
      ...loopOptions(workflow.loop),
      ...manager.options,
      workflowHash: sha256([text, ...manager.texts].join('\0')),
    },
    unused: unusedFields(workflow.loop),
  };
}

function loopOptions(loop: DelegationLoop): Omit<WorkflowOptions, 'task'> {
  const { models, budget, worker_policy: policy, termination, history } = loop;
  const sandbox = policy?.enforced?.sandbox;
  const limits = {
    loops: budget?.max_loops,
    workers: budget?.max_total_workers,
    tokens: budget?.max_total_tokens,
    time:
      typeof budget?.max_wall_time === 'number'
        ? budget.max_wall_time * 1000
        : budget?.max_wall_time,
    tools: budget?.max_tool_calls,
    depth: budget?.max_depth,
    cost: budget?.max_cost_usd,
    parallel: budget?.max_parallel_workers,
  };
  return defined({
    managerModel: models?.manager ?? undefined,
    workerModel: models?.worker ?? undefined,
    budget: defined(limits),
    forbiddenTools: policy?.enforced?.forbidden_tools,
    managerControls: policy?.manager_controlled,
    sandbox:
      sandbox &&
      defined({
        minimum: sandbox.type === 'none' ? ('none' as const) : undefined,
        memoryMb: sandbox.max_memory_mb,
        cpuSeconds: sandbox.max_cpu_seconds,
      }),
    stall: termination && defined({ enabled: termination.enabled, window: termination.window }),
    fullTurns: history?.full_results_window,
  });
}

/** The same object without the fields that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> };
}

async function findManifest(path: string, files: Files): Promise<{ folder: string; file: string }> {
  const full = resolve(path);
  const info = await files.info(full);
  const file = info?.kind === 'file' ? full : join(full, 'workflow.awp.yaml');
  if ((await files.info(file))?.kind === 'file') return { folder: dirname(file), file };
  throw new AwpError('spec/no-workflow', `there is no workflow.awp.yaml in ${path}`, {
    hint: 'name a folder with a workflow, or run a task without one: awp run -t "..."',
  });
}

interface Manager {
  options: Omit<WorkflowOptions, 'task'>;
  texts: readonly string[];
}

/** A folder that is not there means the built-in manager (rule R8). */
async function readManager(
  folder: string,
  name: string | undefined,
  files: Files,
): Promise<Manager> {
  if (name === undefined || name === '') return { options: {}, texts: [] };
  const { readManagerAgent } = await import('../parser/delegation-workflow.ts');
  const home = inside(folder, name.includes('/') ? name : `agents/${name}`);
  const file = join(home, 'agent.awp.yaml');
  if (!(await files.info(file))) return { options: {}, texts: [] };
  const text = await readText(file, files);
  const agent = readManagerAgent(await yamlOf(text, file), shown(file));
  const prompt = await systemPrompt(home, agent, files);
  const { name: model, parameters } = agent.model ?? {};
  return {
    texts: [text, prompt ?? ''],
    options: defined({
      managerInstructions: prompt,
      managerModel: model === '' ? undefined : model,
      managerTemperature: parameters?.temperature,
      managerMaxOutputTokens: parameters?.max_tokens ?? undefined,
    }),
  };
}

/** `prompt.system` is a file of the agent's folder, or the text itself. */
async function systemPrompt(
  home: string,
  { prompt }: ManagerAgent,
  files: Files,
): Promise<string | undefined> {
  const system = prompt?.system;
  if (system === undefined) return undefined;
  if (system.includes('\n') || pathProblem(system) !== undefined) return system;
  const file = join(home, system);
  if ((await files.info(file))?.kind === 'file') return readText(file, files);
  if (/\.(md|txt)$/i.test(system)) {
    throw new AwpError(
      'spec/unreadable',
      `prompt.system names ${system}, which is not in ${shown(home)}`,
    );
  }
  return system;
}

function inside(folder: string, path: string): string {
  const problem = pathProblem(path);
  if (problem) throw new AwpError('spec/invalid', `delegation_loop.manager: ${problem}`);
  return join(folder, path);
}

async function readText(file: string, files: Files): Promise<string> {
  try {
    return await files.readText(file);
  } catch (error) {
    throw new AwpError('spec/unreadable', `${shown(file)} cannot be read`, { cause: error });
  }
}

async function yamlOf(text: string, file: string): Promise<unknown> {
  const { readYaml } = await import('../parser/read-yaml.ts');
  return readYaml(text, shown(file));
}

/** A path as people like to read it: short, when it is below the working directory. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? basename(path) : short.startsWith('..') ? path : short;
}
