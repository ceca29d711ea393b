import { AwpError } from '../base/errors.ts';
import type { ModelSettings, Plan, PlanLoop } from '../events/plan.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import type { Frame } from '../events/state.ts';

type Part = Pick<Frame, 'role' | 'agentKey'>;

/**
 * Manager, workers and stall of the delegation loop that a frame belongs to: the plan's own, or
 * those of a node that is a loop. Throws `internal/bug` for a frame of no loop.
 */
export function loopOf(plan: Plan, { agentKey }: Pick<Frame, 'agentKey'>): PlanLoop {
  const { manager, worker, stall } = plan;
  if (agentKey === undefined && manager && worker && stall) return { manager, worker, stall };
  const loop = plan.loops?.[agentKey ?? ''];
  if (!loop) throw new AwpError('internal/bug', `the plan has no loop ${agentKey}`);
  return loop;
}

/** The agent of a graph that a frame is. Throws `internal/bug` for other frames. */
export function agentOf(plan: Plan, { agentKey }: Pick<Frame, 'agentKey'>): PlanAgent {
  const agent = plan.agents?.[agentKey ?? ''];
  if (!agent) throw new AwpError('internal/bug', `the plan has no agent ${agentKey}`);
  return agent;
}

/** What the models of a frame are asked with. Throws `internal/bug` for one that asks none. */
export function settingsOf(plan: Plan, frame: Part): ModelSettings {
  if (frame.role === 'node') return agentOf(plan, frame);
  const { manager, worker } = loopOf(plan, frame);
  return frame.role === 'manager' ? manager : worker;
}

/** What a frame may call, and how it works with tools. */
interface Toolbox {
  /** Names or patterns. */
  tools: readonly string[];
  denied: readonly string[];
  /** Null is unlimited. */
  toolRounds: number | null;
  repairs: number;
  /** Attempts of one model call. */
  attempts: number;
}

const BARE: Toolbox = { tools: [], denied: [], toolRounds: 0, repairs: 0, attempts: 5 };

/** The toolbox of a worker or a node; managers, graphs and steps have an empty one. */
export function toolboxOf(plan: Plan, frame: Part): Toolbox {
  if (frame.role === 'node') {
    const agent = agentOf(plan, frame);
    return { ...agent, repairs: agent.output.repairs };
  }
  if (frame.role === 'worker') return loopOf(plan, frame).worker;
  const loop = frame.role === 'manager' ? loopOf(plan, frame) : undefined;
  return loop ? { ...BARE, attempts: loop.worker.attempts } : BARE;
}

/** Everybody in a plan who asks models, and whether tools are given to it. */
export function askers(
  plan: Plan,
): { name: string; settings: ModelSettings; toolbox?: Pick<Toolbox, 'tools' | 'denied'> }[] {
  const { manager, worker, agents = {}, loops = {} } = plan;
  const all = manager && worker ? [['', { manager, worker }] as const] : [];
  return [
    ...[...all, ...Object.entries(loops)].flatMap(([key, loop]) => [
      { name: named(key, 'manager'), settings: loop.manager },
      { name: named(key, 'worker'), settings: loop.worker, toolbox: loop.worker },
    ]),
    ...Object.entries(agents)
      .filter(([, { module }]) => module === undefined)
      .map(([name, agent]) => ({ name, settings: agent, toolbox: agent })),
  ];
}

function named(key: string, role: string): string {
  return key === '' ? role : `${key}, ${role}`;
}
