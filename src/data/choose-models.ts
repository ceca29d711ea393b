import { AwpError } from '../base/errors.ts';
import { type ModelSettings, mainModel, type Plan } from '../events/plan.ts';
import type { Secrets } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import { defaultModel } from '../providers/resolve.ts';
import type { TapeRoles } from '../providers/tape-format.ts';
import { modelOptions } from './model-options.ts';
import type { WorkflowOptions } from './options.ts';

const ROLES = ['manager', 'worker'] as const;

/**
 * The models of both roles, with those behind them: as the options say, else as a tape has them, else
 * `LLM_MODEL`. Throws `model/none`.
 */
export function chooseModels(
  options: WorkflowOptions,
  secrets: Secrets,
  taped: TapeRoles | undefined,
): TapeRoles {
  const { model, managerModel, workerModel, fallbackModels } = options;
  const base = nameOf(model) ?? (taped ? undefined : defaultModel(secrets));
  const manager = nameOf(managerModel) ?? base ?? taped?.manager ?? nameOf(workerModel);
  const worker = nameOf(workerModel) ?? base ?? taped?.worker ?? manager;
  if (manager === undefined || worker === undefined) {
    throw new AwpError('model/none', 'no model was named', {
      hint: 'name one (-m ollama/qwen3, -m openrouter/...), set LLM_MODEL, or try -m demo, which needs no key',
    });
  }
  const isNamed = [model, managerModel, workerModel, fallbackModels].some(Boolean);
  const given = {
    manager: modelOptions(options, 'manager').fallback ?? [],
    worker: modelOptions(options, 'worker').fallback ?? [],
  };
  return rolesOf(manager, worker, isNamed ? given : (taped?.fallback ?? given));
}

/** The same of a run that was begun; in a graph each agent has its own, and the first stands for all. */
export function modelsOfPlan(plan: Plan): TapeRoles {
  const { manager, worker } = plan;
  const main = mainModel(plan);
  if (!manager || !worker) return { manager: main, worker: main };
  const behind = ({ fallback = [] }: ModelSettings): readonly string[] => fallback;
  const fallback = { manager: behind(manager), worker: behind(worker) };
  return rolesOf(manager.model, worker.model, fallback);
}

function rolesOf(
  manager: string,
  worker: string,
  fallback: NonNullable<TapeRoles['fallback']>,
): TapeRoles {
  const some = ROLES.some((role) => fallback[role].length > 0);
  return { manager, worker, ...(some && { fallback }) };
}

/**
 * Whether no real model is asked unless another one fails: of each agent, the first that can be asked
 * follows rules or a script. Throws `model/...` when none of an agent can be asked.
 */
export function beginsSimulated(
  host: Host,
  agents: readonly Pick<ModelSettings, 'model' | 'fallback'>[],
): boolean {
  const firsts = agents.map(({ model, fallback = [] }) =>
    firstSimulated(host, [model, ...fallback]),
  );
  return firsts.every(Boolean);
}

function firstSimulated(host: Host, names: readonly string[]): boolean {
  let failure: AwpError | undefined;
  for (const name of names) {
    try {
      return host.models(name).simulated;
    } catch (error) {
      if (!(error instanceof AwpError && error.family === 'model')) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new AwpError('internal/bug', 'an agent has no model');
}

/** The model string of a model. */
export function nameOf(model: string | ModelProvider | undefined): string | undefined {
  return typeof model === 'object' ? model.name : model;
}
