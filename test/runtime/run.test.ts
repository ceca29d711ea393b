import { describe, expect, it } from 'vitest';
import { resultOf } from '../../src/events/result.ts';
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

describe('a delegation run', () => {
  it('delegates, works with tools, and completes', async () => {
    using folder = temporaryFolder();
    let turn = 0;
    const host = testHost(folder.path, {
      script: ({ headers, messages }) => {
        if (headers['x-awp-role'] === 'manager')
          return turn++ === 0 ? delegate('one', 'two') : complete('3 and 7');
        const last = messages.at(-1);
        if (last?.role !== 'tool') {
          return {
            toolCalls: [
              { name: 'arithmetic.add', args: { a: 1, b: 2 } },
              {
                name: 'file.write',
                args: { path: `output/${headers['x-awp-agent']}.txt`, content: 'hello' },
              },
            ],
          };
        }
        return { summary: 'sum', confidence: 1 };
      },
    });
    const run = await startTestRun(
      host,
      testPlan({ tools: ['arithmetic.*', 'file.*'], budget: { parallel: 1 } }),
    );
    await run.done;
    const result = resultOf(run.state, 'x');
    const log = await logOf(host.store);
    expect(log.map(({ type }) => type)).toMatchInlineSnapshot(`
      [
        "run.started",
        "agent.started",
        "model.asked",
        "model.responded",
        "manager.decided",
        "agent.started",
        "model.asked",
        "model.responded",
        "tool.called",
        "tool.called",
        "tool.returned",
        "artifact.written",
        "tool.returned",
        "model.asked",
        "model.responded",
        "output.checked",
        "agent.finished",
        "agent.started",
        "model.asked",
        "model.responded",
        "tool.called",
        "tool.called",
        "tool.returned",
        "artifact.written",
        "tool.returned",
        "model.asked",
        "model.responded",
        "output.checked",
        "agent.finished",
        "model.asked",
        "model.responded",
        "manager.decided",
        "gates.passed",
        "agent.finished",
        "run.finished",
      ]
    `);
    expect(result).toMatchObject({ status: 'complete', text: '3 and 7' });
    expect(only(log, 'tool.returned').map(({ data }) => data.status)).toEqual([200, 200, 200, 200]);
    expect(result.artifacts.map(({ name }) => name)).toEqual(['one.txt', 'two.txt']);
  });
});
