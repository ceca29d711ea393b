import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { LoopPlan } from '../../src/events/plan.ts';
import type { InFlight } from '../../src/events/state.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { schemaProblems } from '../../src/runtime/schema.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  type TestHostOptions,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { overTime } from '../providers/support/over-server.ts';

/** What a worker answers; `rounds` are the answers that it has given before. */
export type WorkerModel = (asked: {
  who: string;
  rounds: number;
  /** The last message. */
  last: string;
  request: ModelRequest;
}) => ScriptedAnswer;

export interface OneTurn {
  /** The delegations of the one turn. */
  envelopes: readonly (string | JsonObject)[];
  worker: WorkerModel;
  options?: Partial<WorkflowOptions>;
  change?: Partial<LoopPlan>;
  tools?: readonly Tool[];
  host?: Partial<TestHostOptions>;
  /** The log of a process that died, up to where it is taken up. */
  prefix?: readonly RunEvent[];
}

/**
 * Runs a loop whose manager delegates once and then completes, over a clock that only the test moves.
 * `questions` are those of the manager, `cuts` the numbers of the events after which a log can end.
 */
export async function runOneTurn({ envelopes, worker, prefix, ...more }: OneTurn) {
  using folder = temporaryFolder();
  // What is loaded only once must not take time of this clock.
  await schemaProblems({}, {});
  const clock = fixedClock(prefix ? Date.parse(prefix.at(-1)?.ts ?? '') : undefined);
  const store = memoryStore({ folder: folder.path });
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const questions: string[] = [];
  const script = scriptedModel(
    (request) => {
      const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
      const last = request.messages.at(-1)?.text ?? '';
      if (request.headers['x-awp-role'] === 'manager') {
        questions.push(last);
        return rounds === 0 ? delegate(...envelopes) : complete();
      }
      return worker({ who: askedBy(request), rounds, last, request });
    },
    { clock },
  );
  const { tools, change = {} } = more;
  const host = testHost(folder.path, {
    ...{ script, store, effects: { clock } },
    ...(tools && { tools }),
    ...more.host,
  });
  if (prefix) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const plan = testPlan({ name: 'one-turn', ...more.options }, change);
  const run = await (prefix
    ? resumeRun(host, { id: 'r-test' })
    : startRun(host, { id: 'r-test', plan, inputs: [] }));
  // A call of a tool takes no time of this clock, unless waiting is all that it does.
  const isShort = ({ kind, tool = '' }: InFlight): boolean =>
    kind === 'tool' && !tool.startsWith('wait.');
  const waits = (): boolean => ![...run.state.inFlight.values()].some(isShort);
  await overTime(run.done, { clock, waits });
  return { state: run.state, log: await logOf(store), questions, cuts, clock };
}

/** How each worker ended: its name, how, and what it is worth. */
export function workerEnds({ frames }: Awaited<ReturnType<typeof runOneTurn>>['state']): string[] {
  return [...frames.values()]
    .filter(({ role }) => role === 'worker')
    .map(({ name, outcome }) => `${name} ${outcome?.code ?? 'ok'} ${outcome?.confidence}`);
}
