import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import { ModelError } from '../../src/ports/model-provider.ts';
import { type Script, scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { complete, delegate, logOf, only, temporaryFolder } from '../make.ts';

async function runOf(script: Script, options: Partial<WorkflowOptions> = {}) {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const model = scriptedModel(script, { clock: nodeClock() });
  const workflow = new AgentWorkflow({
    task: 'Do it',
    model,
    store,
    tools: ['arithmetic.*', 'file.*'],
    ...options,
  });
  const handle = workflow.start();
  const result = await handle.result;
  return { result, log: await logOf(store, handle.id), model };
}

const worker = { summary: 'fine', confidence: 1 };

describe('how a run ends', () => {
  it('failed and with the reason, when the manager cannot be read three times', async () => {
    const { result, log, model } = await runOf(['prose', 'more prose', '{}']);
    expect(result).toMatchObject({ status: 'failed', reason: 'model/bad-answer' });
    expect(only(log, 'manager.rejected')).toHaveLength(3);
    expect(model.calls).toBe(3);
  });

  it('complete, when a correction helps', async () => {
    const { result, log } = await runOf(['prose', complete('yes')]);
    expect(result).toMatchObject({ status: 'complete', text: 'yes' });
    expect(only(log, 'model.asked').map(({ data }) => data.purpose)).toEqual([
      'turn',
      'correction',
    ]);
  });

  it("with one repair, when a worker's output breaks its contract", async () => {
    const contract = {
      worker_id: 'a',
      instructions: 'x',
      output_contract: { required_fields: ['mean'] },
    };
    const { result, log } = await runOf([
      delegate(contract),
      worker,
      { ...worker, mean: 3 },
      complete(),
    ]);
    expect(result.status).toBe('complete');
    expect(only(log, 'output.checked').map(({ data }) => data.ok)).toEqual([false, true]);
    expect(only(log, 'model.asked').map(({ data }) => data.purpose)).toEqual([
      'turn',
      'work',
      'repair',
      'turn',
    ]);
  });

  it('complete, when one worker fails and the manager copes; a failed worker is never a success', async () => {
    const script: Script = ({ headers, messages }) => {
      if (headers['x-awp-agent'] === 'bad')
        return new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } });
      if (headers['x-awp-role'] === 'worker') return worker;
      return messages.at(-1)?.role === 'user' &&
        JSON.stringify(messages).includes('Results of turn')
        ? complete('one of two')
        : delegate('good', 'bad');
    };
    const { result, log } = await runOf(script);
    expect(result).toMatchObject({ status: 'complete', text: 'one of two' });
    expect(only(log, 'agent.failed').map(({ data }) => data.code)).toEqual(['model/auth']);
  });

  it('after retries, when a service is busy for a while', async () => {
    const busy = new ModelError('model/rate-limited', 'later', {
      retryAfterMs: 1,
      usage: { input: 0, output: 0 },
    });
    const { result, log } = await runOf([busy, busy, complete()]);
    expect(result).toMatchObject({ status: 'complete', usage: { modelCalls: 3 } });
    expect(only(log, 'model.asked').map(({ data }) => [data.call, data.attempt])).toEqual([
      ['0/1', 1],
      ['0/1', 2],
      ['0/1', 3],
    ]);
    expect(only(log, 'model.failed').map(({ data }) => data.usage)).toEqual([
      { input: 0, output: 0 },
      { input: 0, output: 0 },
    ]);
  });

  it('failed with what to try, when the key is refused', async () => {
    const { result } = await runOf([
      new ModelError('model/auth', 'the key was refused', { hint: 'set another' }),
    ]);
    expect(result).toMatchObject({
      status: 'failed',
      reason: 'model/auth',
      metadata: { message: 'the key was refused' },
    });
  });

  it('partial and with a summary, when the wall time for work is over', async () => {
    const script: Script = ({ headers, messages }) => {
      if (headers['x-awp-role'] === 'worker')
        return {
          text: JSON.stringify(worker),
          delayMs: headers['x-awp-agent'] === 'slow' ? 20_000 : 1,
        };
      return JSON.stringify(messages).includes('last turn')
        ? complete('what there is')
        : delegate('quick', 'slow');
    };
    const { result, log } = await runOf(script, { budget: { time: 1500 } });
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'budget/time',
      text: 'what there is',
    });
    expect(result.result).toMatchObject({ worker_outputs: { quick: worker } });
    expect(only(log, 'agent.failed').map(({ data }) => data.code)).toEqual(['budget/time']);
  });

  it('partial without a summary, when even the last turn takes too long', async () => {
    const { result } = await runOf(() => ({ text: 'late', delayMs: 20_000 }), {
      budget: { time: 300 },
    });
    expect(result).toMatchObject({ status: 'partial', reason: 'budget/time' });
  });

  it('with the typed output of a zod schema', async () => {
    const output = z.object({ peak: z.string(), growth: z.number() });
    using folder = temporaryFolder();
    const model = scriptedModel([
      complete('x', { output: { peak: 3 } }),
      complete('x', { output: { peak: 'Feb', growth: 1.5 } }),
    ]);
    const store = memoryStore({ folder: folder.path });
    const result = await new AgentWorkflow({ task: 'x', model, store, tools: [], output }).run();
    expect(result.status).toBe('complete');
    expect(result.output?.growth.toFixed(2)).toBe('1.50');
    const log = await logOf(store, result.metadata.runId);
    expect(only(log, 'manager.rejected')[0]?.data.reason).toContain('`peak` must be string');
  });

  it('with tools only where they are granted, and a record of what was denied', async () => {
    const script: Script = ({ headers, messages }) => {
      if (headers['x-awp-role'] === 'manager')
        return JSON.stringify(messages).includes('Results of turn')
          ? complete()
          : delegate({
              worker_id: 'a',
              instructions: 'x',
              tools_allowed: ['file.*', 'arithmetic.*'],
            });
      if (messages.at(-1)?.role === 'tool') return worker;
      return {
        toolCalls: [
          { name: 'file.write', args: { path: 'output/x', content: 'x' } },
          { name: 'shell.execute', args: {} },
          { name: 'arithmetic.add', args: { a: 'one', b: 2 } },
        ],
      };
    };
    const { log } = await runOf(script, { forbiddenTools: ['file.write'] });
    expect(
      only(log, 'tool.returned')
        .map(({ data }) => [data.tool, data.status])
        .sort(),
    ).toEqual([
      ['arithmetic.add', 400],
      ['file.write', 403],
      ['shell.execute', 404],
    ]);
    expect(
      only(log, 'security.denied')
        .map(({ data }) => data.tool)
        .sort(),
    ).toEqual(['file.write', 'shell.execute']);
  });

  it('stopped when it is cancelled, with nothing of it left running', async () => {
    using folder = temporaryFolder();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const script: Script = ({ headers }) =>
      headers['x-awp-role'] === 'manager'
        ? delegate('a', 'b', 'c')
        : { text: '{}', delayMs: 60_000 };
    const model = scriptedModel(script, { clock: nodeClock() });
    const handle = new AgentWorkflow({ task: 'x', model, home: folder.path, tools: [] }).start();
    for await (const event of handle.events())
      if (event.type === 'model.asked' && event.agent === '1.3') break;
    await handle.cancel('enough');
    expect(await handle.result).toMatchObject({
      status: 'cancelled',
      metadata: { message: 'enough' },
    });
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    expect(after).toBeLessThanOrEqual(before);
    expect(model.calls).toBe(4);
  });

  it('stopped when its signal aborts, even before it has begun', async () => {
    using folder = temporaryFolder();
    const model = scriptedModel([complete()]);
    const store = memoryStore({ folder: folder.path });
    const result = await new AgentWorkflow({ task: 'x', model, store, tools: [] }).run({
      signal: AbortSignal.abort(),
    });
    expect(result.status).toBe('cancelled');
    expect(model.calls).toBe(0);
  });
});
