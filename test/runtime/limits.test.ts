import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { BudgetOptions } from '../../src/data/options.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { say } from '../fault-server/answers.ts';
import { type FaultServer, type Handler, startFaultServer } from '../fault-server/server.ts';
import {
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { type Program, programBox, programScript } from './program-box.ts';

/** Tokens that the server says of each answer; fifteen, as in the comparison with other stacks. */
const USAGE = { input: 10, output: 5 };

let turns = 0;

/** A manager that always delegates to five workers, each of which wants two model calls. */
const greedy: Handler = ({ headers, body }) => {
  if (headers['x-awp-role'] === 'manager') {
    turns += 1;
    const works = ['a', 'b', 'c', 'd', 'e'].map((id) => ({
      worker_id: id,
      instructions: `do ${id}, step ${turns}`,
    }));
    const text = JSON.stringify(delegate(...works));
    return say({
      text,
      usage: { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: 15 },
    });
  }
  const usage = { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: 15 };
  if (
    body.messages.at(-1)?.role === 'tool' ||
    body.tools === undefined ||
    body.tool_choice === 'none'
  ) {
    return say({ text: JSON.stringify({ summary: 'done', confidence: 1 }), usage });
  }
  return say({
    toolCalls: [{ name: 'arithmetic__add', arguments: JSON.stringify({ a: 1, b: 2 }) }],
    usage,
  });
};

describe('limits over the whole tree of agents', () => {
  let server: FaultServer;
  beforeAll(async () => {
    server = await startFaultServer(greedy);
    process.env.LLM_BASE_URL = server.url;
    process.env.LLM_API_KEY = 'test-key-0123456789';
  });
  afterAll(async () => {
    delete process.env.LLM_BASE_URL;
    delete process.env.LLM_API_KEY;
    await server.close();
  });

  async function runWith(budget: BudgetOptions) {
    using folder = temporaryFolder();
    server.requests.length = 0;
    const result = await new AgentWorkflow({
      task: 'Do it',
      model: 'served',
      tools: ['arithmetic.*'],
      budget,
      stall: { enabled: false },
      store: memoryStore({ folder: folder.path }),
    }).run();
    const served = server.served();
    return { result, made: server.requests.length, served: served.input + served.output };
  }

  it.each([1, 2, 5, 10, 11, 25])('with %i model calls no more are made', async (calls) => {
    const { result, made } = await runWith({ calls, loops: 10, workers: null });
    expect(made).toBe(calls);
    expect(result).toMatchObject({ status: 'partial', usage: { modelCalls: calls } });
  });

  it.each([100, 3_000, 10_000, 30_000])('with %i tokens no more are served', async (tokens) => {
    const { result, served } = await runWith({ tokens, loops: 10, workers: null });
    expect(served).toBeLessThanOrEqual(tokens);
    expect(result.status).toBe('partial');
    expect(result.usage.totalTokens).toBe(served);
  });

  it('with ten turns of the manager its workers are counted as well', async () => {
    const { result, made, served } = await runWith({ loops: 10, workers: null, tools: null });
    // Nine turns delegate to five workers of two calls each; the tenth wants to, and may not.
    expect(made).toBe(10 + 9 * 5 * 2);
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/loops' });
    expect(result.usage).toMatchObject({ modelCalls: made, totalTokens: served, estimated: false });
  });

  it('counts what each agent used, and the agents add up to the run', async () => {
    const { result, made, served } = await runWith({ loops: 3, workers: null });
    const { agents } = result.usage;
    expect(agents.reduce((sum, { calls }) => sum + calls, 0)).toBe(made);
    expect(agents.reduce((sum, { input, output }) => sum + input + output, 0)).toBe(served);
    const byAgent = new Map<string, number>();
    for (const { headers } of server.requests) {
      const name = String(headers['x-awp-agent']);
      byAgent.set(name, (byAgent.get(name) ?? 0) + 1);
    }
    expect(new Map(agents.map(({ name, calls }) => [name, calls]))).toEqual(byAgent);
  });

  it('lets no more workers start than are allowed, and says so to the manager', async () => {
    const { result } = await runWith({ workers: 3 });
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/workers' });
    expect(result.usage.workers).toBe(3);
    const last = server.requests
      .filter(({ headers }) => headers['x-awp-role'] === 'manager')
      .at(-1);
    expect(last?.body.messages.at(-1)?.content).toContain('Worker d was not started');
  });

  it('refuses tool calls beyond the limit, and the worker still reports', async () => {
    const { result } = await runWith({ tools: 2, loops: 2 });
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/tools' });
    expect(result.usage.toolCalls).toBe(2);
    expect(Object.keys(Object(result.result.worker_outputs))).toHaveLength(5);
  });
});

describe('the limit on tool calls', () => {
  it.each([1, 5, 6, 17, 40])('of %i counts those that programs make inside', async (tools) => {
    using folder = temporaryFolder();
    const workers = ['a', 'b', 'c', 'd', 'e'];
    let made = 0;
    const count: Tool = {
      ...{ name: 'count.one', description: 'counts', parameters: {}, idempotent: true },
      run: async () => {
        made += 1;
        return { ok: true, status: 200, data: made };
      },
    };
    const program: Program = async (call) =>
      Promise.all(Array.from({ length: 7 }, async () => (await call('count.one')).status));
    const host = testHost(folder.path, {
      script: programScript(...workers),
      tools: [...builtinTools, count],
      sandbox: programBox(Object.fromEntries(workers.map((name) => [name, program]))),
    });
    const plan = testPlan({ tools: ['count.*', 'code.*'], budget: { tools } });
    const run = await startTestRun(host, plan);
    await run.done;
    const log = await logOf(host.store);
    // Five programs of seven calls each: forty calls in all, and just as many as are allowed.
    expect(only(log, 'tool.called')).toHaveLength(tools);
    expect(made).toBe(only(log, 'tool.called').filter(({ data }) => data.parentCall).length);
    expect(run.state).toMatchObject({
      status: tools < 40 ? 'partial' : 'complete',
      ledger: { used: { tools } },
    });
  });
});
