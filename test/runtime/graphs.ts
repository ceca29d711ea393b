import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';
import type { PlanAgent, PlanGraph, PlanNode } from '../../src/events/plan-graph.ts';
import type { RunState } from '../../src/events/state.ts';
import type { Host } from '../../src/ports/host.ts';
import type { StepFunction } from '../../src/ports/step.ts';
import { startRun } from '../../src/runtime/run.ts';
import { logOf, type TestHostOptions, testHost, testPlan } from '../make.ts';
import { planNode } from './engines/repeating.ts';

/** A node of a test by its id: `after` are nodes that must have ended well. */
export type TestNode = Partial<Omit<PlanNode, 'id'>> & { after?: readonly string[] };

/** A graph of nodes with all defaults; nodes are steps unless they say otherwise. */
export function planGraph(
  nodes: Readonly<Record<string, TestNode>>,
  change: Partial<PlanGraph> = {},
): PlanGraph {
  return {
    name: 'test',
    nodes: Object.entries(nodes).map(([id, { after = [], ...more }]) =>
      planNode(id, {
        dependsOn: after.map((one) => ({ id: one, condition: 'success' })),
        ...(more.agent !== undefined && { kind: 'agent' }),
        ...more,
      }),
    ),
    mode: 'parallel',
    maxParallel: 64,
    idleMs: null,
    state: planState(),
    context: { totalChars: 12_000, minPerEntry: 100, previewChars: 200 },
    ...change,
  };
}

/** A state without anything in it, in which all is shared. */
export function planState(change: Partial<PlanGraph['state']> = {}): PlanGraph['state'] {
  return {
    initial: {},
    required: [],
    limits: { bytes: 10_485_760, fieldBytes: 1_048_576, fields: 1000 },
    sharing: { strategy: 'full', rules: [], never: [], sensitive: [], validation: 'strict' },
    ...change,
  };
}

/** An agent that a scripted model answers for. */
export function planAgent(id: string, change: Partial<PlanAgent> = {}): PlanAgent {
  return {
    ...{ id, role: id, description: `does ${id}`, model: 'scripted', temperature: 0.2 },
    maxOutputTokens: 1024,
    prompt: {
      ...{ system: `You are ${id}.`, fragments: [], variables: {} },
      order: ['system', 'skills', 'memory', 'messages', 'context', 'additional'],
    },
    ...{ tools: [], denied: [], toolRounds: 5, attempts: 2, skills: [], preprocessors: [] },
    output: {
      ...{ format: 'json', required: [], unshared: [], sensitive: [] },
      ...{ validation: 'lenient', repairs: 1, onInvalid: 'abort' },
    },
    hash: id,
    ...change,
  } as PlanAgent;
}

/** A plan of engine `dag`; its agents are those that its nodes name. */
export function graphPlan(graph: PlanGraph, change: Partial<Plan> = {}): Plan {
  const { manager: _, worker: __, stall: ___, ...plan } = testPlan();
  const names = agentsOf(graph);
  return {
    ...plan,
    engine: 'dag',
    limits: { ...plan.limits, workers: null, time: null, parallel: 64 },
    graph,
    agents: Object.fromEntries(names.map((name) => [name, planAgent(name)])),
    ...change,
  };
}

function agentsOf({ nodes }: PlanGraph): string[] {
  return nodes.flatMap(({ agent, graph, degradation }) => [
    ...(agent === undefined ? [] : [agent]),
    ...degradation.flatMap((one) => (one.fallback === 'agent' ? [one.agent] : [])),
    ...(graph ? agentsOf(graph) : []),
  ]);
}

/** Functions of steps by node. */
export type Steps = Readonly<Record<string, StepFunction>>;

/** A host whose program has these functions. */
export function stepHost(folder: string, steps: Steps, more: Partial<TestHostOptions> = {}): Host {
  return { ...testHost(folder, { script: [], ...more }), steps: new Map(Object.entries(steps)) };
}

/** Runs a plan to its end. */
export async function runPlan(
  host: Host,
  plan: Plan,
): Promise<{ state: RunState; log: RunEvent[] }> {
  const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
  await run.done;
  return { state: run.state, log: await logOf(host.store) };
}

/** How a run ended, in short. */
export function endOf({ status, ending }: RunState): JsonObject {
  const { reason, message, result = {} } = ending ?? {};
  return {
    status,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    result,
  };
}

/** A promise that is open until it is resolved, or the signal aborts. */
export function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
