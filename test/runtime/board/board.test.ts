import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { UNKNOWN } from '../../../src/providers/capabilities.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { builtinTools } from '../../../src/tools/index.ts';
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
import { type Program, programBox } from '../program-box.ts';

type Model = (request: ModelRequest) => ScriptedAnswer;

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');
const turns = (request: ModelRequest): number =>
  textOf(request).split('## Results of turn').length - 1;
const toolReplies = ({ messages }: ModelRequest): JsonObject[] =>
  messages.filter(({ role }) => role === 'tool').map(({ text }) => JSON.parse(text) as JsonObject);
const post = (payload: JsonObject): ScriptedAnswer => ({
  toolCalls: [{ name: 'board.post', args: { topic: 'Price level', payload } }],
});

/** Two workers post, a later one reads; what each was asked is kept. */
function posting(seen: ModelRequest[] = []): Model {
  return (request) => {
    seen.push(request);
    const name = request.headers['x-awp-agent'];
    if (isManager(request)) {
      return [delegate('a', 'b'), delegate('c'), complete()][turns(request)] ?? '';
    }
    const replies = toolReplies(request);
    if (name === 'c') {
      if (replies.length === 0)
        return { toolCalls: [{ name: 'board.read', args: { since: 'b1' } }] };
      return { summary: JSON.stringify(replies[0]?.data), confidence: 0.9 };
    }
    if (replies.length === 0) return post({ from: name ?? '' });
    return { summary: `found by ${name}`, confidence: 0.9 };
  };
}

/** A turn of one worker, then one of a manager of its own, which has one worker. */
function nesting(seen: ModelRequest[] = []): Model {
  return (request) => {
    seen.push(request);
    const name = request.headers['x-awp-agent'];
    if (!isManager(request)) return { summary: `found by ${name}`, confidence: 0.9 };
    if (name === 'team') return turns(request) > 0 ? complete('team done') : delegate('inner');
    const team = { worker_id: 'team', instructions: 'lead', as_submanager: true };
    return [delegate('a'), delegate(team), complete()][turns(request)] ?? '';
  };
}

const BOARD: Partial<WorkflowOptions> = {
  tools: ['repo.fact'],
  policy: { board: { autoPost: true } },
};

interface Outcome {
  log: RunEvent[];
  status: string;
  cuts: number[];
}

async function run(
  model: Model,
  options: Partial<WorkflowOptions> = BOARD,
  prefix: readonly RunEvent[] = [],
): Promise<Outcome> {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const sandbox = programBox({ a: postsTwice });
  const host = testHost(folder.path, { script: model, store, tools: builtinTools, sandbox });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const started =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startTestRun(host, testPlan(options));
  await started.done;
  const log = await logOf(store);
  return { log, status: started.state.status, cuts: log.map(({ seq }) => seq) };
}

/** A program that posts from inside of its box. */
const postsTwice: Program = async (call) => {
  const posted = [];
  for (const step of [1, 2]) {
    posted.push((await call('board.post', { topic: 'step', payload: { step } })).data);
  }
  return posted;
};

const postsOf = (log: readonly RunEvent[]) =>
  only(log, 'board.posted').map(({ agent, data: { id, topic, payload } }) => ({
    ...{ agent, id, topic, payload },
  }));

describe('the board of a loop', () => {
  it('holds what workers post and what the runtime posts of those that ended', async () => {
    const { log, status } = await run(posting());
    expect(status).toBe('complete');
    const posts = postsOf(log);
    expect(posts.map(({ id }) => id)).toEqual(posts.map((_, index) => `b${index + 1}`));
    expect(posts.filter(({ topic }) => topic === 'price-level')).toHaveLength(2);
    expect(posts.filter(({ topic }) => topic === 'finding').map(({ payload }) => payload)).toEqual([
      { finding: 'found by a', confidence: 0.9 },
      { finding: 'found by b', confidence: 0.9 },
      { finding: expect.stringContaining('b2'), confidence: 0.9 },
    ]);
    const [first] = only(log, 'tool.returned');
    expect(first?.data).toMatchObject({ ok: true, data: { entry_id: 'b1' } });
  });

  it('gives its tools to workers whatever tools they are granted', async () => {
    const { log } = await run(posting());
    const workers = only(log, 'agent.started').filter(({ data }) => data.role === 'worker');
    for (const { data } of workers)
      expect(data.tools).toEqual(['repo.fact', 'board.post', 'board.read']);
  });

  it('shows the manager what was posted, and later workers what is on it, as data', async () => {
    const seen: ModelRequest[] = [];
    await run(posting(seen));
    const second = textOf(seen.filter(isManager)[1] ?? (seen[0] as ModelRequest));
    const signals = second.split('## Signals')[1]?.split('## ')[0] ?? '';
    expect(signals).toContain('"worker":"a","payload":{"from":"a"}');
    expect(signals).toMatch(/<data-\w+ from="the board of your workers">/);
    expect(signals).not.toContain('found by a');
    const late = textOf(seen.find(({ headers }) => headers['x-awp-agent'] === 'c') as ModelRequest);
    const board = late.split('## Board')[1]?.split('## ')[0] ?? '';
    expect(board).toContain('"worker":"b"');
    expect(board).toContain('found by a');
    const third = textOf(seen.filter(isManager)[2] as ModelRequest);
    expect(third.split('## Signals').length - 1).toBe(1);
  });

  it('posts once, wherever the log is cut', async () => {
    const whole = await run(posting());
    for (const length of whole.cuts.slice(0, -1)) {
      const again = await run(posting(), BOARD, whole.log.slice(0, length));
      const sorted = (log: readonly RunEvent[]) =>
        postsOf(log)
          .map(({ agent, topic }) => `${agent} ${topic}`)
          .sort();
      const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
      expect({ cut, posts: sorted(again.log) }).toEqual({ cut, posts: sorted(whole.log) });
      const ids = postsOf(again.log).map(({ id }) => id);
      expect(ids).toEqual(ids.map((_, index) => `b${index + 1}`));
    }
  });

  it('holds what programs post, once, wherever the log is cut', async () => {
    const options = { ...BOARD, tools: ['code.execute'] };
    const model: Model = (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a');
      const [reply] = toolReplies(request);
      if (reply) return { summary: JSON.stringify(reply.data), confidence: 0.9 };
      return { toolCalls: [{ name: 'code.execute', args: { language: 'javascript', code: 'a' } }] };
    };
    const whole = await run(model, options);
    const steps = (log: readonly RunEvent[]) =>
      postsOf(log).flatMap(({ id, topic, payload }) =>
        topic === 'step' ? [[id, payload.step]] : [],
      );
    expect(steps(whole.log)).toEqual([
      ['b1', 1],
      ['b2', 2],
    ]);
    for (const length of whole.cuts.slice(0, -1)) {
      const again = await run(model, options, whole.log.slice(0, length));
      expect({ length, steps: steps(again.log) }).toEqual({ length, steps: steps(whole.log) });
    }
  });

  it('is another one for each manager', async () => {
    const { log, status } = await run(nesting(), BOARD);
    expect(status).toBe('complete');
    const boards = only(log, 'board.posted').map(({ agent, data }) => [data.board, agent, data.id]);
    expect(boards).toEqual([
      ['0', '1.1', 'b1'],
      ['2.1', '2.1-1.1', 'b1'],
      ['0', '2.1', 'b2'],
    ]);
  });

  it('is full at 1,000 entries, which the tool says', async () => {
    const calls = Array.from({ length: 101 }, (_, index) => ({
      ...{ name: 'board.post', args: { topic: 't', payload: { index } } },
    }));
    const model: Model = (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a');
      const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
      return rounds < 10 ? { toolCalls: calls } : { summary: 'done', confidence: 0.9 };
    };
    const { log } = await run(model, { ...BOARD, budget: { tools: null } });
    expect(postsOf(log)).toHaveLength(1000);
    const refused = only(log, 'tool.returned').filter(({ data }) => !data.ok);
    expect(refused).toHaveLength(10);
    expect(refused[0]?.data).toMatchObject({ status: 429 });
  });

  it.each([
    ['a loop that does not ask for one', { tools: ['repo.fact'] }],
    ['a loop whose policy forbids its tools', { ...BOARD, forbiddenTools: ['board.*'] }],
  ])('gives no tool to %s', async (_, options) => {
    const model: Model = (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a');
      return { summary: 'done', confidence: 0.9 };
    };
    const { log } = await run(model, options);
    const [, worker] = only(log, 'agent.started');
    expect(worker?.data.tools).toEqual(['repo.fact']);
  });

  it('gives no tool to a worker whose model calls none', async () => {
    using folder = temporaryFolder();
    const script: Model = (request) =>
      isManager(request)
        ? turns(request) > 0
          ? complete()
          : delegate('a')
        : { summary: 'done', confidence: 0.9 };
    const host = testHost(folder.path, { script });
    const models: typeof host.models = (name) => {
      const model = host.models(name);
      return { ...model, capabilities: { ...UNKNOWN, tools: false } };
    };
    const plan = testPlan(BOARD);
    const without = { ...plan, worker: { ...plan.worker, tools: [] } };
    await (await startTestRun({ ...host, models }, without)).done;
    const [, worker] = only(await logOf(host.store), 'agent.started');
    expect(worker?.data.tools).toEqual([]);
  });

  it('does not post by itself when told so', async () => {
    const { log } = await run(posting(), { ...BOARD, policy: { board: { autoPost: false } } });
    expect(postsOf(log).map(({ topic }) => topic)).toEqual(['price-level', 'price-level']);
  });
});

describe('the digest of a turn', () => {
  const options = { tools: ['repo.fact'], policy: { digest: { maxDepth: 1 } } };
  const model =
    (outputs: Readonly<Record<string, JsonObject>>): Model =>
    (request) => {
      if (isManager(request)) {
        return [delegate('a', 'b'), delegate('c'), complete()][turns(request)] ?? '';
      }
      return outputs[request.headers['x-awp-agent'] ?? ''] ?? { summary: 'x', confidence: 0.75 };
    };

  it('has facts of those who are sure, and what is open', async () => {
    const { log } = await run(
      model({
        a: { summary: 'prices   rise', confidence: 0.9 },
        b: { result: 'not much', confidence: 0.5 },
        c: { questions: ['which year?'], answer: '42', confidence: 0.8 },
      }),
      options,
    );
    const digests = only(log, 'digest.made').map(({ data }) => data);
    expect(digests.map(({ turn }) => turn)).toEqual([1, 2]);
    expect(digests[1]?.digest).toEqual({
      goal: 'Do it',
      open_questions: ['b is only 0.5 sure: not much', 'c: which year?'],
      key_facts: ['a: prices rise', 'c: 42'],
      confidence_trend: [0.7, 0.8],
      child_digest_hashes: [],
      iteration: 2,
      run_id: 'r-test',
    });
    expect(digests[1]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is made once for each turn, wherever the log is cut, and is the same', async () => {
    const whole = await run(model({}), options);
    const made = (log: readonly RunEvent[]) => only(log, 'digest.made').map(({ data }) => data);
    for (const length of whole.cuts.slice(0, -1)) {
      const again = await run(model({}), options, whole.log.slice(0, length));
      expect(made(again.log)).toEqual(made(whole.log));
    }
  });

  it('names those of sub-managers, which are told that of their manager', async () => {
    const seen: ModelRequest[] = [];
    const { log } = await run(nesting(seen), options);
    const made = only(log, 'digest.made').map(({ agent, data }) => ({ agent, ...data }));
    expect(made.map(({ agent, turn }) => [agent, turn])).toEqual([
      ['0', 1],
      ['2.1', 1],
      ['0', 2],
    ]);
    expect(made[2]?.digest.child_digest_hashes).toEqual([made[1]?.sha256]);
    const team = seen.find(({ headers }) => headers['x-awp-agent'] === 'team') as ModelRequest;
    expect(textOf(team)).toContain(`Digest ${made[0]?.sha256}`);
    expect(textOf(team)).toContain('"key_facts":["a: found by a"]');
  });

  it('names none of them when no level is asked for', async () => {
    const { log } = await run(nesting(), { ...options, policy: { digest: { maxDepth: 0 } } });
    const digests = only(log, 'digest.made').map(({ data }) => data.digest);
    expect(digests.map((digest) => digest.child_digest_hashes)).toEqual([[], [], []]);
  });

  it('is found by workers of later turns', async () => {
    const seen: JsonObject[] = [];
    const fetching: Model = (request) => {
      if (isManager(request)) {
        return [delegate('a'), delegate('b'), complete()][turns(request)] ?? '';
      }
      const [reply] = toolReplies(request);
      if (reply) seen.push(reply.data as JsonObject);
      const sha = /digest\.fetch ([0-9a-f]{64})/.exec(textOf(request))?.[1];
      if (sha === undefined || reply) return { summary: 'first', confidence: 0.9 };
      return { toolCalls: [{ name: 'digest.fetch', args: { sha } }] };
    };
    const { log } = await run(fetching, options);
    expect(seen).toEqual([only(log, 'digest.made')[0]?.data.digest]);
  });
});
