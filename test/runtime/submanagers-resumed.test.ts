import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { foldAll } from '../../src/events/reduce.ts';
import { resultOf } from '../../src/events/result.ts';
import type { RunState } from '../../src/events/state.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { resumeRun } from '../../src/runtime/run.ts';
import { begunAgain, endedOften, unsettled } from '../log-sums.ts';
import {
  askedBy,
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
import {
  called,
  runTeam,
  sub,
  type Team,
  type TeamOptions,
  teamModel,
  textOf,
} from './submanager-runs.ts';

const write = (name: string): ScriptedAnswer => ({
  toolCalls: [{ name: 'file.write', args: { path: `output/${name}.txt`, content: name } }],
});

/** Workers that write a file each, then report. */
const writes: Team['worker'] = (request, name) =>
  request.messages.some(({ role }) => role === 'assistant')
    ? { summary: name, confidence: 1 }
    : write(name);

const SCENARIOS: Readonly<Record<string, Team & { options?: TeamOptions['options'] }>> = {
  'two sub-managers beside a worker, and another one behind them': {
    managers: {
      manager: [delegate(sub('a'), sub('b'), 'plain'), delegate(sub('c')), complete('all')],
      a: [delegate('a1', 'a2'), complete('a')],
      b: [delegate('b1'), { decision: 'fail', reason: 'no' }],
      c: [delegate('c1'), complete('c')],
    },
    worker: writes,
    options: { tools: ['file.*'] },
  },
  'three levels, and one that is too deep': {
    managers: {
      manager: [delegate(sub('a')), complete('all')],
      a: [delegate(sub('b')), complete('a')],
      b: [delegate(sub('c'), 'b1'), complete('b')],
    },
    options: { budget: { depth: 2, loops: 100, workers: 100, tokens: null } },
  },
  'sub-managers that wait for each other, whose rest does not come back': {
    managers: {
      manager: [delegate(sub('a'), sub('b'), sub('c')), complete('all')],
      ...Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [name, [delegate(`${name}1`), complete()]]),
      ),
    },
    options: {
      budget: { loops: 100, workers: 100, tokens: null },
      policy: { submanagers: { atOnce: 1, refund: false } },
    },
  },
  'one that its share ends, and one whose share would be too small': {
    managers: {
      manager: [delegate(sub('a')), delegate(sub('b')), complete('all')],
      a: [delegate('a1', 'a2', 'a3'), complete('a')],
    },
    options: { budget: { workers: 4 } },
  },
  'one that is promoted by the plan': {
    managers: {
      manager: [
        {
          decision: 'plan',
          subtasks: [
            { id: 'big', description: 'x', delegation_strategy: 'submanager' },
            { id: 'small', description: 'y' },
          ],
        },
        delegate({ worker_id: 'w', subtask_id: 'big', instructions: 'x' }, 'small'),
        complete('all'),
      ],
      w: [delegate('w1'), complete('w')],
    },
    options: { policy: { planning: true } },
  },
};

function endOf(state: RunState) {
  const { status, reason, text, result, artifacts } = resultOf(state, '');
  return {
    status,
    reason,
    text,
    result,
    files: artifacts.map(({ name, sha256 }) => [name, sha256]),
  };
}

/** What must be so of every log. */
function problemsOf(log: readonly RunEvent[]): string[] {
  const reserved = only(log, 'budget.reserved').map(({ data }) => data.scope);
  const settled = only(log, 'budget.settled').map(({ data }) => data.scope);
  const twice = settled.filter((scope, index) => settled.indexOf(scope) !== index);
  const never = reserved.filter((scope) => !settled.includes(scope));
  return [
    ...unsettled(log),
    ...endedOften(log),
    ...twice.map((scope) => `the share of ${scope} was settled twice`),
    ...never
      .filter((scope) => only(log, 'agent.started').some(({ agent }) => agent === scope))
      .map((scope) => `the share of ${scope} was never settled`),
  ];
}

describe('a run with sub-managers', () => {
  it.each(Object.entries(SCENARIOS))(
    'that is taken up goes on inside of them and ends as the whole one, wherever it is cut: %s',
    async (_name, { options, ...team }) => {
      using folder = temporaryFolder();
      const whole = await runTeam(folder.path, team, options && { options });
      const { seq: _, ...end } = { seq: 0, ...endOf(whole.state) };
      expect(problemsOf(whole.log)).toEqual([]);
      for (const length of whole.cuts.slice(0, -1)) {
        const prefix = whole.log.slice(0, length);
        const resumed = await runTeam(folder.path, team, { ...(options && { options }), prefix });
        const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
        expect({ cut, ...endOf(resumed.state) }).toEqual({ cut, ...end });
        expect({ cut, problems: problemsOf(resumed.log) }).toEqual({ cut, problems: [] });
        expect({ cut, again: begunAgain(resumed.log, length) }).toEqual({ cut, again: [] });
        expect(foldAll('r-test', resumed.log).nested.size).toBe(0);
      }
    },
    120_000,
  );

  it('that ran out goes on with raised limits, delegates again, and repeats nothing that is paid', async () => {
    using folder = temporaryFolder();
    const asked: string[] = [];
    const model = teamModel({
      managers: {
        manager: [],
        a: [delegate('a1', 'a2', 'a3'), complete('half of a')],
        b: [delegate('b1'), complete('the rest')],
      },
      answers: {
        manager: (request) => {
          const text = textOf(request);
          const turn = Number([...text.matchAll(/## Turn\n(\d+)/g)].at(-1)?.[1]);
          if (turn === 1) return delegate(sub('a', { submanager_budget_fraction: 0.8 }));
          if (turn === 2) return delegate('x', 'y');
          if (turn === 3 && text.includes('half of a') && !text.includes('last turn'))
            return delegate(sub('b'));
          return complete('what there is');
        },
      },
    });
    const host = testHost(folder.path, {
      script: (request) => {
        asked.push(askedBy(request));
        return model(request);
      },
    });
    const first = await startTestRun(host, testPlan({ budget: { workers: 2, loops: 60 } }));
    await first.done;
    expect(called(first.state, 'a').outcome).toMatchObject({
      ...{ ok: true, status: 'partial', reason: 'budget/workers' },
    });
    expect(first.state).toMatchObject({ status: 'partial', ending: { reason: 'budget/workers' } });
    const before = new Set(asked.splice(0));
    const second = await resumeRun(host, { id: 'r-test', raise: { workers: 40 } });
    await second.done;
    expect(second.state.status).toBe('complete');
    expect(called(second.state, 'b').outcome).toMatchObject({
      ok: true,
      output: { summary: 'the rest' },
    });
    expect(asked.filter((one) => one !== 'manager' && before.has(one))).toEqual([]);
    expect(problemsOf(await logOf(host.store))).toEqual([]);
  });

  it('that is stopped ends all below, and goes on in them later', async () => {
    using folder = temporaryFolder();
    let hangs = true;
    const model = teamModel({
      managers: {
        manager: [delegate(sub('a')), complete('all')],
        a: [delegate(sub('b')), complete('a')],
        b: [delegate('b1'), complete('b')],
      },
    });
    const host = testHost(folder.path, {
      script: (request) =>
        hangs && request.headers['x-awp-agent'] === 'b1' ? new Promise(() => {}) : model(request),
    });
    const plan = testPlan({ budget: { loops: 100, workers: 100, tokens: null } });
    const run = await startTestRun(host, plan);
    const stop = setInterval(() => {
      const isOut = [...run.state.inFlight.values()].some(({ frame }) => frame === '1.1-1.1-1.1');
      if (isOut) run.stop('enough');
    }, 1);
    await run.done;
    clearInterval(stop);
    expect(run.state.status).toBe('cancelled');
    hangs = false;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect(again.state.status).toBe('complete');
    expect(problemsOf(await logOf(host.store))).toEqual([]);
    expect(only(await logOf(host.store), 'agent.started')).toHaveLength(4);
  });

  it('whose time is over in one of them gives what it has to its manager, which still sums up', async () => {
    using folder = temporaryFolder();
    const clock = fixedClock();
    const model = teamModel({
      managers: {
        manager: [delegate(sub('a', { timeout: 20 })), complete('summed up')],
        a: [delegate('a1', 'a2'), complete('what there was')],
      },
    });
    const host = testHost(folder.path, {
      effects: { clock },
      script: (request) =>
        request.headers['x-awp-agent'] === 'a2' ? new Promise(() => {}) : model(request),
    });
    const run = await startTestRun(host, testPlan({ budget: { time: 100_000 } }));
    await whileTimePasses(clock, run.done);
    expect(run.state).toMatchObject({ status: 'complete', ending: { text: 'summed up' } });
    expect(called(run.state, 'a').outcome).toMatchObject({
      ...{ ok: true, status: 'partial', reason: 'budget/time', confidence: 0.5 },
      output: { summary: 'what there was', worker_outputs: { a1: { summary: 'a1 did it' } } },
    });
    expect(problemsOf(await logOf(host.store))).toEqual([]);
  });
});
