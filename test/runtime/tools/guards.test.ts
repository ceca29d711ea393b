import { describe, expect, it } from 'vitest';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { scriptedModel } from '../../../src/providers/scripted.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { countingTool, runCalling, type WorkerCall } from '../calling.ts';

const calls = (name: string, count: number): WorkerCall[] =>
  Array.from({ length: count }, () => [name]);

const statuses = (log: readonly RunEvent[]): number[] =>
  only(log, 'tool.returned').map(({ data }) => data.status);
const kinds = (log: readonly RunEvent[]) =>
  only(log, 'security.denied').map(({ data }) => data.kind);

async function logOfCalls(
  tool: Tool,
  rounds: readonly (readonly WorkerCall[])[],
  options: Partial<WorkflowOptions>,
): Promise<RunEvent[]> {
  using folder = temporaryFolder();
  return runCalling(folder.path, { rounds: { w: rounds }, tools: [tool], options });
}

const rate = (perAgent: number | null, perTool: number | null) =>
  ({ rate: { perAgent, perTool, onExceeded: 'reject' } }) as const;

describe('what stands against a tool call', () => {
  it.each([
    ['the quota of an agent', { callsPerAgent: 2 }, {}],
    ['the quota of a tool', { overrides: [{ tool: 'x.*', calls: 2 }] }, {}],
    ['the rate of an agent', rate(2, null), {}],
    ['the rate of every tool', rate(null, 2), {}],
    [
      'the rate that is set for a tool',
      { ...rate(null, 9), overrides: [{ tool: 'x.y', perMinute: 2 }] },
      {},
    ],
    ['the rate that a tool has itself', rate(null, null), { rate: { perMinute: 2 } }],
    ['the rate of an hour', rate(null, null), { rate: { perHour: 2 } }],
  ] as const)(
    '%s is never passed, not even by calls of one answer',
    async (_, toolPolicy, more) => {
      const tool = countingTool('x.y', more);
      const log = await logOfCalls(tool, [calls('x.y', 3), calls('x.y', 1)], { toolPolicy });
      expect(tool.calls).toHaveLength(2);
      // What is refused is answered at once; the others when they return.
      expect(statuses(log).sort()).toEqual([200, 200, 429, 429]);
      expect(kinds(log)).toEqual(['rate_limit.exceeded', 'rate_limit.exceeded']);
    },
  );

  it('lets calls wait for room in a rate limit if the run has the time', async () => {
    const tool = countingTool('x.y');
    const queue = { rate: { perAgent: null, perTool: 2, onExceeded: 'queue' } } as const;
    // A minute must pass, and the run has ten seconds.
    const budget = { time: 10_000 };
    const log = await logOfCalls(tool, [calls('x.y', 3)], { toolPolicy: queue, budget });
    expect(statuses(log).sort()).toEqual([200, 200, 429]);
    expect(only(log, 'tool.returned').map(({ data }) => data.error)).toContainEqual(
      expect.stringContaining('the run has less time'),
    );
  });

  const breaker = {
    failures: 2,
    resetMs: 60_000,
    halfOpen: 1,
    monitored: ['server_error', 'timeout'] as const,
    perTool: {},
  };

  it('holds back a tool that keeps failing, and answers 503 in its place', async () => {
    const tool = countingTool('x.y', {
      run: async () => ({ ok: false, status: 500, data: {}, error: 'broken' }),
    });
    const rounds = [1, 2, 3, 4].map(() => calls('x.y', 1));
    const log = await logOfCalls(tool, rounds, { toolPolicy: { breaker } });
    expect(statuses(log)).toEqual([500, 500, 503, 503]);
    expect(kinds(log)).toEqual(['circuit_breaker.opened', 'circuit_breaker.opened']);
  });

  it('does not hold back a tool whose failures are the caller’s', async () => {
    const tool = countingTool('x.y', {
      run: async () => ({ ok: false, status: 404, data: {}, error: 'not there' }),
    });
    const rounds = [1, 2, 3, 4].map(() => calls('x.y', 1));
    const log = await logOfCalls(tool, rounds, { toolPolicy: { breaker } });
    expect(statuses(log)).toEqual([404, 404, 404, 404]);
  });

  it.each([
    ['of everybody', [{ agent: '*', denied: ['x.*'] }], [404, 403]],
    ['of one agent', [{ agent: 'w', denied: ['x.y'] }], [404, 403]],
    ['by leaving it out', [{ agent: 'w*', allowed: ['z.*'] }], [404, 403]],
    ['of another agent', [{ agent: 'v', denied: ['x.y'] }], [200]],
    ['of all but this one', [{ agent: '*', except: ['w'], allowed: [] }], [200]],
  ])('keeps to the access %s', async (_, access, expected) => {
    const log = await logOfCalls(countingTool('x.y'), [calls('x.y', 1)], {
      toolPolicy: { access },
    });
    expect(expected).toContain(statuses(log)[0]);
    expect(kinds(log)).toEqual(expected[0] === 200 ? [] : ['acl.tool.denied']);
  });

  it('keeps to the access of an agent whose name was taken already', async () => {
    using folder = temporaryFolder();
    const tool = countingTool('x.y');
    const model = scriptedModel((request) => {
      if (request.headers['x-awp-role'] === 'manager') {
        const turns = JSON.stringify(request.messages).split('Results of turn').length - 1;
        const instructions = `step ${turns}`;
        return turns > 1 ? complete() : delegate({ worker_id: 'w', instructions });
      }
      if (request.messages.at(-1)?.role === 'tool') return { summary: 'fine', confidence: 1 };
      return { toolCalls: [{ name: 'x.y', args: {} }] };
    });
    const host = testHost(folder.path, { script: model, tools: [tool] });
    const access = [{ agent: 'w', denied: ['x.*'] }];
    const run = await startTestRun(host, testPlan({ toolPolicy: { access } }));
    await run.done;
    const started = only(await logOf(host.store), 'agent.started').map(({ data }) => data);
    expect(started.map(({ name, askedAs }) => [name, askedAs])).toEqual([
      ['manager', undefined],
      ['w', undefined],
      ['w-2', 'w'],
    ]);
    expect(tool.calls).toEqual([]);
  });

  it('starts no call when the time is over', async () => {
    const made: string[] = [];
    const tool = countingTool('x.y', {
      timeoutMs: 60_000,
      run: async () => {
        made.push('x');
        return new Promise(() => {});
      },
    });
    const options = { toolPolicy: { parallel: 1 }, budget: { time: 300 } };
    const log = await logOfCalls(tool, [calls('x.y', 3)], options);
    expect([made.length, statuses(log)]).toEqual([1, [408, 408, 408]]);
  });

  it('makes no more calls of one answer at the same time than are allowed', async () => {
    let out = 0;
    let most = 0;
    const tool = countingTool('x.y', {
      async run() {
        out += 1;
        most = Math.max(most, out);
        await new Promise((resolve) => setImmediate(resolve));
        out -= 1;
        return { ok: true, status: 200, data: {} };
      },
    });
    const log = await logOfCalls(tool, [calls('x.y', 7)], { toolPolicy: { parallel: 2 } });
    expect([statuses(log).length, most]).toEqual([7, 2]);
  });

  it('a limit of the time of calls counts for tools that allow themselves more', async () => {
    const tool = countingTool('x.y', { timeoutMs: 60_000, run: () => new Promise(() => {}) });
    const log = await logOfCalls(tool, [calls('x.y', 1)], { toolPolicy: { timeoutMs: 20 } });
    expect(statuses(log)).toEqual([408]);
  });
});
