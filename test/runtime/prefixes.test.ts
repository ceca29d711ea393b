import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { resultOf } from '../../src/events/result.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { Tool } from '../../src/ports/tool.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import type { AskPerson } from '../../src/runtime/approvals/desk.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { builtinTools } from '../../src/tools/index.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { type Program, programBox } from './program-box.ts';

/** A model without memory: what it answers depends on the question alone, as after a crash. */
type Model = (request: ModelRequest) => ScriptedAnswer;

interface Scenario {
  model: Model;
  options?: Partial<WorkflowOptions>;
  ask?: AskPerson;
}

const answer: JsonObject = { summary: 'fine', confidence: 1 };
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');
const turns = (request: ModelRequest): number =>
  textOf(request).split('## Results of turn').length - 1;
const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const write = (path: string): ScriptedAnswer => ({
  toolCalls: [
    { name: 'file.write', args: { path, content: 'x', mode: 'append' } },
    { name: 'arithmetic.add', args: { a: 1, b: 2 } },
  ],
});

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'two turns of parallel workers with files': {
    model: (request) => {
      if (isManager(request))
        return [delegate('a', 'b', 'c'), delegate('d'), complete('end')][turns(request)] ?? '';
      const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
      return rounds < 2 ? write(`output/${request.headers['x-awp-agent']}.txt`) : answer;
    },
  },
  'a last turn': {
    model: (request) => {
      if (!isManager(request)) return answer;
      return turns(request) === 0 ? delegate('a') : complete('the last word');
    },
    options: { budget: { loops: 2 } },
  },
  'answers that must be corrected': {
    model: (request) => {
      if (!isManager(request)) return answer;
      if (turns(request) > 0) return complete('corrected');
      return request.messages.length < 6 ? 'prose' : delegate('a', 'b');
    },
  },
  'an output that must be repaired, and one that cannot be': {
    model: (request) => {
      const contract = { output_contract: { required_fields: ['mean'] } };
      if (isManager(request)) {
        return turns(request) > 0
          ? complete('repaired')
          : delegate(
              { worker_id: 'a', instructions: 'x', ...contract },
              { worker_id: 'b', instructions: 'x', ...contract },
            );
      }
      const repairing = textOf(request).includes('not accepted');
      return request.headers['x-awp-agent'] === 'a' && repairing ? { ...answer, mean: 3 } : answer;
    },
  },
  'a worker whose model refuses': {
    model: (request) => {
      if (isManager(request))
        return turns(request) > 0 ? complete('without b') : delegate('a', 'b');
      const usage = { input: 0, output: 0 };
      return request.headers['x-awp-agent'] === 'b'
        ? new ModelError('model/auth', 'no', { usage })
        : answer;
    },
  },
  'a worker whose model has another one behind it': {
    model: (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete('both') : delegate('a', 'b');
      const usage = { input: 0, output: 0 };
      return request.model === 'scripted' ? new ModelError('model/auth', 'no', { usage }) : answer;
    },
    options: { fallbackModels: { worker: ['behind'] } },
  },
  'a limit on workers that is reached': {
    model: (request) =>
      isManager(request)
        ? turns(request) > 0
          ? complete('with two')
          : delegate('a', 'b', 'c')
        : answer,
    options: { budget: { workers: 2 } },
  },
  'a loop that goes nowhere': {
    model: (request) =>
      isManager(request)
        ? delegate(`again${/.*## Turn\n(\d+)/s.exec(textOf(request))?.[1]}`)
        : { ...answer, confidence: 0.5 },
    options: { budget: { workers: null } },
  },
  'a plan with parts that start early, one that fails, and a diagnosis': {
    model: (request) => {
      if (!isManager(request)) {
        const own = request.headers['x-awp-agent'];
        const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
        if (own === 'load' && rounds === 0) return write('output/rows.txt');
        return { summary: `${own} ended`, confidence: own === 'plot' ? 0.1 : 1 };
      }
      const part = (id: string, ...dependencies: string[]): JsonObject => ({
        ...{ id, description: id, dependencies },
      });
      const decisions = [
        { decision: 'plan', subtasks: [part('load'), part('plot', 'load'), part('end', 'plot')] },
        delegate('load', 'plot', 'end'),
        {
          ...{ decision: 'diagnose', failed_worker: 'plot' },
          hypotheses: [{ id: 'h', cause: 'c', test: 't', likelihood: 1, test_worker: 'look' }],
        },
        delegate('look', { worker_id: 'again', subtask_id: 'plot', instructions: 'plot well' }),
        delegate('load', 'end'),
        complete('plotted'),
      ];
      const made = request.messages.filter(({ role }) => role === 'assistant').length;
      return decisions[made] ?? '';
    },
    options: { policy: { planning: true, diagnosis: true } },
  },
  'ways to go on that do not help': {
    model: (request) => {
      if (!isManager(request)) return { summary: 'as ever', confidence: 0.5 };
      const made = request.messages.filter(({ role }) => role === 'assistant').length;
      return textOf(request).includes('This is the last turn')
        ? complete('gave up')
        : delegate(`another${made}`);
    },
    options: { stall: { window: 2 }, policy: { stall: { strategies: ['reframe', 'simplify'] } } },
  },
  'a conversation that is summed up, and results that are in files': {
    model: (request) => {
      const turn = Number(/.*## Turn\n(\d+)/s.exec(textOf(request))?.[1]);
      if (isManager(request))
        return turn > 4 ? complete('summed up') : delegate(`a${turn}`, `b${turn}`);
      const own = askedBy(request);
      if (own.startsWith('b') || request.messages.at(-1)?.role === 'tool')
        return { summary: own, rows: 'x'.repeat(1500), confidence: 1 };
      const path = `inputs/context/b${Number(own.slice(1)) - 1}.json`;
      return { toolCalls: [{ name: 'file.read', args: { path } }] };
    },
    options: {
      policy: {
        context: { windowTokens: 4000, totalChars: 1500, minPerEntry: 800, previewChars: 400 },
      },
    },
  },
  'programs that call tools from inside of their boxes': {
    model: (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete('ran') : delegate('a', 'b');
      if (request.messages.at(-1)?.role === 'tool') return answer;
      return { toolCalls: [{ name: 'code.execute', args: { code: askedBy(request) } }] };
    },
    options: { tools: ['*.*'] },
  },
  'a manager that gives up': {
    model: (request) =>
      isManager(request)
        ? turns(request) > 0
          ? { decision: 'fail', reason: 'no way' }
          : delegate('a')
        : answer,
  },
  'files that a person allows, and one that is refused': {
    options: { approve: ['files'] },
    ask: async ({ args }) =>
      args.path === 'output/c.txt'
        ? { decision: 'rejected', by: 'test', reason: 'not this one' }
        : { decision: 'approved', by: 'test', args: { ...args, content: 'allowed' } },
    model: (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a', 'b', 'c');
      const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
      return rounds < 1 ? write(`output/${request.headers['x-awp-agent']}.txt`) : answer;
    },
  },
  'programs that wait for a person': {
    options: { tools: ['code.*', 'file.*', 'arithmetic.*'], approve: ['files'] },
    ask: async () => ({ decision: 'approved', by: 'test' }),
    model: (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a', 'b');
      const name = request.headers['x-awp-agent'] ?? '';
      if (request.messages.at(-1)?.role === 'tool') return answer;
      return {
        toolCalls: [{ name: 'code.execute', args: { language: 'javascript', code: name } }],
      };
    },
  },
};

const addsAndWrites =
  (path: string): Program =>
  async (call) => {
    const [sum, file] = await Promise.all([
      call('arithmetic.add', { a: 1, b: 2 }),
      call('file.write', { path, content: 'x' }),
    ]);
    const read = await call('file.read', { path });
    return [sum.data, file.data, read.data];
  };

async function endOf(
  folder: string,
  { model, options, ask }: Scenario,
  prefix: readonly RunEvent[] = [],
) {
  const store = memoryStore({ folder });
  // What is appended together is there together, so a log can only be cut between appends.
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const sandbox = programBox({
    a: addsAndWrites('output/a.txt'),
    b: addsAndWrites('output/b.txt'),
  });
  const host = testHost(folder, { script: model, store, tools: builtinTools, sandbox });
  const plan = testPlan({ tools: ['file.*', 'arithmetic.*'], ...options });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const asking = ask ? { ask } : {};
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test', ...asking })
      : await startRun(host, { id: 'r-test', plan, inputs: [], ...asking });
  await run.done;
  const { status, reason, text, result, artifacts, usage } = resultOf(run.state, '');
  const files = artifacts.map(({ name, sha256 }) => [name, sha256]);
  return { end: { status, reason, text, result, files }, usage, cuts, log: await logOf(store) };
}

describe('a run that is taken up from a part of its log', () => {
  it.each(Object.entries(SCENARIOS))(
    'ends as the whole one, wherever it is cut: %s',
    async (_, scenario) => {
      using folder = temporaryFolder();
      const whole = await endOf(folder.path, scenario);
      for (const length of whole.cuts.slice(0, -1)) {
        const resumed = await endOf(folder.path, scenario, whole.log.slice(0, length));
        const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
        expect({ cut, ...resumed.end }).toEqual({ cut, ...whole.end });
        expect(resumed.log.map(({ seq }) => seq)).toEqual(resumed.log.map((_, index) => index + 1));
        expect(resumed.usage.modelCalls).toBeGreaterThanOrEqual(whole.usage.modelCalls);
      }
    },
  );

  it('tells the model of a call that may have been made, and does not make it again', async () => {
    using folder = temporaryFolder();
    let made = 0;
    const mail: Tool = {
      name: 'mail.send',
      description: 'sends',
      parameters: { type: 'object' },
      idempotent: false,
      run: async () => {
        made += 1;
        return { ok: true, status: 200, data: {} };
      },
    };
    const seen: string[] = [];
    const model: Model = (request) => {
      if (isManager(request)) return turns(request) > 0 ? complete() : delegate('a');
      seen.push(request.messages.at(-1)?.text ?? '');
      return request.messages.at(-1)?.role === 'tool'
        ? answer
        : { toolCalls: [{ name: 'mail.send', args: {} }] };
    };
    const plan = testPlan({ tools: ['mail.*'] });
    const first = testHost(folder.path, { script: model, tools: [mail] });
    await (await startTestRun(first, plan)).done;
    expect(made).toBe(1);
    const log = await logOf(first.store);
    const called = log.findIndex(({ type }) => type === 'tool.called');
    const store = memoryStore({ folder: folder.path });
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, log.slice(0, called + 1), 'full');
    await store.release(lease);
    const run = await resumeRun(testHost(folder.path, { script: model, tools: [mail], store }), {
      id: 'r-test',
    });
    await run.done;
    expect(run.state.status).toBe('complete');
    expect(made).toBe(1);
    expect(seen.at(-1)).toContain('tool/interrupted');
  });

  it.each([
    ['a partial run whose limit is raised', { budget: { loops: 2 } }, { loops: 9 }, 'complete'],
    [
      'a partial run whose limit is taken away',
      { budget: { loops: 2 } },
      { loops: null },
      'complete',
    ],
  ] as const)('goes on after %s', async (_, options, raise, status) => {
    using folder = temporaryFolder();
    const model: Model = (request) =>
      isManager(request)
        ? turns(request) < 3
          ? delegate(`w${turns(request)}`)
          : complete('at last')
        : { summary: textOf(request).slice(0, 99), confidence: 1 };
    const host = testHost(folder.path, { script: model });
    const run = await startTestRun(host, testPlan({ ...options, tools: [] }));
    await run.done;
    expect(run.state.status).toBe('partial');
    await expect(resumeRun(host, { id: 'r-test' })).rejects.toMatchObject({
      code: 'usage/not-raised',
    });
    const second = await resumeRun(host, { id: 'r-test', raise });
    await second.done;
    expect(second.state.status).toBe(status);
    const third = await resumeRun(host, { id: 'r-test' });
    await third.done;
    expect(third.state.seq).toBe(second.state.seq);
  });
});
