import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import {
  type askedBy,
  complete,
  delegate,
  logOf,
  only,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { boxOf, draftOf, fakeSmith, MAKING, makingHost, makingPlan } from './makers.ts';

const OPTIONS = { dynamicTools: { namespaces: ['stats'], maxPerAgent: 2, repairs: 0 } } as const;

interface Reporting {
  /** What the worker reports, answer after answer. */
  reports: readonly ScriptedAnswer[];
  /** What else its delegation says; by default it may make tools. */
  order?: JsonObject;
  options?: Parameters<typeof testPlan>[0];
  /** The log of a process that died. */
  prefix?: readonly RunEvent[];
}

/** A run of one worker that reports this. */
async function reporting({ reports, order, options, prefix }: Reporting) {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const questions: string[] = [];
  const script = (request: Parameters<typeof askedBy>[0]): ScriptedAnswer => {
    const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
    if (request.headers['x-awp-role'] !== 'manager') return reports[rounds] ?? reports.at(-1) ?? '';
    questions.push(request.messages.at(-1)?.text ?? '');
    const said = order ?? { codemode: { tool_creation: true } };
    if (rounds > 0) return complete();
    return delegate({ worker_id: 'w', instructions: 'do it', ...said });
  };
  const host: Host = {
    ...testHost(folder.path, { script, store, tools: builtinTools, sandbox: boxOf() }),
    toolsmith: fakeSmith(),
  };
  if (prefix) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const run = await (prefix
    ? resumeRun(host, { id: 'r-test' })
    : startRun(host, { id: 'r-test', plan: testPlan({ ...OPTIONS, ...options }), inputs: [] }));
  await run.done;
  const log = await logOf(store);
  const output = only(log, 'output.checked').at(-1)?.data.output ?? {};
  const calls = only(log, 'tool.called').filter(({ data }) => data.tool === 'tools.create');
  const registered = (output.tools_registered ?? []) as JsonObject[];
  return { state: run.state, log, cuts, questions, output, calls, registered };
}

const reportOf = (...tools: readonly unknown[]): JsonObject => ({
  summary: 'made some',
  confidence: 1,
  tools_created: tools as Json[],
});

describe('tools that a report lists', () => {
  it('are made, and the report says so in the place of their code', async () => {
    const draft = draftOf('stats.inc', { side_effects: false, capabilities: ['network'] });
    const { output, calls, registered, state, questions } = await reporting({
      reports: [reportOf(draft)],
    });
    const { name, description, parameters } = draft;
    expect(registered).toEqual([
      { name, description, parameters, worker_id: 'w', namespace: 'stats', registered: true },
    ]);
    expect(output).not.toHaveProperty('tools_created');
    expect(output.summary).toBe('made some');
    expect(JSON.stringify(output)).not.toContain('function handler');
    // Only what the tool takes is handed to it: nothing can be widened by an entry (item 103).
    expect(calls.map(({ data }) => Object.keys(data.args))).toEqual([
      ['name', 'description', 'parameters', 'code', 'language'],
    ]);
    expect([...(state.creation?.tools.keys() ?? [])]).toEqual(['stats.inc']);
    expect(state.status).toBe('complete');
    expect(questions.at(-1)).toContain('"new_tool":"stats.inc"');
  });

  const missing = { ...draftOf('stats.b'), code: 7 };
  it.each<[string, readonly unknown[], number, readonly JsonObject[]]>([
    [
      'not without a code',
      [missing],
      0,
      [{ name: 'stats.b', registered: false, reason: 'malformed', error: 'the tool has no code' }],
    ],
    [
      'not without a name',
      [{ code: 'x' }, 7, null, []],
      0,
      [
        { registered: false, reason: 'malformed', error: 'the tool has no name' },
        ...[0, 1, 2].map(() => ({ registered: false, reason: 'malformed' })),
      ],
    ],
    [
      'one by one',
      [draftOf('stats.a'), missing, draftOf('shell.b')],
      2,
      [
        { name: 'stats.a', registered: true },
        { name: 'stats.b', registered: false, reason: 'malformed' },
        {
          name: 'shell.b',
          namespace: 'shell',
          registered: false,
          status: 403,
          category: 'policy',
          hint: expect.any(String) as never,
        },
      ],
    ],
    [
      'as many as it may, and no more are tried than one',
      ['a', 'b', 'c', 'd', 'e'].map((one) => draftOf(`stats.${one}`)),
      3,
      [
        { name: 'stats.a', registered: true },
        { name: 'stats.b', registered: true },
        { name: 'stats.c', registered: false, status: 429 },
        { name: 'stats.d', registered: false, reason: 'too_many' },
        { name: 'stats.e', registered: false, reason: 'too_many' },
      ],
    ],
    [
      'once under one name',
      [
        draftOf('stats.a'),
        draftOf('stats.a', {
          code: 'function handler({ a }) { return { ok: true, status: 200, data: 2 }; }',
        }),
      ],
      2,
      [
        { name: 'stats.a', registered: true },
        { name: 'stats.a', registered: false, status: 409 },
      ],
    ],
    [
      'not under names of prototypes',
      [draftOf('__proto__'), draftOf('constructor.prototype')],
      2,
      [
        { registered: false, status: 400 },
        { registered: false, status: 403 },
      ],
    ],
  ])('are made %s', async (_, tools, tried, expected) => {
    const { calls, registered, state } = await reporting({ reports: [reportOf(...tools)] });
    expect(calls).toHaveLength(tried);
    expect(registered).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) expect(registered[index]).toMatchObject(one);
    expect(state.status).toBe('complete');
  });

  it.each<[string, JsonObject, Reporting['options']]>([
    ['its manager does not let it', {}, {}],
    [
      'its manager may not let it',
      { codemode: { tool_creation: true } },
      { managerControls: ['instructions'] },
    ],
    [
      'the tool for it is forbidden',
      { codemode: { tool_creation: true } },
      { forbiddenTools: ['tools.*'] },
    ],
  ])('are not made when %s', async (_, order, options) => {
    const reports = [reportOf(draftOf('stats.inc'), draftOf('stats.dec'))];
    const { calls, registered, log } = await reporting({
      reports,
      order,
      ...(options && { options }),
    });
    expect(calls).toEqual([]);
    expect(only(log, 'calls.derived')).toEqual([]);
    expect(registered.map(({ registered: is, reason }) => [is, reason])).toEqual([
      [false, 'not_allowed'],
      [false, 'not_allowed'],
    ]);
  });

  it('are words of the report where nobody makes tools', async () => {
    const { output } = await reporting({
      reports: [reportOf({ name: 'saw', code: 'S1' })],
      options: { dynamicTools: false },
    });
    expect(output.tools_created).toEqual([{ name: 'saw', code: 'S1' }]);
    expect(output).not.toHaveProperty('tools_registered');
  });

  it.each([['a text'], [7], [{ name: 'stats.a' }], [null]])('are none in %j', async (listed) => {
    const { output, state } = await reporting({
      reports: [{ summary: 's', confidence: 1, tools_created: listed }],
    });
    expect(output.tools_created).toEqual(listed);
    expect(state.status).toBe('complete');
  });

  it('are there although it made them by a call before', async () => {
    const draft = draftOf('stats.inc');
    const { registered, state } = await reporting({
      reports: [{ toolCalls: [{ name: 'tools.create', args: draft }] }, reportOf(draft)],
      options: { dynamicTools: { ...OPTIONS.dynamicTools, cache: false } },
    });
    expect(registered).toMatchObject([{ name: 'stats.inc', registered: true }]);
    expect(state.creation?.metrics.successes).toBe(1);
  });

  it('are listed again in a report that has to be mended', async () => {
    const order = {
      codemode: { tool_creation: true },
      output_contract: { required_fields: ['n'] },
    };
    const draft = draftOf('stats.inc');
    const { registered, calls, output } = await reporting({
      order,
      reports: [reportOf(draft), { ...reportOf(draft), n: 1 }],
    });
    expect(calls).toHaveLength(2);
    expect(output.n).toBe(1);
    expect(registered).toMatchObject([{ registered: true, cache_hit: true }]);
  });

  it('can be what a contract asks for', async () => {
    const order = {
      codemode: { tool_creation: true },
      output_contract: { required_fields: ['tools_created'] },
    };
    const { registered, log } = await reporting({ order, reports: [reportOf(draftOf('stats.a'))] });
    expect(registered).toMatchObject([{ registered: true }]);
    expect(only(log, 'output.checked').at(-1)?.data.problems).toEqual([]);
  });

  it('are made once, wherever the process dies', async () => {
    const reports = [reportOf(draftOf('stats.a'), draftOf('shell.b'))];
    const whole = await reporting({ reports });
    for (const cut of whole.cuts.slice(0, -1)) {
      const again = await reporting({ reports, prefix: whole.log.slice(0, cut) });
      expect([cut, again.state.status]).toEqual([cut, 'complete']);
      expect([cut, again.registered]).toEqual([cut, whole.registered]);
      expect(only(again.log, 'tool.created')).toHaveLength(1);
      expect(only(again.log, 'tool.refused')).toHaveLength(1);
      expect(only(again.log, 'calls.derived')).toHaveLength(1);
    }
  });
});

describe('tools that an agent of a graph lists', () => {
  const CODEMODE = {
    language: 'javascript',
    retries: 1,
    timeoutMs: 30_000,
    console: true,
  } as const;
  const rounds = { one: [] };

  it.each<[string, boolean]>([
    ['are made when it may make some', true],
    ['are not made when it may not', false],
  ])('%s', async (_, may) => {
    using folder = temporaryFolder();
    const agents = {
      one: { codemode: CODEMODE, ...(!may && { making: { ...MAKING, maxTools: 0 } }) },
    };
    const host = makingHost(folder.path, {
      ...{ rounds, agents },
      host: { script: () => reportOf(draftOf('stats.inc')) },
    });
    const plan = makingPlan({ rounds, agents });
    const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
    await run.done;
    const log = await logOf(host.store);
    const [output] = only(log, 'output.checked').map(({ data }) => data.output);
    expect(output?.tools_registered).toMatchObject([
      { name: 'stats.inc', worker_id: 'one', registered: may },
    ]);
    expect(output).not.toHaveProperty('tools_created');
    expect(only(log, 'tool.created')).toHaveLength(may ? 1 : 0);
  });
});
