import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import type { RunHandle } from '../../src/data/run-handle.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { follow } from '../../src/runtime/follow.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';

function model() {
  let turn = 0;
  return scriptedModel(
    ({ headers }) =>
      headers['x-awp-role'] === 'manager'
        ? {
            text: JSON.stringify(turn++ < 2 ? delegate(`a${turn}`, `b${turn}`) : complete()),
            delayMs: 5,
          }
        : { text: '{"summary": "x", "confidence": 1}', delayMs: 5 },
    { clock: nodeClock() },
  );
}

async function read(handle: RunHandle<unknown>, from = 1): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of handle.events(from)) events.push(event);
  return events;
}

describe('followers of a run', () => {
  it('see every event once and in order, whether they come early, late or in between', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const run = new AgentWorkflow({ task: 'x', model: model(), home, tools: [] }).start();
    const early = read(run);
    const between = (async () => {
      for await (const event of run.events()) if (event.type === 'manager.decided') break;
      return read(run);
    })();
    await run.result;
    const late = await read(run);
    const numbers = late.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(late.at(-1)?.type).toBe('run.finished');
    expect(await early).toEqual(late);
    expect(await between).toEqual(late);
    expect(await read(run, 5)).toEqual(late.slice(4));
    expect(await read(run, numbers.length + 1)).toEqual([]);
  });

  it('see the pieces of answers before the answer, and only live', async () => {
    using folder = temporaryFolder();
    const provider = {
      name: 'pieces',
      async *ask() {
        yield { type: 'text', text: '{"decision": "complete",' } as const;
        yield { type: 'text', text: '"final_result": {"summary": "s"}}' } as const;
        const text = '{"decision": "complete","final_result": {"summary": "s"}}';
        yield { type: 'end', text, toolCalls: [], usage: { input: 1, output: 1 } } as const;
      },
    };
    const run = new AgentWorkflow({
      task: 'x',
      model: provider,
      home: folder.path,
      tools: [],
    }).start();
    const seen: string[] = [];
    for await (const event of run)
      seen.push(event.type === 'model.delta' ? event.data.text : event.type);
    expect(seen).toEqual([
      'run.started',
      'agent.started',
      'model.asked',
      '{"decision": "complete",',
      '"final_result": {"summary": "s"}}',
      'model.responded',
      'manager.decided',
      'gates.passed',
      'agent.finished',
      'run.finished',
    ]);
    expect((await read(run)).map(({ type }) => type)).not.toContain('model.delta');
  });

  it('go on through a stop that was followed by a resumption', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const provider = model();
    const first = new AgentWorkflow({ task: 'x', model: provider, home, tools: [] }).start();
    for await (const event of first.events()) if (event.type === 'manager.decided') break;
    await first.cancel('enough');
    expect(await first.result).toMatchObject({ status: 'cancelled', reason: 'stopped' });
    const second = resumeRun(first.id, { home, providers: [provider] });
    expect(await second.result).toMatchObject({ status: 'complete', metadata: { resumes: 1 } });
    const store = await openSqliteStore({ folder: home });
    try {
      const types: string[] = [];
      for await (const { type } of follow(store, first.id)) types.push(type);
      expect(types.filter((type) => /^run\.(st|re|fi)/.test(type))).toEqual([
        'run.started',
        'run.stopped',
        'run.resumed',
        'run.finished',
      ]);
    } finally {
      await store.close();
    }
  });
});
