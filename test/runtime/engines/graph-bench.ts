import type { JsonObject } from '../../../src/base/json.ts';
import type { EventData, Fact, RunEvent, RunEventType } from '../../../src/events/event.ts';
import type { Graph, GraphNode, NodeStatus } from '../../../src/events/graph-state.ts';
import type { Limits, Plan } from '../../../src/events/plan.ts';
import type { PlanDependency, PlanGraph, PlanNode } from '../../../src/events/plan-graph.ts';
import { emptyState, fold, foldAll } from '../../../src/events/reduce.ts';
import type { Frame, RunState } from '../../../src/events/state.ts';
import type { Command } from '../../../src/runtime/command.ts';
import { nextCommands } from '../../../src/runtime/engines/index.ts';
import { only, testPlan } from '../../make.ts';

/** A node of a test: `'a'`, or what differs from a plain step; dependencies may be ids. */
export interface TestNode extends Partial<Omit<PlanNode, 'dependsOn'>> {
  id: string;
  dependsOn?: readonly (string | (Partial<PlanDependency> & { id: string }))[];
}

export const ONE_ATTEMPT: PlanNode['retry'] = {
  attempts: 1,
  backoff: 'none',
  baseMs: 2000,
  maxMs: 60_000,
  retryable: ['timeout', 'rate_limit', 'server_error'],
  nonRetryable: ['validation_error', 'auth_error'],
};

export function planNode(node: TestNode | string): PlanNode {
  const { dependsOn = [], ...rest } = typeof node === 'string' ? { id: node } : (node as TestNode);
  return {
    description: '',
    kind: 'step',
    enabled: true,
    onFailure: 'stop',
    timeoutMs: null,
    retry: ONE_ATTEMPT,
    degradation: [],
    ...rest,
    dependsOn: dependsOn.map((one) =>
      typeof one === 'string'
        ? { id: one, condition: 'success' }
        : { condition: 'success', ...one },
    ),
  };
}

export function planGraph(
  nodes: readonly (TestNode | string)[],
  change: Partial<PlanGraph> = {},
): PlanGraph {
  return {
    name: 'test',
    nodes: nodes.map(planNode),
    mode: 'parallel',
    maxParallel: 100,
    idleMs: null,
    state: {
      initial: {},
      required: [],
      limits: { bytes: 1e7, fieldBytes: 1e7, fields: 1e6 },
      sharing: { strategy: 'full', rules: [], never: [], sensitive: [], validation: 'none' },
    },
    context: { totalChars: 64_000, minPerEntry: 4000, previewChars: 2000 },
    ...change,
  };
}

export function graphPlan(graph: PlanGraph, limits: Partial<Limits> = {}): Plan {
  const { manager: _manager, worker: _worker, stall: _stall, ...rest } = testPlan();
  const unlimited = { loops: null, workers: null, tokens: null, time: null, tools: null };
  const none: Limits = {
    ...{ ...unlimited, depth: null, calls: null, cost: null, parallel: 1000 },
    ...limits,
  };
  return { ...rest, engine: 'dag', limits: none, graph };
}

/** How an agent ends: its output, or a failure's code. */
export type End = JsonObject | { fails: string };

export type Shell = (command: Command, bench: GraphBench) => readonly Fact[] | undefined;

/** Runs of a graph in memory: what the shell does, without any effect; the test ends agents. */
export class GraphBench {
  readonly plan: Plan;
  readonly log: RunEvent[] = [];
  state: RunState = emptyState('r-test');
  now = 1e12;
  /** Commands that the bench does not carry out, such as questions to people. */
  readonly asked: Command[] = [];
  /** Times that somebody asked to wait for. */
  waits: number[] = [];
  readonly #shell: Shell | undefined;

  constructor(plan: Plan, shell?: Shell) {
    this.plan = plan;
    this.#shell = shell;
  }

  /** Starts the run. */
  start(): this {
    this.record({ type: 'run.started', data: { plan: this.plan, simulated: true, version: 'x' } });
    this.record(started('0', { role: 'graph', name: 'test' }));
    return this.go();
  }

  /** Takes up a log. */
  load(log: readonly RunEvent[]): this {
    this.log.push(...log);
    this.state = foldAll('r-test', log);
    this.now = Math.max(this.now, this.state.lastAt);
    return this;
  }

  /** What a process does that takes the run up again. */
  resume(raise?: Partial<Limits>): this {
    const { inFlight, frames } = this.state;
    const abandoned = [...inFlight.keys()];
    const isClosed = frames.get('0')?.phase === 'closed';
    const data = { abandoned, version: 'x', ...(raise && { raise }) };
    this.record({ type: 'run.resumed', data });
    if (!frames.has('0')) this.record(started('0', { role: 'graph', name: 'test' }));
    else if (isClosed) this.record({ type: 'run.reopened', agent: '0', data: { reason: '' } });
    return this.go();
  }

  record(fact: Fact): void {
    const event = {
      ...{ v: 1, run: 'r-test', seq: this.log.length + 1, depth: 0 },
      ts: new Date(this.now).toISOString(),
      ...fact,
    } as RunEvent;
    this.log.push(event);
    fold(this.state, event);
  }

  /** Asks the engines until nothing follows. */
  go(): this {
    for (let turn = 0; this.state.ready.size > 0; turn += 1) {
      if (turn > 10_000) throw new Error('the engine never rests');
      const ready = [...this.state.ready];
      this.state.ready.clear();
      for (const id of ready) this.#look(id);
      if (this.state.status !== 'running') break;
    }
    return this;
  }

  #look(id: string): void {
    const frame = this.state.frames.get(id);
    if (!frame || frame.phase === 'closed') return;
    const facts: Fact[] = [];
    const runs = new Map<string, number>();
    const commands = nextCommands({ plan: this.plan, state: this.state, now: this.now }, frame);
    for (const command of commands) facts.push(...this.#carryOut(command, runs));
    for (const fact of facts) this.record(fact);
  }

  #carryOut(command: Command, runs: Map<string, number>): readonly Fact[] {
    const own = this.#shell?.(command, this);
    if (own) return own;
    switch (command.do) {
      case 'record':
        return command.facts;
      case 'start-node':
        return [this.#startNode(command, runs)];
      case 'stop-frames':
        return this.#stop(command);
      case 'wait':
        this.waits.push(command.until);
        return [];
      default:
        this.asked.push(command);
        return [];
    }
  }

  #startNode(
    { graph, node: id, run, agentKey }: Extract<Command, { do: 'start-node' }>,
    runs: Map<string, number>,
  ): Fact {
    const node = graph.nodes.get(id)!;
    const count = (runs.get(id) ?? node.runs) + 1;
    runs.set(id, count);
    const above = graph.frame === '0' ? '' : `${graph.frame}-`;
    const frame = `${above}${node.place}${count === 1 ? '' : `.${count}`}`;
    const role = node.plan.kind === 'subworkflow' ? 'graph' : 'step';
    return started(frame, {
      ...{ role, node: run, name: frame, parent: graph.frame },
      ...(agentKey !== undefined && { agentKey }),
    });
  }

  #stop({ frames, code, message }: Extract<Command, { do: 'stop-frames' }>): Fact[] {
    return frames.flatMap((frame): Fact[] => {
      const below = [...(this.state.frames.get(frame)?.open ?? [])];
      return [
        ...this.#stop({ do: 'stop-frames', frames: below, code, message }),
        { type: 'agent.failed', agent: frame, data: { code, message } },
      ];
    });
  }

  /** Frames of steps that are out, in the order of their start. */
  get out(): Frame[] {
    return [...this.state.openFrames]
      .map((id) => this.state.frames.get(id)!)
      .filter(({ role }) => role !== 'graph');
  }

  /** Ids of the nodes whose steps are out. */
  get at(): string[] {
    return this.out.map(({ node }) => node!.id);
  }

  /** Ends the step of a node that is out, or a frame. */
  end(id: string, end: End = { said: id }): this {
    const frame = this.out.find((one) => one.node?.id === id || one.id === id);
    if (!frame) throw new Error(`${id} is not out, but ${this.at}`);
    return this.endFrame(frame.id, end).go();
  }

  endFrame(id: string, end: End): this {
    if (typeof end.fails === 'string') {
      const data = { code: end.fails, message: `it said ${end.fails}` };
      this.record({ type: 'agent.failed', agent: id, data });
      return this;
    }
    const data = { output: end as JsonObject, text: `text of ${id}`, confidence: 1, problems: [] };
    this.record({ type: 'agent.finished', agent: id, data });
    return this;
  }

  /** Lets time pass, as a timer of the shell would tell. */
  pass(ms: number): this {
    this.now += ms;
    const due = this.waits.filter((at) => at <= this.now);
    this.waits = this.waits.filter((at) => at > this.now);
    if (due.length === 0) return this;
    for (const id of this.state.graphs.keys()) {
      if (this.state.openFrames.has(id)) this.state.ready.add(id);
    }
    return this.go();
  }

  get graph(): Graph {
    return this.state.graphs.get('0')!;
  }

  node(id: string): GraphNode {
    return this.graph.nodes.get(id)!;
  }

  /** Status of each node. */
  get statuses(): Record<string, NodeStatus> {
    return Object.fromEntries([...this.graph.nodes].map(([id, { status }]) => [id, status]));
  }

  /** Data of the events of one type, as far as the engine wrote them. */
  said<T extends RunEventType>(type: T): EventData[T][] {
    return only(this.log, type).map(({ data }) => data);
  }
}

interface Started {
  role: 'graph' | 'step';
  name: string;
  parent?: string;
  node?: Frame['node'];
  agentKey?: string;
}

function started(agent: string, { role, name, parent, node, agentKey }: Started): Fact {
  return {
    type: 'agent.started',
    agent,
    ...(parent !== undefined && { parent }),
    depth: parent === undefined ? 0 : 1,
    data: {
      ...{ role, name, model: '', temperature: 0, tools: [], instructions: '', index: 0 },
      ...(node && { node }),
      ...(agentKey !== undefined && { agentKey }),
    },
  };
}

/** A run of these nodes that has started. */
export function startedGraph(
  nodes: readonly (TestNode | string)[],
  change: Partial<PlanGraph> = {},
  limits: Partial<Limits> = {},
): GraphBench {
  return new GraphBench(graphPlan(planGraph(nodes, change), limits)).start();
}
