import { describe, expect, it } from 'vitest';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { resultOf } from '../../src/events/result.ts';
import {
  type Capabilities,
  ModelError,
  type ModelProvider,
  type ResolvedModel,
} from '../../src/ports/model-provider.ts';
import { UNKNOWN } from '../../src/providers/capabilities.ts';
import { type Script, scriptedModel } from '../../src/providers/scripted.ts';
import { resumeRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { whileTimePasses } from '../providers/support/over-server.ts';

/** What stands behind a model string: answers, or the error of asking or of resolving. */
type Behind =
  | { answers?: Script; can?: Partial<Capabilities>; real?: boolean }
  | { asked: ModelError }
  | { resolved: ModelError };

function failing(error: ModelError): ModelProvider {
  const ask = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) });
  return { name: 'failing', ask };
}

function resolved(model: string, behind: Behind | undefined): ResolvedModel {
  if (!behind) throw new ModelError('model/unknown', `no service is known for ${model}`);
  if ('resolved' in behind) throw behind.resolved;
  const price = { input: 1, output: 1 };
  if ('asked' in behind) {
    return { provider: failing(behind.asked), model, price, simulated: true };
  }
  const { answers = [], can, real = false } = behind;
  const capabilities = { ...UNKNOWN, ...can };
  return { provider: scriptedModel(answers), model, price, simulated: !real, capabilities };
}

/** A run of `first`, with other models behind it. */
async function runOf(
  models: Record<string, Behind>,
  options: Partial<WorkflowOptions>,
  roles = { manager: 'first', worker: 'worker' },
) {
  using folder = temporaryFolder();
  const clock = fixedClock();
  const known = new Map<string, ResolvedModel>();
  const host = {
    ...testHost(folder.path, { script: [], effects: { clock } }),
    models: (model: string) => {
      const found = known.get(model) ?? resolved(model, models[model]);
      known.set(model, found);
      return found;
    },
  };
  const plan = testPlan({ tools: ['arithmetic.*'], ...options });
  const named = {
    ...plan,
    manager: { ...plan.manager, model: roles.manager },
    worker: { ...plan.worker, model: roles.worker },
  };
  const run = await startTestRun(host, named);
  await whileTimePasses(clock, run.done);
  const log = await logOf(host.store);
  return {
    log,
    result: resultOf(run.state, 'x'),
    switches: only(log, 'model.switched').map(({ agent, data }) => [
      agent,
      data.from,
      data.to,
      data.reason,
    ]),
    asked: only(log, 'model.asked').map(({ data }) => `${data.call}#${data.attempt} ${data.model}`),
  };
}

const overloaded = new ModelError('model/overloaded', 'too much to do', {
  usage: { input: 0, output: 0 },
});
const refusedKey = new ModelError('model/auth', 'the key is wrong', {
  usage: { input: 0, output: 0 },
});
const noKey = new ModelError('model/no-key', 'there is no key');
const worker = { summary: 'fine', confidence: 1 };

describe('when a model cannot, the next one of the list is asked', () => {
  it('only after the attempts of the first are used up', async () => {
    const models = {
      first: { asked: overloaded },
      second: { answers: [complete('yes')] },
      worker: { answers: [] },
    };
    const { result, switches, asked } = await runOf(models, {
      fallbackModels: { manager: ['second'] },
    });
    expect(result).toMatchObject({ status: 'complete', text: 'yes' });
    expect(asked).toEqual([
      ...[1, 2, 3, 4, 5].map((attempt) => `0/1#${attempt} first`),
      '0/1#6 second',
    ]);
    expect(switches).toEqual([['0', 'first', 'second', 'model/overloaded']]);
  });

  it.each<[string, Behind, string]>([
    ['its key is refused', { asked: refusedKey }, 'model/auth'],
    ['it has no key', { resolved: noKey }, 'model/no-key'],
    [
      'no service is known for it',
      { resolved: new ModelError('model/unknown', 'none') },
      'model/unknown',
    ],
    [
      'the prompt does not fit',
      { asked: new ModelError('model/too-long', 'too long') },
      'model/too-long',
    ],
  ])('at once when %s, and the log says why', async (_, first, reason) => {
    const models = { first, second: { answers: [complete('yes')] }, worker: { answers: [] } };
    const { result, log, switches, asked } = await runOf(models, { fallbackModels: ['second'] });
    expect(result.status).toBe('complete');
    expect(asked).toEqual(['0/1#1 first', '0/1#2 second']);
    expect(switches).toEqual([['0', 'first', 'second', reason]]);
    expect(only(log, 'model.failed').map(({ data }) => data.code)).toEqual([reason]);
  });

  it('in the order of the list, each once', async () => {
    const models = {
      first: { asked: refusedKey },
      second: { resolved: noKey },
      third: { answers: [complete('third')] },
      worker: { answers: [] },
    };
    const { result, switches } = await runOf(models, {
      fallbackModels: ['second', 'first', 'third'],
    });
    expect(result.text).toBe('third');
    expect(switches.map(([, from, to]) => [from, to])).toEqual([
      ['first', 'second'],
      ['second', 'third'],
    ]);
  });

  it('and stays for the rest of that agent, while other agents begin with the first', async () => {
    const models = {
      first: { answers: [delegate('one', 'two'), complete()] },
      worker: { asked: refusedKey },
      second: { answers: [worker, worker] },
    };
    const { result, switches, asked } = await runOf(models, {
      fallbackModels: { worker: ['second'] },
    });
    expect(result.status).toBe('complete');
    expect(switches).toEqual([
      ['1.1', 'worker', 'second', 'model/auth'],
      ['1.2', 'worker', 'second', 'model/auth'],
    ]);
    expect(asked.filter((call) => call.endsWith('first'))).toHaveLength(2);
  });

  it('until the list ends, with the reason of the last', async () => {
    const models = {
      first: { asked: refusedKey },
      second: {
        asked: new ModelError('model/payment', 'no credit', { usage: { input: 0, output: 0 } }),
      },
      worker: { answers: [] },
    };
    const { result, switches } = await runOf(models, { fallbackModels: ['second'] });
    expect(result).toMatchObject({ status: 'failed', reason: 'model/payment', cost: 0 });
    expect(switches).toHaveLength(1);
  });

  it('until the list ends, and says of each what kept it', async () => {
    const models = { first: { resolved: noKey }, second: { asked: refusedKey } };
    const { result } = await runOf(
      { ...models, worker: { answers: [] } },
      { fallbackModels: ['second'] },
    );
    expect(result.metadata.message).toBe('first: there is no key; second: the key is wrong');
  });

  it('in the last turn, too, which is no further turn', async () => {
    const models: Record<string, Behind> = {
      first: { answers: [delegate('one'), overloaded, overloaded, refusedKey] },
      worker: { answers: [worker] },
      second: { answers: [complete('yes')] },
    };
    const { result, log } = await runOf(models, {
      fallbackModels: { manager: ['second'] },
      budget: { loops: 2 },
    });
    expect(result).toMatchObject({ status: 'complete', text: 'yes' });
    expect(result.usage.loops).toBe(2);
    expect(only(log, 'budget.exhausted')).toEqual([]);
  });

  it('for one role, while the other still asks the first', async () => {
    const models: Record<string, Behind> = {
      first: { can: { reasoning: false }, answers: [worker] },
      second: { can: { reasoning: true }, answers: [delegate('one'), complete('yes')] },
    };
    for (const roles of [
      { manager: 'first', worker: 'first' },
      { manager: 'first', worker: 'second' },
    ]) {
      const { asked, result } = await runOf(
        roles.worker === 'first'
          ? models
          : { ...models, second: { can: {}, answers: [delegate('one'), worker, complete('yes')] } },
        {
          reasoning: { manager: 'high' },
          mustReason: true,
          fallbackModels: { manager: ['second'] },
        },
        roles,
      );
      expect(result.status).toBe('complete');
      expect(asked[1]).toBe('0/1#2 second');
      expect(asked).toContain(`1.1/1#1 ${roles.worker}`);
    }
  });

  it.each<[string, Behind, boolean]>([
    ['a simulated one answers', { answers: [complete('yes')] }, true],
    ['a real one is asked', { answers: [complete('yes')], real: true }, false],
    ['no real one can be asked', { resolved: noKey }, true],
  ])(
    'and the result is simulated as long as no real one was asked: %s',
    async (_, second, simulated) => {
      const models = { first: { asked: refusedKey }, second, worker: { answers: [] } };
      const { result, log } = await runOf(models, { fallbackModels: ['second'] });
      expect(result.metadata.simulated).toBe(simulated);
      expect(only(log, 'model.asked').filter(({ data }) => data.real)).toHaveLength(
        simulated ? 0 : 1,
      );
    },
  );

  it('and a run that is taken up again begins with the first', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    let up = false;
    const first: ModelProvider = {
      name: 'first',
      ask: (request, signal) =>
        (up ? scriptedModel([complete('it is back')]) : failing(refusedKey)).ask(request, signal),
    };
    const behind = { first, second: failing(refusedKey) };
    const price = { input: 1, output: 1 };
    const host = {
      ...testHost(folder.path, { script: [], store }),
      models: (model: string) => ({
        provider: behind[model as keyof typeof behind],
        ...{ model, price, simulated: true },
      }),
    };
    const plan = testPlan({ fallbackModels: ['second'] });
    const named = {
      ...plan,
      manager: { ...plan.manager, model: 'first' },
      worker: { ...plan.worker, model: 'first' },
    };
    const run = await startTestRun(host, named);
    await run.done;
    expect(run.state.status).toBe('failed');
    up = true;
    const again = await resumeRun(host, { id: run.id });
    await again.done;
    expect(resultOf(again.state, 'x')).toMatchObject({ status: 'complete', text: 'it is back' });
  });

  it('but not when no other model would mend it', async () => {
    const models = {
      first: { asked: new ModelError('model/out-of-scope', 'the demo does not understand it') },
      second: { answers: [complete()] },
      worker: { answers: [] },
    };
    const { result, switches } = await runOf(models, { fallbackModels: ['second'] });
    expect(result).toMatchObject({ status: 'failed', reason: 'model/out-of-scope' });
    expect(switches).toEqual([]);
  });
});

describe('a model that cannot be asked is told before anything is done', () => {
  it.each<[string, Record<string, Behind>, Partial<WorkflowOptions>, string]>([
    ['when nothing stands behind it', { first: { resolved: noKey } }, {}, 'model/no-key'],
    [
      'when none of the list can be asked',
      { first: { resolved: noKey }, worker: { answers: [] } },
      { fallbackModels: { manager: ['nobody'] } },
      'model/no-key',
    ],
    [
      'when workers are given tools and no model of theirs can call any',
      {
        first: { answers: [] },
        worker: { can: { tools: false } },
        other: { can: { tools: false } },
      },
      { fallbackModels: { worker: ['other'] } },
      'model/no-tools',
    ],
    [
      'when it must think and cannot',
      { first: { can: { reasoning: false } }, worker: { answers: [] } },
      { reasoning: { manager: 'high' }, mustReason: true },
      'model/no-reasoning',
    ],
  ])('%s', async (_, models, options, code) => {
    await expect(runOf(models, options)).rejects.toMatchObject({ code });
  });

  it('but a model without tools will do for workers that are given none', async () => {
    const models: Record<string, Behind> = {
      first: { answers: [complete('yes')] },
      worker: { can: { tools: false } },
    };
    expect((await runOf(models, { forbiddenTools: ['*.*'] })).result.text).toBe('yes');
  });
});
