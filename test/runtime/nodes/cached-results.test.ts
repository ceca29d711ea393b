import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent, PlanGraph } from '../../../src/events/plan-graph.ts';
import { ModelError, type ModelRequest } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import type { AskPerson } from '../../../src/runtime/approvals/desk.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  stepHost,
  type TestNode,
} from '../graphs.ts';

const kept = (maxStalenessMs: number | null = null): TestNode => ({
  agent: 'writer',
  degradation: [{ fallback: 'cached_results', maxStalenessMs }],
});

interface Turn {
  node?: TestNode;
  change?: Partial<PlanGraph>;
  agent?: Partial<PlanAgent>;
  plan?: Partial<Plan>;
  model?: (request: ModelRequest) => ScriptedAnswer;
  topic?: string;
  /** Milliseconds after the turn before. */
  later?: number;
  secrets?: readonly string[];
  ask?: AskPerson;
}

const down = (): ScriptedAnswer =>
  new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } });

/** Runs one graph after the other with the same folder of kept results. */
function series(folder: string) {
  const clock = fixedClock();
  const cache = join(folder, 'cache');
  let number = 0;
  return {
    results: join(cache, 'results'),
    clock,
    async run(turn: Turn) {
      number += 1;
      clock.advance(turn.later ?? 1000);
      const place = join(folder, String(number));
      const { model = () => ({ n: number, confidence: 0.8 }), secrets = [], ask } = turn;
      const host = {
        ...stepHost(
          place,
          { topic: () => ({ topic: turn.topic ?? 'bees' }) },
          { script: model, effects: { clock }, secrets },
        ),
        cacheFolder: cache,
      };
      const graph = planGraph(
        { topic: {}, a: { ...kept(), after: ['topic'], ...turn.node } },
        turn.change,
      );
      const plan = graphPlan(graph, {
        agents: {
          writer: planAgent('writer', { attempts: 1, ...turn.agent }),
          other: planAgent('other'),
        },
        ...turn.plan,
      });
      const started = await startRun(host, { id: 'r-test', plan, inputs: [], ...(ask && { ask }) });
      await started.done;
      const { status, result } = endOf(started.state) as { status: string; result: JsonObject };
      const log = await logOf(host.store);
      return {
        status,
        a: result.a as JsonObject,
        degraded: only(log, 'node.degraded').map(({ data }) => data),
        log,
        state: started.state,
      };
    },
  };
}

describe('a kept result', () => {
  it('takes the place of one that fails later, with its age', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    expect((await run({})).a).toEqual({ n: 1, confidence: 0.8 });
    const { status, a, degraded, state } = await run({ model: down, later: 5000 });
    expect([status, a]).toEqual(['complete', { n: 1, confidence: 0.8 }]);
    expect(degraded).toMatchObject([
      { node: 'a', fallback: 'cached_results', ageMs: 5000, code: 'model/auth', output: { n: 1 } },
    ]);
    expect(state.graphs.get('0')?.nodes.get('a')?.main.confidence).toBe(0.8);
  });

  it.each<[string, Turn, Turn]>([
    ['is too old', {}, { node: kept(4999), later: 5000 }],
    ['is of another input', {}, { topic: 'wasps' }],
    ['is of another task', {}, { plan: { task: 'Something else' } }],
    ['is of an agent that was changed', {}, { agent: { hash: 'new' } }],
    ['is of another model', {}, { agent: { model: 'better' } }],
    [
      'is of a model that only played it',
      { plan: { simulated: true } },
      { plan: { simulated: false } },
    ],
    ['was never wanted', { node: { agent: 'writer', degradation: [] } }, {}],
    [
      'has fields that are hidden',
      { agent: { output: { ...planAgent('x').output, sensitive: ['n'] } } },
      { agent: { output: { ...planAgent('x').output, sensitive: ['n'] } } },
    ],
    [
      'is of an agent that took over',
      {
        node: {
          ...kept(),
          degradation: [
            { fallback: 'agent', agent: 'other' },
            { fallback: 'cached_results', maxStalenessMs: null },
          ],
        },
        model: ({ headers }) => (headers['x-awp-agent'] === 'a' ? down() : { n: 1 }),
      },
      {},
    ],
    ['failed itself', { model: down }, {}],
    [
      'is too large by now',
      {},
      { change: { state: planState({ limits: { bytes: 1e6, fieldBytes: 10, fields: 10 } }) } },
    ],
  ])('is not used when it %s', async (_, before, after) => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    await run(before);
    const { status, degraded } = await run({ ...after, model: down });
    expect(status).toBe('failed');
    expect(degraded.at(-1)?.ageMs).toBeUndefined();
  });

  it('is found whatever of the state changes with every run', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    const at = (id: string) => ({ state: { ...planState({ initial: { id } }), injected: ['id'] } });
    await run({ change: at('r-1') });
    expect((await run({ change: at('r-2'), model: down })).status).toBe('complete');
  });

  it('is used at its very last moment', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    await run({});
    expect((await run({ node: kept(5000), later: 5000, model: down })).status).toBe('complete');
  });

  it.each<[string, string]>([
    ['is cut off', '{"version":1,"at"'],
    ['is empty', ''],
    ['is another thing', '[1,2]'],
    ['is of another version', '{"version":2}'],
    ['is of another key', '{"version":1,"key":"x","at":1,"output":{},"confidence":1}'],
  ])('counts as none when its file %s', async (_, text) => {
    using folder = temporaryFolder();
    const { run, results } = series(folder.path);
    await run({});
    for (const name of readdirSync(results)) writeFileSync(join(results, name), text);
    expect((await run({ model: down })).status).toBe('failed');
    // The next one that ends well is kept in its place.
    await run({});
    expect((await run({ model: down })).status).toBe('complete');
  });

  it('that cannot be written is no failure of the run', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    writeFileSync(join(folder.path, 'cache'), 'no folder');
    expect((await run({})).status).toBe('complete');
  });

  it('has no secret in it', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    const secret = 'very-secret-value';
    await run({ model: () => ({ said: secret }), secrets: [secret] });
    const { a } = await run({ model: down });
    expect(a).toMatchObject({ said: '[secret]' });
  });
});

describe('the folder of kept results', () => {
  const DAY = 24 * 60 * 60 * 1000;
  const old = (at: number, more = {}) => JSON.stringify({ version: 1, at, ...more });

  it.each<[string, Turn, number, string]>([
    ['30 days', {}, 30 * DAY, 'complete'],
    ['no longer', {}, 30 * DAY + 1, 'failed'],
    ['as long as its node takes it', { node: kept(60 * DAY) }, 60 * DAY, 'complete'],
    ['no longer than that', { node: kept(60 * DAY) }, 60 * DAY + 1, 'failed'],
  ])('has each for %s', async (_, turn, later, status) => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    await run(turn);
    expect((await run({ ...turn, later, model: down })).status).toBe(status);
  });

  it('loses what is too old or unreadable when a run has kept something, and nothing else', async () => {
    using folder = temporaryFolder();
    const { run, results } = series(folder.path);
    await run({});
    const [own = ''] = readdirSync(results);
    const name = (digit: string) => `${digit.repeat(64)}.json`;
    const now = JSON.parse(readFileSync(join(results, own), 'utf8')).at;
    writeFileSync(join(results, name('1')), old(now - 31 * DAY));
    writeFileSync(join(results, name('2')), old(now - 31 * DAY, { keepMs: 40 * DAY }));
    writeFileSync(join(results, name('3')), '{"ver');
    writeFileSync(join(results, 'notes.txt'), 'mine');
    // A run that keeps nothing has nothing to tidy up.
    await run({ model: down });
    expect(readdirSync(results)).toHaveLength(5);
    await run({});
    expect(readdirSync(results).sort()).toEqual([own, name('2'), 'notes.txt'].sort());
  });

  it('has 1000 at most, the youngest', async () => {
    using folder = temporaryFolder();
    const { run, results } = series(folder.path);
    await run({});
    const [own = ''] = readdirSync(results);
    const now = JSON.parse(readFileSync(join(results, own), 'utf8')).at;
    const name = (n: number) => `${String(n).padStart(64, '0')}.json`;
    for (let n = 1; n <= 1002; n += 1) writeFileSync(join(results, name(n)), old(now - n));
    await run({});
    const left = readdirSync(results);
    expect(left).toHaveLength(1000);
    expect(left).toEqual(expect.arrayContaining([own, name(1), name(999)]));
    expect(left).not.toContain(name(1000));
  });
});

describe('a kept result of a part', () => {
  it('ends the instance that it is of', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    const change = { state: planState({ initial: { list: ['x', 'y'] } }) };
    const node = { fanOut: { source: 'list', variable: 'item', maxParallel: 2 } };
    const says = ({ messages }: ModelRequest) => ({
      y: JSON.stringify(messages).includes('"y\\"'),
    });
    const first = await run({ node, change, model: says });
    const second = await run({ node, change, model: down });
    expect(second.degraded.map(({ instance }) => instance)).toEqual([0, 1]);
    expect(second.a.items).toEqual(first.a.items);
  });

  it('ends the round that it is of, and the loop goes on', async () => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    const node = { repeat: { interactive: false, max: 2 } };
    let calls = 0;
    const first = await run({
      node,
      model: () => {
        calls += 1;
        return { round: calls };
      },
    });
    const second = await run({ node, model: down });
    expect(second.status).toBe('complete');
    expect(second.a).toEqual(first.a);
    expect(only(second.log, 'loop.repeated').map(({ data }) => data.from)).toEqual(['', '']);
  });
});

describe('a kept result that a person must allow', () => {
  const node = { approval: 'after' } as const;
  const saying =
    (decision: 'approved' | 'rejected', args?: JsonObject): AskPerson =>
    async () => ({ decision, by: 'test', ...(args && { args }) });

  it.each<[string, AskPerson, string]>([
    ['is kept when one did', saying('approved'), 'complete'],
    ['is not kept when one did not', saying('rejected'), 'failed'],
    ['is not what a person wrote', saying('approved', { output: { n: 5 } }), 'failed'],
  ])('%s', async (_, ask, end) => {
    using folder = temporaryFolder();
    const { run } = series(folder.path);
    await run({ node, ask });
    let asked = 0;
    const { status } = await run({
      node,
      model: down,
      ask: async () => {
        asked += 1;
        return { decision: 'approved', by: 'test' };
      },
    });
    expect([status, asked]).toEqual([end, end === 'complete' ? 1 : 0]);
  });
});

describe('a run with kept results that is cut off anywhere', () => {
  it('ends the same', async () => {
    using folder = temporaryFolder();
    const { run, results, clock } = series(folder.path);
    await run({});
    const whole = await run({ model: down });
    for (let length = 1; length < whole.log.length; length += 1) {
      const store = memoryStore({ folder: folder.path });
      const lease = await store.create('r-test', 'a process that died');
      await store.append(lease, whole.log.slice(0, length), 'full');
      await store.release(lease);
      const host = {
        ...stepHost(
          folder.path,
          { topic: () => ({ topic: 'bees' }) },
          { store, script: down, effects: { clock } },
        ),
        cacheFolder: join(results, '..'),
      };
      const again = await resumeRun(host, { id: 'r-test' });
      await again.done;
      expect({ length, ...endOf(again.state) }).toMatchObject({
        length,
        status: 'complete',
        result: { a: whole.a },
      });
    }
  });

  it('keeps what an agent brings that an earlier process started', async () => {
    using folder = temporaryFolder();
    const { run, results } = series(folder.path);
    const { log } = await run({});
    const started = log.findIndex(({ type }) => type === 'model.responded');
    for (const name of readdirSync(results)) writeFileSync(join(results, name), '');
    const store = memoryStore({ folder: folder.path });
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, log.slice(0, started), 'full');
    await store.release(lease);
    const host = {
      ...stepHost(folder.path, { topic: () => ({}) }, { store, script: () => ({ n: 7 }) }),
      cacheFolder: join(results, '..'),
    };
    await (await resumeRun(host, { id: 'r-test' })).done;
    expect((await run({ model: down })).a).toMatchObject({ n: 7 });
  });
});
