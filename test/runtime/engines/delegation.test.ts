import { describe, expect, it } from 'vitest';
import type { Fact, RunEvent } from '../../../src/events/event.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import type { RunState } from '../../../src/events/state.ts';
import type { Command } from '../../../src/runtime/command.ts';
import { nextInDelegation } from '../../../src/runtime/engines/delegation.ts';
import { testPlan } from '../../make.ts';

const plan = testPlan({ budget: { loops: 4 } });

/** The state after these facts; calls are asked and answered with no cost. */
function stateAfter(...facts: readonly Fact[]): RunState {
  const state = emptyState('r-1');
  const all: Fact[] = [
    { type: 'run.started', data: { plan, simulated: true, version: 'x' } },
    started('0'),
    ...facts,
  ];
  all.forEach((fact, index) => {
    fold(state, {
      v: 1,
      run: 'r-1',
      seq: index + 1,
      ts: new Date(1e12 + index).toISOString(),
      depth: 0,
      ...fact,
    } as RunEvent);
  });
  return state;
}

function started(agent: string, name = 'manager'): Fact {
  const role = agent === '0' ? 'manager' : 'worker';
  const place =
    agent === '0' ? { depth: 0 } : { parent: '0', depth: 1, loop: Number(agent.split('.')[0]) };
  const data = {
    role,
    name,
    model: 'm',
    temperature: 0,
    tools: ['arithmetic.add'],
    instructions: '',
    index: 0,
  } as const;
  return { type: 'agent.started', agent, ...place, data };
}

function asked(
  agent: string,
  call: string,
  purpose: 'turn' | 'work' | 'closing' | 'repair' | 'correction' | 'summary' = agent === '0'
    ? 'turn'
    : 'work',
): Fact {
  const data = {
    call,
    attempt: 1,
    model: 'm',
    keep: 0,
    messages: [],
    tools: [],
    temperature: 0,
    maxOutputTokens: 9,
    inputHash: '',
    reserved: { tokens: 0, cost: 0 },
    purpose,
  };
  return { type: 'model.asked', agent, data };
}

function responded(agent: string, call: string, text = '', tools: readonly string[] = []): Fact {
  const toolCalls = tools.map((name, index) => ({ id: String(index), name, args: {} }));
  return {
    type: 'model.responded',
    agent,
    data: { call, attempt: 1, text, toolCalls, usage: { input: 0, output: 0 }, cost: 0, ms: 1 },
  };
}

const failed = (agent: string, call: string, retryInMs?: number): Fact => ({
  type: 'model.failed',
  agent,
  data: {
    call,
    attempt: 1,
    code: 'model/timeout',
    message: 'late',
    usage: { input: 0, output: 0 },
    cost: 0,
    ...(retryInMs !== undefined && { retryInMs }),
  },
});
const decided = (ids: readonly string[]): Fact => ({
  type: 'manager.decided',
  agent: '0',
  data: {
    decision: 'delegate',
    call: '0/1',
    delegations: ids.map((workerId) => ({ workerId, instructions: 'x' })),
  },
});
const rejected: Fact = {
  type: 'manager.rejected',
  agent: '0',
  data: { call: '0/1', reason: 'bad' },
};
const finished = (agent: string, output = {}): Fact => ({
  type: 'agent.finished',
  agent,
  data: { output, text: '', confidence: 1, problems: [] },
});
const checked = (agent: string, ok: boolean): Fact => ({
  type: 'output.checked',
  agent,
  data: { ok, problems: ok ? [] : ['no'], output: { a: 1 }, text: 't', confidence: 1 },
});
const exhausted = (
  dimension: 'tokens' | 'workers' | 'time',
  purpose?: 'work' | 'closing',
  agent = '0',
): Fact => ({
  type: 'budget.exhausted',
  agent,
  data: { dimension, limit: 1, used: 1, reserved: 0, wanted: 1, ...(purpose && { purpose }) },
});
const turn = (k: number, ...ids: string[]): Fact[] => [
  asked('0', `0/${k}`),
  responded('0', `0/${k}`),
  decided(ids),
];

function said(command: Command): string {
  switch (command.do) {
    case 'ask':
      return `ask ${command.purpose}${command.notBefore === undefined ? '' : ' later'}`;
    case 'start-worker':
      return `start ${command.envelope.workerId} as ${command.index}`;
    case 'call-tool':
      return `call ${command.pending.id}`;
    case 'read':
      return 'read';
    case 'record':
      return command.facts
        .map((fact) => {
          if (fact.type === 'run.finished')
            return `run ${fact.data.status} ${fact.data.reason ?? ''}`.trim();
          return fact.type === 'agent.failed' ? `fail ${fact.data.code}` : fact.type;
        })
        .join(', ');
    default:
      return command.do;
  }
}

describe('a delegation loop', () => {
  it.each<[string, Fact[], string, string]>([
    ['no turn has been yet', [], '0', 'ask turn'],
    ['the manager is being asked', [asked('0', '0/1')], '0', ''],
    ['the manager has answered', [asked('0', '0/1'), responded('0', '0/1')], '0', 'read'],
    ['the manager delegated', turn(1, 'a', 'b'), '0', 'start a as 1; start b as 2'],
    ['one of two workers is out', [...turn(1, 'a', 'b'), started('1.1', 'a')], '0', 'start b as 2'],
    ['all workers are out', [...turn(1, 'a'), started('1.1', 'a')], '0', ''],
    [
      'all workers have reported',
      [...turn(1, 'a'), started('1.1', 'a'), finished('1.1')],
      '0',
      'ask turn',
    ],
    [
      'an answer could not be read',
      [asked('0', '0/1'), responded('0', '0/1'), rejected],
      '0',
      'ask correction',
    ],
    [
      'the third answer could not be read',
      [rejected, rejected, rejected],
      '0',
      'fail model/bad-answer, run failed model/bad-answer',
    ],
    [
      'the model failed for good',
      [asked('0', '0/1'), failed('0', '0/1')],
      '0',
      'fail model/timeout, run failed model/timeout',
    ],
    [
      'the model may be asked again',
      [asked('0', '0/1'), failed('0', '0/1', 500)],
      '0',
      'ask turn later',
    ],
    [
      'only one turn is left',
      [
        ...turn(1, 'a'),
        started('1.1', 'a'),
        finished('1.1', { result: 1 }),
        ...turn(2, 'b'),
        started('2.1', 'b'),
        finished('2.1', { result: 2 }),
        ...turn(3, 'c'),
        started('3.1', 'c'),
        finished('3.1', { result: 3 }),
      ],
      '0',
      'ask closing',
    ],
    [
      'a limit refused a worker',
      [...turn(1, 'a', 'b'), exhausted('workers')],
      '0',
      'agent.skipped, agent.skipped',
    ],
    [
      'a limit was reached and the workers have reported',
      [...turn(1, 'a'), started('1.1', 'a'), exhausted('tokens'), finished('1.1')],
      '0',
      'ask closing',
    ],
    [
      'the last turn was refused',
      [exhausted('tokens', 'closing')],
      '0',
      'agent.finished, run partial budget/tokens',
    ],
    [
      'the last turn delegated all the same',
      [asked('0', '0/1', 'closing'), responded('0', '0/1'), decided(['a'])],
      '0',
      'agent.skipped',
    ],
    [
      'the manager completes',
      [
        {
          type: 'manager.decided',
          agent: '0',
          data: { decision: 'complete', call: '0/1', result: { summary: 's' } },
        },
      ],
      '0',
      'agent.finished, run complete',
    ],
    [
      'the manager completes after a refusal',
      [
        exhausted('tokens'),
        {
          type: 'manager.decided',
          agent: '0',
          data: { decision: 'complete', call: '0/1', result: { summary: 's' } },
        },
      ],
      '0',
      'agent.finished, run partial budget/tokens',
    ],
    [
      'the manager gives up',
      [
        {
          type: 'manager.decided',
          agent: '0',
          data: { decision: 'fail', call: '0/1', reason: 'no' },
        },
      ],
      '0',
      'fail manager/failed, run failed manager/failed',
    ],
    [
      'three turns brought nothing new',
      [
        ...[1, 2, 3].flatMap((k) => [
          ...turn(k, 'a'),
          started(`${k}.1`, `a${k}`),
          finished(`${k}.1`, { result: 'same' }),
        ]),
      ],
      '0',
      'stall.noticed',
    ],

    ['a worker has just started', [...turn(1, 'a'), started('1.1', 'a')], '1.1', 'ask work'],
    [
      'a worker wants two tools',
      [
        ...turn(1, 'a'),
        started('1.1', 'a'),
        asked('1.1', '1.1/1'),
        responded('1.1', '1.1/1', '', ['arithmetic.add', 'arithmetic.add']),
      ],
      '1.1',
      'call 1.1/1.t1; call 1.1/1.t2',
    ],
    [
      'a worker answered',
      [
        ...turn(1, 'a'),
        started('1.1', 'a'),
        asked('1.1', '1.1/1'),
        responded('1.1', '1.1/1', '{}'),
      ],
      '1.1',
      'read',
    ],
    [
      "a worker's output is fine",
      [...turn(1, 'a'), started('1.1', 'a'), checked('1.1', true)],
      '1.1',
      'agent.finished',
    ],
    [
      "a worker's output breaks its contract",
      [...turn(1, 'a'), started('1.1', 'a'), checked('1.1', false)],
      '1.1',
      'ask repair',
    ],
    [
      'the repair did not help',
      [
        ...turn(1, 'a'),
        started('1.1', 'a'),
        asked('1.1', '1.1/1', 'repair'),
        checked('1.1', false),
      ],
      '1.1',
      'fail model/bad-answer',
    ],
    [
      "a worker's first question was refused",
      [...turn(1, 'a'), started('1.1', 'a'), exhausted('tokens', 'work', '1.1')],
      '1.1',
      'fail budget/tokens',
    ],
    [
      "a worker's later question was refused",
      [
        ...turn(1, 'a'),
        started('1.1', 'a'),
        asked('1.1', '1.1/1'),
        { ...responded('1.1', '1.1/1', '', ['x']) },
        {
          type: 'tool.returned',
          agent: '1.1',
          data: { call: '1.1/1.t1', tool: 'x', ok: true, status: 200, data: {}, ms: 1 },
        },
        exhausted('tokens', 'work', '1.1'),
      ],
      '1.1',
      'ask summary',
    ],
    [
      'the time is over for a worker',
      [...turn(1, 'a'), started('1.1', 'a'), exhausted('time')],
      '1.1',
      'fail budget/time',
    ],
    [
      'no further worker may start, but this one works',
      [...turn(1, 'a'), started('1.1', 'a'), exhausted('workers')],
      '1.1',
      'ask work',
    ],
  ])('when %s', (_, facts, id, wanted) => {
    const state = stateAfter(...facts);
    const frame = state.frames.get(id);
    const commands = frame ? nextInDelegation(plan, state, frame) : [];
    expect(commands.map(said).join('; ')).toBe(wanted);
  });
});
