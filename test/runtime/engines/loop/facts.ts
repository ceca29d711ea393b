import type { Envelope } from '../../../../src/events/decision.ts';
import type { Fact, RunEvent } from '../../../../src/events/event.ts';
import type { Plan } from '../../../../src/events/plan.ts';
import type { PlanPolicy } from '../../../../src/events/plan-policy.ts';
import { emptyState, fold } from '../../../../src/events/reduce.ts';
import type { RunState } from '../../../../src/events/state.ts';
import type { Command } from '../../../../src/runtime/command.ts';
import { nextInDelegation } from '../../../../src/runtime/engines/delegation.ts';
import { testPlan } from '../../../make.ts';

/** A plan whose loop goes about its work like this. */
export function policyPlan(policy: Partial<PlanPolicy> = {}, change: Partial<Plan> = {}): Plan {
  return { ...testPlan({ budget: { loops: 20 } }), policy, ...change };
}

/** The state after a manager has started and these facts have happened. */
export function stateAfter(plan: Plan, facts: readonly Fact[]): RunState {
  const state = emptyState('r-1');
  const all: Fact[] = [
    { type: 'run.started', data: { plan, simulated: true, version: 'x' } },
    startedAs('0', 'manager'),
    ...facts,
  ];
  all.forEach((fact, index) => {
    fold(state, {
      ...{ v: 1, run: 'r-1', seq: index + 1, ts: new Date(1e12 + index).toISOString(), depth: 0 },
      ...fact,
    } as RunEvent);
  });
  return state;
}

/** A manager or worker has started; the id of a worker says its turn and its place. */
export function startedAs(agent: string, name: string): Fact {
  const [loop, index] = agent.split('.').map(Number);
  const isRoot = agent === '0';
  return {
    type: 'agent.started',
    agent,
    ...(isRoot ? { depth: 0 } : { parent: '0', depth: 1, loop: loop ?? 1 }),
    data: {
      ...{ role: isRoot ? 'manager' : 'worker', name, model: 'm', temperature: 0, tools: [] },
      ...{ instructions: '', index: index ?? 0 },
    },
  };
}

/** How a worker ended: its confidence and findings, or the code of its failure. */
export type Ended = { confidence: number; says?: string } | { fails: string };

/** A worker has ended. */
export function ended(agent: string, end: Ended = { confidence: 0.9 }): Fact {
  if ('fails' in end) {
    return { type: 'agent.failed', agent, data: { code: end.fails, message: end.fails } };
  }
  const output = end.says === undefined ? {} : { summary: end.says };
  const data = { output, text: '', confidence: end.confidence, problems: [] };
  return { type: 'agent.finished', agent, data };
}

/** A delegation; its instructions are its own unless they are given. */
export function envelope(workerId: string, more: Partial<Envelope> = {}): Envelope {
  return { workerId, instructions: `do ${workerId}`, ...more };
}

/** The manager delegated. */
export function delegated(...delegations: (string | Envelope)[]): Fact {
  const all = delegations.map((one) => (typeof one === 'string' ? envelope(one) : one));
  const data = { decision: 'delegate', call: '0/1', delegations: all } as const;
  return { type: 'manager.decided', agent: '0', data };
}

/** A whole turn: all of these delegations start and end alike. */
export function wholeTurn(
  turn: number,
  delegations: readonly (string | Envelope)[],
  end?: Ended,
): Fact[] {
  return [
    delegated(...delegations),
    ...delegations.map((one, place) =>
      startedAs(`${turn}.${place + 1}`, typeof one === 'string' ? one : one.workerId),
    ),
    ...delegations.map((_, place) => ended(`${turn}.${place + 1}`, end)),
  ];
}

/** What the manager's loop does next. */
export function next(plan: Plan, facts: readonly Fact[]): Command[] {
  const state = stateAfter(plan, facts);
  const frame = state.frames.get('0');
  return frame ? nextInDelegation(plan, state, frame) : [];
}

/** The facts that the loop records next, or what else it does. */
export function said(commands: readonly Command[]): string {
  return commands
    .flatMap((command): string[] => {
      if (command.do === 'record') return command.facts.map(factWords);
      if (command.do === 'start-worker') return [`start ${command.envelope.workerId}`];
      return [command.do === 'ask' ? `ask ${command.purpose}` : command.do];
    })
    .join('; ');
}

function factWords(fact: Fact): string {
  switch (fact.type) {
    case 'agent.skipped':
      return `skip ${fact.data.worker} ${fact.data.guard ?? ''}`.trim();
    case 'subtask.changed':
      return `${fact.data.id} ${fact.data.status}`;
    case 'hypothesis.resolved':
      return `${fact.data.id} ${fact.data.status}`;
    case 'stall.noticed':
      return `${fact.data.action} ${fact.data.reason ?? ''}`.trim();
    case 'strategy.switched':
      return `strategy ${fact.data.strategy}`;
    default:
      return fact.type;
  }
}

/**
 * Plays the loop on from these facts: whatever it records is taken in, until it wants something done or
 * records nothing more. Gives what it recorded, and what it wants.
 */
export function settle(plan: Plan, facts: readonly Fact[]): { facts: Fact[]; wants: string } {
  const all = [...facts];
  for (let round = 0; round < 50; round += 1) {
    const commands = next(plan, all);
    const fresh = commands.flatMap((command) => (command.do === 'record' ? command.facts : []));
    const isEnd = fresh.some(({ type }) => type === 'run.finished');
    if (fresh.length === 0 || isEnd)
      return { facts: all.slice(facts.length), wants: said(commands) };
    all.push(...fresh);
  }
  throw new Error('the loop records facts without an end');
}
