import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../../src/effects/files.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import { resultOf } from '../../../src/events/result.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder, testHost } from '../../make.ts';
import { endOf } from '../graphs.ts';
import {
  completing,
  improving,
  quality,
  repair,
  rubric,
  scoredGraph,
  scoredLoop,
} from './scored.ts';

interface Scenario {
  plan: Plan;
  /** What it answers depends on the question alone, as after a crash. */
  model: (request: ModelRequest) => ScriptedAnswer;
}

const both = {
  hooks: ['worker_result', 'final_answer'],
  metrics: [quality, rubric],
  repair,
} as const;
const judged =
  (model: Scenario['model']): Scenario['model'] =>
  (request) =>
    request.headers['x-awp-role'] === 'judge' ? { score: 0.5, reason: 'thin' } : model(request);

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a graph that is judged and repaired': {
    plan: scoredGraph({ a: { agent: 'a' }, b: { agent: 'b', after: ['a'] } }, both),
    model: judged(improving(0.4, 0.6, 0.9)),
  },
  'a graph that fails': {
    plan: scoredGraph({ a: { agent: 'a' } }, { metrics: [quality, rubric] }),
    model: judged(improving(0)),
  },
  'a loop that is judged and repaired': {
    plan: scoredLoop(both),
    model: judged(completing(0.4, 0.6, 0.9)),
  },
  'a loop that keeps its best': {
    plan: scoredLoop({ repair }),
    model: completing(0.5, 0.4, 0.3),
  },
};

async function endsLike(
  folder: string,
  { plan, model }: Scenario,
  prefix: readonly RunEvent[] = [],
) {
  const store = memoryStore({ folder });
  // What is appended together is there together, so a log can only be cut between appends.
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  // The file with the scores is synced to the disk, which is waited for and matters elsewhere.
  const files = { ...nodeFiles(), write: async () => {} };
  const host = testHost(folder, { store, script: model, effects: { files } });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan, inputs: [] });
  await run.done;
  const log = await logOf(store);
  const { metadata } = resultOf(run.state, '');
  const scores = only(log, 'output.scored').map(({ data }) => JSON.stringify(data));
  return { log, cuts, end: { ...endOf(run.state), evaluation: metadata.evaluation, scores } };
}

describe('a run with scores that is cut off anywhere and taken up again', () => {
  it.each(Object.entries(SCENARIOS))('ends the same: %s', async (_, scenario) => {
    using folder = temporaryFolder();
    const whole = await endsLike(folder.path, scenario);
    expect(whole.end.scores.length).toBeGreaterThan(0);
    for (const length of whole.cuts.slice(0, -1)) {
      const last = whole.log[length - 1];
      const resumed = await endsLike(folder.path, scenario, whole.log.slice(0, length));
      const cut = `after event ${length}, ${last?.type}`;
      expect({ cut, ...resumed.end }).toEqual({ cut, ...whole.end });
    }
  });
});
