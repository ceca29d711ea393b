import { AwpError } from '../base/errors.ts';
import type { Plan } from '../events/plan.ts';
import {
  ModelError,
  NO_USAGE,
  type ResolvedModel,
  type ResolveModel,
} from '../ports/model-provider.ts';
import { modelsInOrder } from './engines/next-model.ts';

type Role = 'manager' | 'worker';

/** What stands behind each model string. A model may do for one role and not for the other. */
export type RoleModels = Readonly<Record<Role, ReadonlyMap<string, ResolvedModel>>>;

/** Resolves the models of a role, and says what would keep one of them from being asked. */
export interface Roles {
  resolve: ResolveModel;
  /** The error that a model of this role would end with, whatever it is asked; undefined if none. */
  objection(model: ResolvedModel, name: string, role: Role): AwpError | undefined;
}

/**
 * The models of a plan, by their string. One that cannot be asked is an error at once, unless
 * another one stands behind it: then it fails when it is asked, so that the log tells of it.
 */
export function resolveRoles(plan: Plan, roles: Roles): RoleModels {
  return {
    manager: resolveRole(plan, 'manager', roles),
    worker: resolveRole(plan, 'worker', roles),
  };
}

function resolveRole(plan: Plan, role: Role, roles: Roles): ReadonlyMap<string, ResolvedModel> {
  const names = modelsInOrder(plan[role]);
  const found = names.map((name) => [name, askable(name, role, roles)] as const);
  const [[, first] = []] = found;
  if (first instanceof AwpError && found.every(([, one]) => one instanceof AwpError)) throw first;
  return new Map(
    found.map(([name, one]) => [name, one instanceof AwpError ? unaskable(name, one) : one]),
  );
}

/** What stands behind a model string for a role. */
export function modelFor(
  { models }: { models: RoleModels },
  role: Role,
  name: string,
): ResolvedModel | undefined {
  return models[role].get(name);
}

function askable(
  name: string,
  role: Role,
  { resolve, objection }: Roles,
): ResolvedModel | AwpError {
  try {
    const model = resolve(name);
    return objection(model, name, role) ?? model;
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

/** The error that no worker's model can call tools, when all are known not to. */
export function withoutTools(plan: Plan, models: RoleModels): AwpError | undefined {
  const names = modelsInOrder(plan.worker);
  if (names.some((name) => models.worker.get(name)?.capabilities?.tools !== false))
    return undefined;
  const cannot = `the model ${names.join(' and the model ')} cannot call tools, which workers are given`;
  return new AwpError('model/no-tools', cannot, {
    hint: "take one that can for the workers (--worker-model), or let them have none (forbiddenTools: ['*.*'])",
  });
}
