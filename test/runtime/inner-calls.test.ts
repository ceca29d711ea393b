import { describe, expect, it } from 'vitest';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { resultOf } from '../../src/events/result.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { BoxToolReply, Execution } from '../../src/ports/sandbox.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { resumeRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { builtinTools } from '../../src/tools/index.ts';
import {
  logOf,
  only,
  startTestRun,
  type TestHostOptions,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { type Program, programBox, programScript } from './program-box.ts';

interface Given {
  programs: Record<string, Program>;
  options?: Partial<WorkflowOptions>;
  tools?: readonly Tool[];
  execution?: Partial<Execution>;
  host?: Partial<TestHostOptions>;
}

const tool = (name: string, run: Tool['run'], more: Partial<Tool> = {}): Tool => ({
  ...{ name, description: name, parameters: { type: 'object' }, idempotent: true, run },
  ...more,
});
const waits = tool('slow.wait', async (_, { signal }) => {
  await new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  throw new Error('never');
});

/** Runs a worker for each program; the store stays in memory. */
async function runOf(given: Given) {
  using folder = temporaryFolder();
  const box = programBox(given.programs, given.execution);
  const host = testHost(folder.path, {
    script: programScript(...Object.keys(given.programs)),
    tools: [...builtinTools, waits, ...(given.tools ?? [])],
    sandbox: box,
    ...given.host,
  });
  const run = await startTestRun(host, testPlan({ tools: ['*.*'], ...given.options }));
  await run.done;
  return { log: await logOf(host.store), state: run.state, box, result: resultOf(run.state, '') };
}

/** What a program printed. */
function said(log: readonly RunEvent[]): unknown {
  const [outer] = only(log, 'tool.returned').filter(({ data }) => data.parentCall === undefined);
  return JSON.parse(String(Object(outer?.data.data).stdout));
}

describe('a tool call from inside of a box', () => {
  it('is made, counted and logged below the call of its program, and its files are kept', async () => {
    const { log, result } = await runOf({
      programs: {
        a: async (call, { tools }) => {
          const sum = await call('arithmetic.add', { a: 1, b: 2 });
          await call('file.write', { path: 'output/a.txt', content: 'x' });
          const list = await call('file.list', {});
          return { names: [...(tools?.names ?? [])], sum: { ...sum }, list: list.data };
        },
      },
    });
    expect(said(log)).toMatchObject({
      names: expect.not.arrayContaining(['code.execute']),
      sum: { ok: true, status: 200, data: { result: 3 } },
      list: { files: ['output/a.txt'] },
    });
    const calls = log
      .filter(({ type }) => /^(tool|artifact)\./.test(type))
      .map(({ type, data }) => [type, Object(data).call, Object(data).parentCall]);
    expect(calls).toEqual([
      ['tool.called', '1.1/1.t1', undefined],
      ['tool.called', '1.1/1.t1.i1', '1.1/1.t1'],
      ['tool.returned', '1.1/1.t1.i1', '1.1/1.t1'],
      ['tool.called', '1.1/1.t1.i2', '1.1/1.t1'],
      ['artifact.written', undefined, undefined],
      ['tool.returned', '1.1/1.t1.i2', '1.1/1.t1'],
      ['tool.called', '1.1/1.t1.i3', '1.1/1.t1'],
      ['tool.returned', '1.1/1.t1.i3', '1.1/1.t1'],
      ['tool.returned', '1.1/1.t1', undefined],
    ]);
    expect(only(log, 'tool.returned')[1]?.data.files).toEqual(['a.txt']);
    expect(result.usage).toMatchObject({ toolCalls: 4 });
    expect(result.usage.agents.find(({ name }) => name === 'a')).toMatchObject({ tools: 4 });
    expect(result.artifacts.map(({ name }) => name)).toEqual(['a.txt']);
  });

  it.each([
    ['code.execute', {}, 403, /a program cannot call code\.execute/, true],
    ['file.write', { path: 'x', content: 'x' }, 403, /forbidden in this run/, true],
    ['shell.execute', {}, 404, /no tool shell\.execute/, true],
    ['web.fetch', {}, 404, /no tool web\.fetch.*it has .*arithmetic\.add/, true],
    ['__proto__', {}, 404, /no tool/, true],
    ['arithmetic.add', { a: 'one', b: 2 }, 400, /`a` must be number/, false],
    ['file.read', { path: '../secret' }, 403, /leaves its folder/, true],
  ])('%s %j is refused as a model’s call is', async (name, args, status, error, denied) => {
    const { log } = await runOf({
      programs: { a: async (call) => ({ ...(await call(name, args)) }) },
      options: { forbiddenTools: ['file.write'] },
    });
    expect(said(log)).toMatchObject({ ok: false, status, error: expect.stringMatching(error) });
    expect(only(log, 'security.denied')).toHaveLength(denied ? 1 : 0);
    const inner = only(log, 'tool.returned').find(({ data }) => data.parentCall !== undefined);
    expect(inner?.data).toMatchObject({ status, tool: name });
  });

  it('is refused when the worker was not given the tool', async () => {
    const script = programScript('a');
    const { log } = await runOf({
      programs: { a: async (call) => ({ ...(await call('arithmetic.add', { a: 1, b: 2 })) }) },
      host: {
        script: (request) =>
          request.headers['x-awp-role'] === 'manager' &&
          !JSON.stringify(request.messages).includes('Results of turn')
            ? {
                decision: 'delegate',
                delegations: [
                  { worker_id: 'a', instructions: 'x', tools_allowed: ['code.execute'] },
                ],
              }
            : script(request),
      },
    });
    expect(said(log)).toMatchObject({ error: 'no tools' });
  });

  it('runs once when fifty want the last one', async () => {
    let made = 0;
    const count = tool('count.one', async () => {
      made += 1;
      return { ok: true, status: 200, data: made };
    });
    const { log, result } = await runOf({
      tools: [count],
      options: { budget: { tools: 2 } },
      programs: {
        a: async (call) => {
          const replies = await Promise.all(Array.from({ length: 50 }, () => call('count.one')));
          return replies.map(({ status, error = '' }) => [status, error]);
        },
      },
    });
    const statuses = said(log) as [number, string][];
    expect(made).toBe(1);
    expect(statuses.filter(([status]) => status === 200)).toHaveLength(1);
    const refused = statuses.filter(([status]) => status === 429);
    expect(refused).toHaveLength(49);
    expect(refused[0]?.[1]).toBe('budget/tools: no tool call is left (2 allowed)');
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/tools' });
    expect(result.usage.toolCalls).toBe(2);
  });

  it('says once in the log that the limit is reached, however often a program tries', async () => {
    const { log } = await runOf({
      options: { budget: { tools: 1 } },
      programs: {
        a: async (call) => {
          for (let n = 0; n < 20; n++) await call('arithmetic.add', { a: n, b: 1 });
          return null;
        },
      },
    });
    expect(only(log, 'budget.exhausted')).toHaveLength(1);
  });

  it('is ended with its program, and the log knows it before the program’s own end', async () => {
    const { log } = await runOf({
      programs: {
        a: async (call) => {
          for (let n = 0; n < 12; n++) void call('slow.wait');
          await call('arithmetic.add', { a: 1, b: 2 });
          for (let n = 0; n < 12; n++) void call('slow.wait');
          return 'gone';
        },
      },
    });
    const returned = only(log, 'tool.returned');
    expect(returned.at(-1)?.data.parentCall).toBeUndefined();
    const called = only(log, 'tool.called').map(({ data }) => data.call);
    expect(returned.map(({ data }) => data.call).sort()).toEqual(called.sort());
  });

  it('ends when the wall time of the run does', async () => {
    const clock = fixedClock();
    const { log, result } = await runOf({
      options: { budget: { time: 10_000 } },
      tools: [
        tool('time.over', async (args, context) => {
          clock.advance(9500);
          return await waits.run(args, context);
        }),
      ],
      programs: { a: async (call) => ({ ...(await call('time.over')) }) },
      host: { effects: { clock } },
    });
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/time' });
    const ended = only(log, 'tool.returned').map(({ data }) => [data.tool, data.ok]);
    expect(ended.sort()).toEqual([
      ['code.execute', false],
      ['time.over', false],
    ]);
  });

  it('does not keep a run from being stopped', async () => {
    using folder = temporaryFolder();
    const box = programBox({ a: async (call) => ({ ...(await call('slow.wait')) }) });
    const tools = [...builtinTools, waits];
    const host = testHost(folder.path, { script: programScript('a'), tools, sandbox: box });
    const run = await startTestRun(host, testPlan({ tools: ['*.*'] }));
    for (let seq = 0; run.state.inFlight.size < 2; seq = run.state.seq) {
      await host.store.changed('r-test', seq, new AbortController().signal);
    }
    run.stop('enough');
    await run.done;
    expect(run.state.status).toBe('cancelled');
  });

  it('gives a program what the log holds: secrets are blanked out, and too much is refused', async () => {
    const tells = tool('tell.all', async ({ much }) => ({
      ...{ ok: true, status: 200 },
      data: much ? 'ü'.repeat(500_000) : 'the key is key-0123456789',
    }));
    const { log } = await runOf({
      tools: [tells],
      host: { secrets: ['key-0123456789'] },
      programs: {
        a: async (call) => {
          const replies: BoxToolReply[] = [
            await call('tell.all'),
            await call('tell.all', { much: true }),
          ];
          return replies.map(({ data, status, error = '' }) => ({ data, status, error }));
        },
      },
    });
    expect(said(log)).toMatchObject([
      { data: 'the key is [secret]' },
      { data: {}, status: 500, error: expect.stringContaining('tool/too-large') },
    ]);
  });
});

describe('a run that died while a program was calling tools', () => {
  const programs: Record<string, Program> = {
    a: async (call) => {
      const first = await call('arithmetic.add', { a: 1, b: 2 });
      const sent = await call('mail.send');
      return [first.data, sent.status];
    },
  };

  async function cut(idempotent: boolean, at: (event: RunEvent) => boolean) {
    using folder = temporaryFolder();
    let sent = 0;
    const mail = tool(
      'mail.send',
      async () => {
        sent += 1;
        return { ok: true, status: 200, data: {} };
      },
      { idempotent },
    );
    const told: unknown[] = [];
    const script = programScript('a');
    const options = {
      script: (request: ModelRequest) => {
        told.push(...request.messages.filter(({ role }) => role === 'tool'));
        return script(request);
      },
      tools: [...builtinTools, mail],
      sandbox: programBox(programs),
    };
    const first = testHost(folder.path, options);
    await (await startTestRun(first, testPlan({ tools: ['*.*'] }))).done;
    const log = await logOf(first.store);
    const store = memoryStore({ folder: folder.path });
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, log.slice(0, log.findIndex(at) + 1), 'full');
    await store.release(lease);
    const run = await resumeRun(testHost(folder.path, { ...options, store }), { id: 'r-test' });
    await run.done;
    const ended = only(await logOf(store), 'tool.returned').filter(
      ({ data }) => data.tool === 'code.execute',
    );
    return { sent, status: run.state.status, ended, told: JSON.stringify(told.at(-1)) };
  }

  const called =
    (name: string) =>
    ({ type, data }: RunEvent): boolean =>
      type === 'tool.called' && 'tool' in data && data.tool === name;

  it.each([
    ['before any call', true, 'code.execute'],
    ['during a call that may be made again', true, 'arithmetic.add'],
    ['during the last call that may be made again', true, 'mail.send'],
    ['before the call that may not be made again', false, 'arithmetic.add'],
  ])('%s runs the program again', async (_, idempotent, at) => {
    const { sent, status, ended } = await cut(idempotent, called(at));
    expect({ sent, status }).toEqual({ sent: 2, status: 'complete' });
    expect(ended).toHaveLength(1);
    expect(ended[0]?.data.ok).toBe(true);
  });

  it('after a call that may not be made again tells the model so, and runs nothing again', async () => {
    const { sent, status, ended, told } = await cut(false, called('mail.send'));
    expect({ sent, status }).toEqual({ sent: 1, status: 'complete' });
    expect(ended).toEqual([]);
    expect(told).toContain('tool/interrupted');
  });
});

describe('the box of a worker', () => {
  it('is made ready when the worker starts, with the inputs of the run', async () => {
    const { box } = await runOf({ programs: { a: async () => 1, b: async () => 2 } });
    expect(box.coming).toHaveLength(2);
    expect(box.coming[0]).toMatchObject({ inputs: expect.stringMatching(/inputs$/) });
    expect(box.jobs.map(({ session }) => session)).toEqual([undefined, undefined]);
    expect(box.ended).toEqual([]);
  });

  it('is the worker’s own for all its programs when it is persistent, and ends with it', async () => {
    const { box } = await runOf({
      programs: { a: async () => 1, b: async () => 2 },
      options: { sandbox: { session: 'persistent' } },
    });
    expect(box.jobs.map(({ session }) => session).sort()).toEqual(['1.1', '1.2']);
    expect(box.ended.sort()).toEqual(['1.1', '1.2']);
  });

  it('is not made ready for a worker that runs no programs', async () => {
    const { box } = await runOf({
      programs: { a: async () => 1 },
      options: { forbiddenTools: ['code.execute'] },
    });
    expect(box.coming).toEqual([]);
  });

  it('tells of requests to where a program may not go', async () => {
    const request = { method: 'GET', host: 'evil.test:80', bytes: 0, ms: 1 };
    const problem = 'network/denied: evil.test:80 is not on the list of hosts';
    const requests = [
      { ...request, problem },
      { ...request, host: 'api.example.com:443', problem: 'network/unreachable: no answer' },
    ];
    const { log } = await runOf({ programs: { a: async () => 1 }, execution: { requests } });
    expect(only(log, 'security.denied').map(({ data }) => data)).toEqual([
      {
        tool: 'code.execute',
        reason: `GET evil.test:80: ${problem}`,
        kind: 'network.denied',
      },
    ]);
    const outer = only(log, 'tool.returned')[0];
    expect(outer?.data.data).toMatchObject({ requests });
  });
});
