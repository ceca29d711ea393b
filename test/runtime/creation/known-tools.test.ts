import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import { only, temporaryFolder } from '../../make.ts';
import { runPlan } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan, type Rounds, returnsOf } from './makers.ts';

async function logOf(rounds: Rounds, more: Partial<Making> = {}): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  const making = { rounds, ...more };
  const { log, state } = await runPlan(makingHost(folder.path, making), makingPlan(making));
  expect(state.status).toBe('complete');
  return log;
}

const create = (name: string, change: JsonObject = {}) =>
  ['tools.create', draftOf(name, change)] as const;

describe('the list of tools that agents made', () => {
  const rounds: Rounds = {
    one: [[create('stats.a'), create('net.b')]],
    two: [
      [['tools.list', {}]],
      [['tools.list', { namespace: 'net' }]],
      [['tools.list', { namespace: 'other' }]],
    ],
  };

  it('has name, description, creator, time and parameters, of one namespace if it is named', async () => {
    const log = await logOf(rounds);
    const [all, net, none] = returnsOf(log, 'tools.list').map(({ data }) => data);
    const { parameters } = draftOf('stats.a');
    const [created] = only(log, 'tool.created');
    expect(all).toEqual({
      tools: [
        {
          ...{ name: 'stats.a', description: 'adds one', creator: 'one', parameters },
          created_at: created?.data.tool.createdAt,
        },
        expect.objectContaining({ name: 'net.b' }),
      ],
      count: 2,
    });
    expect(net).toMatchObject({ tools: [{ name: 'net.b' }], count: 1 });
    expect(none).toEqual({ tools: [], count: 0 });
  });

  it('leaves out what the agent may not call', async () => {
    const log = await logOf(rounds, { agents: { two: { denied: ['net.*'] } } });
    const [all] = returnsOf(log, 'tools.list').map(({ data }) => data);
    expect(all).toMatchObject({ tools: [{ name: 'stats.a' }], count: 1 });
  });

  it('says which came after the agent had started, and are not there for it', async () => {
    const list = [['tools.list', {}]] as const;
    const log = await logOf(
      { one: [[create('stats.a')]], two: [[], list, list] },
      { nodes: { one: { agent: 'one' }, two: { agent: 'two' } } },
    );
    const seen = returnsOf(log, 'tools.list').at(-1)?.data;
    expect(seen).toMatchObject({ tools: [{ name: 'stats.a', callable: false }] });
  });

  it('names all tools when their schemas are too much for one answer', async () => {
    const parameters = { type: 'object', description: 'x'.repeat(30_000) };
    const names = ['stats.a', 'stats.b', 'stats.c', 'stats.d'];
    const log = await logOf({
      one: [names.map((name) => create(name, { parameters }))],
      two: [[['tools.list', {}]]],
    });
    const data = returnsOf(log, 'tools.list')[0]?.data as { tools: JsonObject[] };
    expect(data.tools.map(({ name }) => name)).toEqual(names);
    expect(data.tools.map((one) => 'parameters' in one)).toEqual([true, true, true, false]);
  });
});

describe('a tool that is taken away', () => {
  it('is gone for all, and its name is not given again', async () => {
    const log = await logOf({
      one: [
        [create('stats.a')],
        [['tools.remove', { name: 'stats.a' }]],
        [['stats.a', { a: 1 }]],
        [['tools.list', {}]],
        [create('stats.a')],
      ],
    });
    expect(returnsOf(log, 'tools.remove')).toEqual([
      { status: 200, data: { name: 'stats.a', unregistered: true }, error: undefined },
    ]);
    expect(only(log, 'tool.removed')).toHaveLength(1);
    expect(returnsOf(log, 'stats.a')[0]?.status).toBe(404);
    expect(returnsOf(log, 'tools.list')[0]?.data).toEqual({ tools: [], count: 0 });
    expect(returnsOf(log).map(({ status }) => status)).toEqual([200, 409]);
  });

  it.each([
    ['a tool that nobody made', 'stats.none', 404, /nobody made a tool stats\.none/],
    ['a tool of another agent', 'stats.a', 403, /was made by one/],
    ['a built-in tool', 'arithmetic.add', 403, /comes with the run/],
    ['a built-in tool that no agent has', 'file.read', 403, /comes with the run/],
    ['a name with hidden letters', 'stats.\u202ea', 404, /stats\.\\u202ea/],
    ['a name of the language', '__proto__', 404, /nobody made/],
  ])('is never %s', async (_, name, status, error) => {
    const log = await logOf(
      { one: [[create('stats.a')]], two: [[['tools.remove', { name }]]] },
      { agents: { one: { tools: ['tools.*', 'arithmetic.*'] } } },
    );
    expect(returnsOf(log, 'tools.remove')[0]).toMatchObject({
      status,
      error: expect.stringMatching(error),
    });
    expect(only(log, 'tool.removed')).toEqual([]);
  });

  it('is taken away once by calls at the same time', async () => {
    const remove = ['tools.remove', { name: 'stats.a' }] as const;
    const log = await logOf({ one: [[create('stats.a')], [remove, remove]] });
    expect(only(log, 'tool.removed')).toHaveLength(1);
    expect(
      returnsOf(log, 'tools.remove')
        .map(({ status }) => status)
        .sort(),
    ).toEqual([200, 404]);
  });

  it('can be taken away by a later run of the node that made it, and counts for that one', async () => {
    const rounds: Rounds = {
      one: [[create('stats.a')], [['tools.remove', { name: 'stats.a' }]], [create('stats.b')]],
    };
    const log = await logOf(rounds, {
      making: { maxTools: 2 },
      nodes: { first: { agent: 'one' }, second: { agent: 'one', after: ['first'] } },
    });
    expect(returnsOf(log).map(({ status }) => status)).toEqual([200, 200, 409, 200]);
  });
});
