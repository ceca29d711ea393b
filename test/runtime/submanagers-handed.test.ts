import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { DEFAULT_POLICY } from '../../src/events/plan-policy.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { complete, delegate, only, temporaryFolder, testPlan } from '../make.ts';
import { endOf, graphPlan, planGraph, runPlan, stepHost } from './graphs.ts';
import {
  called,
  runTeam,
  sub,
  type Team,
  type TeamOptions,
  teamModel,
  textOf,
} from './submanager-runs.ts';

async function play(team: Team, options?: TeamOptions) {
  using folder = temporaryFolder();
  return runTeam(folder.path, team, options);
}

/** Workers that report `{ found: name, secret: ... }`. */
const finds: Team['worker'] = (_request, name) => ({
  found: name,
  secret: { key: `${name}'s` },
  confidence: 1,
});

describe('what a sub-manager is handed', () => {
  const given = (secret: boolean, ...names: string[]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        { found: name, ...(secret && { secret: { key: `${name}'s` } }), confidence: 1 },
      ]),
    );

  it.each([
    ['all results of earlier turns', {}, [], given(true, 'a', 'b')],
    ['those of a white list', { inherited_state_keys: ['b', 'nobody'] }, [], given(true, 'b')],
    ['nothing of an empty white list', { inherited_state_keys: [] }, [], undefined],
    ['none that is forbidden', { forbidden_inheritance_keys: ['a'] }, [], given(true, 'b')],
    [
      'nothing that is forbidden, though it is wished for',
      { inherited_state_keys: ['a', 'b'], forbidden_inheritance_keys: ['b'] },
      [],
      given(true, 'a'),
    ],
    ['nothing that the policy forbids, however deep', {}, ['secret'], given(false, 'a', 'b')],
    [
      'values of the delegation, but for forbidden ones',
      {
        inherited_state_keys: [],
        context: { unit: 'cm', secret: 1, deep: [{ secret: 2, kept: 3 }] },
      },
      ['secret'],
      { unit: 'cm', deep: [{ kept: 3 }] },
    ],
  ] as const)('is %s', async (_name, more, forbiddenKeys, expected) => {
    const { state } = await play(
      {
        managers: {
          manager: [delegate('a', 'b'), delegate(sub('lead', more as JsonObject), 'c'), complete()],
          lead: [complete()],
        },
        worker: finds,
      },
      { options: { policy: { submanagers: { forbiddenKeys } } } },
    );
    const { values } = called(state, 'lead');
    // The latest comes first: it has room before older ones.
    expect(values).toEqual(expected);
  });

  it('goes down level by level, and never back up', async () => {
    const { state } = await play(
      {
        managers: {
          manager: [delegate('a'), delegate(sub('lead')), complete()],
          lead: [delegate('b'), delegate(sub('deeper')), complete()],
          deeper: [complete()],
        },
        worker: finds,
      },
      { options: { budget: { loops: 100, workers: 100, tokens: null } } },
    );
    expect(Object.keys(called(state, 'lead').values ?? {})).toEqual(['a']);
    expect(Object.keys(called(state, 'deeper').values ?? {})).toEqual(['b', 'a']);
  });

  it('is shown to it and to its workers as data, and in files where there is no room', async () => {
    const asked = new Map<string, string>();
    const long = 'much '.repeat(4000);
    await play(
      {
        managers: {
          manager: [delegate('a'), delegate(sub('lead')), complete()],
          lead: [delegate('b'), complete()],
        },
        worker: (_request, name) => ({ text: name === 'a' ? long : 'short', confidence: 1 }),
      },
      {
        options: { policy: { context: { totalChars: 3000, minPerEntry: 500, previewChars: 300 } } },
        host: { seen: (request: ModelRequest, name) => asked.set(name, textOf(request)) },
      },
    );
    for (const name of ['lead', 'b']) {
      const text = asked.get(name) ?? '';
      expect(text).toContain('"file":"inputs/context/a.json"');
      expect(text.split('much').length).toBeLessThan(150);
    }
  });

  it('has bounds in the log, and the manager is told what is missing', async () => {
    const huge = 'x'.repeat(150_000);
    const { log } = await play(
      {
        managers: {
          manager: [delegate('a', 'b'), delegate(sub('lead')), complete()],
          lead: [complete()],
        },
        worker: () => ({ text: huge, confidence: 1 }),
      },
      { options: { budget: { tokens: null } } },
    );
    const [started] = only(log, 'agent.started').filter(({ data }) => data.name === 'lead');
    expect(Object.keys(started?.data.values ?? {})).toEqual(['b']);
    expect(started?.data.notes).toEqual([
      'lead: there was no room to hand it all earlier results, these are missing: a.',
    ]);
  });
});

describe('a loop that is a node', () => {
  it('has sub-managers of its own, which are handed what the graph gave to it', async () => {
    using folder = temporaryFolder();
    const { manager, worker, stall } = testPlan({ tools: [] });
    const model = teamModel({
      managers: {
        loop: [delegate('a'), delegate(sub('lead'), 'b'), complete('looped')],
        lead: [delegate('c', sub('deeper')), complete('led')],
      },
    });
    const graph = planGraph({
      gather: {},
      loop: { kind: 'delegation_loop', loop: 'loop', after: ['gather'] },
    });
    const plan = graphPlan(graph, {
      loops: {
        loop: {
          ...{ manager, worker, stall, limits: { depth: 1, loops: 40 } },
          policy: { submanagers: { ...DEFAULT_POLICY.submanagers, total: 5 } },
        },
      },
    });
    const steps = { gather: () => ({ topic: 'tides' }) };
    const { state, log } = await runPlan(stepHost(folder.path, steps, { script: model }), plan);
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { loop: { summary: 'looped' } },
    });
    const lead = called(state, 'lead');
    expect(lead).toMatchObject({ role: 'manager', id: '2-2.1', agentKey: 'loop', scope: '2-2.1' });
    expect(lead.values).toMatchObject({ a: { summary: 'a did it' }, gather: { topic: 'tides' } });
    expect(called(state, 'loop').delegation?.submanagers).toEqual({ open: 0, total: 1 });
    // The node's manager is one level down already; its own limit is one more.
    expect(only(log, 'submanager.refused').map(({ data }) => data.reason)).toEqual([
      'the limit on depth (2) is reached',
    ]);
    expect(only(log, 'budget.settled').map(({ data }) => data.scope)).toEqual(['2-2.1', '2']);
  });
});

describe('the manager of a sub-manager', () => {
  const submanagerAgents = {
    analyst: {
      about: 'Counts things.',
      instructions: 'You count.',
      model: 'other',
      temperature: 1,
    },
  };
  it.each([
    ['analyst', 'analyst'],
    ['agents/analyst', 'analyst'],
    ['agents/analyst/', 'analyst'],
    ['nobody', undefined],
    ['constructor', undefined],
  ])('is the one of the agent that is named as %s', async (name, key) => {
    const asked: ModelRequest[] = [];
    const { state, log } = await play(
      {
        managers: {
          manager: [delegate(sub('lead', { submanager_agent: name })), complete()],
          lead: [delegate('one'), complete()],
        },
      },
      {
        options: { submanagerAgents },
        host: { seen: (request, who) => who === 'lead' && asked.push(request) },
      },
    );
    expect(state.status).toBe('complete');
    const lead = called(state, 'lead');
    expect(lead.managerKey).toBe(key);
    expect(asked.map(({ model, temperature }) => [model, temperature])).toEqual(
      asked.map(() => (key ? ['other', 1] : ['scripted', 0.2])),
    );
    expect(textOf(asked[0] as ModelRequest).includes('You count.')).toBe(key !== undefined);
    const [started] = only(log, 'agent.started').filter(({ data }) => data.name === 'lead');
    expect(started?.data.notes).toEqual(
      key ? undefined : [`lead: there is no agent "${name}", the usual manager leads it.`],
    );
    expect(called(state, 'one').model).toBe('scripted');
  });

  it('that managers may choose is told to them', async () => {
    const asked: string[] = [];
    await play(
      { managers: { manager: [complete()] } },
      { options: { submanagerAgents }, host: { seen: (request) => asked.push(textOf(request)) } },
    );
    expect(asked[0]).toContain('- analyst: Counts things.');
  });

  it('that cannot be asked does not keep a run from starting', async () => {
    const { state } = await play(
      { managers: { manager: [complete()] } },
      {
        options: { submanagerAgents },
        host: {},
        refuse: 'other',
      },
    );
    expect(state.status).toBe('complete');
  });
});

describe('the files of sub-managers', () => {
  it('come together without one over the other, and later turns see all of them', async () => {
    using folder = temporaryFolder();
    const listed: string[] = [];
    const { state } = await runTeam(
      folder.path,
      {
        managers: {
          manager: [delegate(sub('a'), sub('b')), delegate(sub('c')), complete()],
          a: [delegate('a1'), delegate('a2'), complete('a')],
          b: [delegate('b1'), complete('b')],
          c: [delegate('c1'), complete('c')],
        },
        worker: (request, name) => {
          const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
          if (rounds > 0) return { summary: name, confidence: 1 };
          const files = [...textOf(request).matchAll(/"path":"(shared\/[^"]*)"/g)].map(
            ([, path]) => path,
          );
          listed.push(`${name}: ${files.join(' ')}`);
          const args = { path: 'output/report.md', content: name };
          return { toolCalls: [{ name: 'file.write', args }] };
        },
      },
      {
        options: { tools: ['file.*'], budget: { loops: 100, workers: 100, tokens: null } },
        host: { tools: builtinTools.filter(({ needsBox }) => !needsBox) },
      },
    );
    const kept = [...state.artifacts.values()].map(({ path, name, agentName }) => {
      expect(name).toBe('report.md');
      return [path, agentName] as const;
    });
    // Whoever is first has the name; who comes later keeps it behind its own.
    const [first] = kept.find(([path]) => path === 'report.md')?.slice(1) ?? [];
    expect(['a1', 'b1']).toContain(first);
    expect(new Map(kept)).toEqual(
      new Map(
        ['a1', 'a2', 'b1', 'c1'].map((name) => [
          name === first ? 'report.md' : `${name}__report.md`,
          name,
        ]),
      ),
    );
    for (const [path, name] of kept) {
      const file = join(memoryStore({ folder: folder.path }).folder('r-test'), 'artifacts', path);
      expect(await readFile(file, 'utf8')).toBe(name);
    }
    // Of the same turn nobody sees anything, whoever is faster; of one's own earlier turns, all.
    expect(listed.find((line) => line.startsWith('a1:'))).toBe('a1: ');
    expect(listed.find((line) => line.startsWith('b1:'))).toBe('b1: ');
    expect(listed.find((line) => line.startsWith('a2:'))?.split(' ')).toHaveLength(2);
    expect(listed.find((line) => line.startsWith('c1:'))?.split(' ')).toHaveLength(4);
  });

  it('stand in the report to the manager above', async () => {
    const told: string[] = [];
    await play(
      {
        managers: {
          manager: [delegate(sub('lead')), complete()],
          lead: [delegate('one'), complete('led')],
        },
        worker: (request, name) =>
          request.messages.some(({ role }) => role === 'assistant')
            ? { summary: name, confidence: 1 }
            : { toolCalls: [{ name: 'file.write', args: { path: 'output/x.txt', content: 'x' } }] },
      },
      {
        options: { tools: ['file.*'] },
        host: { seen: (request, name) => name === 'manager' && told.push(textOf(request)) },
      },
    );
    expect(told.at(-1)).toMatch(/"worker_id":"lead",[^\n]*"files":\["shared\/x.txt"\]/);
  });
});

describe('what was narrowed for a sub-manager', () => {
  it('stays narrow for all below it', async () => {
    const { state } = await play(
      {
        managers: {
          manager: [
            delegate(sub('lead', { tools_allowed: ['arithmetic.*'], max_tokens: 500 }), 'free'),
            complete(),
          ],
          lead: [
            delegate(
              { worker_id: 'wide', instructions: 'x', tools_allowed: ['file.*', 'arithmetic.add'] },
              sub('deeper', { tools_allowed: ['*.*'] }),
            ),
            complete(),
          ],
          deeper: [delegate('low'), complete()],
        },
      },
      {
        options: {
          ...{ tools: ['file.*', 'arithmetic.*'] },
          budget: { loops: 100, workers: 100, tokens: null, tools: null },
        },
      },
    );
    const toolsOf = (name: string) => [
      ...new Set(called(state, name).tools.map((tool) => tool.split('.')[0])),
    ];
    expect(toolsOf('free')).toContain('file');
    expect(toolsOf('wide')).toEqual(['arithmetic']);
    expect(toolsOf('low')).toEqual(['arithmetic']);
    expect(called(state, 'low').order?.maxOutputTokens).toBe(500);
    expect(called(state, 'lead').tools).toEqual([]);
  });
});
