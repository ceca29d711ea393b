import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Host } from '../../../src/ports/host.ts';
import { ModelError, type ModelRequest, NO_USAGE } from '../../../src/ports/model-provider.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { askedBy, complete, delegate, logOf, only, temporaryFolder, testPlan } from '../../make.ts';
import { runPlan } from '../graphs.ts';
import {
  check,
  creates,
  cutStore,
  draftOf,
  isRepair,
  makingBox,
  makingHost,
  makingPlan,
  testToolsmith,
} from './repair-runs.ts';

const GOOD = 'def handler(*):\n    return {"ok": True, "status": 200, "data": {}}';
const drafts = { maker: [draftOf('stats.mean', 'BROKEN')] };

/** Repairers of a log, and how they ended. */
function repairersIn(log: readonly RunEvent[]) {
  const started = only(log, 'agent.started').filter(({ data }) => data.role === 'repairer');
  return started.map(({ agent, data }) => {
    const end = log.find(
      (event) =>
        event.agent === agent && (event.type === 'agent.finished' || event.type === 'agent.failed'),
    );
    const code = end?.type === 'agent.failed' ? end.data.code : undefined;
    return { mends: data.mends, name: data.name, end: end?.type, ...(code && { code }) };
  });
}

async function ran(repair: ScriptedAnswer | readonly ScriptedAnswer[], more = {}) {
  using folder = temporaryFolder();
  let asked = 0;
  const answers = (Array.isArray(repair) ? repair : [repair]) as readonly ScriptedAnswer[];
  const script = creates(drafts, () => answers[Math.min(asked++, answers.length - 1)] ?? '');
  const host = makingHost(folder.path, { script, ...more });
  const { state, log } = await runPlan(host, makingPlan({ maker: {} }));
  const returned = only(log, 'tool.returned').map(({ data }) => data);
  return { state, log, returned, asked: () => asked };
}

describe('a draft that a model puts right', () => {
  it('is registered with the code that it was given, and keeps all else', async () => {
    const answer = { name: 'other.name', code: GOOD, language: 'javascript', secrets: ['KEY'] };
    const { state, log, returned } = await ran(answer);
    expect(returned).toMatchObject([
      { ok: true, data: { name: 'stats.mean', repaired: true, repair_attempts: 1 } },
    ]);
    expect(only(log, 'tool.created').map(({ data }) => data.tool)).toMatchObject([
      { name: 'stats.mean', code: GOOD, language: 'python', secrets: [], repairs: 1 },
    ]);
    expect(repairersIn(log)).toEqual([
      {
        mends: { call: expect.stringMatching(/\/1\.t1$/), attempt: 1, as: 'node' },
        ...{ name: 'repair_maker', end: 'agent.finished' },
      },
    ]);
    expect(state.creation?.metrics).toMatchObject({ repair_attempts: 1, repair_successes: 1 });
    expect(state.status).toBe('complete');
  });

  it('is asked about with the model of its agent, at temperature 0, without tools', async () => {
    const { log } = await ran({ code: GOOD });
    const [question] = only(log, 'model.asked').filter(({ agent }) => agent?.includes('-m1-'));
    expect(question?.data).toMatchObject({ model: 'scripted', temperature: 0, tools: [] });
    const text = question?.data.messages.map((one) => one.text).join('\n') ?? '';
    expect(text).toContain('stage source (validation, status 400). This is repair 1.');
    expect(text).toMatch(/<error-(\w{12})>\nline 1, column 1: the code is broken\n<\/error-\1>/);
    expect(text).toMatch(/<code-\w{12}>\nBROKEN\n/);
  });

  it.each<[string, ScriptedAnswer | readonly ScriptedAnswer[]]>([
    ['in a fence', `Here it is:\n\`\`\`json\n${JSON.stringify({ code: GOOD })}\n\`\`\``],
    ['in a fence within the JSON', { code: `\`\`\`python\n${GOOD}\n\`\`\`` }],
    ['after one that cannot be read', ['no JSON at all', { code: GOOD }]],
    ['after one without code', [{ parameters: {} }, { code: GOOD }]],
    ['at the second attempt', [{ code: 'still BROKEN' }, { code: GOOD }]],
  ])('takes an answer %s', async (_, answer) => {
    const { returned } = await ran(answer);
    expect(returned).toMatchObject([{ ok: true, data: { registered: true } }]);
  });

  it('may get other parameters and another description', async () => {
    const parameters = { type: 'object', properties: { values: { type: 'array' } } };
    const { log } = await ran({ code: GOOD, parameters, description: 'the mean' });
    expect(only(log, 'tool.created')[0]?.data.tool).toMatchObject({
      parameters,
      description: 'the mean',
    });
  });

  it.each<[string, ScriptedAnswer | readonly ScriptedAnswer[], number]>([
    ['all repairs are as wrong', { code: 'BROKEN again' }, 2],
    ['no answer can be read', 'I would rather not', 2],
    ['the code is no text', { code: 7 }, 2],
    ['the code is larger than any', { code: 'x'.repeat(70_000) }, 2],
    ['the model refuses', new ModelError('model/auth', 'no', { usage: NO_USAGE }), 1],
  ])('is refused with its last problem when %s', async (_, answer, asked) => {
    const run = await ran(answer);
    expect(run.returned).toMatchObject([
      { ok: false, status: 400, data: { registered: false, category: 'validation' } },
    ]);
    expect(only(run.log, 'tool.refused')).toHaveLength(1);
    expect(run.asked()).toBe(asked);
    const tried = only(run.log, 'tool.checked').filter(({ data }) => data.stage === 'repair');
    expect(run.state.creation?.metrics).toMatchObject({
      ...{ repair_attempts: tried.length, repair_successes: 0 },
    });
    expect(run.state.openFrames.size).toBe(0);
    expect(run.state.status).toBe('complete');
  });

  it.each([['that is final', testToolsmith([check({ repairable: false })])]])(
    'is not asked about for a problem %s',
    async (_, toolsmith) => {
      const { log, asked } = await ran({ code: GOOD }, { toolsmith });
      expect(asked()).toBe(0);
      expect(repairersIn(log)).toEqual([]);
    },
  );

  it('takes the next model of its agent when the first one fails', async () => {
    using folder = temporaryFolder();
    const script = creates(drafts, ({ model }) =>
      model === 'behind' ? { code: GOOD } : new ModelError('model/auth', 'no', { usage: NO_USAGE }),
    );
    const plan = makingPlan({ maker: { fallback: ['behind'] } });
    const { log } = await runPlan(makingHost(folder.path, { script }), plan);
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(only(log, 'model.switched').map(({ data }) => data.to)).toEqual(['behind']);
  });

  it('counts as no worker, and its calls count in the budget', async () => {
    const { state } = await ran({ code: GOOD });
    expect(state.ledger.used).toMatchObject({ workers: 1, calls: 3, tools: 1 });
  });
});

describe('a draft without room for a repair', () => {
  it.each([
    ['calls', { calls: 1 }],
    ['tokens', { tokens: 10_000 }],
  ] as const)(
    'is refused, and the limit on %s is not called used up for it',
    async (dim, limits) => {
      using folder = temporaryFolder();
      const usage = { input: 9000, output: 500 };
      const answers = creates(drafts, () => ({ code: GOOD }));
      const script = async (request: ModelRequest): Promise<ScriptedAnswer> => {
        const answer = await answers(request);
        return typeof answer === 'object' && 'toolCalls' in answer ? { ...answer, usage } : answer;
      };
      const base = makingPlan({ maker: {} });
      const plan = { ...base, limits: { ...base.limits, ...limits } };
      const { log, state } = await runPlan(makingHost(folder.path, { script }), plan);
      expect(repairersIn(log)).toMatchObject([{ end: 'agent.failed', code: `budget/${dim}` }]);
      expect(only(log, 'tool.returned')).toMatchObject([{ data: { ok: false, status: 400 } }]);
      const said = only(log, 'budget.exhausted').map(({ agent }) => agent);
      expect(said.filter((agent) => agent?.includes('-m'))).toEqual([]);
      expect(state.openFrames.size).toBe(0);
    },
  );
});

describe('several drafts', () => {
  it('are repaired beside each other, natively, by several agents and in programs', async () => {
    using folder = temporaryFolder();
    const inProgram = makingBox({
      many: async (call) => {
        const made = await Promise.all(
          ['a', 'b', 'c'].map((name) => call('tools.create', draftOf(`stats.${name}`, 'BROKEN'))),
        );
        return made.map(({ ok }) => ok);
      },
    });
    const native = creates(
      { one: [draftOf('stats.d', 'BROKEN'), draftOf('stats.e', 'BROKEN')], two: [] },
      () => ({ code: GOOD }),
    );
    const plan = makingPlan({ one: {}, two: {} });
    const host = makingHost(folder.path, {
      sandbox: inProgram,
      script: (request) => {
        const isFirst = request.messages.every(({ role }) => role !== 'tool');
        if (isRepair(request) || request.headers['x-awp-agent'] !== 'two' || !isFirst)
          return native(request);
        return { toolCalls: [{ name: 'code.execute', args: { code: 'many' } }] };
      },
    });
    const { log, state } = await runPlan(host, plan);
    const names = only(log, 'tool.created').map(({ data }) => data.tool.name);
    expect(names.sort()).toEqual(['stats.a', 'stats.b', 'stats.c', 'stats.d', 'stats.e']);
    const repairers = repairersIn(log);
    expect(repairers).toHaveLength(5);
    expect(new Set(repairers.map(({ name }) => name)).size).toBe(5);
    expect(
      repairers.map(({ mends }) => mends?.call).filter((id) => id?.includes('.i')),
    ).toHaveLength(3);
    expect(state.status).toBe('complete');
  });
});

describe('a call of tools.create that ends while a repair is under way', () => {
  const never = new Promise<never>(() => {});
  const cases = {
    'the agent has no time any more': makingPlan({ maker: {} }),
  };

  it.each(Object.entries(cases))('closes its repairer when %s', async (_, base) => {
    using folder = temporaryFolder();
    const [node] = base.graph?.nodes ?? [];
    const graph = base.graph && { ...base.graph, nodes: [{ ...node!, timeoutMs: 200 }] };
    const host = makingHost(folder.path, { script: creates(drafts, () => never) });
    const { log, state } = await runPlan(host, { ...base, ...(graph && { graph }) });
    expect(repairersIn(log)).toMatchObject([{ end: 'agent.failed' }]);
    expect(state.openFrames.size).toBe(0);
    expect(state.inFlight.size).toBe(0);
    closesInOrder(log);
  });

  it('closes its repairer when the tool itself has no time any more, and the agent goes on', async () => {
    using folder = temporaryFolder();
    const host = makingHost(folder.path, { script: creates(drafts, () => never) });
    const create = host.tools.get('tools.create')!;
    const tools = new Map([...host.tools, ['tools.create', { ...create, timeoutMs: 100 }]]);
    const { log, state } = await runPlan({ ...host, tools }, makingPlan({ maker: {} }));
    expect(only(log, 'tool.returned')).toMatchObject([{ data: { status: 408 } }]);
    expect(repairersIn(log)).toMatchObject([{ end: 'agent.failed', code: 'tool/interrupted' }]);
    expect(state.status).toBe('complete');
    closesInOrder(log);
  });

  it('closes its repairer when the program ends that wanted it', async () => {
    using folder = temporaryFolder();
    const sandbox = makingBox({
      leaves: async (call, _job, signal) => {
        void call('tools.create', draftOf('stats.late', 'BROKEN'));
        while (!signal.aborted && asked === 0) await new Promise((next) => setImmediate(next));
        return 'left';
      },
    });
    let asked = 0;
    const host = makingHost(folder.path, {
      sandbox,
      script: (request) => {
        if (isRepair(request)) {
          asked += 1;
          return never;
        }
        if (request.messages.some(({ role }) => role === 'tool')) return { done: 1 };
        return { toolCalls: [{ name: 'code.execute', args: { code: 'leaves' } }] };
      },
    });
    const { log, state } = await runPlan(host, makingPlan({ maker: {} }));
    expect(repairersIn(log)).toMatchObject([{ end: 'agent.failed', code: 'tool/interrupted' }]);
    expect(state.status).toBe('complete');
    closesInOrder(log);
  });

  it('keeps its repairer when the run is stopped, and waits for it when it goes on', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    const stop = new AbortController();
    const first = makingHost(folder.path, {
      store,
      script: creates(drafts, () => {
        stop.abort('enough');
        return never;
      }),
    });
    const plan = makingPlan({ maker: {} });
    const run = await startRun(first, { id: 'r-test', plan, inputs: [], stop: stop.signal });
    await run.done;
    expect(run.state.status).toBe('cancelled');
    const second = makingHost(folder.path, {
      store,
      script: creates(drafts, () => ({ code: GOOD })),
    });
    const resumed = await resumeRun(second, { id: 'r-test' });
    await resumed.done;
    const log = await logOf(store);
    expect(repairersIn(log)).toMatchObject([{ end: 'agent.finished' }]);
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(resumed.state.status).toBe('complete');
  });
});

/** No agent closes before those below it. */
function closesInOrder(log: readonly RunEvent[]): void {
  const open = new Map<string, string | undefined>();
  for (const { type, agent = '', parent } of log) {
    if (type === 'agent.started') open.set(agent, parent);
    if (type !== 'agent.finished' && type !== 'agent.failed') continue;
    expect([...open.values()]).not.toContain(agent);
    open.delete(agent);
  }
}

const NATIVE = [draftOf('stats.mean', 'BROKEN'), draftOf('stats.sum', 'BROKEN, too')];

describe('a repair after a crash', () => {
  it.each<[string, readonly JsonObject[], JsonObject]>([
    ['of native calls', NATIVE, {}],
    ['of calls of a program', [], { language: 'python', code: 'makes' }],
  ])('goes on wherever the log was cut, and asks nothing again: %s', async (_, native, program) => {
    using folder = temporaryFolder();
    const create = native.length > 0;
    const answered = creates({ maker: native }, (request) => {
      const text = request.messages.map((message) => message.text).join('\n');
      if (text.includes('This is repair 2')) return { code: GOOD };
      return text.includes('not accepted') ? { code: 'still BROKEN' } : 'not JSON';
    });
    const script = (request: ModelRequest): ScriptedAnswer | Promise<ScriptedAnswer> => {
      const isFirst = request.messages.every(({ role }) => role !== 'tool');
      if (create || isRepair(request) || !isFirst) return answered(request);
      return { toolCalls: [{ name: 'code.execute', args: program }] };
    };
    const hostWith = (store: Store): Host => {
      const sandbox = makingBox({
        makes: async (call) => {
          const made = NATIVE.map((draft) => call('tools.create', draft));
          return (await Promise.all(made)).map(({ ok }) => ok);
        },
      });
      return makingHost(folder.path, { script, store, sandbox });
    };
    const store = memoryStore({ folder: folder.path });
    const cuts: number[] = [];
    const append = store.append.bind(store);
    store.append = async (lease, events, durability) => {
      await append(lease, events, durability);
      cuts.push(events.at(-1)?.seq ?? 0);
    };
    const whole = await runPlan(hostWith(store), makingPlan({ maker: {} }));
    const made = only(whole.log, 'tool.created').map(({ data }) => data.tool.hash);
    expect(made).toHaveLength(2);
    for (const cut of cuts.slice(0, -1)) {
      const before = whole.log.slice(0, cut);
      const again = await cutStore(folder.path, before);
      const run = await resumeRun(hostWith(again), { id: 'r-test' });
      await run.done;
      const log = await logOf(again);
      const place = `after ${cut}, ${before.at(-1)?.type}`;
      expect([place, run.state.status]).toEqual([place, 'complete']);
      const hashes = only(log, 'tool.created').map(({ data }) => data.tool.hash);
      expect([place, ...hashes.sort()]).toEqual([place, ...made.toSorted()]);
      expect([place, repairersIn(log).length]).toEqual([place, 4]);
      const known = only(before, 'model.responded').map(({ data }) => data.call);
      const later = only(log.slice(cut), 'model.asked').map(({ data }) => data.call);
      expect([place, later.filter((call) => known.includes(call))]).toEqual([place, []]);
      closesInOrder(log);
    }
  });

  it('is not taken for that of another draft under the same call', async () => {
    using folder = temporaryFolder();
    let turn = 0;
    const sandbox = makingBox({
      // Which of them comes first, another run of the program says otherwise.
      makes: async (call) => {
        turn += 1;
        const drafts = turn === 1 ? NATIVE : NATIVE.toReversed();
        const made = await Promise.all(drafts.map((draft) => call('tools.create', draft)));
        return made.map(({ ok }) => ok);
      },
    });
    const script = (request: ModelRequest): ScriptedAnswer => {
      const text = request.messages.map((message) => message.text).join('\n');
      const name = text.includes('stats.mean') ? 'mean' : 'sum';
      if (isRepair(request)) return { code: `${GOOD}  # ${name}` };
      if (request.messages.some(({ role }) => role === 'tool')) return { done: 1 };
      return { toolCalls: [{ name: 'code.execute', args: { code: 'makes' } }] };
    };
    const host = makingHost(folder.path, { script, sandbox });
    const { log } = await runPlan(host, makingPlan({ maker: {} }));
    const answered = log.findLastIndex(
      ({ type, agent }) => type === 'agent.finished' && agent?.includes('-m1-'),
    );
    const again = await cutStore(folder.path, log.slice(0, answered + 1));
    const run = await resumeRun(makingHost(folder.path, { script, sandbox, store: again }), {
      id: 'r-test',
    });
    await run.done;
    for (const { data } of only(await logOf(again), 'tool.created')) {
      expect(data.tool.code).toContain(`# ${data.tool.name.slice('stats.'.length)}`);
    }
  });
});

describe('a repair in a loop', () => {
  const maker = {
    ...{ worker_id: 'maker', instructions: 'make it' },
    codemode: { enabled: true, tool_creation: true },
  };

  function loop(repair: () => ScriptedAnswer | Promise<ScriptedAnswer>, more: JsonObject = {}) {
    const answer = creates(drafts, repair);
    return (request: ModelRequest): ScriptedAnswer | Promise<ScriptedAnswer> => {
      if (request.headers['x-awp-role'] !== 'manager') {
        const isFirst = request.messages.every(({ role }) => role !== 'tool');
        if (askedBy(request) !== 'writer' || !isFirst) return answer(request);
        const args = { path: 'output/a.txt', content: 'x' };
        return { toolCalls: [{ name: 'file.write', args }] };
      }
      const isOver = JSON.stringify(request.messages).includes('Results of turn');
      return isOver ? complete() : delegate({ ...maker, ...more }, 'writer');
    };
  }

  const dynamicTools = { namespaces: ['stats'] };

  it('has the model of the workers, and is no worker of the manager', async () => {
    using folder = temporaryFolder();
    const host = makingHost(folder.path, { script: loop(() => ({ code: GOOD })) });
    const plan = testPlan({ dynamicTools, budget: { workers: 2 } });
    const { log, state } = await runPlan(host, plan);
    expect(repairersIn(log)).toMatchObject([{ mends: { as: 'worker' }, end: 'agent.finished' }]);
    expect(only(log, 'tool.created')).toHaveLength(1);
    expect(state.frames.get('0')?.turns.map(({ workers }) => workers.length)).toEqual([2]);
    expect(state.status).toBe('complete');
  });

  it.each([
    ['the worker', { timeout: 0.3 }, {}, 'complete'],
    ['the run', {}, { budget: { time: '2s' } }, 'partial'],
  ] as const)('ends with the time of %s', async (_, order, options, status) => {
    using folder = temporaryFolder();
    const script = loop(() => new Promise<never>(() => {}), order);
    const plan = testPlan({ dynamicTools, ...options });
    const { log, state } = await runPlan(makingHost(folder.path, { script }), plan);
    expect(repairersIn(log)).toMatchObject([{ end: 'agent.failed' }]);
    expect(state.status).toBe(status);
    expect([state.openFrames.size, state.inFlight.size]).toEqual([0, 0]);
    closesInOrder(log);
  });

  it('goes on while a person is asked about something else', async () => {
    using folder = temporaryFolder();
    const host = makingHost(folder.path, { script: loop(() => ({ code: GOOD })) });
    const plan = testPlan({ dynamicTools, tools: ['file.write'], approve: ['files'] });
    const { log, state } = await runPlan(host, plan);
    expect(state.status).toBe('waiting');
    expect(only(log, 'tool.created')).toHaveLength(1);
  });

  it('is refused where the limit on money or calls could be raised by a person alone', async () => {
    using folder = temporaryFolder();
    const host = makingHost(folder.path, { script: loop(() => ({ code: GOOD })) });
    const plan = testPlan({ dynamicTools, budget: { calls: 4 }, approve: ['budget'] });
    const { log } = await runPlan(host, plan);
    expect(repairersIn(log)).toMatchObject([{ code: 'budget/calls' }]);
    const refused = only(log, 'tool.returned').filter(({ data }) => data.tool === 'tools.create');
    expect(refused).toMatchObject([{ data: { ok: false, status: 400 } }]);
  });
});
