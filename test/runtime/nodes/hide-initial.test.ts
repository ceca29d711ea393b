import { describe, expect, it } from 'vitest';
import type { PlanGraph } from '../../../src/events/plan-graph.ts';
import { temporaryFolder } from '../../make.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  runPlan,
  type Steps,
  stepHost,
  type TestNode,
} from '../graphs.ts';

const hiding = (sensitive: readonly string[], initial: PlanGraph['state']['initial'] = {}) =>
  planState({ initial, sharing: { ...planState().sharing, sensitive } });

interface Case {
  nodes: Readonly<Record<string, TestNode>>;
  state: PlanGraph['state'];
  steps: Steps;
}

/** Runs a graph and tells all that was written, and what each question had in it. */
async function run({ nodes, state, steps }: Case) {
  using folder = temporaryFolder();
  const asked: string[] = [];
  const host = stepHost(folder.path, steps, {
    script: ({ messages }) => {
      asked.push(JSON.stringify(messages));
      return { text: 'said', confidence: 1 };
    },
  });
  const plan = graphPlan(planGraph(nodes, { state }), { agents: { teller: planAgent('teller') } });
  const ended = await runPlan(host, plan);
  const { status, result } = endOf(ended.state);
  return { status, result, log: JSON.stringify(ended.log), asked: asked.join('\n') };
}

describe('sensitive values of a state at its start', () => {
  it('are in no event and in no question', async () => {
    const { log, asked } = await run({
      nodes: { look: {}, tell: { agent: 'teller', after: ['look'] } },
      state: hiding(['pin', 'login.word'], {
        pin: 'PIN-4711',
        login: { word: 'hunter22', name: 'ada' },
        people: [{ name: 'bob', pin: 'PIN-4712' }],
      }),
      steps: { look: ({ input }) => ({ seen: JSON.stringify(input) }) },
    });
    for (const text of [log, asked]) {
      expect(text).not.toMatch(/PIN-47|hunter22/);
      expect(text).toContain('[redacted]');
      expect(text).toContain('ada');
    }
  });

  it('are no values for expressions either; what has none is left so', async () => {
    const { result } = await run({
      nodes: {
        known: { when: "state.pin == '4711'" },
        hidden: { when: "state.pin == '[redacted]'" },
        none: { when: 'state.iban == None' },
      },
      state: hiding(['pin', 'iban'], { pin: '4711', iban: null }),
      steps: { known: () => ({}), hidden: () => ({}), none: () => ({}) },
    });
    expect(Object.keys(result as object).sort()).toEqual(['hidden', 'iban', 'none', 'pin']);
  });

  it('are hidden in a sub-workflow, too, and so is what is handed into it', async () => {
    const below = planGraph(
      { inner: {} },
      { state: hiding(['pin', 'place'], { pin: 'PIN-4711' }) },
    );
    const { status, log } = await run({
      nodes: {
        sub: { kind: 'subworkflow', graph: below, inputMapping: { place: 'state.home', n: '1' } },
      },
      state: planState({ initial: { home: 'x' } }),
      steps: { 'sub/inner': ({ input }) => ({ saw: JSON.stringify(input) }) },
    });
    expect(status).toBe('complete');
    expect(log).not.toContain('PIN-4711');
    expect(log).toContain('"place":"[redacted]"');
    expect(log).toContain('"n":1');
  });
});

describe('what a sub-workflow hands out', () => {
  const below = planGraph({ inner: {} });
  const sub: TestNode = { kind: 'subworkflow', graph: below };

  it.each<[string, TestNode, string[], unknown]>([
    [
      'by its mapping',
      { ...sub, outputMapping: { pin: 'state.inner.code', n: 'state.inner.n' } },
      ['pin'],
      { pin: '[redacted]', n: 1 },
    ],
    [
      'at a place of its node',
      { ...sub, outputMapping: { pin: 'state.inner.code', n: 'state.inner.n' } },
      ['sub.pin'],
      { pin: '[redacted]', n: 1 },
    ],
    ['as it is', sub, ['code'], { inner: { code: '[redacted]', n: 1 } }],
    ['as a whole', sub, ['sub'], { inner: '[redacted]' }],
  ])('has no value that is sensitive around it: %s', async (_, node, sensitive, output) => {
    const { result } = await run({
      nodes: { sub: node },
      state: hiding(sensitive),
      steps: { 'sub/inner': () => ({ code: 4711, n: 1 }) },
    });
    expect(result).toEqual({ sub: output });
  });
});
