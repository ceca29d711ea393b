import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Tool, ToolResult } from '../../../src/ports/tool.ts';
import { only, temporaryFolder } from '../../make.ts';
import { countingTool, runCalling } from '../calling.ts';

/** The log of one call; a run always ends, whatever the call was. */
async function logOfCall(
  tool: Tool,
  call: { name?: string; args?: JsonObject },
  options: Partial<WorkflowOptions> = {},
): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  const { name = tool.name, args = {} } = call;
  const log = await runCalling(folder.path, {
    rounds: { w: [[[name, args]]] },
    tools: [tool],
    options: { budget: { tokens: null }, ...options },
  });
  expect(log.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'complete' } });
  return log;
}

const returned = (log: readonly RunEvent[]) => only(log, 'tool.returned')[0]?.data;

describe('a name that a model calls (capabilities 12.6)', () => {
  const names = [
    ...['', '.', 'a.', '.b', 'a.b.c', 'dynamic.x/../../y', 'dynamic.__proto__'],
    ...['constructor.prototype', 'x'.repeat(10_000), 'x.y\n', 'x.y\u200b', 'X.Y', 'х.y', 'x__y'],
    ...['__proto__', 'toString', 'shell.execute', '*.*', 'x.*'],
  ];
  it.each(names.map((name) => [name]))('%j is no tool, and one event says so', async (name) => {
    const tool = countingTool('x.y');
    const log = await logOfCall(tool, { name });
    expect(returned(log)?.status).toBe(404);
    expect(only(log, 'security.denied').map(({ data }) => data.kind)).toEqual(['acl.tool.denied']);
    expect(tool.calls).toEqual([]);
  });
});

describe('what a manager asks for its workers', () => {
  it.each([['*.*'], ['*'], ['x.*'], ['x*.y*'], ['x.y'], ['x.y\n']])(
    '%j does not bring a forbidden tool back',
    async (pattern) => {
      using folder = temporaryFolder();
      const [forbidden, other] = [countingTool('x.y'), countingTool('a.b')];
      const log = await runCalling(folder.path, {
        rounds: { w: [[['x.y'], ['a.b']]] },
        tools: [forbidden, other],
        options: { forbiddenTools: ['x.*'], managerControls: ['tools_allowed'], name: pattern },
      });
      expect(forbidden.calls).toEqual([]);
      expect(only(log, 'tool.returned').map(({ data }) => data.status)).toEqual([403, 200]);
    },
  );
});

describe('arguments that nobody expects', () => {
  const parameters = {
    type: 'object',
    properties: { text: { type: 'string', maxLength: 10 }, count: { type: 'integer' } },
    required: ['text'],
  };
  const deep = (levels: number): Json => (levels === 0 ? 1 : { a: deep(levels - 1) });
  it.each<[string, JsonObject]>([
    ['a key with an underscore', { text: 'a', _secrets: {} }],
    ['an agent id', { text: 'a', _agent_id: 'manager' }],
    ['a key too many', { text: 'a', more: 1 }],
    ['a wrong type', { text: 1 }],
    ['a number as text', { text: 'a', count: '1' }],
    ['a missing key', {}],
    ['a text that is too long', { text: 'x'.repeat(1_000_000) }],
    ['no JSON at all', { _unparsed: '{"text": ' }],
    ['a constructor', JSON.parse('{"text": "a", "constructor": 1}') as JsonObject],
    ['too many levels', { text: 'a', more: deep(500) }],
  ])('%s is refused with 400', async (_, args) => {
    const tool = countingTool('x.y', { parameters });
    const log = await logOfCall(tool, { args });
    expect(returned(log)).toMatchObject({ ok: false, status: 400 });
    expect(returned(log)?.error).toMatch(/^tool\/bad-input: /);
    expect(tool.calls).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['refers to another document', { type: 'object', $ref: 'http://127.0.0.1:1/schema.json' }],
    ['is none', { type: 'nonsense' }],
    ['is too long', { type: 'object', description: 'x'.repeat(10_000_000) }],
    ['is too deep', { type: 'object', properties: { a: deep(200) } } as JsonObject],
    ['refers to itself without end', { $ref: '#' }],
    ['has a pattern that is none', { type: 'object', patternProperties: { '(': {} } }],
  ])('a schema that %s refuses every call and harms nobody', async (_, schema) => {
    const log = await logOfCall(countingTool('x.y', { parameters: schema }), {});
    expect(returned(log)?.status).toBe(400);
  });

  it('a pattern that would take ages elsewhere takes no time', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
    const tool = countingTool('x.y', { parameters: schema });
    const log = await logOfCall(tool, { args: { a: `${'a'.repeat(50_000)}!` } });
    expect(returned(log)?.status).toBe(400);
  });
});

describe('what a tool gives back', () => {
  const circular: { [key: string]: unknown } = {};
  circular.self = circular;
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'done'],
    ['no data', { ok: true, status: 200 }],
    ['ok as a text', { ok: 'true', status: 200, data: {} }],
    ['a status as a text', { ok: true, status: '200', data: {} }],
    ['a status that contradicts', { ok: false, status: 200, data: {} }],
    ['a success that is none', { ok: true, status: 500, data: {} }],
    ['a function', { ok: true, status: 200, data: { call: () => 1 } }],
    ['a big integer', { ok: true, status: 200, data: 10n }],
    ['a circle', { ok: true, status: 200, data: circular }],
    ['a date', { ok: true, status: 200, data: new Date() }],
    ['infinity', { ok: true, status: 200, data: { n: Number.POSITIVE_INFINITY } }],
    ['a prototype', { ok: true, status: 200, data: JSON.parse('{"__proto__": {"polluted": 1}}') }],
    ['a million values', { ok: true, status: 200, data: Array(1_000_000).fill(1) }],
    ['an error that is no text', { ok: false, status: 500, data: {}, error: { a: 1 } }],
  ])('%s is a failure of the tool', async (_, result) => {
    const tool = countingTool('x.y', { run: async () => result as ToolResult });
    const log = await logOfCall(tool, {});
    expect(returned(log)).toMatchObject({ ok: false, status: 500, data: {} });
    expect(returned(log)?.error).toMatch(/^tool\/bad-result: /);
    expect({}).not.toHaveProperty('polluted');
  });

  it('data that does not fit `returns` is a failure, and an error is not held against it', async () => {
    const returns = { type: 'object', required: ['n'] };
    const bad = countingTool('x.y', { returns });
    expect(returned(await logOfCall(bad, {}))?.error).toMatch(/must have required property 'n'/);
    const failing = countingTool('x.y', {
      returns,
      run: async () => ({ ok: false, status: 404, data: {}, error: 'gone' }),
    });
    expect(returned(await logOfCall(failing, {}))).toMatchObject({ status: 404, error: 'gone' });
  });

  it('is cut when it is long', async () => {
    const long = 'x'.repeat(3_000_000);
    const tool = countingTool('x.y', {
      run: async () => ({ ok: true, status: 200, data: long, log: long }),
    });
    expect(JSON.stringify(returned(await logOfCall(tool, {}))).length).toBeLessThan(1_100_000);
  });

  it.each([
    ['throws a text', () => Promise.reject('no'), 500],
    ['throws an error', () => Promise.reject(new Error('no')), 500],
    [
      'throws without a promise',
      () => {
        throw new TypeError('no');
      },
      500,
    ],
    ['never ends', () => new Promise<never>(() => {}), 408],
  ] as const)('a tool that %s fails alone', async (_, run, status) => {
    const tool = countingTool('x.y', { timeoutMs: 50, run: run as Tool['run'] });
    const data = returned(await logOfCall(tool, {}));
    expect(data?.status).toBe(status);
    expect(data?.error).not.toContain(' at ');
  });

  it('a thousand calls at once are all answered', async () => {
    using folder = temporaryFolder();
    const tool = countingTool('x.y');
    const log = await runCalling(folder.path, {
      rounds: { w: [Array.from({ length: 1000 }, () => ['x.y'] as const)] },
      tools: [tool],
      options: { budget: { tools: null } },
    });
    expect([tool.calls.length, only(log, 'tool.returned').length]).toEqual([1000, 1000]);
  });
});
