import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { buildGraph } from '../../../src/events/graph-build.ts';
import type { PlanAgent, PlanGraph } from '../../../src/events/plan-graph.ts';
import {
  openState,
  sharingFacts,
  visibleItem,
  visibleState,
} from '../../../src/runtime/nodes/visible.ts';
import { graphPlan, planAgent, planGraph, planState, type TestNode } from '../graphs.ts';

type Nodes = Readonly<Record<string, TestNode>>;
type SharingChange = Partial<PlanGraph['state']['sharing']>;

interface Case {
  nodes?: Nodes;
  sharing?: SharingChange;
  initial?: JsonObject;
  values?: JsonObject;
  agents?: Readonly<Record<string, Partial<PlanAgent['output']>>>;
  mode?: PlanGraph['mode'];
  reader?: string;
}

const PLAN = { outline: ['a', 'b'], notes: 'long', confidence: 0.9 };
const FACTS = { facts: 3, source: 'web', confidence: 0.5 };

/** plan -> read -> write, and `aside`, which nobody waits for. */
const CHAIN: Nodes = {
  plan: { agent: 'plan' },
  aside: { agent: 'aside' },
  read: { agent: 'read', after: ['plan'] },
  write: { agent: 'write', after: ['read'] },
};
const VALUES: JsonObject = { plan: PLAN, aside: { gossip: 1 }, read: FACTS };

function look({ nodes = CHAIN, values = VALUES, reader = 'write', ...rest }: Case) {
  const { sharing = {}, initial = {}, agents = {}, mode = 'parallel' } = rest;
  const state = planState({ initial });
  const graph = planGraph(nodes, {
    mode,
    state: { ...state, sharing: { ...state.sharing, ...sharing } },
  });
  const plan = graphPlan(graph);
  const named = Object.entries(agents).map(([id, output]) => {
    const agent = planAgent(id);
    return [id, { ...agent, output: { ...agent.output, ...output } }];
  });
  const built = buildGraph('0', graph, {});
  Object.assign(built.state, values);
  const seen = { plan: { ...plan, agents: { ...plan.agents, ...Object.fromEntries(named) } } };
  return { seen, graph: built, ...visibleState(seen, built, reader) };
}

const withInput = (shareInput: NonNullable<TestNode['shareInput']>): Nodes => ({
  ...CHAIN,
  write: { ...CHAIN.write, shareInput },
});
const granting = (shareOutput: readonly string[]): Nodes => ({
  ...CHAIN,
  read: { ...CHAIN.read, shareOutput },
});
const grant = (from: string, more: object = {}) => ({ from, fields: [], ...more });

describe('what a node sees of the state', () => {
  it.each<[string, Case, JsonObject]>([
    ['all that ended before it for certain', {}, { plan: PLAN, read: FACTS }],
    [
      'with a full strategy and nodes that run one by one: all that has ended',
      { mode: 'sequential' },
      { plan: PLAN, aside: { gossip: 1 }, read: FACTS },
    ],
    ['values of the start', { initial: { tone: 'dry' }, values: {} }, { tone: 'dry' }],
    [
      'no keys of the runtime',
      { values: { _meta: { run: 1 }, _errors: {}, _trace: [], _workflow: 'x' } },
      {},
    ],
    [
      'its own last result, whatever the strategy',
      { sharing: { strategy: 'isolated' }, values: { write: { draft: 1 } } },
      { write: { draft: 1 } },
    ],
    [
      'an empty value of a node that was skipped for it',
      { values: { read: {}, plan: PLAN } },
      { plan: PLAN, read: {} },
    ],
    [
      'selective: nothing of a node before it that no rule and no share_output grants',
      { sharing: { strategy: 'selective' } },
      {},
    ],
    [
      'selective: what share_output of the nodes right before it grants',
      { sharing: { strategy: 'selective' }, nodes: granting(['facts']) },
      { read: { facts: 3 } },
    ],
    [
      'selective: what a rule grants of another node',
      { sharing: { strategy: 'selective', rules: [grant('plan', { fields: ['outline'] })] } },
      { plan: { outline: ['a', 'b'] } },
    ],
    [
      'values of the start, whatever the strategy',
      {
        sharing: { strategy: 'selective', never: ['key'] },
        initial: { tone: 'dry', key: 1 },
        values: VALUES,
      },
      { tone: 'dry' },
    ],
    [
      'isolated: values of the start but no others',
      { sharing: { strategy: 'isolated' }, initial: { tone: 'dry' } },
      { tone: 'dry' },
    ],
    [
      'selective: a rule for a node before it says which fields it sees',
      { sharing: { strategy: 'selective', rules: [grant('read', { fields: ['facts'] })] } },
      { read: { facts: 3 } },
    ],
    [
      'selective: what a rule grants by the names of agents in a sub-workflow',
      {
        nodes: {
          first: { agent: 'sub/plan' },
          read: { agent: 'sub/read', after: ['first'] },
          write: { agent: 'sub/writer', after: ['read'] },
        },
        values: { first: PLAN, read: FACTS },
        sharing: {
          strategy: 'selective',
          rules: [grant('plan', { to: ['writer'], fields: ['outline', 'notes'] })],
          never: ['plan.notes'],
        },
      },
      { first: { outline: ['a', 'b'] } },
    ],
    [
      'selective: nothing of a rule for somebody else',
      { sharing: { strategy: 'selective', rules: [grant('plan', { to: ['read'] })] } },
      {},
    ],
    [
      'selective: a rule for it and others',
      { sharing: { strategy: 'selective', rules: [grant('plan', { to: ['read', 'write'] })] } },
      { plan: PLAN },
    ],
    [
      'selective: several rules together',
      {
        sharing: {
          strategy: 'selective',
          rules: [grant('plan', { fields: ['outline'] }), grant('plan', { fields: ['notes'] })],
        },
      },
      { plan: { outline: ['a', 'b'], notes: 'long' } },
    ],
    [
      'what a transform makes of it',
      {
        sharing: {
          strategy: 'selective',
          rules: [grant('plan', { transform: 'len(value.outline) + state.read.facts' })],
        },
      },
      { plan: 5 },
    ],
    ['isolated: nothing of others', { sharing: { strategy: 'isolated' } }, {}],
    [
      'isolated: fields of nodes before it that its share_input lists',
      { sharing: { strategy: 'isolated' }, nodes: withInput(['facts']) },
      { read: { facts: 3 } },
    ],
    [
      'isolated: what its share_input names of any node',
      { sharing: { strategy: 'isolated' }, nodes: withInput({ plan: ['notes'] }) },
      { plan: { notes: 'long' } },
    ],
    [
      'full: only what its share_input names',
      { nodes: withInput({ plan: ['outline'], read: [] }) },
      { plan: { outline: ['a', 'b'] }, read: FACTS },
    ],
    [
      'full: what a list of fields, nodes and places names',
      { nodes: withInput(['facts', 'state.plan.notes']) },
      { plan: { notes: 'long' }, read: { facts: 3 } },
    ],
    ['full: a whole node that a list names', { nodes: withInput(['plan']) }, { plan: PLAN }],
    [
      'what share_output of a node leaves',
      { nodes: { ...CHAIN, plan: { agent: 'plan', shareOutput: ['outline'] } } },
      { plan: { outline: ['a', 'b'] }, read: FACTS },
    ],
    [
      'no field that a contract keeps',
      { agents: { plan: { unshared: ['notes', 'confidence'] } } },
      { plan: { outline: ['a', 'b'] }, read: FACTS },
    ],
    [
      'no key that is never shared, at any depth',
      {
        sharing: { never: ['notes', 'secret'] },
        values: { plan: { ...PLAN, deep: [{ secret: 1, open: 2 }] } },
      },
      { plan: { outline: ['a', 'b'], confidence: 0.9, deep: [{ open: 2 }] } },
    ],
    [
      'no node and no value of the start that is never shared',
      { sharing: { never: ['plan', 'key'] }, initial: { key: 1, tone: 2 } },
      { tone: 2, read: FACTS },
    ],
    [
      'no place that is never shared',
      {
        sharing: { never: ['plan.notes'] },
        values: { plan: { notes: 1, x: 2 }, read: { notes: 3 } },
      },
      { plan: { x: 2 }, read: { notes: 3 } },
    ],
    [
      'nothing in the place of sensitive values',
      {
        sharing: { sensitive: ['password'] },
        initial: { password: 'p', login: { password: 'q', name: 'n' } },
        values: { read: { password: 'r', rows: [{ password: 's' }] } },
      },
      {
        password: '[redacted]',
        login: { password: '[redacted]', name: 'n' },
        read: { password: '[redacted]', rows: [{ password: '[redacted]' }] },
      },
    ],
    [
      'nothing in the place of what a contract calls sensitive',
      { agents: { read: { sensitive: ['source'] } }, values: { read: FACTS } },
      { read: { ...FACTS, source: '[redacted]' } },
    ],
    [
      'no kept field in rounds and items of a node',
      {
        nodes: {
          ...CHAIN,
          read: { ...CHAIN.read, fanOut: { source: 'l', variable: 'i', maxParallel: 1 } },
        },
        agents: { read: { unshared: ['facts'] } },
        values: { read: { items: [{ facts: 1, source: 'x' }], facts: [1] } },
      },
      { read: { items: [{ source: 'x' }] } },
    ],
    [
      'no node of which nothing is open',
      { agents: { read: { unshared: Object.keys(FACTS) } } },
      { plan: PLAN },
    ],
  ])('%s', (_, given, values) => {
    const seen = look(given);
    expect(seen.values).toEqual(values);
    expect([seen.refused, seen.failed]).toEqual([[], []]);
  });

  it('comes in the order of the plan, whoever was faster', () => {
    const { read, plan } = VALUES;
    const seen = look({ initial: { z: 1, a: 2 }, values: { read: read ?? {}, plan: plan ?? {} } });
    expect(Object.keys(seen.values)).toEqual(['z', 'a', 'plan', 'read']);
  });

  it.each<[string, Case, string[]]>([
    ['a node that is not there', { nodes: withInput({ plann: ['x'] }) }, ['plann.x']],
    [
      'a node that the strategy hides',
      { nodes: withInput(['plan']), sharing: { strategy: 'selective' } },
      ['plan'],
    ],
    [
      'a field that the other keeps',
      {
        nodes: withInput({ plan: ['notes', 'outline'] }),
        agents: { plan: { unshared: ['notes'] } },
      },
      ['plan.notes'],
    ],
    [
      'a key that is never shared',
      { nodes: withInput(['tone']), initial: { tone: 1 }, sharing: { never: ['tone'] } },
      ['tone'],
    ],
    [
      'a field that no rule grants',
      {
        nodes: withInput({ plan: ['notes'] }),
        sharing: { strategy: 'selective', rules: [grant('plan', { fields: ['outline'] })] },
      },
      ['plan.notes'],
    ],
    ['a field where nobody comes before it', { nodes: withInput(['facts']), reader: 'aside' }, []],
    [
      'a field of nobody before it',
      { nodes: { ...CHAIN, aside: { shareInput: ['facts'] } }, reader: 'aside' },
      ['facts'],
    ],
  ])('refuses %s', (_, given, keys) => {
    expect(look(given).refused.map(({ key }) => key)).toEqual(keys);
  });

  it('shows nothing where a transform fails', () => {
    const rules = [
      grant('plan', { transform: 'value.outline.x' }),
      grant('read', { transform: '1 +' }),
    ];
    const seen = look({ sharing: { strategy: 'selective', rules } });
    expect(seen.values).toEqual({});
    expect(seen.failed.map(({ at, expression }) => [at, expression])).toEqual([
      ['state.sharing.rules', 'value.outline.x'],
      ['state.sharing.rules', '1 +'],
    ]);
  });

  it('gives transforms no value that is closed or hidden', () => {
    const rules = [grant('read', { transform: 'state' })];
    const sharing: SharingChange = {
      strategy: 'selective',
      rules,
      never: ['gossip'],
      sensitive: ['notes'],
    };
    expect(look({ sharing }).values).toEqual({
      read: { plan: { ...PLAN, notes: '[redacted]' }, aside: {}, read: FACTS },
    });
  });

  it.each<['strict' | 'warn' | 'none', number, string | undefined]>([
    ['strict', 1, 'state/not-shared'],
    ['warn', 1, undefined],
    ['none', 0, undefined],
  ])(
    'validation %s tells %i events of what is refused, and the error %s',
    (validation, count, code) => {
      const nodes = withInput({ plan: ['notes'] });
      const seen = look({ nodes, sharing: { validation, never: ['notes'] } });
      const { facts, error } = sharingFacts(seen.graph, 'write', seen);
      expect(facts).toHaveLength(count);
      expect(error?.code).toBe(code);
      if (count === 0) return;
      expect(facts[0]).toEqual({
        type: 'state.refused',
        agent: '0',
        data: { node: 'write', key: 'plan.notes', reason: 'it is not shared' },
      });
    },
  );

  it('tells of failed transforms as failed expressions', () => {
    const rules = [grant('plan', { transform: 'nothing' })];
    const seen = look({ sharing: { strategy: 'selective', rules } });
    expect(sharingFacts(seen.graph, 'write', seen).facts).toMatchObject([
      { type: 'expression.failed', data: { node: 'write', expression: 'nothing' } },
    ]);
  });

  it('throws for a node that is not there', () => {
    expect(() => look({ reader: 'nobody' })).toThrow('the graph has no node nobody');
  });
});

describe('the open state', () => {
  it('is without what is shared with nobody', () => {
    const { seen, graph } = look({
      initial: { tone: 'dry', key: 'k' },
      sharing: { strategy: 'isolated', never: ['key'], sensitive: ['source'] },
      agents: { plan: { unshared: ['notes'] } },
    });
    const { notes: _, ...plan } = PLAN;
    expect(openState(seen, graph)).toEqual({
      tone: 'dry',
      plan,
      aside: { gossip: 1 },
      read: { ...FACTS, source: '[redacted]' },
    });
  });
});

describe('the item that an instance sees', () => {
  const item = (source: string, given: Case = {}, instance = 0) => {
    const fanOut = { source, variable: 'topic', maxParallel: 1 };
    const { seen, graph } = look({
      ...given,
      nodes: { ...CHAIN, write: { ...CHAIN.write, fanOut } },
    });
    return visibleItem(seen, graph, { id: 'write', attempt: 1, instance });
  };
  const people = {
    people: [
      { name: 'a', pin: 1 },
      { name: 'b', pin: 2 },
    ],
  };

  it.each<[string, string, Case, number, unknown]>([
    ['is one of the list', 'plan.outline', {}, 1, 'b'],
    ['is one of a list behind state.', 'state.plan.outline', {}, 0, 'a'],
    ['is not there behind the end', 'plan.outline', {}, 7, undefined],
    [
      'has no hidden value',
      'l',
      { initial: { l: people.people }, sharing: { sensitive: ['pin'] } },
      0,
      { name: 'a', pin: '[redacted]' },
    ],
    [
      'has no closed field',
      'read.people',
      { values: { read: people }, sharing: { never: ['pin'] } },
      1,
      { name: 'b' },
    ],
    [
      'is hidden when its list is',
      'plan.outline',
      { sharing: { sensitive: ['outline'] } },
      0,
      '[redacted]',
    ],
    [
      'is not there when its list is closed',
      'plan.outline',
      { sharing: { never: ['outline'] } },
      0,
      undefined,
    ],
    [
      'is not there when a contract keeps its list',
      'plan.outline',
      { agents: { plan: { unshared: ['outline'] } } },
      0,
      undefined,
    ],
  ])('%s', (_, source, given, instance, expected) => {
    expect(item(source, given, instance)).toEqual(expected);
  });
});
