import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanNode } from '../../../src/events/plan-graph.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import type { FunctionCall, StepFunction } from '../../../src/ports/step.ts';
import { answerApproval } from '../../../src/runtime/approvals/answer.ts';
import type { ApprovalRequest, AskPerson } from '../../../src/runtime/approvals/desk.ts';
import type { ApprovalAnswer } from '../../../src/runtime/approvals/inbox.ts';
import { leftOf } from '../../../src/runtime/nodes/deadlines.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { DEFAULT_TOOL_POLICY } from '../../../src/runtime/tools/policy.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { endOf, graphPlan, planAgent, planGraph, stepHost, type TestNode } from '../graphs.ts';

const yes: ApprovalAnswer = { decision: 'approved', by: 'test' };
const no: ApprovalAnswer = { decision: 'rejected', by: 'test', reason: 'not today' };

type Nodes = Readonly<Record<string, TestNode>>;

interface Setting {
  steps?: Readonly<Record<string, StepFunction>>;
  ask?: AskPerson;
  change?: Partial<Plan>;
}

/** Steps say who they are and what they see, unless they are given. */
const told: StepFunction = ({ node, input, said, round }) => ({
  by: node,
  saw: Object.keys(input),
  ...(said !== undefined && { said }),
  ...(round !== undefined && { round }),
});

function stepsOf(nodes: Nodes, steps: Setting['steps'] = {}) {
  return Object.fromEntries(Object.keys(nodes).map((id) => [id, steps[id] ?? told]));
}

async function run(nodes: Nodes, { steps, ask, change }: Setting) {
  using folder = temporaryFolder();
  const asked: ApprovalRequest[] = [];
  const host = stepHost(folder.path, { ...stepsOf(nodes, steps), ...steps });
  const plan = graphPlan(planGraph(nodes), change);
  const started = await startRun(host, {
    ...{ id: 'r-test', plan, inputs: [] },
    ...(ask && {
      ask: async (request, signal) => {
        asked.push(request);
        return ask(request, signal);
      },
    }),
  });
  await started.done;
  return { state: started.state, log: await logOf(host.store), asked };
}

describe('a node that a person must allow to start', () => {
  const nodes: Nodes = { a: { approval: 'before' }, b: { after: ['a'] } };

  it('starts when one does', async () => {
    const { state, asked, log } = await run(nodes, { ask: async () => yes });
    expect(asked).toMatchObject([
      {
        ...{ id: 'a1', agent: '0', call: 'node:0/a', tool: 'node.start', args: { node: 'a' } },
        reason: 'a starts only when a person allows it',
      },
    ]);
    expect(state.status).toBe('complete');
    const types = log.map(({ type }) => type);
    expect(types.indexOf('approval.resolved')).toBeLessThan(types.indexOf('agent.finished'));
    expect(state.approvals.get('a1')).toMatchObject({ used: true });
  });

  it('lets others go on while it waits', async () => {
    const answered = Promise.withResolvers<ApprovalAnswer>();
    const { state } = await run(
      { ...nodes, c: {}, d: { after: ['c'] } },
      {
        steps: {
          d: () => {
            answered.resolve(yes);
            return {};
          },
        },
        ask: () => answered.promise,
      },
    );
    expect(state.status).toBe('complete');
  });

  it('is not asked about when it is skipped', async () => {
    const { asked, state } = await run(
      { a: { approval: 'before', when: 'false' } },
      { ask: async () => yes },
    );
    expect([asked.length, state.status]).toEqual([0, 'complete']);
  });

  it('is asked about once, however often it is tried', async () => {
    const retry: PlanNode['retry'] = {
      ...{ attempts: 3, backoff: 'none', baseMs: 0, maxMs: 0 },
      ...{ retryable: ['*'], nonRetryable: [] },
    };
    const { asked, state } = await run(
      { a: { approval: 'before', retry } },
      {
        steps: {
          a: ({ attempt }) => {
            if (attempt < 3) throw new Error('not yet');
            return { attempt };
          },
        },
        ask: async () => yes,
      },
    );
    expect(asked).toHaveLength(1);
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { a: { attempt: 3 } } });
  });
});

describe('an output that a person must allow', () => {
  const nodes: Nodes = { a: { approval: 'after' }, b: { after: ['a'] } };
  const steps = {
    a: () => ({ text: 'draft' }),
    b: ({ input }: FunctionCall) => ({ read: (input.a as JsonObject).text ?? null }),
  };

  it('is seen by others when one does', async () => {
    const { state, asked } = await run(nodes, { steps, ask: async () => yes });
    expect(asked).toMatchObject([{ tool: 'node.output', args: { output: { text: 'draft' } } }]);
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { b: { read: 'draft' } } });
  });

  it('is what the person wrote instead', async () => {
    const ask = async () => ({ ...yes, args: { output: { text: 'final' } } });
    const { state } = await run(nodes, { steps, ask });
    expect(endOf(state)).toMatchObject({
      result: { a: { text: 'final' }, b: { read: 'final' } },
    });
  });

  it('is never seen when the person refuses it', async () => {
    const { state } = await run(
      {
        ...nodes,
        a: { approval: 'after', onFailure: 'continue' },
        c: { dependsOn: [{ id: 'a', condition: 'failure' }] },
      },
      { steps: { ...steps, c: ({ input }) => ({ saw: input.a ?? null }) }, ask: async () => no },
    );
    const { result } = endOf(state) as { result: JsonObject };
    expect(JSON.stringify(result)).not.toContain('draft');
    expect(result.c).toMatchObject({ saw: { error: expect.stringContaining('not today') } });
  });

  it.each<[string, TestNode]>([
    ['a loop', { repeat: { interactive: false, max: 2 } }],
    ['a fan-out', { fanOut: { source: 'list', variable: 'item', maxParallel: 2 } }],
  ])('is asked about once for %s, and may be changed', async (_, node) => {
    const { state, asked } = await run(
      { list: {}, a: { ...node, after: ['list'], approval: 'after' } },
      {
        steps: { list: () => ({ result: [1, 2] }) },
        ask: async () => ({ ...yes, args: { output: { changed: true } } }),
      },
    );
    expect(asked).toHaveLength(1);
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { a: { changed: true } } });
  });
});

describe('a person who refuses', () => {
  const ends: Readonly<Record<PlanNode['onFailure'], JsonObject>> = {
    stop: { status: 'failed', reason: 'approval/rejected' },
    continue: { status: 'partial', reason: 'node/failed' },
    skip: { status: 'complete' },
  };
  const rows = (['before', 'after'] as const).flatMap((approval) =>
    (['stop', 'continue', 'skip'] as const).map((onFailure) => [approval, onFailure] as const),
  );

  it.each(rows)(
    'fails a node with approval %s as its on_failure %s says',
    async (approval, onFailure) => {
      const { state, asked } = await run(
        {
          a: {
            ...{ approval, onFailure },
            degradation: [{ fallback: 'agent', agent: 'other' }],
          },
          b: { after: ['a'] },
        },
        { ask: async () => no },
      );
      expect(asked).toHaveLength(1);
      expect(endOf(state)).toMatchObject(ends[onFailure]);
      const { nodes, held, open } = state.graphs.get('0') ?? {};
      expect(nodes?.get('a')).toMatchObject({
        status: 'failed',
        code: 'approval/rejected',
        reason: expect.stringContaining('not today'),
      });
      expect([held, open]).toEqual([0, 0]);
    },
  );
});

describe('a loop that asks a person', () => {
  const nodes = (more: TestNode = {}): Nodes => ({
    a: { repeat: { interactive: true, max: 3, promptField: 'question' }, ...more },
  });
  const steps = {
    a: ({ round, said }: FunctionCall) => ({ question: `q${round}`, said: said ?? null }),
  };
  const history = ({ result }: JsonObject) =>
    ((result as JsonObject).a as JsonObject)._loop_history;

  it('tells each round but the first what was said', async () => {
    const answers: ApprovalAnswer[] = [
      { ...yes, args: { input: { more: ['salt'] } } },
      { ...yes, reason: 'and pepper' },
    ];
    const { state, asked } = await run(nodes(), { steps, ask: async () => answers.shift() });
    expect(asked.map(({ tool, args }) => [tool, args])).toEqual([
      ['loop.input', { prompt: 'q1', round: 2 }],
      ['loop.input', { prompt: 'q2', round: 3 }],
    ]);
    expect(history(endOf(state))).toMatchObject([
      { said: null },
      { said: { more: ['salt'] } },
      { said: 'and pepper' },
    ]);
  });

  it('goes on with nothing said when it is only allowed', async () => {
    const { state } = await run(nodes(), { steps, ask: async () => yes });
    expect(history(endOf(state))).toMatchObject([{ said: null }, { said: '' }, { said: '' }]);
  });

  it('ends well with its last round when the person wants no other', async () => {
    const { state, log } = await run(nodes(), { steps, ask: async () => no });
    expect(only(log, 'loop.finished')[0]?.data).toMatchObject({ rounds: 1, reason: 'person' });
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { a: { question: 'q1' } } });
  });

  it('shows the whole result when it has no such field', async () => {
    const { asked } = await run(nodes(), {
      steps: { a: () => ({ other: 1 }) },
      ask: async () => no,
    });
    expect(asked[0]?.args).toMatchObject({ prompt: { other: 1 } });
  });
});

describe('a run in which nobody may be asked', () => {
  const change = { tools: { ...DEFAULT_TOOL_POLICY, approve: 'never' as const } };

  it.each<[string, TestNode]>([
    ['before', { approval: 'before' }],
    ['after', { approval: 'after' }],
    ['input', { repeat: { interactive: true, max: 2 } }],
  ])('fails a node that needs it: %s', async (_, node) => {
    const { state, asked } = await run({ a: { ...node, onFailure: 'continue' } }, { change });
    expect(asked).toEqual([]);
    expect(state.graphs.get('0')?.nodes.get('a')).toMatchObject({ code: 'approval/nobody' });
    expect(state.status).toBe('partial');
  });
});

describe('a run in which nobody is there', () => {
  it('waits, takes an answer from elsewhere, and goes on with it', async () => {
    using folder = temporaryFolder();
    const host = stepHost(folder.path, { a: told, b: told, c: told });
    const nodes: Nodes = {
      a: { approval: 'before' },
      b: { after: ['a'], approval: 'after' },
      c: {},
    };
    const first = await startRun(host, {
      ...{ id: 'r-test', plan: graphPlan(planGraph(nodes)), inputs: [] },
    });
    await first.done;
    expect(first.state).toMatchObject({ status: 'waiting', stopReason: 'approval' });
    expect(only(await logOf(host.store), 'agent.finished').map(({ agent }) => agent)).toEqual([
      '3',
    ]);
    const answer = (id: string, args: JsonObject) =>
      answerApproval(host, { run: 'r-test', id, answer: { ...yes, ...args } });
    expect(await answer('a1', {})).toBe('recorded');
    const second = await resumeRun(host, { id: 'r-test' });
    await second.done;
    expect(second.state.status).toBe('waiting');
    await expect(answer('a2', { args: { output: 'no object' } })).rejects.toMatchObject({
      code: 'approval/bad-edit',
    });
    await answer('a2', { args: { output: { own: 1 } } });
    await expect(answer('a2', {})).rejects.toMatchObject({ code: 'approval/answered' });
    const third = await resumeRun(host, { id: 'r-test' });
    await third.done;
    expect(endOf(third.state)).toMatchObject({ status: 'complete', result: { b: { own: 1 } } });
  });
});

describe('an answer that a node cannot take', () => {
  const schema = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } };
  const agent = planAgent('x', {
    output: { ...planAgent('x').output, schema, sensitive: ['pin'] },
  });
  const output = { ...agent.output };
  const cases: readonly [string, TestNode, JsonObject, string][] = [
    ['a start with changes', { approval: 'before' }, { node: 'b' }, 'nothing that can be changed'],
    ['an output that is no object', { approval: 'after' }, { output: 1 }, 'object `output` alone'],
    ['an output with more beside it', { approval: 'after' }, { output: {}, x: 1 }, 'alone'],
    [
      'an output with a key of the runtime',
      { approval: 'after' },
      { output: { _meta: 1 } },
      '_meta',
    ],
    [
      'an output that is too large',
      { approval: 'after' },
      { output: { n: 'x'.repeat(2_000_000) } },
      'bytes',
    ],
    ['an output of another type', { approval: 'after', agent: 'x' }, { output: { n: 'one' } }, 'n'],
    ['input without any', { repeat: { interactive: true, max: 2 } }, { said: 1 }, 'no `input`'],
  ];

  it.each(cases)('is refused with the reason: %s', async (_, node, args, why) => {
    using folder = temporaryFolder();
    const host = stepHost(folder.path, { a: told }, { script: () => ({ n: 1, confidence: 1 }) });
    const plan = graphPlan(planGraph({ a: node }), { agents: { x: { ...agent, output } } });
    const seen: string[] = [];
    const started = await startRun(host, {
      ...{ id: 'r-test', plan, inputs: [] },
      ask: async ({ id }) => {
        await started.resolve(id, { ...yes, args }).catch((error: Error & { code: string }) => {
          seen.push(`${error.code}: ${error.message}`);
        });
        return yes;
      },
    });
    await started.done;
    expect(seen[0]).toContain(`approval/bad-edit: a1`);
    expect(seen[0]).toContain(why);
    expect(started.state.status).toBe('complete');
  });

  it('ends the run when a program gives it, instead of leaving it to wait for ever', async () => {
    const ask = async () => ({ ...yes, args: { output: [] } });
    await expect(run({ a: { approval: 'after' } }, { ask })).rejects.toMatchObject({
      code: 'approval/bad-edit',
    });
  });

  it('never has a sensitive value in it', async () => {
    using folder = temporaryFolder();
    const host = stepHost(folder.path, {}, { script: () => ({ n: 1, confidence: 1 }) });
    const plan = graphPlan(planGraph({ a: { agent: 'x', approval: 'after' } }), {
      agents: { x: agent },
    });
    const started = await startRun(host, {
      ...{ id: 'r-test', plan, inputs: [] },
      ask: async () => ({ ...yes, args: { output: { n: 2, pin: '1234' } } }),
    });
    await started.done;
    expect(endOf(started.state)).toMatchObject({ result: { a: { n: 2, pin: '[redacted]' } } });
    expect(JSON.stringify(await logOf(host.store))).not.toContain('1234');
  });
});

describe('a graph with people in it that is cut off anywhere and taken up again', () => {
  const nodes: Nodes = {
    a: { approval: 'before' },
    b: { after: ['a'], approval: 'after' },
    c: { after: ['b'], repeat: { interactive: true, max: 3 }, approval: 'before' },
    sub: {
      ...{ kind: 'subworkflow', after: ['b'], outputMapping: { x: 'x' } },
      graph: planGraph({ x: { approval: 'after' } }),
    },
    d: { after: ['c', 'sub'], onFailure: 'continue', approval: 'before' },
  };
  const plan = graphPlan(planGraph(nodes));
  const answers: AskPerson = async ({ call, tool, args }) => {
    if (call === 'node:0/d') return no;
    if (tool === 'node.output') return { ...yes, args: { output: { own: call } } };
    return args.round === 3 ? no : { ...yes, reason: 'go on' };
  };

  async function ends(folder: string, prefix: readonly RunEvent[] = []) {
    const store = memoryStore({ folder });
    const host = stepHost(folder, stepsOf({ ...nodes, 'sub/x': {} }), { store });
    if (prefix.length > 0) {
      const lease = await store.create('r-test', 'a process that died');
      await store.append(lease, prefix, 'full');
      await store.release(lease);
    }
    const run = await (prefix.length > 0
      ? resumeRun(host, { id: 'r-test', ask: answers })
      : startRun(host, { id: 'r-test', plan, inputs: [], ask: answers }));
    await run.done;
    return { end: endOf(run.state), log: await logOf(store), state: run.state };
  }

  it('ends the same, and nobody is asked the same twice', async () => {
    using folder = temporaryFolder();
    const whole = await ends(folder.path);
    expect(whole.end).toMatchObject({
      status: 'partial',
      result: {
        b: { own: 'node:0/b' },
        c: { round: 2, said: 'go on' },
        sub: { x: { own: 'node:4/x' } },
      },
    });
    const asked = only(whole.log, 'approval.requested').length;
    expect(asked).toBe(7);
    for (let length = 1; length < whole.log.length; length += 1) {
      const { end, log, state } = await ends(folder.path, whole.log.slice(0, length));
      const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
      expect({ cut, ...end }).toEqual({ cut, ...whole.end });
      expect([cut, only(log, 'approval.requested').length]).toEqual([cut, asked]);
      expect([cut, state.pendingApprovals.size, state.graphs.get('0')?.held]).toEqual([cut, 0, 0]);
    }
  });
});

describe('the time that a person takes', () => {
  const DAY = 86_400_000;

  /** A run whose person takes a day, as its log tells it when the node in question has started. */
  async function daylong(nodes: Nodes) {
    const answered = Promise.withResolvers<void>();
    const { log } = await run(
      {
        sub: {
          kind: 'subworkflow',
          graph: planGraph({ x: { approval: 'before' } }),
          timeoutMs: 5000,
        },
        ...nodes,
      },
      {
        steps: { 'sub/x': told, other: () => answered.promise },
        ask: async () => {
          setImmediate(answered.resolve);
          return yes;
        },
      },
    );
    const late = log.findIndex(({ type }) => type === 'approval.resolved');
    const shifted = log.map((event, index) => {
      const ts = new Date(Date.parse(event.ts) + (index < late ? 0 : DAY)).toISOString();
      return { ...event, ts };
    });
    const begun = shifted.findIndex(
      ({ agent, type }) => agent === '1-1' && type === 'agent.started',
    );
    const state = foldAll('r-test', shifted.slice(0, begun + 1));
    const frame = state.frames.get('1');
    return { state, left: frame && leftOf(state, frame, state.lastAt) };
  }

  it('is no time of the sub-workflow around it, and none of the run', async () => {
    const { state, left } = await daylong({});
    expect(state.activeMs).toBeLessThan(60_000);
    expect(left).toBeGreaterThan(0);
  });

  it('is time of the run while others work, and still none of the sub-workflow', async () => {
    const { state, left } = await daylong({ other: {} });
    expect(state.activeMs).toBeGreaterThanOrEqual(DAY);
    expect(left).toBeGreaterThan(0);
  });
});
