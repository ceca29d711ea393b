import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
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

type Model = (request: ModelRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const nameOf = ({ headers }: ModelRequest): string => headers['x-awp-agent'] ?? '';
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');
/** Answers of the manager that its conversation has. */
const answered = ({ messages }: ModelRequest): number =>
  messages.filter(({ role }) => role === 'assistant').length;

async function runOf(model: Model, options: Partial<WorkflowOptions> = {}) {
  using folder = temporaryFolder();
  const host = testHost(folder.path, { script: model });
  const run = await startTestRun(host, testPlan({ tools: ['file.*'], ...options }));
  await run.done;
  return { state: run.state, log: await logOf(host.store) };
}

const plan = (...subtasks: JsonObject[]): JsonObject => ({
  ...{ decision: 'plan', reasoning: 'step by step' },
  subtasks: subtasks.map((one) => ({ description: `do ${one.id}`, ...one })),
});
const part = (id: string, ...dependencies: string[]): JsonObject => ({ id, dependencies });
const planning = { policy: { planning: { maxSubtasks: 6, commit: 'strict' } } } as const;

function places(log: readonly RunEvent[], type: string, agent: string): number {
  return log.findIndex((event) => event.type === type && event.agent === agent);
}

describe('a run by a plan', () => {
  it('starts parts as soon as they can, with results and files of those before them', async () => {
    const slow = Promise.withResolvers<void>();
    const seen: Record<string, string> = {};
    const shown: JsonObject[] = [];
    const script: Model = async (request) => {
      const name = nameOf(request);
      const rounds = answered(request);
      if (isManager(request)) {
        const steps = [
          plan(part('load'), part('clean', 'load'), part('slow')),
          delegate('load', 'clean', 'slow'),
          complete('all done'),
        ];
        return steps[rounds] ?? '';
      }
      seen[name] = textOf(request);
      if (name === 'slow') await slow.promise;
      if (name === 'load' && rounds === 0) {
        const args = { path: 'output/rows.csv', content: 'a,b\n1,2\n' };
        return { toolCalls: [{ name: 'file.write', args }] };
      }
      if (name === 'clean' && rounds === 0) {
        slow.resolve();
        return { toolCalls: [{ name: 'file.read', args: { path: 'shared/rows.csv' } }] };
      }
      return { summary: `${name} found twelve rows`, confidence: 0.9 };
    };
    const { state, log } = await runOf(script, planning);
    expect(state.status).toBe('complete');
    expect(places(log, 'agent.started', '1.2')).toBeGreaterThan(
      places(log, 'agent.finished', '1.1'),
    );
    expect(places(log, 'agent.started', '1.2')).toBeLessThan(places(log, 'agent.finished', '1.3'));
    expect(seen.clean).toContain('load found twelve rows');
    expect(seen.clean).toContain('shared/rows.csv');
    expect(seen.slow).not.toContain('load found');
    const read = only(log, 'tool.returned').find(({ data }) => data.tool === 'file.read');
    expect(read?.data).toMatchObject({ ok: true });
    expect(JSON.stringify(read?.data.data)).toContain('a,b');
    shown.push(...only(log, 'subtask.changed').map(({ data: { id, status } }) => ({ id, status })));
    expect(shown.filter(({ status }) => status === 'completed')).toHaveLength(3);
  });

  it('tells the manager of the plan, of what can start, and of what fails again and again', async () => {
    const questions: string[] = [];
    const { state } = await runOf(
      (request) => {
        if (!isManager(request)) return { summary: 'no luck', confidence: 0.1 };
        questions.push(request.messages.at(-1)?.text ?? '');
        const work = (n: number): JsonObject =>
          delegate({ worker_id: `w${n}`, subtask_id: 'a', instructions: `try ${n}` });
        const steps = [plan(part('a'), part('b', 'a')), work(1), work(2), complete('without a')];
        return steps[answered(request)] ?? '';
      },
      {
        ...planning,
        budget: { depth: 0 },
        policy: { ...planning.policy, loopsPerSubtask: 2 },
      },
    );
    expect(state.status).toBe('complete');
    expect(questions[1]).toContain('Can start now: a.');
    expect(questions[2]).toContain('"status":"failed"');
    expect(questions[2]).not.toContain('in spite of several turns');
    expect(questions[3]).toContain('Not done in spite of several turns: a (2 turns)');
  });

  it('says when the plan needs more than is left', async () => {
    const questions: string[] = [];
    await runOf(
      (request) => {
        if (!isManager(request)) return { summary: 'x', confidence: 0.9 };
        questions.push(request.messages.at(-1)?.text ?? '');
        return [plan(part('a'), part('b'), part('c')), complete()][answered(request)] ?? '';
      },
      { ...planning, budget: { workers: 2 } },
    );
    expect(questions[1]).toContain('The plan needs more than is left: 3 open parts');
  });

  it('ends partial when the manager plans for ever, with one last turn', async () => {
    const { state, log } = await runOf((request) => {
      if (!isManager(request)) return { summary: 'x', confidence: 0.9 };
      return textOf(request).includes('This is the last turn')
        ? complete('sorry')
        : plan(part('a'));
    }, planning);
    expect(state).toMatchObject({ status: 'partial', ending: { reason: 'manager/plan-loop' } });
    expect(state.ending?.text).toContain('sorry');
    expect(only(log, 'model.asked').map(({ data }) => data.purpose)).toEqual([
      ...['turn', 'turn', 'turn', 'turn', 'closing'],
    ]);
  });

  it('keeps what there is when even the last turn is a plan', async () => {
    const { state } = await runOf((request) => {
      if (!isManager(request)) return { summary: 'rows: 12', confidence: 0.9 };
      return answered(request) === 0 ? delegate('a') : plan(part('a'));
    }, planning);
    expect(state).toMatchObject({ status: 'partial', ending: { reason: 'manager/plan-loop' } });
    expect(state.ending?.text).toContain('rows: 12');
  });
});

describe('a manager that delegates the same work for ever', () => {
  it('comes to an end early, with the reason, under whatever names', async () => {
    let turn = 0;
    const { state, log } = await runOf((request) => {
      if (!isManager(request)) return { summary: 'done', confidence: 0.95 };
      turn += 1;
      return delegate({ worker_id: `new_name_${turn}`, instructions: 'Count the rows' });
    });
    expect(state).toMatchObject({ status: 'partial', ending: { reason: 'manager/repeats' } });
    expect(only(log, 'agent.started').filter(({ data }) => data.role === 'worker')).toHaveLength(1);
    expect(only(log, 'model.asked').filter(({ agent }) => agent === '0')).toHaveLength(5);
  });

  it('is bounded when the work always fails', async () => {
    let turn = 0;
    const { state, log } = await runOf((request) => {
      if (!isManager(request)) return { summary: 'cannot', confidence: 0 };
      turn += 1;
      return delegate({ worker_id: `again_${turn}`, instructions: 'Count the rows' });
    });
    expect(state.status).toBe('partial');
    expect(state.ending?.reason).toMatch(/^(stall|manager\/repeats)$/);
    const workers = only(log, 'agent.started').filter(({ data }) => data.role === 'worker');
    expect(workers).toHaveLength(2);
  });
});

describe('a loop whose turns are used up by plans, diagnoses and answers that cannot be read', () => {
  const moves = {
    plan: plan(part('a')),
    diagnose: {
      ...{ decision: 'diagnose', failed_worker: 'w0' },
      hypotheses: [{ cause: 'c', test: 't', likelihood: 1 }],
    },
    prose: 'I will think about it.',
    work: '',
    wrong: { decision: 'delegate', delegations: [] },
  };
  type Move = keyof typeof moves;

  it('always has a last turn, and never more turns than allowed', { timeout: 60_000 }, async () => {
    const kinds = Object.keys(moves) as Move[];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...kinds), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(null, 4, 7, 10),
        async (chosen, loops, calls) => {
          let asked = 0;
          const script: Model = (request) => {
            if (!isManager(request)) return { summary: 'x', confidence: 0.5 };
            if (textOf(request).includes('This is the last turn')) return complete('summed up');
            const move = chosen[asked] ?? 'work';
            asked += 1;
            return move === 'work'
              ? delegate({ worker_id: `w${asked}`, instructions: `step ${asked}` })
              : moves[move];
          };
          const { state, log } = await runOf(script, {
            budget: { loops, calls },
            policy: { ...planning.policy, diagnosis: { maxHypotheses: 3, threshold: 0.3 } },
          });
          expect(state.ledger.used.loops).toBeLessThanOrEqual(loops);
          if (calls !== null) expect(state.ledger.used.calls).toBeLessThanOrEqual(calls);
          const purposes = only(log, 'model.asked').map(({ data }) => data.purpose);
          const gaveUp = state.ending?.reason === 'model/bad-answer';
          if (!gaveUp) expect(purposes.filter((one) => one === 'closing')).toHaveLength(1);
          if (!gaveUp) expect(state.ending?.text).toContain('summed up');
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('advice on the budget', () => {
  async function adviceOf(options: Partial<WorkflowOptions>): Promise<string[]> {
    const questions: string[] = [];
    await runOf((request) => {
      if (!isManager(request)) return { summary: 'x', confidence: 0.9 };
      questions.push(/## Advice\n[^#]*/.exec(request.messages.at(-1)?.text ?? '')?.[0] ?? '');
      const n = answered(request);
      return n < 9 ? delegate({ worker_id: `w${n}`, instructions: `step ${n}` }) : complete();
    }, options);
    return questions;
  }

  it('begins when less than 40 % is left and says what is left from 80 % on', async () => {
    const said = await adviceOf({ budget: { loops: 10, workers: null, time: null } });
    expect(said.slice(0, 6).join('')).toBe('');
    expect(said[7]).toContain('30 % of the budget is left');
    expect(said[8]).toContain('Wrap up: 2 of 10 turns are left');
    // Nothing is to be said to one who can only sum up.
    expect(said[9]).toBe('');
  });

  it('names the phase, and says when it is nearly over', async () => {
    const phases = [
      { name: 'work', share: 0.55 },
      { name: 'check', share: 0.45, description: 'look at what there is' },
    ];
    const said = await adviceOf({
      budget: { loops: 10, workers: null, time: null },
      policy: { phases },
    });
    expect(said[0]).toContain('Phase: work, 100 % of it is left.');
    expect(said[5]).toContain('Phase: work, 9 % of it is left; it is nearly over, go on to check.');
    expect(said[6]).toContain('Phase: check (look at what there is), 89 % of it is left.');
  });
});

describe('ways to go on', () => {
  it('are told to the manager when turns bring nothing new', async () => {
    const questions: string[] = [];
    const { state, log } = await runOf(
      (request) => {
        if (!isManager(request)) return { summary: 'the same as ever', confidence: 0.5 };
        questions.push(request.messages.at(-1)?.text ?? '');
        const n = answered(request);
        return delegate({ worker_id: `w${n}`, instructions: `another step ${n}` });
      },
      {
        stall: { enabled: true, window: 2 },
        policy: { stall: { strategies: ['simplify', 'escalate'] } },
      },
    );
    expect(only(log, 'strategy.switched').map(({ data }) => data.strategy)).toEqual([
      'simplify',
      'escalate',
    ]);
    expect(questions[2]).toContain('Solve a smaller version of the problem first');
    expect(questions[3]).toContain('Use stronger means');
    expect(state).toMatchObject({ status: 'partial', ending: { reason: 'stall' } });
  });
});

describe('what a manager knows of its own way', () => {
  it('is told when a diagnosis would help, and what came of its hypotheses', async () => {
    const questions: string[] = [];
    await runOf(
      (request) => {
        if (!isManager(request)) {
          return { summary: 'x', confidence: nameOf(request) === 'look' ? 0.9 : 0.1 };
        }
        questions.push(request.messages.at(-1)?.text ?? '');
        const steps = [
          delegate('a'),
          {
            ...{ decision: 'diagnose', failed_worker: 'a' },
            hypotheses: [
              { id: 'h1', cause: 'c', test: 't', likelihood: 0.7, test_worker: 'look' },
              { id: 'h2', cause: 'd', test: 'u', likelihood: 0.3 },
            ],
          },
          delegate('look'),
          complete(),
        ];
        return steps[answered(request)] ?? '';
      },
      { policy: { diagnosis: true } },
    );
    expect(questions[1]).toContain('not sure at all: a.');
    expect(questions[2]).toContain('Hypotheses: h1 active, h2 active.');
    expect(questions[3]).toContain('Hypotheses: h1 confirmed, h2 active.');
  });

  it('has its last decisions where its conversation had to begin anew', async () => {
    const journals: string[] = [];
    const { log } = await runOf(
      (request) => {
        const n = Number(/.*## Turn\n(\d+)/s.exec(textOf(request))?.[1]);
        if (!isManager(request)) return { summary: 'y'.repeat(3000), confidence: 0.9 };
        journals.push(/## Decisions so far\n[^#]*/.exec(textOf(request))?.[0] ?? '');
        if (n > 5) return complete();
        const work = delegate({ worker_id: `w${n}`, instructions: `step ${n}` });
        return { ...work, reasoning: `reason ${n}` };
      },
      { policy: { journal: { maxEntries: 2 }, context: { windowTokens: 4000, compactAt: 0.8 } } },
    );
    expect(only(log, 'context.compacted').length).toBeGreaterThan(0);
    expect(journals[0]).toBe('');
    const last = journals.findLast((text) => text !== '') ?? '';
    expect(last).toContain('1 of 1 workers succeeded');
    expect(last.match(/"decision":"delegate"/g)).toHaveLength(2);
  });
});
