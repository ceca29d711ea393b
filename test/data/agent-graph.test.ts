import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { graphProblems } from '../../src/data/graph-check.ts';
import { optionsOfGraph } from '../../src/data/graph-options.ts';
import {
  AgentGraph,
  type AgentGraphOptions,
  type GraphNodeOptions,
  type RunHandle,
  type RunResult,
  resumeRun,
  type StepFunction,
  tool,
} from '../../src/index.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { askedBy, logOf, only, temporaryFolder } from '../make.ts';

async function withStore<T>(
  action: (store: ReturnType<typeof memoryStore>) => Promise<T>,
): Promise<T> {
  using folder = temporaryFolder();
  return await action(memoryStore({ folder: folder.path }));
}

describe('a graph of a program', () => {
  it('runs its functions in order, each with what came before', async () => {
    await withStore(async (store) => {
      const graph = new AgentGraph({
        name: 'sums',
        store,
        state: { start: 1 },
        nodes: [
          { id: 'numbers', run: ({ input }) => ({ list: [input.start, 2, 3] }) },
          {
            id: 'double',
            dependsOn: ['numbers'],
            fanOut: { over: 'numbers.list' },
            run: ({ item }) => Number(item) * 2,
          },
          {
            id: 'late',
            dependsOn: [{ id: 'double', when: 'len(state.double.items) > 5' }],
            run: () => ({}),
          },
          { id: 'sum', dependsOn: ['double'], run: ({ input }) => input.double ?? null },
        ],
      });
      expect(await graph.validate()).toEqual([]);
      const result = await graph.run();
      expectTypeOf(result).toEqualTypeOf<RunResult>();
      expect(result).toMatchObject({
        status: 'complete',
        result: {
          double: { items: [{ result: 2 }, { result: 4 }, { result: 6 }], _fan_out_count: 3 },
        },
        metadata: { simulated: false, model: '' },
      });
      const { late, sum } = result.nodes ?? {};
      expect([late?.status, sum?.status]).toEqual(['skipped', 'finished']);
    });
  });

  it('has as many agents as its lists are long, unless a budget says otherwise', async () => {
    await withStore(async (store) => {
      const list = Array.from({ length: 300 }, (_, index) => index);
      const graph = new AgentGraph({
        name: 'many',
        store,
        state: { list },
        nodes: [{ id: 'each', fanOut: { over: 'list' }, run: ({ item }) => ({ item: item ?? 0 }) }],
      });
      const { status, result } = await graph.run();
      expect({ status, each: result.each }).toMatchObject({
        status: 'complete',
        each: { _fan_out_count: 300 },
      });
      expect(await graph.run({ budget: { workers: 3 } })).toMatchObject({
        status: 'partial',
        reason: 'budget/workers',
      });
    });
  });

  it('refuses limits of loops that it does not have', async () => {
    await withStore(async (store) => {
      const nodes = [{ id: 'a', run: () => ({}) }];
      const graph = new AgentGraph({ name: 'x', store, nodes, budget: { loops: 3 } });
      await expect(graph.run()).rejects.toMatchObject({
        code: 'usage/bad-option',
        message: 'the option budget.loops does not go with this workflow',
      });
    });
  });

  it('asks models for agents, with their own tools and answers', async () => {
    await withStore(async (store) => {
      const add = tool({
        name: 'own.add',
        description: 'Adds.',
        parameters: { type: 'object' },
        execute: () => 3,
      });
      const other = tool({
        name: 'own.other',
        description: 'No.',
        parameters: { type: 'object' },
        execute: () => 0,
      });
      const asked = new Map<string, { tools: string[]; temperature: number }>();
      const model = scriptedModel((request) => {
        const who = askedBy(request);
        const { tools, temperature, messages } = request;
        asked.set(who, { tools: tools.map(({ name }) => name), temperature });
        const called = messages.some(({ role }) => role === 'tool');
        if (who === 'counter' && !called)
          return { toolCalls: [{ id: 't', name: 'own.add', args: {} }] };
        return who === 'counter' ? { sum: 3, confidence: 1 } : 'Three.';
      });
      const graph = new AgentGraph({
        name: 'mixed',
        store,
        model,
        nodes: [
          {
            id: 'counter',
            instructions: 'Count.',
            tools: [add],
            temperature: 0.3,
            answer: z.object({ sum: z.number() }),
          },
          { id: 'helper', instructions: 'Help.', tools: [other], answer: 'text' },
          { id: 'words', instructions: 'Say it.', dependsOn: ['counter'], answer: 'text' },
        ],
      });
      const result = await graph.run({ task: 'Add', runId: 'r-test' });
      expect(result).toMatchObject({
        status: 'complete',
        result: { counter: { sum: 3 }, words: { result: 'Three.' } },
      });
      expect(asked.get('counter')).toEqual({ tools: ['own.add'], temperature: 0.3 });
      expect(asked.get('helper')?.tools).toEqual(['own.other']);
      expect(asked.get('words')?.tools).toEqual([]);
      const [started] = only(await logOf(store), 'run.started');
      expect(started?.data.plan).toMatchObject({ simulated: true, task: 'Add' });
    });
  });

  it('runs inside of another graph, mapped in and out', async () => {
    await withStore(async (store) => {
      const inner = new AgentGraph({
        name: 'inner',
        nodes: [{ id: 'square', run: ({ input }) => ({ n: Number(input.x) ** 2 }) }],
      });
      const graph = new AgentGraph({
        name: 'outer',
        store,
        nodes: [
          { id: 'first', run: () => ({ n: 4 }) },
          {
            id: 'part',
            graph: inner,
            dependsOn: ['first'],
            input: { x: 'first.n' },
            output: { squared: 'square.n' },
          },
        ],
      });
      expect(Object.keys(graph.steps)).toEqual(['first', 'part/square']);
      expect(await graph.run()).toMatchObject({
        status: 'complete',
        result: { part: { squared: 16 } },
      });
    });
  });

  it('tries again, repeats, and takes over what was left', async () => {
    await withStore(async (store) => {
      let tries = 0;
      const graph = new AgentGraph({
        name: 'stubborn',
        store,
        nodes: [
          {
            id: 'flaky',
            retry: { attempts: 3, backoff: 'none' },
            run: () => {
              tries += 1;
              if (tries < 3) throw new Error('no');
              return { tries };
            },
          },
          {
            id: 'rounds',
            loop: { max: 5, while: 'result.n < 3' },
            run: ({ round = 0 }) => ({ n: round }),
          },
        ],
      });
      const result = await graph.run();
      expect(result).toMatchObject({
        status: 'complete',
        result: { flaky: { tries: 3 }, rounds: { n: 3, _loop_iterations: 3 } },
      });
    });
  });

  it('can be resumed with its functions', async () => {
    await withStore(async (store) => {
      let broken = true;
      const graph = new AgentGraph({
        name: 'again',
        store,
        nodes: [
          {
            id: 'only',
            run: () => {
              if (broken) throw new Error('broken');
              return { fine: true };
            },
          },
        ],
      });
      const handle = graph.start({ runId: 'r-once' });
      expectTypeOf(handle).toExtend<RunHandle<unknown>>();
      expect(await handle.result).toMatchObject({ status: 'failed' });
      broken = false;
      const { steps } = graph;
      expect(await resumeRun('r-once', { store, steps }).result).toMatchObject({
        status: 'complete',
        result: { only: { fine: true } },
      });
    });
  });

  it('takes 2,000 nodes, and is not limited to a number of agents', async () => {
    await withStore(async (store) => {
      const nodes = Array.from(
        { length: 2000 },
        (_, index): GraphNodeOptions => ({
          id: `n${index}`,
          run: () => ({ index }),
          ...(index > 0 && { dependsOn: [`n${index - 1}`] }),
        }),
      );
      const result = await new AgentGraph({
        name: 'long',
        nodes,
        store,
        durability: 'batched',
      }).run();
      expect(result).toMatchObject({ status: 'complete' });
      expect(Object.keys(result.result)).toHaveLength(2000);
    });
  });

  it('has the limits of its state that it is given, and keeps what had no room', async () => {
    await withStore(async (store) => {
      const graph = new AgentGraph({
        name: 'small',
        store,
        stateLimits: { fieldBytes: 20 },
        nodes: [{ id: 'a', run: () => ({ text: 'x'.repeat(20) }) }],
      });
      const result = await graph.run();
      expect(result).toMatchObject({ status: 'failed', reason: 'state/too-large' });
      expect(result.metadata.message).toContain('20 is the most');
    });
  });

  it.each([
    ['nothing', {}, ['validation_error', 'auth_error']],
    ['what is tried again', { retryable: ['auth_error'] }, []],
    ['what never is', { nonRetryable: ['timeout'] }, ['timeout']],
  ])('that says %s of its attempts is not overruled', async (_, retry, never) => {
    const nodes = [{ id: 'a', run: () => ({}), retry: { attempts: 2, ...retry } }];
    const { options, steps } = new AgentGraph({ name: 'x', nodes });
    const { graph } = await optionsOfGraph({ options, steps }, {});
    const [node] = graph?.manifest.orchestration?.graph ?? [];
    expect(node?.retry?.non_retryable_errors).toEqual(never);
  });

  const run: StepFunction = () => ({});
  const wrong = (nodes: readonly object[], more: object = {}): AgentGraphOptions =>
    ({ name: 'x', nodes, ...more }) as AgentGraphOptions;

  it.each([
    ['no name', { nodes: [{ id: 'a', run }] }, 'name', 'it is missing'],
    ['no nodes', wrong([]), 'nodes', 'there are no nodes'],
    ['an unknown option', wrong([{ id: 'a', run }], { nam: 1 }), 'nam', 'there is no such option'],
    [
      'a limit of the state that is none',
      wrong([{ id: 'a', run }], { stateLimits: { bytes: 0 } }),
      'stateLimits.bytes',
      'it is no whole number of at least 1',
    ],
    [
      'an unknown limit of the state',
      wrong([{ id: 'a', run }], { stateLimits: { size: 1 } }),
      'stateLimits.size',
      'there is no such option',
    ],
    [
      'an unknown option of a node',
      wrong([{ id: 'a', run, depends_on: [] }]),
      'nodes[0].depends_on',
      'there is no such option',
    ],
    ['an id that is none', wrong([{ id: 'a-b', run }]), 'nodes[0].id', '"a-b" is no id'],
    ['a reserved id', wrong([{ id: '_errors', run }]), 'nodes[0].id', '"_errors" is no id'],
    [
      'an id twice',
      wrong([
        { id: 'a', run },
        { id: 'a', run },
      ]),
      'nodes[1].id',
      'there are two nodes a',
    ],
    [
      'a node that is nothing',
      wrong([{ id: 'a' }]),
      'nodes[0]',
      'it needs one of run, instructions and graph, and has 0',
    ],
    [
      'a node that is two things',
      wrong([{ id: 'a', run, instructions: 'x' }]),
      'nodes[0]',
      'it needs one of run, instructions and graph, and has 2',
    ],
    [
      'an unknown dependency',
      wrong([
        { id: 'aa', run },
        { id: 'b', run, dependsOn: ['ab'] },
      ]),
      'nodes[1].dependsOn[0]',
      'there is no node ab',
    ],
    [
      'a node that waits for itself',
      wrong([{ id: 'a', run, dependsOn: [{ id: 'a' }] }]),
      'nodes[0].dependsOn[0]',
      'it waits for itself',
    ],
    [
      'a cycle',
      wrong([
        { id: 'a', run, dependsOn: ['b'] },
        { id: 'b', run, dependsOn: ['a'] },
      ]),
      'nodes[0].dependsOn',
      'nodes wait for each other: a > b > a',
    ],
    [
      'an expression that is none',
      wrong([{ id: 'a', run, when: 'state.' }]),
      'nodes[0].when',
      undefined,
    ],
    [
      'a name that is not there',
      wrong([{ id: 'a', run, when: 'b.x' }]),
      'nodes[0].when',
      'there is no b here',
    ],
    [
      'a loop without end',
      wrong([{ id: 'a', run, loop: { max: 0 } }]),
      'nodes[0].loop.max',
      'it is no whole number of at least 1',
    ],
    [
      'a loop and a fan-out',
      wrong([{ id: 'a', run, loop: { max: 1 }, fanOut: { over: 'x' } }]),
      'nodes[0]',
      'it has loop and fanOut',
    ],
    [
      'a time that is none',
      wrong([{ id: 'a', run, timeout: 'soon' }]),
      'nodes[0].timeout',
      '"soon" is no time',
    ],
    [
      'attempts that are none',
      wrong([{ id: 'a', run, retry: 0 }]),
      'nodes[0].retry',
      'attempts are no whole number of at least 1',
    ],
    [
      'a fan-out over nothing',
      wrong([{ id: 'a', run, fanOut: { over: ' ' } }]),
      'nodes[0].fanOut.over',
      'there is no list',
    ],
    [
      'results to reduce and no expression',
      wrong([{ id: 'a', run, fanOut: { over: 'x' }, fanIn: { strategy: 'reduce' } }]),
      'nodes[0].fanIn.expr',
      'reduce needs it',
    ],
    [
      'results to join and no tool',
      wrong([{ id: 'a', run, fanOut: { over: 'x' }, fanIn: { strategy: 'custom' } }]),
      'nodes[0].fanIn.tool',
      'custom needs it',
    ],
    [
      'a fan-in without a fan-out',
      wrong([{ id: 'a', run, fanIn: { strategy: 'merge' } }]),
      'nodes[0].fanIn',
      'there is nothing to join',
    ],
    ['itself inside', insideItself(), 'nodes[0].graph', 'the graph contains itself'],
    [
      'itself inside of another',
      insideItself((graph) => new AgentGraph(wrong([{ id: 'b', graph }]))),
      'nodes[0].graph.nodes[0].graph',
      'the graph contains itself',
    ],
    [
      'something wrong inside',
      wrong([{ id: 'a', graph: new AgentGraph(wrong([{ id: 'b' }])) }]),
      'nodes[0].graph.nodes[0]',
      undefined,
    ],
  ])('is told that it has %s', async (_, options, path, message) => {
    const [problem] = graphProblems(options as AgentGraphOptions);
    expect(problem?.path).toBe(path);
    if (message !== undefined) expect(problem?.message).toBe(message);
    const graph = new AgentGraph(options as AgentGraphOptions);
    await expect(graph.run()).rejects.toMatchObject({
      code: 'usage/bad-option',
      message: `${path}: ${problem?.message}`,
      hint: problem?.help,
    });
  });
});

/** A graph with itself as a node, or what is made of it. */
function insideItself(around: (graph: AgentGraph) => AgentGraph = (graph) => graph) {
  const nodes: GraphNodeOptions[] = [];
  const options: AgentGraphOptions = { name: 'x', nodes };
  nodes.push({ id: 'a', graph: around(new AgentGraph(options)) });
  return options;
}
