import { matchesTool } from '../base/paths.ts';
import type {
  PlanAgent,
  PlanEvaluation,
  PlanFanOut,
  PlanGraph,
  PlanLoopNode,
  PlanNode,
} from '../events/plan-graph.ts';
import { agentFolder, agentName } from '../models/workflow.ts';
import { innerMaking, rootMaking } from './creation-manifest.ts';
import type { Creating } from './creation-options.ts';
import { type GraphModels, modelName, planAgent } from './graph-plan-agents.ts';
import { planEvaluation } from './graph-plan-evaluation.ts';
import { idleTime, writtenTime } from './graph-plan-limits.ts';
import { type LoopContext, planLoop } from './graph-plan-loops.ts';
import { commonNode, isNested, mappingsOf, type NodeContext } from './graph-plan-nodes.ts';
import { sensitiveInside } from './graph-plan-sensitive.ts';
import {
  type AgentSource,
  type GraphSource,
  type NodeModel,
  wrongAt,
} from './graph-plan-source.ts';
import { type Moment, planState, sensitiveIn } from './graph-plan-state.ts';
import type { WorkflowSkills } from './skill-sources.ts';

/** What a graph's plan needs besides its workflow. */
export interface GraphRun extends Moment {
  models: GraphModels;
  /** Options of the run that count for all agents. */
  options: LoopContext['options'];
  /** Tools that its agents may make; left out: none. */
  creating?: Creating | undefined;
  /** Nodes that are functions of the program, by their path: `writer`, `report/writer`. */
  steps: ReadonlySet<string>;
  /** Whether results are scored although the workflow leaves that off. Default false. */
  scored?: boolean;
}

/** The parts of a plan of engine `dag`. */
export interface GraphParts {
  graph: PlanGraph;
  agents: Record<string, PlanAgent>;
  loops: Record<string, PlanLoopNode>;
  evaluation?: PlanEvaluation;
  /** Where agents have skills of their own, by their keys; they are not in the plan yet. */
  skills: ReadonlyMap<string, WorkflowSkills>;
}

/** Characters of earlier results in a prompt (runtime 2.9). */
const CONTEXT = { total_chars: 64_000, min_per_entry: 4000, preview_chars: 2000 };

/**
 * The plan's parts for a graph: all defaults filled in, both dialects as one, milliseconds for
 * seconds, sub-workflows inside of their nodes. Only agents that a node can use are in it. Throws
 * `model/none`, `spec/invalid`, `spec/unsupported`.
 */
export function graphPlan(source: GraphSource, run: GraphRun): GraphParts {
  const parts = new Parts(run);
  const graph = parts.graph({
    ...{ source, prefix: '', sensitive: sensitiveIn(source.manifest) },
    creating: rootMaking(run.creating, source.manifest),
  });
  const { agents, loops, skills } = parts;
  const [first] = Object.values(agents);
  const judge = modelName({}, { manifest: source.manifest, models: run.models });
  const evaluation = planEvaluation(source, {
    instead: run.models.instead,
    otherwise: judge ?? first?.model ?? '',
    wanted: run.scored === true,
  });
  return { graph, agents, loops, skills, ...(evaluation && { evaluation }) };
}

/** A graph whose plan is being made, and where it stands among the others. */
interface Place {
  source: GraphSource;
  /** Ids of the nodes around it: `` or `report/`. */
  prefix: string;
  /** Names of its hidden fields, those of the graphs around it included. */
  sensitive: readonly string[];
  /** Tools that its agents may make at most; undefined: none. */
  creating: Creating | undefined;
}

/** What a node has that is a graph or a loop of its own. */
type Nested = Pick<
  PlanNode,
  'kind' | 'graph' | 'loop' | 'timeoutMs' | 'inputMapping' | 'outputMapping'
>;

/** Agents and loops are collected while the graphs are walked. */
class Parts {
  readonly agents: Record<string, PlanAgent> = {};
  readonly loops: Record<string, PlanLoopNode> = {};
  readonly skills = new Map<string, WorkflowSkills>();
  readonly #run: GraphRun;
  /** Keys of agents that were named, by source, in the form that `#agentKey` gives. */
  readonly #folders = new Map<GraphSource, ReadonlyMap<string, string>>();

  constructor(run: GraphRun) {
    this.#run = run;
  }

  graph(place: Place): PlanGraph {
    const { source, prefix, sensitive } = place;
    const { manifest } = source;
    const { graph = [], execution, context_budget = CONTEXT } = manifest.orchestration ?? {};
    const inner = prefix !== '';
    return {
      name: manifest.workflow.name,
      nodes: graph.map((node, index) => this.#node(node, index, place)),
      mode: execution?.mode ?? 'parallel',
      maxParallel: execution?.max_parallel_agents ?? 4,
      idleMs: inner ? null : idleTime(source),
      state: planState(source, this.#run, sensitive),
      context: {
        totalChars: context_budget.total_chars,
        minPerEntry: context_budget.min_per_entry,
        previewChars: context_budget.preview_chars,
      },
    };
  }

  #node(node: NodeModel, index: number, place: Place): PlanNode {
    const { source, prefix } = place;
    const keyOf = (name: string): string | undefined => this.#named(name, place)?.key;
    const agentKey = (name: string): string | undefined => this.#agentKey(name, place);
    if (this.#run.steps.has(`${prefix}${node.id}`)) {
      return stepNode(node, { source, index, keyOf, agentKey: keyOf });
    }
    // The node's own agent comes before those that take over: plans are read by people, too.
    if (!isNested(node) && !node.fan_out?.agent_template) agentKey(node.agent ?? node.id);
    const common = commonNode(node, { source, index, keyOf, agentKey });
    this.#refuseForbidden(common.fanIn?.tool, index, source);
    if (isNested(node)) return { ...common, ...this.#nested(node, index, place) };
    const agent = common.fanOut?.agent ?? agentKey(node.agent ?? node.id);
    const named = agent === undefined ? undefined : this.agents[agent];
    if (agent === undefined || !named) {
      const at = source.placeOf('orchestration', 'graph', index, 'agent');
      const hint = 'make its folder below agents/';
      throw wrongAt(at, `there is no agent ${node.agent ?? node.id}`, hint);
    }
    return { ...common, kind: named.module === undefined ? 'agent' : 'module', agent };
  }

  /** The tool that joins results is called by the graph, but what a run forbids it forbids to all. */
  #refuseForbidden(tool: string | undefined, index: number, source: GraphSource): void {
    const { forbiddenTools = [] } = this.#run.options;
    const forbidden = [
      ...forbiddenTools,
      ...(source.manifest.safety_envelope?.forbidden_tools ?? []),
    ];
    if (tool === undefined || !forbidden.some((pattern) => matchesTool(pattern, tool))) return;
    const at = source.placeOf('orchestration', 'graph', index, 'fan_in', 'tool');
    throw wrongAt(at, `${tool} is forbidden in this run`, 'join the results in another way');
  }

  #nested(node: NodeModel, index: number, place: Place): Nested {
    const { source, prefix, sensitive } = place;
    const path = `${prefix}${node.id}`;
    const sub = source.subworkflows.get(node.id);
    const own = node.timeout === undefined ? null : Math.ceil(node.timeout * 1000);
    if (sub) {
      const limits = [own, writtenTime(sub)].filter((limit) => limit !== null);
      const mappings = mappingsOf(node, { source, index }, sub);
      const { outputMapping } = mappings;
      const inner = { id: node.id, source: sub, ...(outputMapping && { outputMapping }) };
      const below = sensitiveInside(sensitive, inner);
      return {
        kind: 'subworkflow',
        graph: this.graph({
          ...{ source: sub, prefix: `${path}/`, sensitive: below },
          creating: innerMaking(place.creating, sub.manifest),
        }),
        timeoutMs: limits.length === 0 ? null : Math.min(...limits),
        ...mappings,
      };
    }
    const { models, options } = this.#run;
    const { making } = place.creating ?? {};
    this.loops[path] = planLoop(node, { source, models, options, making });
    return { kind: 'delegation_loop', loop: path, timeoutMs: own };
  }

  /** The agent that a node, its folder or its id names. */
  #named(name: string, { source, prefix }: Place): { key: string; agent: AgentSource } | undefined {
    const folder = folderOf(name, source);
    const agent = folder === undefined ? undefined : source.agents.get(folder);
    if (!agent) return undefined;
    return { agent, key: `${prefix}${this.#keys(source).get(agent.folder) ?? agent.folder}` };
  }

  /** Its key; it is part of the plan from then on. */
  #agentKey(name: string, place: Place): string | undefined {
    const named = this.#named(name, place);
    if (named) this.#add(named.key, named.agent, place);
    return named?.key;
  }

  #add(key: string, agent: AgentSource, { source: { manifest }, creating }: Place): void {
    if (this.agents[key]) return;
    const { models, options } = this.#run;
    if (agent.skills) this.skills.set(key, agent.skills);
    const { forbiddenTools = [], tools = [] } = options;
    this.agents[key] = planAgent(agent, {
      id: key,
      ...{ manifest, models },
      forbidden: [...forbiddenTools, ...(manifest.safety_envelope?.forbidden_tools ?? [])],
      further: tools.filter((one) => typeof one === 'string'),
      making: creating?.making,
    });
  }

  /** Names of folders; where two are called alike both keep their whole path. */
  #keys(source: GraphSource): ReadonlyMap<string, string> {
    const known = this.#folders.get(source);
    if (known) return known;
    const folders = [...source.agents.keys()];
    const names = new Map<string, number>();
    for (const folder of folders) {
      const name = agentName(folder);
      names.set(name, (names.get(name) ?? 0) + 1);
    }
    const keys = new Map(
      folders.map((folder) => {
        const name = agentName(folder);
        return [folder, names.get(name) === 1 ? name : folder] as const;
      }),
    );
    this.#folders.set(source, keys);
    return keys;
  }
}

/** A function of the program cannot be replaced by an agent that asks a model. */
function stepNode(node: NodeModel, context: NodeContext): PlanNode {
  const { fanOut, ...common } = commonNode(node, context);
  return {
    ...common,
    ...(fanOut && { fanOut: itemsOnly(fanOut) }),
    kind: 'step',
    degradation: common.degradation.filter(({ fallback }) => fallback !== 'agent'),
  };
}

function itemsOnly({ agent: _, ...items }: PlanFanOut): PlanFanOut {
  return items;
}

/** The folder of an agent that is named by its folder, by its id, or by a node that it works for. */
function folderOf(name: string, { agents, manifest }: GraphSource): string | undefined {
  const folder = agentFolder(name);
  if (agents.has(folder)) return folder;
  const node = manifest.orchestration?.graph.find(({ id }) => id === name);
  const ofNode = node?.agent === undefined ? undefined : agentFolder(node.agent);
  if (ofNode !== undefined && agents.has(ofNode)) return ofNode;
  return [...agents.values()].find(({ value }) => value.identity.id === name)?.folder;
}
