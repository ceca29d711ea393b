import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentWorkflow, type WorkflowOptions } from '../../src/data/agent-workflow.ts';
import { recordTape, replayTape } from '../../src/data/tapes.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { loadWorkflow, resumeRun } from '../../src/index.ts';
import { ModelError } from '../../src/ports/model-provider.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { writeFiles } from '../files.ts';
import { askedBy, complete, delegate, only, temporaryFolder } from '../make.ts';
import { graphFiles } from './graph-make.ts';

const TASK = { task: 'Add some numbers', tools: ['arithmetic.*'], packages: [] } as const;

/** A manager with three workers of which each adds with a tool; one question fails at first. */
function team() {
  const said = new Map<string, number>();
  return scriptedModel((request) => {
    const who = askedBy(request);
    const turn = (said.get(who) ?? 0) + 1;
    said.set(who, turn);
    if (who === 'manager') return turn === 1 ? delegate('a', 'b', 'c') : complete('all added');
    if (who === 'b' && turn === 1) {
      return new ModelError('model/overloaded', 'busy', { retryAfterMs: 50 });
    }
    const { messages } = request;
    if (messages.some(({ role }) => role === 'tool')) return { summary: `${who} is done` };
    return { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: who.charCodeAt(0) } }] };
  });
}

function place() {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const options = (more: Partial<WorkflowOptions> = {}): WorkflowOptions => ({
    ...TASK,
    home: at('.awp'),
    ...more,
  });
  const start = (more: Partial<WorkflowOptions>) => new AgentWorkflow(options(more)).start();
  return { at, start, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

async function eventsOf(run: ReturnType<ReturnType<typeof place>['start']>) {
  const events = [];
  for await (const event of run.events()) events.push(event);
  return events;
}

describe('a run over a tape', () => {
  it('ends as the one that was recorded, without a model', async () => {
    using here = place();
    const tape = here.at('a.tape');
    const live = here.start({ model: team(), record: tape });
    const recorded = await live.result;
    expect(recorded.status).toBe('complete');
    for (const _ of ['once', 'and again']) {
      const again = here.start({ replay: tape });
      const { status, text, usage, metadata, result } = await again.result;
      expect({ status, text, result }).toEqual({
        status: 'complete',
        text: recorded.text,
        result: recorded.result,
      });
      expect(usage.agents).toEqual(recorded.usage.agents);
      expect(metadata).toMatchObject({ model: 'scripted', replayed: { file: tape } });
      const events = await eventsOf(again);
      const [started] = only(events, 'run.started');
      expect(started?.data.plan.replay).toEqual({
        file: tape,
        recorded: expect.stringMatching(/^\d{4}-.*Z$/),
        began: expect.stringMatching(/^\d{4}-.*Z$/),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      // The failure came again, and was tried again.
      expect(only(events, 'model.failed')).toHaveLength(1);
    }
    expect(recorded.metadata.replayed).toBeUndefined();
  });

  it('needs no key and no name of a model, whatever LLM_MODEL says', async () => {
    using here = place();
    const tape = here.at('a.tape');
    await here.start({ model: team(), record: tape }).result;
    const before = process.env.LLM_MODEL;
    process.env.LLM_MODEL = 'openai/nothing-of-the-kind';
    try {
      expect((await here.start({ replay: tape }).result).status).toBe('complete');
    } finally {
      if (before === undefined) delete process.env.LLM_MODEL;
      else process.env.LLM_MODEL = before;
    }
  });

  it('fails at the first question that was not recorded', async () => {
    using here = place();
    const tape = here.at('a.tape');
    await here.start({ model: team(), record: tape }).result;
    const { status, reason, metadata } = await here.start({ replay: tape, task: 'Something else' })
      .result;
    expect([status, reason]).toEqual(['failed', 'model/tape-miss']);
    expect(metadata.message).toContain('- Add some numbers\n+ Something else');
  });

  it('goes on where it was ended, as the recording did, and over no other tape', async () => {
    using here = place();
    const tape = here.at('a.tape');
    const model = team();
    const home = here.at('.awp');
    const limited = { budget: { calls: 3 } };
    const more = { home, raise: { calls: null } };
    const run = here.start({ model, record: tape, ...limited });
    expect((await run.result).status).toBe('partial');
    const before = readFileSync(tape, 'utf8');
    const went = await resumeRun(run.id, { ...more, providers: [model], record: tape }).result;
    expect(went.status).toBe('complete');
    expect(readFileSync(tape, 'utf8').startsWith(before)).toBe(true);

    const again = here.start({ replay: tape, ...limited });
    expect((await again.result).status).toBe('partial');
    const other = here.at('b.tape');
    writeFileSync(other, before);
    await expect(resumeRun(again.id, { ...more, replay: other }).result).rejects.toMatchObject({
      code: 'usage/bad-option',
      message: expect.stringContaining('began with another tape'),
    });
    const { status, text, result, metadata } = await resumeRun(again.id, more).result;
    expect({ status, text, result }).toEqual({
      status: 'complete',
      text: went.text,
      result: went.result,
    });
    expect(metadata.replayed?.file).toBe(tape);
  });

  it('takes the models behind those of the recording, too, when none is named', async () => {
    using here = place();
    const tape = here.at('a.tape');
    const [down, up] = [
      scriptedModel(
        [new ModelError('model/auth', 'wrong key', { usage: { input: 0, output: 0 } })],
        {
          name: 'down',
        },
      ),
      scriptedModel([complete('from behind')], { name: 'up' }),
    ];
    const live = { managerModel: down, workerModel: up, fallbackModels: { manager: ['up'] } };
    expect((await here.start({ ...live, record: tape }).result).text).toBe('from behind');
    const { text, reason } = await here.start({ replay: tape }).result;
    expect({ text, reason }).toEqual({ text: 'from behind', reason: undefined });
    const alone = await here.start({ replay: tape, managerModel: 'down', fallbackModels: [] })
      .result;
    expect(alone).toMatchObject({ status: 'failed', reason: 'model/auth' });
  });

  it('gives what the log of a crashed recording lacks, and pays and writes nothing twice', async () => {
    using here = place();
    const tape = here.at('a.tape');
    const store = memoryStore({ folder: here.at('store') });
    mkdirSync(here.at('store'));
    const model = scriptedModel([delegate('a'), { summary: 'done' }, complete('the end')]);
    const append = store.append.bind(store);
    store.append = async (lease, events, durability) => {
      if (events.some(({ type }) => type === 'model.responded')) throw new Error('killed');
      await append(lease, events, durability);
    };
    const run = here.start({ model, record: tape, store });
    await expect(run.result).rejects.toThrow();
    store.append = append;
    const went = await resumeRun(run.id, { store, providers: [model], record: tape }).result;
    expect(went).toMatchObject({ status: 'complete', text: 'the end' });
    expect(model.calls).toBe(3);
    expect(readFileSync(tape, 'utf8').match(/"type":"call"/g)).toHaveLength(3);
    expect((await here.start({ replay: tape }).result).text).toBe('the end');
  });

  it('goes on with the next answer when a replay was stopped between two of the same question', async () => {
    using here = place();
    const tape = here.at('a.tape');
    const busy = new ModelError('model/overloaded', 'busy', { retryAfterMs: 0 });
    const model = scriptedModel([busy, busy, busy, complete('at last')]);
    await here.start({ model, record: tape }).result;
    const store = memoryStore({ folder: here.at('store') });
    mkdirSync(here.at('store'));
    const stop = new AbortController();
    const append = store.append.bind(store);
    let failures = 0;
    store.append = async (lease, events, durability) => {
      if (events.some(({ type }) => type === 'model.failed') && ++failures === 2) stop.abort('me');
      await append(lease, events, durability);
    };
    const options = { ...TASK, replay: tape, store };
    const run = new AgentWorkflow(options).start({ signal: stop.signal });
    expect((await run.result).status).toBe('cancelled');
    const went = await resumeRun(run.id, { store }).result;
    expect(went).toMatchObject({ status: 'complete', text: 'at last' });
  });

  it('of a run that began without one cannot be had', async () => {
    using here = place();
    const tape = here.at('a.tape');
    await here.start({ model: team(), record: tape }).result;
    const run = here.start({ model: team(), budget: { calls: 3 } });
    await run.result;
    const how = { home: here.at('.awp'), providers: [team()], replay: tape };
    await expect(resumeRun(run.id, how).result).rejects.toMatchObject({
      code: 'usage/bad-option',
      message: 'the run did not begin with a tape',
    });
  });
});

describe('options about tapes', () => {
  it.each<[string, string, (at: (name: string) => string) => Partial<WorkflowOptions>]>([
    ['both', 'usage/bad-option', (at) => ({ record: at('a'), replay: at('b') })],
    ['a tape that is not there', 'usage/bad-option', (at) => ({ replay: at('none') })],
    ['a folder as tape', 'usage/bad-option', (at) => ({ replay: at('folder') })],
    ['no tape', 'model/tape-damaged', (at) => ({ replay: at('notes.txt') })],
    ['a file that is there', 'usage/tape-exists', (at) => ({ record: at('notes.txt') })],
    ['a folder that is there', 'usage/tape-exists', (at) => ({ record: at('folder') })],
    ['a folder that is not there', 'usage/not-writable', (at) => ({ record: at('no/a.tape') })],
    [
      'a model that was not recorded',
      'model/tape-model',
      (at) => ({ replay: at('ok'), model: 'demo' }),
    ],
  ])('are refused before anything is asked: %s', async (_, code, more) => {
    using here = place();
    mkdirSync(here.at('folder'));
    writeFileSync(here.at('notes.txt'), 'remember the milk\n');
    await here.start({ model: team(), record: here.at('ok') }).result;
    const model = team();
    const run = here.start({ model, ...more(here.at) });
    await expect(run.result).rejects.toMatchObject({ code });
    expect(model.calls).toBe(0);
    expect(readFileSync(here.at('notes.txt'), 'utf8')).toBe('remember the milk\n');
  });

  it('leave no tape of a run that could not start', async () => {
    using here = place();
    const run = here.start({
      model: team(),
      record: here.at('a'),
      inputs: { x: here.at('none.csv') },
    });
    await run.result.catch(() => {});
    const refused = here.start({ model: team(), record: here.at('b'), tools: ['no.such'] });
    await expect(refused.result).rejects.toMatchObject({ code: 'tool/missing' });
    expect(existsSync(here.at('b'))).toBe(false);
  });
});

describe('tapes of tests', () => {
  it('record any provider and give its answers again', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'model.tape');
    const script = [delegate('adder'), { summary: 'the sum is 3' }, complete('It is 3.')];
    const store = () => memoryStore({ folder: folder.path });
    const model = recordTape(scriptedModel(script), file, { secrets: ['Add some numbers'] });
    const live = await new AgentWorkflow({ ...TASK, model, store: store() }).run();
    expect(readFileSync(file, 'utf8')).not.toContain('Add some numbers');
    const again = await replayTape(file, { secrets: ['Add some numbers'] });
    expect(again.name).toBe('scripted');
    const result = await new AgentWorkflow({ ...TASK, model: again, store: store() }).run();
    expect(result.text).toBe(live.text);
    expect(result.metadata.simulated).toBe(true);
  });

  it('of several models need a name for all but the manager’s', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const file = join(folder.path, 'two.tape');
    const boss = scriptedModel([delegate('a'), complete('done')], { name: 'boss' });
    const hand = scriptedModel([{ summary: 'did it' }], { name: 'hand' });
    const models = { managerModel: boss, workerModel: hand };
    await new AgentWorkflow({ ...TASK, ...models, home, record: file }).run();
    const [managerModel, workerModel] = [
      await replayTape(file),
      await replayTape(file, { model: 'hand' }),
    ];
    expect([managerModel.name, workerModel.name]).toEqual(['boss', 'hand']);
    const again = new AgentWorkflow({ ...TASK, managerModel, workerModel, home });
    expect((await again.run()).text).toBe('done');
    await expect(replayTape(file, { model: 'third' })).rejects.toMatchObject({
      code: 'model/tape-model',
    });
  });

  it('miss what was not recorded', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.tape');
    await collect(recordTape(scriptedModel(['x']), file), modelRequest());
    const again = await replayTape(file);
    await expect(collect(again, modelRequest({ temperature: 1 }))).rejects.toMatchObject({
      code: 'model/tape-miss',
      message: expect.stringContaining('- temperature: 0.2\n+ temperature: 1'),
    });
  });
});

describe('a graph over a tape', () => {
  it('has the day of the recording, on whatever day it is replayed', async () => {
    using folder = temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    writeFiles(
      at('report'),
      graphFiles({
        graph: '- { id: one, agent: one }\n- { id: two, agent: two, depends_on: [one] }',
        state:
          'auto_inject: { day: "{{DATE}}", run: "{{RUN_ID}}", at: "{{TIMESTAMP}}" }\nsharing: { strategy: full }',
        agents: {
          one: 'prompt: { system: "It is {{DATE}}, exactly {{now}} or {{TIMESTAMP}}, in {{RUN_ID}}." }',
        },
      }),
    );
    const workflow = await loadWorkflow(at('report'));
    const asked: string[] = [];
    const model = scriptedModel(({ messages }) => {
      asked.push(JSON.stringify(messages));
      return { text: 'fine', confidence: 1 };
    });
    const on = (day: string, more: object) =>
      workflow.run({
        ...{ task: 'Go', store: memoryStore({ folder: at(day) }) },
        clock: fixedClock(Date.parse(`${day}T12:00:00Z`)),
        ...more,
      });
    const tape = at('a.tape');
    const recorded = await on('2026-03-01', { model, record: tape });
    expect(recorded.status).toBe('complete');
    expect(asked[0]).toContain('It is 2026-03-01, exactly 2026-03-01T12:00:00.000Z');
    const again = await on('2027-07-09', { replay: tape });
    expect(again.metadata.message).toBeUndefined();
    const { result } = again;
    expect(result).toMatchObject({ day: '2026-03-01', at: '2027-07-09T12:00:00.000Z' });
    expect([result.one, result.two]).toEqual([recorded.result.one, recorded.result.two]);
  });
});
