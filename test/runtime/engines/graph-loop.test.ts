import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { tryOf } from '../../../src/events/graph-fold-repeat.ts';
import type { PlanNode, PlanRepeat } from '../../../src/events/plan-graph.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import { type GraphBench, ONE_ATTEMPT, type TestNode } from './graph-bench.ts';
import { type Setting, startRepeating } from './repeating.ts';

const loop = (repeat: Partial<PlanRepeat>, change: Partial<TestNode> = {}): TestNode => ({
  id: 'write',
  repeat: { interactive: false, max: 5, ...repeat },
  ...change,
});
const start = (
  repeat: Partial<PlanRepeat>,
  change: Partial<TestNode> = {},
  setting: Setting = {},
): GraphBench =>
  startRepeating([loop(repeat, change), { id: 'after', dependsOn: ['write'] }], setting);
const value = (bench: GraphBench): Json | undefined => bench.graph.state.write;
/** Ends rounds with these outputs for as long as there is one. */
const rounds = (bench: GraphBench, outputs: readonly JsonObject[]): number => {
  let played = 0;
  for (const output of outputs) {
    if (bench.at[0] !== 'write') break;
    bench.end('write', output);
    played += 1;
  }
  return played;
};
const scores = [1, 2, 3, 4, 5, 6, 7, 8].map((score) => ({ score }));

describe('a loop', () => {
  it.each<[string, Partial<PlanRepeat>, JsonObject, number, string]>([
    ['without a condition runs all rounds', { max: 3 }, {}, 3, 'max'],
    ['of one round runs it', { max: 1 }, {}, 1, 'max'],
    ['goes on while its condition is true', { condition: 'result.score < 3' }, {}, 3, 'condition'],
    [
      'runs its first round whatever the condition says',
      { condition: 'False' },
      {},
      1,
      'condition',
    ],
    ['whose condition never ends runs the most rounds', { condition: 'True' }, {}, 5, 'max'],
    ['sees the state', { condition: 'result.score < state.goal' }, { goal: 4 }, 4, 'condition'],
    ['sees its own last result there', { condition: 'state.write.score < 2' }, {}, 2, 'condition'],
    [
      'sees it in the state as a whole, too',
      { condition: "'write' in state and len(state) == 2 and result.score < 4" },
      { goal: 1 },
      4,
      'condition',
    ],
    [
      'is not told of keys that are not there',
      { condition: "'write' in state and state.get('other', 0) == 0" },
      {},
      5,
      'max',
    ],
    ['ends with an expression that has no value', { condition: 'result.a.b > 1' }, {}, 1, 'error'],
    ['ends with a text that is no expression', { condition: 'result >' }, {}, 1, 'error'],
    ['ends with an unknown name', { condition: 'answer == 1' }, {}, 1, 'error'],
  ])('%s', (_, repeat, values, count, reason) => {
    const bench = start(repeat, {}, { values });
    expect(rounds(bench, scores)).toBe(count);
    const history = scores.slice(0, count);
    expect(value(bench)).toEqual({
      score: count,
      _loop_iterations: count,
      _loop_history: history,
    });
    expect(bench.said('loop.started')).toEqual([{ node: 'write', max: repeat.max ?? 5 }]);
    expect(bench.said('loop.finished')).toEqual([{ node: 'write', rounds: count, reason }]);
    expect(bench.said('loop.repeated').map(({ round, goesOn }) => [round, goesOn])).toEqual(
      history.map((__, index) => [index + 1, index + 1 < count]),
    );
    expect(bench.node('write')).toMatchObject({ status: 'finished', main: { confidence: 1 } });
    expect(bench.said('expression.failed')).toHaveLength(reason === 'error' ? 1 : 0);
    expect(bench.at).toEqual(['after']);
  });

  it('says which expression failed, and where it stands', () => {
    const bench = start({ condition: 'result.a.b' });
    bench.end('write', { a: 1 });
    expect(bench.said('expression.failed')).toMatchObject([
      { node: 'write', at: 'loop.condition', expression: 'result.a.b' },
    ]);
  });

  it('counts its rounds in its frames, and shows each the result of the last', () => {
    const bench = start({ max: 3 });
    expect(bench.out.map(({ id, node }) => [id, node])).toEqual([
      ['1', { id: 'write', attempt: 1, round: 1 }],
    ]);
    expect(value(bench)).toBeUndefined();
    bench.end('write', { n: 1 });
    expect(bench.out.map(({ id, node }) => [id, node])).toEqual([
      ['1.2', { id: 'write', attempt: 1, round: 2 }],
    ]);
    expect(value(bench)).toEqual({ n: 1 });
    expect(bench.said('loop.repeated')).toEqual([
      { node: 'write', round: 1, from: '1', goesOn: true },
    ]);
  });

  it('keeps to the room of its graph', () => {
    const bench = startRepeating([loop({ max: 2 }), 'a', 'b'], { graph: { maxParallel: 1 } });
    for (let steps = 0; bench.out.length > 0 && steps < 20; steps += 1) {
      expect(bench.out).toHaveLength(1);
      bench.endFrame(bench.out[0]?.id ?? '', {}).go();
    }
    expect(bench.state.status).toBe('complete');
    expect(bench.statuses).toEqual({ write: 'finished', a: 'finished', b: 'finished' });
  });

  it('asks a person about what came of it, where one must allow it', () => {
    const bench = start({ max: 2 }, { approval: 'after' });
    rounds(bench, scores);
    expect(bench.asked[0]).toMatchObject({
      about: 'after',
      args: { output: { score: 2, _loop_iterations: 2 } },
    });
    expect(bench.node('write').status).toBe('running');
  });
});

describe('a round that fails', () => {
  const twice: PlanNode['retry'] = { ...ONE_ATTEMPT, attempts: 2 };

  it('is tried again, and each round has its own attempts', () => {
    const bench = start({ max: 2 }, { retry: twice });
    bench.end('write', { fails: 'model/timeout' }).end('write', { n: 1 });
    bench.end('write', { fails: 'model/timeout' });
    expect(bench.out.map(({ id, node }) => [id, node])).toEqual([
      ['1.4', { id: 'write', attempt: 2, round: 2 }],
    ]);
    bench.end('write', { n: 2 });
    expect(value(bench)).toMatchObject({ n: 2, _loop_iterations: 2 });
  });

  it('goes on with a replacement, and the next round starts with the agent itself', () => {
    const bench = start({ max: 2 }, { degradation: [{ fallback: 'agent', agent: 'other' }] });
    bench.end('write', { fails: 'step/failed' });
    expect(bench.out[0]).toMatchObject({ agentKey: 'other', node: { round: 1 } });
    bench.end('write', { n: 1 });
    expect(bench.out[0]?.agentKey).toBeUndefined();
    expect(bench.out[0]?.node).toMatchObject({ round: 2 });
  });

  it.each<[PlanNode['onFailure'], string | undefined]>([
    ['stop', 'failed'],
    ['continue', 'partial'],
  ])(
    'for good fails the node, on_failure %s, and the rounds before are kept',
    (onFailure, status) => {
      const bench = start({ max: 3 }, { onFailure });
      bench.end('write', { n: 1 }).end('write', { fails: 'step/failed' });
      expect(bench.node('write')).toMatchObject({ status: 'failed', code: 'step/failed' });
      expect(value(bench)).toMatchObject({ n: 1, _loop_iterations: 1, _loop_history: [{ n: 1 }] });
      expect(bench.state.status).toBe(status);
    },
  );

  it('lets those after it go on with nothing, on_failure skip', () => {
    const bench = start({ max: 3 }, { onFailure: 'skip' });
    bench.end('write', { n: 1 }).end('write', { fails: 'step/failed' });
    expect(value(bench)).toEqual({});
    expect(bench.at).toEqual(['after']);
  });

  it('is the only one that a resumed run tries again', () => {
    const bench = start({ max: 3 });
    bench.end('write', { n: 1 }).end('write', { fails: 'step/failed' });
    bench.resume();
    expect(bench.out[0]?.node).toEqual({ id: 'write', attempt: 1, round: 2 });
    bench.end('write', { n: 2 }).end('write', { n: 3 });
    expect(value(bench)).toMatchObject({ _loop_history: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    expect(bench.said('loop.started')).toHaveLength(1);
  });
});

describe('an interactive loop', () => {
  const talk = (repeat: Partial<PlanRepeat> = {}) =>
    start({ interactive: true, max: 3, ...repeat });

  it.each<[string, Partial<PlanRepeat>, JsonObject]>([
    ['the field that is named', { promptField: 'ask' }, { prompt: 'more?', round: 2 }],
    [
      'the whole result when that is not there',
      { promptField: 'other' },
      { prompt: { ask: 'more?', n: 1 }, round: 2 },
    ],
    [
      'the whole result when none is named, and the channel',
      { inputChannel: 'desk' },
      { prompt: { ask: 'more?', n: 1 }, round: 2, channel: 'desk' },
    ],
  ])('asks a person before each round but the first about %s', (_, repeat, args) => {
    const bench = talk(repeat);
    expect(bench.asked).toEqual([]);
    bench.end('write', { ask: 'more?', n: 1 });
    expect(bench.out).toEqual([]);
    expect(bench.asked).toMatchObject([{ do: 'ask-person', node: 'write', about: 'input', args }]);
  });

  it('hands the next round what the person said, once', () => {
    const bench = talk();
    bench.end('write', { n: 1 });
    say(bench, 'shorter');
    expect(bench.out[0]?.node).toEqual({ id: 'write', attempt: 1, round: 2, said: 'shorter' });
    bench.end('write', { n: 2 });
    expect(bench.out).toEqual([]);
    expect(bench.asked).toHaveLength(2);
  });

  it('hands it to each attempt of the round', () => {
    const bench = start({ interactive: true, max: 3 }, { retry: { ...ONE_ATTEMPT, attempts: 2 } });
    bench.end('write', { n: 1 });
    say(bench, 'shorter');
    bench.end('write', { fails: 'model/timeout' });
    expect(bench.out[0]?.node).toMatchObject({ attempt: 2, round: 2, said: 'shorter' });
  });

  it('asks nobody after its last round', () => {
    const bench = talk({ condition: 'result.n < 2' });
    bench.end('write', { n: 2 });
    expect(bench.asked).toEqual([]);
    expect(value(bench)).toMatchObject({ _loop_iterations: 1 });
  });

  it('ends when the person does not want another round', () => {
    const bench = talk();
    bench.end('write', { n: 1 });
    bench.node('write').loopEnd = 'person';
    bench.state.ready.add('0');
    bench.go();
    expect(bench.said('loop.finished')).toEqual([{ node: 'write', rounds: 1, reason: 'person' }]);
    expect(value(bench)).toEqual({ n: 1, _loop_iterations: 1, _loop_history: [{ n: 1 }] });
    expect(bench.at).toEqual(['after']);
  });
});

/** What the answer of a person changes. */
function say(bench: GraphBench, text: string): void {
  bench.node('write').said = text;
  bench.state.ready.add('0');
  bench.go();
}

describe('a limit of the run', () => {
  it('lets no other round start, and what there is is kept', () => {
    const bench = start({ max: 5 }, {}, { limits: { workers: 2 } });
    bench.end('write', { n: 1 }).end('write', { n: 2 });
    expect(bench.state).toMatchObject({ status: 'partial', ending: { reason: 'budget/workers' } });
    expect(bench.node('write')).toMatchObject({ status: 'failed', code: 'budget/workers' });
    expect(value(bench)).toMatchObject({ n: 2, _loop_iterations: 2 });
    bench.resume({ workers: 9 });
    expect(bench.out[0]?.node).toMatchObject({ round: 3 });
    rounds(bench, scores);
    bench.end('after');
    expect(bench.state.status).toBe('complete');
    expect(value(bench)).toMatchObject({ _loop_iterations: 5 });
  });
});

describe('a log of loops', { timeout: 300_000 }, () => {
  const nodes = [
    loop(
      { max: 4, condition: 'result.n < state.most' },
      { retry: { ...ONE_ATTEMPT, attempts: 2 } },
    ),
    { ...loop({ max: 2 }), id: 'other' },
    { id: 'after', dependsOn: ['write', 'other'] },
  ];

  /** Each third step fails; others say how many of their node ended before. */
  const playOn = (bench: GraphBench, pick: number): void => {
    while (bench.out.length > 0) {
      const frame = bench.out[pick % bench.out.length];
      const { id = '', round = 0, attempt = 1 } = frame?.node ?? {};
      const fails = id === 'write' && round === 2 && attempt === 1;
      bench.end(frame?.id ?? '', fails ? { fails: 'model/timeout' } : { n: round });
    }
  };

  it('that is cut anywhere goes on to the same end, in whatever order rounds end', () => {
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.nat(),
        fc.nat(3),
        fc.integer({ min: 1, max: 5 }),
        (pick, at, next, most) => {
          const setting = { values: { most } };
          const whole = startRepeating(nodes, setting);
          playOn(whole, pick);
          expect(whole.state.status).toBe('complete');
          expect(foldAll('r-test', whole.log).graphs.get('0')?.state).toEqual(whole.graph.state);
          expect(whole.said('loop.repeated')).toHaveLength(Math.min(most, 4) + 2);
          const cut = whole.log.slice(0, 2 + (at % (whole.log.length - 1)));
          const bench = Object.assign(startRepeating([], setting), { plan: whole.plan, log: [] });
          playOn(bench.load(cut).resume(), next);
          expect(bench.graph.state).toEqual(whole.graph.state);
          expect(bench.said('loop.finished')).toHaveLength(2);
          expect(bench.said('loop.repeated')).toHaveLength(Math.min(most, 4) + 2);
          expect(tryOf(bench.node('write'), undefined)?.open).toBeUndefined();
        },
      ),
      { numRuns: 100 },
    );
  });
});
