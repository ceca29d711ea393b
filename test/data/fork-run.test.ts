import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { AgentGraph } from '../../src/data/agent-graph.ts';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { type ForkOptions, forkRun } from '../../src/data/fork-run.ts';
import { tool } from '../../src/data/tool.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { foldAll } from '../../src/events/reduce.ts';
import type { RunState } from '../../src/events/state.ts';
import type { ModelProvider, ModelRequest } from '../../src/ports/model-provider.ts';
import type { Store } from '../../src/ports/store.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { askedBy, complete, delegate, logOf, only, temporaryFolder } from '../make.ts';

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');
const turnOf = (request: ModelRequest): number =>
  textOf(request).split('## Results of turn').length - 1;

/** A run of two turns: a and b beside each other, then c; each calls a tool, then reports. */
function twoTurns() {
  const asked: string[] = [];
  const called: JsonObject[] = [];
  const mark = tool({
    name: 'mark.it',
    description: 'Marks',
    parameters: { type: 'object' },
    execute: (args) => {
      called.push(args);
      return { ok: true };
    },
  });
  const model = scriptedModel((request) => {
    const who = askedBy(request);
    asked.push(who);
    if (isManager(request)) {
      const order = (id: string) => ({ worker_id: id, instructions: `order:${id}` });
      return (
        [delegate(order('a'), order('b')), delegate(order('c')), complete('end')][
          turnOf(request)
        ] ?? complete()
      );
    }
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    if (round > 0) return { summary: `${who}: ${orderOf(request)}`, confidence: 1 };
    const write = { path: `output/${who}.txt`, content: who };
    return {
      toolCalls: [
        { name: 'mark.it', args: { who } },
        { name: 'file.write', args: write },
      ],
    };
  });
  return { asked, called, mark, model };
}

function orderOf(request: ModelRequest): string {
  return /order:(\w+)/.exec(textOf(request))?.[1] ?? '';
}

/** The number of the event before the n-th question to the manager. */
function beforeTurn(log: readonly RunEvent[], turn: number): number {
  const asked = only(log, 'model.asked').filter(({ agent }) => agent === '0');
  return (asked[turn - 1]?.seq ?? 0) - 1;
}

type Told = ReturnType<typeof twoTurns>;

type Place = { store: Store };

const inMemory = ({ path }: { path: string }): Place => ({ store: memoryStore({ folder: path }) });

async function original(place: Place, { mark, model }: Told, more: object = {}): Promise<string> {
  const options = { task: 'Write', model, tools: [mark, 'file.write'], ...place, ...more };
  const { metadata } = await new AgentWorkflow(options).run();
  return metadata.runId;
}

const read = ({ store }: Place, run: string): Promise<RunEvent[]> => logOf(store, run);

function fork(place: Place, id: string, { mark, model }: Told, more: Partial<ForkOptions>) {
  const how = { ...place, tools: [mark], providers: [model], from: { loop: 1 }, ...more };
  return forkRun(id, how);
}

describe('a fork from a turn', () => {
  it('asks nobody again before it, calls no tool again, and counts what was used', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const before = await read(place, run);
    told.asked.length = 0;
    told.called.length = 0;
    const handle = fork(place, run, told, { from: { loop: 2 } });
    const result = await handle.result;
    expect([result.status, told.asked, told.called]).toEqual([
      'complete',
      ['manager', 'c', 'c', 'manager'],
      [{ who: 'c' }],
    ]);
    expect(result.usage.modelCalls).toBe(
      before.filter(({ type }) => type === 'model.asked').length,
    );
    expect(result.artifacts.map(({ name }) => name)).toEqual(['a.txt', 'b.txt', 'c.txt']);
    expect(readFileSync(result.artifacts[0]?.path ?? '', 'utf8')).toBe('a');
    const log = await read(place, handle.id);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
    expect(new Set(log.map(({ run: id }) => id))).toEqual(new Set([handle.id]));
    expect(only(log, 'run.forked')[0]?.data).toEqual({ from: run, seq: beforeTurn(before, 2) });
    expect(await read(place, run)).toEqual(before);
  });

  it.each([1, 2, 3])('from turn %i gives the same result when nothing is changed', async (loop) => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const first = foldAll(run, await read(place, run));
    const handle = fork(place, run, told, { from: { loop } });
    await handle.result;
    const second = foldAll(handle.id, await read(place, handle.id));
    expect(second.ending).toEqual(first.ending);
    // Prompts say how much time went by, so their length is not the same each time.
    const counted = ({ ledger }: RunState) => ({ ...ledger.used, tokens: 0 });
    expect(counted(second)).toEqual(counted(first));
    expect(second.forked).toMatchObject({ from: run });
  });

  it('goes on with another model, which only it asks', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const other = twoTurns();
    const named: ModelProvider = {
      name: 'other',
      ask: (request, signal) => other.model.ask(request, signal),
    };
    told.asked.length = 0;
    const handle = fork(place, run, told, {
      ...{ from: { loop: 2 }, workerModel: 'other', providers: [told.model, named] },
    });
    const result = await handle.result;
    expect([result.status, told.asked, other.asked]).toEqual([
      'complete',
      ['manager', 'manager'],
      ['c', 'c'],
    ]);
  });

  it('keeps to limits of its own, with what was used before', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const how = { from: { loop: 2 }, budget: { loops: 2 } };
    const result = await fork(place, run, told, how).result;
    expect([result.status, result.reason]).toEqual(['partial', 'budget/loops']);
  });

  it('is forked again, resumed and read as any run', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const first = fork(place, run, told, { from: { loop: 3 } });
    await first.result;
    const second = fork(place, first.id, told, { from: { loop: 2 } });
    expect((await second.result).status).toBe('complete');
    const state = foldAll(second.id, await read(place, second.id));
    expect(state.forked).toEqual({ from: first.id, seq: beforeTurn(await read(place, run), 2) });
    const again = { ...place, tools: [told.mark], providers: [told.model] };
    expect((await resumeRun(second.id, again).result).status).toBe('complete');
  });
});

describe('a fork from an event', () => {
  it('gives the same result from each of them, and calls no tool that had returned', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const log = await read(place, run);
    const whole = foldAll(run, log);
    for (const { seq } of log.slice(0, -1)) {
      told.called.length = 0;
      const handle = fork(place, run, told, { from: { seq } });
      const result = await handle.result;
      expect([seq, result.status, result.text]).toEqual([seq, 'complete', whole.ending?.text]);
      const done = only(log.slice(0, seq), 'tool.called').filter(
        ({ data }) => data.tool === 'mark.it',
      );
      expect([seq, told.called.length]).toEqual([seq, 3 - done.length]);
    }
  });
});

describe('a fork from a worker', () => {
  const summaries = (log: readonly RunEvent[]) =>
    Object.fromEntries(
      only(log, 'agent.finished').flatMap(({ agent = '', data }) =>
        agent === '0' ? [] : [[agent, data.output.summary]],
      ),
    );

  it('has it work by its changed order; others of its turn keep what they brought', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    told.asked.length = 0;
    told.called.length = 0;
    const envelope = { instructions: 'order:hello', toolsAllowed: ['mark.*'], temperature: 1 };
    const handle = fork(place, run, told, { from: { worker: '1.1' }, envelope });
    const result = await handle.result;
    expect(result.status).toBe('complete');
    expect(told.asked).toEqual(['a', 'a', 'manager', 'c', 'c', 'manager']);
    const log = await read(place, handle.id);
    expect(summaries(log)).toEqual({ '1.1': 'a: hello', '1.2': 'b: b', '2.1': 'c: c' });
    const [started] = only(log, 'agent.started').filter(({ agent }) => agent === '1.1');
    expect(started?.data).toMatchObject({
      ...{ name: 'a', instructions: 'order:hello', tools: ['mark.it'], temperature: 1 },
    });
    expect(told.called).toEqual([{ who: 'a' }, { who: 'c' }]);
  });

  it('keeps no secret of the changed order in its log', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    vi.stubEnv('FORK_TEST_TOKEN', 'zebra-crossing-1234');
    try {
      const envelope = { instructions: 'order:hello with zebra-crossing-1234' };
      const handle = fork(place, run, told, { from: { worker: '1.1' }, envelope });
      expect((await handle.result).status).toBe('complete');
      const log = await read(place, handle.id);
      expect(JSON.stringify(log)).not.toContain('zebra-crossing-1234');
      const [forked] = only(log, 'run.forked');
      expect(forked?.data.order?.changes.instructions).toBe('order:hello with [secret]');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is named by its name, too, and does the same again without a change', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    told.asked.length = 0;
    const result = await fork(place, run, told, { from: { worker: 'b' } }).result;
    expect([result.status, told.asked.slice(0, 3)]).toEqual(['complete', ['b', 'b', 'manager']]);
  });
});

describe('a fork of a run with a sub-manager', () => {
  /** A sub-manager with one worker, and a worker beside it. */
  function nested() {
    const asked: string[] = [];
    const model = scriptedModel((request) => {
      const who = askedBy(request);
      asked.push(who);
      const turn = turnOf(request);
      if (who === 'manager') {
        const sub = { worker_id: 's', instructions: 'order:s', as_submanager: true };
        const other = { worker_id: 'o', instructions: 'order:o' };
        return turn === 0 ? delegate(sub, other) : complete('end');
      }
      if (isManager(request)) {
        const inner = { worker_id: 'i', instructions: 'order:i' };
        return turn === 0 ? delegate(inner) : complete('sub');
      }
      return { summary: `${who}: ${orderOf(request)}`, confidence: 1 };
    });
    return { asked, model };
  }

  it.each<[string, string, readonly string[]]>([
    ['the sub-manager', '1.1', ['i', 'manager', 's', 's']],
    ['its worker', '1.1-1.1', ['i', 'manager', 's']],
    ['the worker beside it', '1.2', ['manager', 'o']],
  ])('has %s work again, and keeps the rest', async (_who, worker, expected) => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const { asked, model } = nested();
    const options = { task: 'Write', model, tools: ['file.write'], ...place };
    const { metadata, usage } = await new AgentWorkflow(options).run();
    asked.length = 0;
    const how = { ...place, providers: [model], from: { worker } };
    const handle = forkRun(metadata.runId, how);
    const result = await handle.result;
    expect([result.status, [...asked].sort()]).toEqual(['complete', [...expected].sort()]);
    expect(result.usage.modelCalls).toBe(usage.modelCalls);
    const state = foldAll(handle.id, await read(place, handle.id));
    expect([...state.frames.keys()].sort()).toEqual(['0', '1.1', '1.1-1.1', '1.2']);
    expect(state.unsettled.size + state.nested.size).toBe(0);
  });
});

describe('a fork of a graph', () => {
  it('from each of its events gives the same result, and runs no node again that ended', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const runs: string[] = [];
    const step = (id: string, dependsOn: string[]) => ({
      ...{ id, dependsOn },
      run: () => {
        runs.push(id);
        return { said: id };
      },
    });
    const nodes = [step('a', []), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'])];
    const graph = new AgentGraph({ name: 'four', nodes, ...place });
    const { metadata, result } = await graph.run();
    const log = await read(place, metadata.runId);
    for (const { seq } of log.slice(0, -1)) {
      runs.length = 0;
      const how = { ...place, steps: graph.steps, from: { seq } };
      const again = await forkRun(metadata.runId, how).result;
      expect([seq, again.status, again.result]).toEqual([seq, 'complete', result]);
      const ended = only(log.slice(0, seq), 'agent.finished').length;
      expect([seq, runs.length]).toEqual([seq, 4 - Math.min(4, ended)]);
    }
    const turn = forkRun(metadata.runId, { ...place, steps: graph.steps, from: { loop: 1 } });
    await expect(turn.result).rejects.toMatchObject({ code: 'usage/bad-fork' });
  });
});

describe('a run that is at work', () => {
  it('is forked while it goes on, and is not touched', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let held = false;
    const model: typeof told.model = {
      ...told.model,
      async *ask(request, signal) {
        const isLast = isManager(request) && turnOf(request) === 2 && !held;
        if (isLast) {
          held = true;
          reached.resolve();
          await gate.promise;
        }
        yield* told.model.ask(request, signal);
      },
    };
    const options = { task: 'Write', model, tools: [told.mark, 'file.write'], ...place };
    const running = new AgentWorkflow(options).start();
    await reached.promise;
    const before = await read(place, running.id);
    const other = fork(place, running.id, { ...told, model }, { from: { loop: 2 } });
    expect((await other.result).status).toBe('complete');
    expect(await read(place, running.id)).toEqual(before);
    gate.resolve();
    expect((await running.result).status).toBe('complete');
  });
});

describe('what cannot be forked', () => {
  it.each<[Partial<ForkOptions> | { from: unknown }, string, RegExp]>([
    [{ from: { loop: 9 } }, 'usage/bad-fork', /was asked 3 times/],
    [{ from: { seq: 9999 } }, 'usage/bad-fork', /no event 9999/],
    [{ from: { worker: 'nobody' } }, 'usage/bad-fork', /no worker nobody/],
    [{ from: { seq: 0 } }, 'usage/bad-fork', /cannot be forked from/],
    [{ from: { loop: 1.5 } }, 'usage/bad-fork', /cannot be forked from/],
    [{ from: { loop: 1, seq: 2 } }, 'usage/bad-fork', /cannot be forked from/],
    [{ from: undefined }, 'usage/bad-fork', /cannot be forked from/],
    [{ from: { loop: 1 }, envelope: { instructions: 'x' } }, 'usage/bad-fork', /order of a worker/],
    [{ from: { worker: '1.1' }, envelope: {} }, 'usage/bad-option', /nothing stands in it/],
    [{ from: { worker: '1.1' }, envelope: { temperature: 9 } }, 'usage/bad-option', /temperature/],
    [{ from: { loop: 1 }, budget: { loops: -1 } }, 'usage/bad-option', /loops/],
    [{ from: { loop: 1 }, budget: { lops: 1 } as object }, 'usage/unknown-option', /lops/],
    [{ from: { loop: 1 }, model: 'nowhere/x' }, 'model/unknown', /nowhere/],
  ])('%j is refused', async (how, code, message) => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const forked = fork(place, run, told, how as Partial<ForkOptions>);
    const error = await forked.result.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is a run that has nothing left to do after the point', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const { length } = await read(place, run);
    const forked = fork(place, run, told, { from: { seq: length } });
    await expect(forked.result).rejects.toMatchObject({ code: 'usage/bad-fork' });
  });

  it('is a model that nobody knows: nothing is written, and the id stays free', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told);
    const wrong = fork(place, run, told, { from: { loop: 2 }, runId: 'f6', model: 'nonsense/x' });
    await expect(wrong.result).rejects.toMatchObject({ code: expect.stringMatching(/^model\//) });
    await expect(place.store.find('f6')).rejects.toMatchObject({ code: 'store/not-found' });
    expect((await fork(place, run, told, { from: { loop: 2 }, runId: 'f6' }).result).status).toBe(
      'complete',
    );
  });

  it('is a run that is not there, an id that is taken, or a limit that is used up', async () => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told, { budget: { loops: 2 } });
    const { length } = await read(place, run);
    const codes = await Promise.all(
      [
        fork(place, 'r-none', told, {}),
        fork(place, run, told, { runId: run }),
        fork(place, run, told, { from: { seq: length } }),
      ].map(({ result }) => result.then(String, ({ code }: { code: string }) => code)),
    );
    expect(codes).toEqual(['store/not-found', 'store/exists', 'usage/not-raised']);
  });

  it.each([
    ['inputs/', 'was changed'],
    ['blobs/', 'was changed'],
  ])('is a run whose %s are others by now', async (files, why) => {
    using folder = temporaryFolder();
    const place = inMemory(folder);
    const told = twoTurns();
    const run = await original(place, told, { inputs: { t: 'a,b\n1,2\n'.repeat(999) } });
    const base = join(folder.path, run, files);
    for (const name of readdirSync(base)) writeFileSync(join(base, name), 'other');
    const forked = fork(place, run, told, { from: { loop: 3 }, runId: 'r-fork' });
    await expect(forked.result).rejects.toMatchObject({
      ...{ code: 'store/damaged', message: expect.stringContaining(why) },
    });
    expect(readdirSync(folder.path)).not.toContain('r-fork');
  });
});
