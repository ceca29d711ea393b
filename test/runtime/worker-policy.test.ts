import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { only } from '../make.ts';
import { countingTool } from './calling.ts';
import { runOneTurn, type WorkerModel, workerEnds } from './one-turn.ts';
import { type Program, programBox } from './program-box.ts';

const report = { summary: 'done', confidence: 1 };
const envelope = (more: JsonObject): JsonObject => ({
  ...{ worker_id: 'w', instructions: 'do it', ...more },
});

describe('what was not taken of a delegation', () => {
  it('is told to the manager in its next question, and only then', async () => {
    const { log, questions } = await runOneTurn({
      envelopes: [envelope({ tools_allowed: ['x.z'], temperature: 1 })],
      options: { managerControls: ['instructions', 'tools_allowed'] },
      tools: [countingTool('x.y')],
      worker: () => report,
    });
    const notes = [
      'Worker w: temperature is not yours to choose.',
      'Worker w: there is no tool "x.z", did you mean x.y?.',
      'Worker w: none of its tools exists, so it got the usual ones.',
    ];
    expect(only(log, 'agent.started').at(-1)?.data.notes).toEqual(notes);
    for (const note of notes)
      expect(questions.map((one) => one.includes(note))).toEqual([false, true]);
  });
});

describe('a tool that must be called', () => {
  const order = envelope({ required_tool_invocations: ['x.y'] });
  const call = { toolCalls: [{ name: 'x.y', args: {} }] };

  it.each<[string, WorkerModel, string, number, number]>([
    ['that was called', ({ rounds }) => (rounds === 0 ? call : report), 'w ok 1', 0, 1],
    [
      'is called when the worker is told',
      ({ rounds, last }) =>
        last.includes('Call what is missing now') ? call : rounds < 9 ? report : '',
      'w ok 1',
      1,
      1,
    ],
    ['that is not called even then', () => report, 'w ok 0.3', 1, 0],
  ])('%s', async (_, worker, end, repairs, calls) => {
    const tool = countingTool('x.y');
    const { state, log, questions } = await runOneTurn({
      envelopes: [order],
      tools: [tool],
      worker,
    });
    expect(state.status).toBe('complete');
    expect(workerEnds(state)).toEqual([end]);
    expect(tool.calls).toHaveLength(calls);
    const asked = only(log, 'model.asked').map(({ data }) => data.purpose);
    expect(asked.filter((purpose) => purpose === 'repair')).toHaveLength(repairs);
    const reason = 'no call of \\"x.y\\" worked, and there had to be one';
    expect(questions.at(-1)?.includes(reason)).toBe(calls === 0);
  });

  it('counts only when a call of it worked, also one from inside of a program', async () => {
    const failing = countingTool('x.y', {
      run: async () => ({ ok: false, status: 500, data: {}, error: 'no' }),
    });
    const worker: WorkerModel = ({ rounds }) => (rounds === 0 ? call : report);
    const failed = await runOneTurn({ envelopes: [order], tools: [failing], worker });
    expect(workerEnds(failed.state)).toEqual(['w ok 0.3']);
    const sandbox = programBox({ p: async (inner) => (await inner('x.y')).data });
    const inside = await runOneTurn({
      ...{ envelopes: [order], tools: [countingTool('x.y'), ...builtinTools], host: { sandbox } },
      worker: ({ rounds }) =>
        rounds === 0
          ? { toolCalls: [{ name: 'code.execute', args: { language: 'javascript', code: 'p' } }] }
          : report,
    });
    expect(workerEnds(inside.state)).toEqual(['w ok 1']);
  });
});

describe('limits of one worker', () => {
  it('cap its answers and choose among the packages of its programs', async () => {
    const sandbox = programBox({ p: async () => 1 });
    const packages = ['pandas', 'rich'];
    const { log } = await runOneTurn({
      envelopes: [envelope({ max_tokens: 500, packages: ['rich'] })],
      ...{ options: { packages }, tools: builtinTools, host: { sandbox } },
      worker: ({ rounds }) =>
        rounds === 0
          ? { toolCalls: [{ name: 'code.execute', args: { language: 'javascript', code: 'p' } }] }
          : report,
    });
    const asked = only(log, 'model.asked').filter(({ agent }) => agent === '1.1');
    expect(asked.map(({ data }) => data.maxOutputTokens)).toEqual([500, 500]);
    expect(sandbox.jobs.map(({ policy }) => policy.packages.python)).toEqual([['rich']]);
    expect(sandbox.coming.map(({ policy }) => policy.packages.python)).toEqual([['rich']]);
  });

  it('are 16 programs of all workers at the same time; the others wait', async () => {
    let [now, most, started] = [0, 0, 0];
    const waiting: (() => void)[] = [];
    const busy: Program = async () => {
      now += 1;
      most = Math.max(most, now);
      started += 1;
      if (started % 16 !== 0) await new Promise<void>((resolve) => waiting.push(resolve));
      for (const go of waiting.splice(0)) go();
      now -= 1;
      return 1;
    };
    const names = Array.from({ length: 32 }, (_, n) => `w${n}`);
    const { state, log } = await runOneTurn({
      envelopes: names,
      options: { budget: { parallel: 32, workers: null }, tools: ['code.*'] },
      change: { policy: { turnWorkers: null } },
      ...{ tools: builtinTools, host: { sandbox: programBox({ p: busy }) } },
      worker: ({ rounds }) =>
        rounds === 0
          ? { toolCalls: [{ name: 'code.execute', args: { language: 'javascript', code: 'p' } }] }
          : report,
    });
    expect(state.status).toBe('complete');
    expect(most).toBe(16);
    expect(only(log, 'tool.returned').map(({ data }) => data.ok)).toEqual(names.map(() => true));
  });
});

describe('results', () => {
  it('come in the order of the delegations, whoever ended first', async () => {
    const { state, questions } = await runOneTurn({
      envelopes: ['a', 'b', 'c', 'd'],
      worker: ({ who }) => ({
        text: JSON.stringify({ ...report, summary: `by ${who}` }),
        delayMs: { a: 9000, b: 2000, c: 6000 }[who] ?? 1000,
      }),
    });
    const places = ['a', 'b', 'c', 'd'].map((who) => questions.at(-1)?.indexOf(`by ${who}`));
    expect(places).toEqual([...places].sort((one, two) => one! - two!));
    expect(places).not.toContain(-1);
    const ids = state.frames.get('0')?.turns[0]?.workers;
    expect(ids).toEqual(['1.1', '1.2', '1.3', '1.4']);
  });
});
