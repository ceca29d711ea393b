import type { JsonObject } from '../../../src/base/json.ts';
import type { EventData, Fact, RunEvent } from '../../../src/events/event.ts';
import type { NodeRun } from '../../../src/events/graph-events.ts';
import type { Graph } from '../../../src/events/graph-state.ts';
import type { Plan } from '../../../src/events/plan.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import type { Frame, RunState } from '../../../src/events/state.ts';
import type { Surroundings } from '../../../src/runtime/agent/parts/look.ts';
import { nodeStart } from '../../../src/runtime/nodes/node-prompt.ts';

/** A run of a graph in which nodes have ended with these values. */
export interface TestRun {
  state: RunState;
  graph: Graph;
  record(fact: Fact): void;
}

/** Starts a plan and puts values into the state of its graph. */
export function runOf(plan: Plan, values: JsonObject = {}): TestRun {
  const state = emptyState('r-test');
  const record = (fact: Fact): void => {
    const at = { v: 1, run: 'r-test', seq: state.seq + 1, ts: '2026-11-30T12:00:00.000Z' };
    fold(state, { depth: 0, ...at, ...fact } as RunEvent);
  };
  record({ type: 'run.started', data: { plan, simulated: true, version: 'test' } });
  const root: EventData['agent.started'] = {
    ...{ role: 'graph', name: 'test', model: '', temperature: 0, tools: [] },
    ...{ instructions: plan.task, index: 0 },
  };
  record({ type: 'agent.started', agent: '0', depth: 0, data: root });
  const graph = state.graphs.get('0');
  if (!graph) throw new Error('no graph');
  Object.assign(graph.state, values);
  return { state, graph, record };
}

/** Starts an agent of a node. */
export function startAgent(
  { state, record }: TestRun,
  run: NodeRun,
  change: Partial<EventData['agent.started']> = {},
): Frame {
  const data: EventData['agent.started'] = {
    ...{ role: 'node', node: run, agentKey: run.id, name: run.id, model: 'scripted' },
    ...{ temperature: 0.2, tools: [], instructions: '', index: 1 },
    ...change,
  };
  record({ type: 'agent.started', agent: '9', parent: '0', depth: 1, data });
  const frame = state.frames.get('9');
  if (!frame) throw new Error('no frame');
  return frame;
}

const BARE: Surroundings = { box: undefined, tools: [], needsBox: new Set() };

/** What an agent of a node is told: the texts of its first question. */
export function told(
  plan: Plan,
  values: JsonObject,
  {
    run,
    agent,
    surroundings = BARE,
    prepare = () => {},
  }: {
    run: NodeRun;
    agent?: Partial<EventData['agent.started']>;
    surroundings?: Surroundings;
    prepare?: (graph: Graph) => void;
  },
) {
  const started = runOf(plan, values);
  prepare(started.graph);
  const frame = startAgent(started, run, agent);
  const parts = { plan, state: started.state, surroundings, tools: new Map() };
  const { messages, files } = nodeStart(parts, frame);
  const [system, user] = messages;
  return { system: system?.text ?? '', user: user?.text ?? '', messages, files };
}
