import { AwpError } from '../base/errors.ts';
import { matchesTool } from '../base/paths.ts';
import type { BoxName } from '../events/event.ts';
import type { Plan } from '../events/plan.ts';
import type { RunState } from '../events/state.ts';
import type { Clock } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ResolvedModel } from '../ports/model-provider.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { Tool } from '../ports/tool.ts';
import { closingMs } from './budget.ts';
import type { RunContext } from './context.ts';
import { RunFiles } from './tools/artifacts.ts';
import { NEEDS_BOX } from './tools/inner-calls.ts';

type Made = Pick<
  RunContext,
  'plan' | 'models' | 'tools' | 'specs' | 'surroundings' | 'sandbox' | 'runFiles'
>;

/** What a run needs from outside, found before anything of it is written. */
export interface Prepared {
  plan: Plan;
  /** The box, as the log names it. */
  box: { sandbox?: BoxName };
  /** The parts of the context, for the run's folder. */
  made(folder: string): Made;
  /** Gives the box back, if the run cannot start. */
  close(): Promise<void>;
}

/** Finds models, tools and the box of a plan. Throws `model/...` and `sandbox/unavailable`. */
export async function prepare(host: Host, plan: Plan): Promise<Prepared> {
  const models = resolveModels(host, plan);
  const tools = workerTools(host, plan);
  const needsBox = [...tools.keys()].some((name) => NEEDS_BOX.has(name));
  const sandbox = needsBox ? await host.openSandbox(plan.sandbox) : undefined;
  const specs = [...tools.values()].map(({ name, description, parameters }) => ({
    ...{ name, description, parameters },
  }));
  return {
    plan,
    box: sandbox ? { sandbox: { name: sandbox.name, isolation: sandbox.isolation } } : {},
    made: (folder) => ({
      ...{ plan, models, tools, sandbox },
      specs: new Map(specs.map((spec) => [spec.name, spec])),
      surroundings: { box: sandbox && boxOf(sandbox), tools: specs },
      runFiles: new RunFiles(host.effects.files, folder),
    }),
    close: async () => sandbox?.close(),
  };
}

function boxOf({ name, isolation, languages }: Sandbox): RunContext['surroundings']['box'] {
  return { name, isolation, languages };
}

function resolveModels(host: Host, plan: Plan): Map<string, ResolvedModel> {
  const names = new Set([plan.manager.model, plan.worker.model]);
  const models = new Map([...names].map((name) => [name, host.models(name)]));
  for (const [name, { price, simulated }] of models) {
    if (plan.limits.cost === null || price || simulated) continue;
    throw new AwpError(
      'model/no-price',
      `the price of ${name} is not known, so a cost limit cannot be kept`,
      {
        hint: 'name its price with the option prices, or leave the cost limit out',
      },
    );
  }
  return models;
}

/** Tools that exist, are allowed for workers and not denied, in the order of the host's list. */
function workerTools(host: Host, plan: Plan): Map<string, Tool> {
  const { tools, denied } = plan.worker;
  return new Map(
    [...host.tools].filter(
      ([name]) =>
        tools.some((pattern) => matchesTool(pattern, name)) &&
        !denied.some((pattern) => matchesTool(pattern, name)),
    ),
  );
}

/**
 * How much of the wall time is left, over all processes that worked on the run (decision 13); part
 * of it is kept for the last turn.
 */
export function stopwatch(clock: Clock, state: RunState): RunContext['remainingMs'] {
  const before = state.activeMs;
  const start = clock.monotonic();
  return (kind) => {
    const { time } = state.limits;
    if (time === null) return Number.POSITIVE_INFINITY;
    const left = time - before - (clock.monotonic() - start);
    return Math.max(0, kind === 'closing' ? left : left - closingMs(time));
  };
}
