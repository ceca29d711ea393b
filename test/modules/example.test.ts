import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { askedBy, complete, delegate, temporaryFolder } from '../make.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/custom-tools');
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** A worker that converts, asks for the price, and says it. */
const worker = (calls: number): ScriptedAnswer => {
  const asked = [
    { name: 'units.convert', args: { amount: 5, from: 'lb' } },
    { name: 'parcel.price', args: { kilograms: 2.267962, zone: 'neighbours' } },
    { name: 'parcel.price', args: { kilograms: 1, zone: 'moon' } },
  ][calls];
  return asked ? { toolCalls: [asked] } : { text: '10.53 EUR' };
};

describe('the example of custom tools', () => {
  it('runs its tools in TypeScript and in Python, once they are trusted', async () => {
    const { options } = await loadWorkflow(EXAMPLE);
    let turns = 0;
    let calls = 0;
    const model = scriptedModel((request) => {
      if (askedBy(request) === 'clerk') return worker(calls++);
      return turns++ === 0 ? delegate('clerk') : complete('10.53 EUR');
    });
    process.env.AWP_CONFIG_HOME = join(folder.path, 'config');
    const workflow = (trust: boolean) =>
      new AgentWorkflow({ task: 'x', ...options(), model, home: join(folder.path, '.awp'), trust });
    await expect(workflow(false).run()).rejects.toMatchObject({ code: 'trust/needed' });
    expect(model.calls).toBe(0);

    const run = workflow(true).start();
    const results = [];
    for await (const { type, data } of run.events()) {
      if (type === 'tool.returned') results.push([data.tool, data.status, data.data, data.log]);
    }
    expect(results).toEqual([
      ['units.convert', 200, { amount: 2.267962, unit: 'kg' }, undefined],
      [
        'parcel.price',
        200,
        { price: 10.53, currency: 'EUR' },
        '6.90 EUR and 1.60 EUR for each kilogram',
      ],
      ['parcel.price', 404, {}, undefined],
    ]);
    expect(await run.result).toMatchObject({ status: 'complete' });
  }, 120_000);
});
