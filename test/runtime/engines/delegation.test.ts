import { describe, expect, it } from 'vitest';
import type { EventData, Fact, RunEvent } from '../../../src/events/event.ts';
import type { Limits, Plan } from '../../../src/events/plan.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import type { RunState } from '../../../src/events/state.ts';
import type { Command } from '../../../src/runtime/command.ts';
import { nextInDelegation } from '../../../src/runtime/engines/delegation.ts';
import { testPlan } from '../../make.ts';
import { graphPlan, planGraph } from '../graphs.ts';

const plan = testPlan({ budget: { loops: 4 } });

/** The state after these facts; calls are asked and answered with no cost. */
function loopAfter(...facts: readonly Fact[]): RunState {
  return stateAfter(plan, [started('0'), ...facts]);
}

function stateAfter(plan: Plan, facts: readonly Fact[]): RunState {
  const state = emptyState('r-1');
  const all: Fact[] = [
    { type: 'run.started', data: { plan, simulated: true, version: 'x' } },
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
    index: Number(agent.split('.')[1] ?? 0),
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
const ended: Fact = {
  type: 'manager.decided',
  agent: '0',
  data: { decision: 'complete', call: '0/1', result: { summary: 's' } },
};
const passed = (agent = '0', call = '0/1'): Fact => ({
  type: 'gates.passed',
  agent,
  data: { call, gates: ['contract'] },
});
const refusedEnd = (more: { final?: true } = {}): Fact => ({
  type: 'gate.rejected',
  agent: '0',
  data: { call: '0/1', gate: 'files', reason: 'r', defects: ['d'], ...more },
});
const rejected: Fact = {
  type: 'manager.rejected',
  agent: '0',
  data: { call: '0/1', reason: 'bad' },
};
const finished = (agent: string, output = {}, confidence = 1): Fact => ({
  type: 'agent.finished',
  agent,
  data: { output, text: '', confidence, problems: [] },
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
    ['the manager completes', [asked('0', '0/1'), ended], '0', 'inspect'],
    [
      'nothing speaks against the end',
      [asked('0', '0/1'), ended, passed()],
      '0',
      'agent.finished, run complete',
    ],
    ['a gate refuses the end', [asked('0', '0/1'), ended, refusedEnd()], '0', 'ask turn'],
    [
      'a gate refuses the end for good',
      [asked('0', '0/1'), ended, refusedEnd({ final: true })],
      '0',
      'agent.finished, run partial gate/files',
    ],
    [
      'a gate refuses the last word of a loop whose budget is used up',
      [exhausted('tokens'), asked('0', '0/1'), ended, refusedEnd({ final: true })],
      '0',
      'agent.finished, run partial budget/tokens',
    ],
    [
      'the manager completes after a refusal',
      [exhausted('tokens'), asked('0', '0/1'), ended, passed()],
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
          finished(`${k}.1`, { result: 'same' }, 0.5),
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
    const state = loopAfter(...facts);
    const frame = state.frames.get(id);
    const commands = frame ? nextInDelegation(plan, state, frame) : [];
    expect(commands.map(said).join('; ')).toBe(wanted);
  });
});

describe('a delegation loop that is a node', () => {
  const node = { id: 'loop', attempt: 1 };
  const { manager, worker, stall } = plan;
  const loop = { manager, worker, stall, limits: {} };
  const graph = planGraph({ loop: { kind: 'delegation_loop', loop: 'loop' }, beside: {} });
  const nestedPlan = graphPlan(graph, { loops: { loop } });
  const parallel = { ...nestedPlan, limits: { ...nestedPlan.limits, parallel: 1 } };

  const agent = (
    id: string,
    parent: string | undefined,
    more: Partial<EventData['agent.started']>,
  ): Fact => ({
    type: 'agent.started',
    agent: id,
    ...(parent !== undefined && { parent }),
    depth: 0,
    data: {
      ...{ role: 'worker', name: id, model: 'm', temperature: 0, tools: [], instructions: '' },
      ...{ index: Number(id.split('.')[1] ?? 0), ...more },
    },
  });
  const share = (limits: Partial<Limits> = {}): Fact => ({
    type: 'budget.reserved',
    agent: '0',
    data: { scope: '1', limits: { ...noLimits, ...limits } },
  });
  const noLimits: Limits = {
    ...{ loops: null, workers: null, tokens: null, time: null, tools: null },
    ...{ depth: null, calls: null, cost: null, parallel: 8 },
  };
  const delegated: Fact = { ...decided(['a', 'b']), agent: '1' };
  const completed: Fact = {
    type: 'manager.decided',
    agent: '1',
    data: { decision: 'complete', call: '1/1', result: { summary: 'done' }, confidence: 0.7 },
  };
  const refused = (scope: string | undefined, purpose?: 'closing'): Fact => ({
    type: 'budget.exhausted',
    agent: '1',
    data: {
      ...(scope !== undefined && { scope }),
      ...{ dimension: 'tokens', limit: 1, used: 1, reserved: 0, wanted: 1 },
      ...(purpose && { purpose }),
    },
  });
  const begun = (limits?: Partial<Limits>): Fact[] => [
    agent('0', undefined, { role: 'graph' }),
    share(limits),
    agent('1', '0', { role: 'manager', node, agentKey: 'loop' }),
  ];

  it.each<[string, Fact[], string]>([
    ['it has just started', begun(), 'ask turn'],
    ['it may have one turn', begun({ loops: 1 }), 'ask closing'],
    ['it may make one call', begun({ calls: 1 }), 'ask closing'],
    ['its own limit refused something', [...begun(), refused('1')], 'ask closing'],
    ['a limit of the run refused something', [...begun(), refused(undefined)], 'ask closing'],
    ['its last turn was refused', [...begun(), refused('1', 'closing')], 'agent.finished'],
    ['it has completed', [...begun(), asked('1', '1/1', 'turn'), completed], 'inspect'],
    [
      'nothing speaks against its end',
      [...begun(), asked('1', '1/1', 'turn'), completed, passed('1', '1/1')],
      'agent.finished',
    ],
    [
      'its answers cannot be read',
      [...begun(), ...[1, 2, 3].map(() => ({ ...rejected, agent: '1' }))],
      'fail model/bad-answer',
    ],
    ['it delegated', [...begun(), delegated], 'start a as 1; start b as 2'],
    ['its share allows one worker at once', [...begun({ parallel: 1 }), delegated], 'start a as 1'],
    [
      'others fill its pool: it asks, so that it waits',
      [...begun({ parallel: 1 }), delegated, agent('1-1.1', '1', { agentKey: 'loop' })],
      'start b as 2',
    ],
  ])('when %s', (_, facts, expected) => {
    const state = stateAfter(nestedPlan, facts);
    const frame = state.frames.get('1');
    const commands = frame ? nextInDelegation(nestedPlan, state, frame) : [];
    expect(commands.map(said).join('; ')).toBe(expected);
  });

  it('asks for one worker although a node fills the pool of the run', () => {
    const beside = agent('2', '0', { role: 'step', node: { id: 'beside', attempt: 1 } });
    const state = stateAfter(parallel, [...begun(), delegated, beside]);
    const frame = state.frames.get('1');
    const commands = frame ? nextInDelegation(parallel, state, frame) : [];
    expect(commands.map(said)).toEqual(['start a as 1']);
  });

  it('has stalls, a last turn and a used-up limit of its own', () => {
    const noticed: Fact = { type: 'stall.noticed', agent: '1', data: { turns: 1, message: 'm' } };
    const last = asked('1', '1/1', 'closing');
    const state = stateAfter(nestedPlan, [...begun(), noticed, last, refused('1')]);
    expect(state).toMatchObject({ stalls: 0, closingAsked: false, exhausted: undefined });
    expect(state.scopes.get('1')).toMatchObject({
      ...{ stalls: 1, closingAsked: true, exhausted: { dimension: 'tokens', limit: 1 } },
      ledger: { used: { loops: 1, calls: 1 } },
    });
    expect(state.ledger.used).toMatchObject({ loops: 1, calls: 1 });
  });

  it('says how sure it is, and why it was cut short', () => {
    const outputOf = (facts: readonly Fact[]): unknown => {
      const state = stateAfter(nestedPlan, facts);
      const frame = state.frames.get('1');
      const [command] = frame ? nextInDelegation(nestedPlan, state, frame) : [];
      const [fact] = command?.do === 'record' ? command.facts : [];
      return fact?.type === 'agent.finished' ? fact.data.output : fact;
    };
    const done = [asked('1', '1/1', 'turn'), completed, passed('1', '1/1')];
    expect(outputOf([...begun(), ...done])).toEqual({ summary: 'done', confidence: 0.7 });
    expect(outputOf([...begun(), refused('1'), ...done])).toEqual({
      ...{ summary: 'done', confidence: 0.7 },
      ...{ status: 'partial', reason: 'budget/tokens' },
    });
  });
});
