import { AwpError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { LoopPlan } from '../../src/events/plan.ts';
import type { Frame, RunState } from '../../src/events/state.ts';
import type { Host } from '../../src/ports/host.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { askedBy, logOf, type TestHostOptions, testHost, testPlan } from '../make.ts';

/** What the managers of a run decide, by their names, turn by turn; what workers answer. */
export interface Team {
  managers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  /** What managers say that decide by more than the turn. */
  answers?: Readonly<Record<string, (request: ModelRequest) => ScriptedAnswer>>;
  worker?: (request: ModelRequest, name: string) => ScriptedAnswer;
}

/** All that a model is sent. */
export function textOf({ messages }: ModelRequest): string {
  return messages.map(({ text }) => text).join('\n');
}

/** How often a manager was asked what is next, this question included; corrections do not count. */
export function turnOf(request: ModelRequest): number {
  return Math.max(1, [...textOf(request).matchAll(/## Turn\n\d+/g)].length);
}

/** A model without memory: what it answers depends on the question alone, as after a crash. */
export function teamModel({
  managers,
  answers: own,
  worker,
}: Team): (request: ModelRequest) => ScriptedAnswer {
  return (request) => {
    const name = askedBy(request);
    const said = own?.[name]?.(request);
    if (said !== undefined) return said;
    const answers = managers[name];
    if (!answers) return worker?.(request, name) ?? { summary: `${name} did it`, confidence: 1 };
    return answers[turnOf(request) - 1] ?? answers.at(-1) ?? '';
  };
}

/** An order for a sub-manager. */
export function sub(id: string, more: JsonObject = {}): JsonObject {
  return { worker_id: id, instructions: `lead ${id}`, as_submanager: true, ...more };
}

export interface TeamOptions {
  options?: Partial<WorkflowOptions>;
  plan?: Partial<LoopPlan>;
  host?: Partial<TestHostOptions> & {
    /** Is shown every question. */
    seen?: (request: ModelRequest, name: string) => unknown;
  };
  /** A model that cannot be asked. */
  refuse?: string;
  /** A log that a process which died has left. */
  prefix?: readonly RunEvent[];
}

/** Runs a team to its end. */
export async function runTeam(
  folder: string,
  team: Team,
  { options, plan, host: more, refuse, prefix = [] }: TeamOptions = {},
): Promise<{ state: RunState; log: RunEvent[]; cuts: readonly number[] }> {
  const store = memoryStore({ folder });
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const { seen, ...others } = more ?? {};
  const model = teamModel(team);
  const script = (request: ModelRequest): ScriptedAnswer => {
    seen?.(request, askedBy(request));
    return model(request);
  };
  const made = testHost(folder, { script, store, ...others });
  const host: Host = {
    ...made,
    models(name) {
      if (name === refuse) throw new AwpError('model/unknown', `there is no model ${name}`);
      return made.models(name);
    },
  };
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan: testPlan(options, plan), inputs: [] });
  await run.done;
  return { state: run.state, log: await logOf(store), cuts };
}

/** The agent with this name. */
export function called({ frames }: RunState, name: string): Frame {
  const found = [...frames.values()].find((frame) => frame.name === name);
  if (!found) throw new Error(`there is no agent ${name}`);
  return found;
}
