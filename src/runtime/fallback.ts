import { AwpError } from '../base/errors.ts';
import type { ModelSettings, Plan } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import {
  ModelError,
  NO_USAGE,
  type ResolvedModel,
  type ResolveModel,
} from '../ports/model-provider.ts';
import type { Tool } from '../ports/tool.ts';
import { modelsInOrder } from './engines/next-model.ts';
import { isGranted } from './grants.ts';
import { type Asker, askerId, askers } from './plan-parts.ts';

/**
 * What stands behind each model string, for everybody who asks models, by the id of `askers`. A model
 * may do for one and not for the other.
 */
export type RoleModels = ReadonlyMap<string, ReadonlyMap<string, ResolvedModel>>;

/** Resolves the models of a role, and says what would keep one of them from being asked. */
export interface Roles {
  resolve: ResolveModel;
  /** The error that a model of this role would end with, whatever it is asked; undefined if none. */
  objection(model: ResolvedModel, name: string, settings: ModelSettings): AwpError | undefined;
}

/**
 * The models of a plan, by their string. One that cannot be asked is an error at once, unless
 * another one stands behind it, or code might never ask it: then it fails when it is asked, so that
 * the log tells of it.
 */
export function resolveRoles(plan: Plan, roles: Roles): RoleModels {
  return new Map(askers(plan).map((asker) => [asker.id, resolveRole(asker, roles)]));
}

function resolveRole(
  { settings, isCode, isIdle }: Asker,
  roles: Roles,
): ReadonlyMap<string, ResolvedModel> {
  const names = modelsInOrder(settings).filter((name) => name !== '');
  const found = names.map((name) => [name, askable(name, settings, roles)] as const);
  const [[, first] = []] = found;
  const none = first instanceof AwpError && found.every(([, one]) => one instanceof AwpError);
  if (none && !isCode && !isIdle) throw first;
  return new Map(
    found.map(([name, one]) => [name, one instanceof AwpError ? unaskable(name, one) : one]),
  );
}

/** Says in a question that a real model answers it, where the run began with simulated ones. */
export function realMark(
  { plan }: { plan: Plan },
  model: ResolvedModel | undefined,
): { real?: true } {
  return plan.simulated && model?.simulated === false ? { real: true } : {};
}

/** What stands behind a model string for the agent that asks. */
export function modelFor(
  { models }: { models: RoleModels },
  frame: Pick<Frame, 'role' | 'agentKey'> & Partial<Pick<Frame, 'managerKey'>>,
  name: string,
): ResolvedModel | undefined {
  return models.get(askerId(frame))?.get(name);
}

function askable(
  name: string,
  settings: ModelSettings,
  { resolve, objection }: Roles,
): ResolvedModel | AwpError {
  try {
    const model = resolve(name);
    return objection(model, name, settings) ?? model;
  } catch (error) {
    if (error instanceof AwpError && error.family === 'model') return error;
    throw error;
  }
}

/** A model that fails when it is asked. No service hears of it, so it does not count as a real one. */
function unaskable(name: string, { code, message, hint }: AwpError): ResolvedModel {
  const failure = new ModelError(code as `model/${string}`, message, {
    ...(hint !== undefined && { hint }),
    usage: NO_USAGE,
  });
  const ask = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
  });
  return { provider: { name, ask }, model: name, price: undefined, simulated: true };
}

/** The error that somebody is given tools whose models are all known not to call them. */
export function withoutTools(
  plan: Plan,
  models: RoleModels,
  tools: ReadonlyMap<string, Tool>,
): AwpError | undefined {
  const without = askers(plan).find(({ id, settings, toolbox, isCode, isCodemode }) => {
    const cannot = (name: string) => models.get(id)?.get(name)?.capabilities?.tools === false;
    // Programs call tools, whatever the model that writes them can do itself.
    if (!toolbox || isCode || isCodemode || !modelsInOrder(settings).every(cannot)) return false;
    return [...tools.values()].some((tool) => isGranted(tool, toolbox));
  });
  if (!without) return undefined;
  const names = modelsInOrder(without.settings);
  const whom = without.name === 'worker' ? 'workers are' : `${without.name} is`;
  const cannot = `the model ${names.join(' and the model ')} cannot call tools, which ${whom} given`;
  return new AwpError('model/no-tools', cannot, {
    hint: "take one that can for the workers (--worker-model), or let them have none (forbiddenTools: ['*.*'])",
  });
}
