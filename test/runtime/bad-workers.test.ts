import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { only } from '../make.ts';
import { countingTool } from './calling.ts';
import { runOneTurn, type WorkerModel, workerEnds } from './one-turn.ts';
import { programBox } from './program-box.ts';

const report = { summary: 'done', confidence: 1 };
const envelope = (more: JsonObject): JsonObject => ({
  ...{ worker_id: 'w', instructions: 'do it', ...more },
});
/** Calls these tools in its first answer, then reports. */
const calling =
  (...calls: readonly (readonly [string, JsonObject?])[]): WorkerModel =>
  ({ rounds }) =>
    rounds === 0 ? { toolCalls: calls.map(([name, args = {}]) => ({ name, args })) } : report;

describe('a worker that lies about its confidence', () => {
  it.each<[string, JsonObject, WorkerModel, number, string]>([
    ['with failed calls', {}, calling(['x.fail']), 0.4, 'all 1 tool calls failed'],
    [
      'with placeholders',
      {},
      () => ({ ...report, summary: 'TODO, TBD' }),
      0.9,
      '2 placeholders in the report',
    ],
    [
      'about a file',
      {},
      () => ({ ...report, file: 'output/report.md' }),
      0.5,
      'files that do not exist: output/report.md',
    ],
    [
      'about its contract',
      { output_contract: { required_fields: ['mean'] } },
      ({ rounds }) => (rounds === 0 ? report : { ...report, mean: 1 }),
      0.8,
      'the report met its contract only when asked again',
    ],
  ])('%s is believed as far as the facts go', async (_, more, worker, confidence, reason) => {
    const fail = countingTool('x.fail', {
      run: async () => ({ ok: false, status: 500, data: {}, error: 'no' }),
    });
    const { state, log, questions } = await runOneTurn({
      envelopes: [envelope(more)],
      worker,
      tools: [fail],
    });
    expect(state.status).toBe('complete');
    expect(workerEnds(state)).toEqual([`w ok ${confidence}`]);
    expect(only(log, 'output.checked').at(-1)?.data).toMatchObject({ said: 1, reasons: [reason] });
    expect(questions.at(-1)).toContain(reason);
  });
});

describe('a worker that floods its output', () => {
  it('is cut, and costs its run no more than that', async () => {
    const { state, log } = await runOneTurn({
      envelopes: [envelope({})],
      worker: () => ({
        text: JSON.stringify({ summary: 'x', rows: 'y'.repeat(5_000_000), confidence: 1 }),
        usage: { input: 10, output: 8000 },
      }),
    });
    expect(state.status).toBe('complete');
    const sizes = log.map((event) => JSON.stringify(event).length);
    expect(Math.max(...sizes)).toBeLessThan(1_100_000);
    expect(JSON.stringify(only(log, 'agent.finished')).length).toBeLessThan(1_000_000);
  });

  it('does not break a contract with what was cut', async () => {
    const contract = { output_contract: { required_fields: ['rows'] } };
    const { state, log } = await runOneTurn({
      envelopes: [envelope(contract)],
      worker: ({ rounds }) => ({ rows: 'y'.repeat(600_000), confidence: 1, rounds }),
    });
    expect(workerEnds(state)).toEqual(['w ok 0.5']);
    expect(JSON.stringify(only(log, 'output.checked')).length).toBeLessThan(500_000);
  });
});

describe('a worker that calls a forbidden tool', () => {
  const options = { forbiddenTools: ['mail.*'], tools: ['*.*'] };

  it.each([['mail.*'], ['*.*'], ['*'], ['m*.s*'], ['mail.send'], ['mail__send']])(
    'that its manager asked for with %j is refused, and the log says so',
    async (pattern) => {
      const [mail, other] = [countingTool('mail.send'), countingTool('x.y')];
      const { state, log } = await runOneTurn({
        ...{ envelopes: [envelope({ tools_allowed: [pattern] })], options, tools: [mail, other] },
        worker: calling(['mail.send'], ['mail__send'], ['mail_send'], ['x.y']),
      });
      expect(state.status).toBe('complete');
      expect(mail.calls).toEqual([]);
      expect(only(log, 'agent.started').at(-1)?.data.tools).toEqual(['x.y']);
      expect(only(log, 'tool.returned').map(({ data }) => data.status)).toEqual([
        403, 404, 404, 200,
      ]);
      expect(only(log, 'security.denied')).toHaveLength(3);
    },
  );

  it('as one that must be called is not given it either', async () => {
    const mail = countingTool('mail.send');
    const { log, questions } = await runOneTurn({
      envelopes: [envelope({ required_tool_invocations: ['mail.send'] })],
      ...{ options, tools: [mail], worker: calling(['mail.send']) },
    });
    expect(mail.calls).toEqual([]);
    expect(only(log, 'agent.started').at(-1)?.data).toMatchObject({
      ...{ tools: [], notes: ['Worker w: mail.send is forbidden in this run.'] },
    });
    expect(questions.at(-1)).toContain('mail.send is forbidden in this run');
  });

  it('from inside of a program is refused', async () => {
    const mail = countingTool('mail.send');
    const sandbox = programBox({
      send: async (call) => [(await call('mail.send')).status, (await call('mail__send')).status],
    });
    const { state, log } = await runOneTurn({
      envelopes: [envelope({ tools_allowed: ['*.*'] })],
      ...{ options, tools: [mail, ...builtinTools], host: { sandbox } },
      worker: calling(['code.execute', { language: 'javascript', code: 'send' }]),
    });
    expect(state.status).toBe('complete');
    expect(mail.calls).toEqual([]);
    const inner = only(log, 'tool.returned').filter(({ data }) => data.parentCall !== undefined);
    expect(inner.map(({ data }) => data.status)).toEqual([403, 404]);
  });
});

describe('a worker that writes outside of its folder', () => {
  it.each([['../escape.txt'], ['/tmp/escape.txt'], ['inputs/x.txt'], ['output/../../x.txt']])(
    'to %j is refused, and nothing is handed out',
    async (path) => {
      const { state, log } = await runOneTurn({
        envelopes: [envelope({})],
        tools: builtinTools.filter(({ needsBox }) => !needsBox),
        worker: calling(['file.write', { path, content: 'x' }]),
      });
      expect(state.status).toBe('complete');
      expect(only(log, 'tool.returned').map(({ data }) => data.ok)).toEqual([false]);
      expect(state.artifacts.size).toBe(0);
      expect(workerEnds(state)).toEqual(['w ok 0.4']);
    },
  );
});

describe('a worker that never ends', () => {
  it('is ended by the limit on its answers with tools, and reports', async () => {
    const tool = countingTool('x.y');
    const { state, log } = await runOneTurn({
      envelopes: [envelope({})],
      tools: [tool],
      worker: ({ last }) =>
        last.includes('Report now') ? report : { toolCalls: [{ name: 'x.y', args: {} }] },
    });
    expect(state.status).toBe('complete');
    expect(tool.calls).toHaveLength(15);
    expect(only(log, 'model.asked').at(-2)?.data.purpose).toBe('summary');
    expect(workerEnds(state)).toEqual(['w ok 0.5']);
  });
});
