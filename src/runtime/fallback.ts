import { AwpError } from '../base/errors.ts';
import type { ModelSettings, Plan } from '../events/plan.ts';
import { ModelError, type ResolvedModel, type ResolveModel } from '../ports/model-provider.ts';
import type { Tool } from '../ports/tool.ts';
import { modelsInOrder } from './engines/next-model.ts';
import { isGranted } from './grants.ts';
import { askers } from './plan-parts.ts';

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
export function resolveRoles(plan: Plan, roles: Roles): Map<string, ResolvedModel> {
  const models = new Map<string, ResolvedModel>();
  for (const { settings, isCode } of askers(plan)) {
    const names = modelsInOrder(settings).filter((name) => name !== '');
    const found = names.map((name) => askable(name, settings, roles));
    const [first] = found;
    const none = first instanceof AwpError && found.every((one) => one instanceof AwpError);
    if (none && !isCode) throw first;
    for (const [index, name] of names.entries()) {
      const one = found[index];
      if (one && !(one instanceof AwpError)) models.set(name, one);
      else if (one && !models.has(name)) models.set(name, unaskable(name, one));
    }
  }
  return models;
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

/** A model that fails when it is asked. */
function unaskable(name: string, { code, message, hint }: AwpError): ResolvedModel {
  const failure = new ModelError(code as `model/${string}`, message, {
    ...(hint !== undefined && { hint }),
    usage: { input: 0, output: 0 },
  });
  const ask = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
  });
  return { provider: { name, ask }, model: name, price: undefined, simulated: false };
}

/** The error that somebody is given tools whose models are all known not to call them. */
export function withoutTools(
  plan: Plan,
  models: ReadonlyMap<string, ResolvedModel>,
  tools: ReadonlyMap<string, Tool>,
): AwpError | undefined {
  const without = askers(plan).find(({ settings, toolbox, isCode }) => {
    const cannot = (name: string) => models.get(name)?.capabilities?.tools === false;
    if (!toolbox || isCode || !modelsInOrder(settings).every(cannot)) return false;
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
