import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import type { JsonObject } from '../base/json.ts';
import { parseDuration } from '../base/time.ts';
import type { Agent } from '../models/agent.ts';
import type { Manifest } from '../models/manifest.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type {
  AgentGraphOptions,
  GraphNodeOptions,
  InnerGraph,
  StartGraphOptions,
} from './agent-graph-options.ts';
import { ownToolsOf } from './brought.ts';
import { graphProblems } from './graph-check.ts';
import {
  type AgentSource,
  fieldPath,
  type GraphSource,
  NOTHING_WRITTEN,
  type NodeModel,
} from './graph-plan-source.ts';
import { outputSchema } from './make-plan.ts';
import { checkOptions, isZod, type WorkflowOptions } from './options.ts';
import type { OwnTool } from './own-tools.ts';

/**
 * The options of a run that a graph of a program stands for. Throws `usage/bad-option` for the first
 * thing that is wrong with it.
 */
export async function optionsOfGraph(
  { options: graph, steps }: InnerGraph,
  { task, model, ...how }: Omit<StartGraphOptions, 'signal' | 'runId' | 'onApproval'>,
): Promise<WorkflowOptions> {
  const [problem] = graphProblems(graph);
  if (problem) {
    throw new AwpError('usage/bad-option', `${problem.path}: ${problem.message}`, {
      hint: problem.help,
    });
  }
  const {
    nodes: _,
    name,
    description,
    mode,
    maxParallel,
    state,
    stateLimits,
    idleTimeout,
    ...run
  } = graph;
  const tools = toolsOf(graph);
  const source = await sourceOf(graph, ownNames(tools));
  const { model: usual, ...options } = run;
  const all: WorkflowOptions = {
    ...options,
    ...how,
    name,
    task: task ?? description ?? name,
    graph: source,
    steps,
    providers: [...(graph.providers ?? []), ...(how.providers ?? []), ...providersOf(graph)],
    ...(model !== undefined && { model }),
    ...(tools.length > 0 && { tools }),
    budget: { ...graph.budget, ...how.budget },
  };
  checkOptions(all);
  return all;
}

function innerGraphs({ nodes }: AgentGraphOptions): AgentGraphOptions[] {
  return nodes.flatMap(({ graph }) =>
    graph ? [graph.options, ...innerGraphs(graph.options)] : [],
  );
}

/** Tools of the program that some node has; which node may call which is settled node by node. */
function toolsOf(graph: AgentGraphOptions): OwnTool[] {
  const all = [graph, ...innerGraphs(graph)].flatMap(({ nodes }) =>
    nodes.flatMap(({ tools = [] }) => tools.filter((one) => typeof one !== 'string')),
  );
  return [...new Set(all)];
}

function ownNames(tools: readonly OwnTool[]): readonly string[] {
  return ownToolsOf({ tools }).map(({ name }) => name);
}

function providersOf(graph: AgentGraphOptions): ModelProvider[] {
  const models = [graph, ...innerGraphs(graph)].flatMap(({ model, nodes }) => [
    model,
    ...nodes.map((node) => node.model),
  ]);
  return [...new Set(models.filter((one) => typeof one === 'object'))];
}

/** The same that a workflow folder is read to. `own` are the names of all tools of the program. */
async function sourceOf(graph: AgentGraphOptions, own: readonly string[]): Promise<GraphSource> {
  const agents = new Map<string, AgentSource>();
  const subworkflows = new Map<string, GraphSource>();
  for (const node of graph.nodes) {
    if (node.graph) subworkflows.set(node.id, await sourceOf(node.graph.options, own));
    else if (!node.run) agents.set(folderOf(node.id), await agentOf(node, own));
  }
  return {
    folder: undefined,
    manifest: manifestOf(graph),
    written: {
      ...NOTHING_WRITTEN,
      onFailure: new Set(graph.nodes.map(({ id }) => id)),
      timeoutIdle: graph.idleTimeout !== undefined,
    },
    ...{ agents, subworkflows },
    placeOf: (...steps) => fieldPath(steps).replace(/^orchestration\.graph/, 'nodes'),
  };
}

function folderOf(id: string): string {
  return `agents/${id}`;
}

function manifestOf(graph: AgentGraphOptions): Manifest {
  const { name, description, nodes, model, mode = 'parallel', maxParallel = 4 } = graph;
  return {
    awp: '1.0.0',
    workflow: {
      name,
      ...(description !== undefined && { description }),
      ...(model !== undefined && { settings: { llm: { default_model: nameOf(model) } } }),
    },
    orchestration: {
      engine: 'dag',
      graph: nodes.map(nodeOf),
      execution: {
        mode,
        timeout_per_agent: 120,
        timeout_total: 300,
        timeout_idle: seconds(graph.idleTimeout) ?? 60,
        on_error: 'stop',
        max_parallel_agents: maxParallel,
        scheduler: 'ready_queue',
      },
      subworkflows: [],
      degradation: [],
    },
    ...stateOf(graph),
  };
}

const MIB = 1024 * 1024;

function stateOf({ nodes, state, stateLimits }: AgentGraphOptions): Pick<Manifest, 'state'> {
  if (!state && !stateLimits) return {};
  const { bytes = 10 * MIB, fieldBytes = MIB, fields } = stateLimits ?? {};
  const limits = {
    max_state_size_mb: bytes / MIB,
    max_field_size_mb: fieldBytes / MIB,
    max_fields: fields ?? Math.max(1000, 2 * nodes.length),
  };
  return {
    state: {
      ...{ model: 'shared_dict', initial: state ?? {}, required_fields: [], auto_inject: {} },
      ...(stateLimits && { limits }),
    },
  };
}

/** The model string of a model. */
function nameOf(model: string | ModelProvider): string {
  return typeof model === 'string' ? model : model.name;
}

/** Milliseconds, or a text such as `2m`, as seconds of the standard. */
function seconds(said: number | string | undefined): number | undefined {
  const milliseconds = typeof said === 'string' ? parseDuration(said) : said;
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function nodeOf(node: GraphNodeOptions): NodeModel {
  const { id, description = '', enabled = true, when, dependsOn = [], approval, graph } = node;
  const { shareInput, shareOutput = [], onFailure = 'stop', timeout, input, output } = node;
  const time = seconds(timeout);
  return {
    id,
    description,
    enabled,
    depends_on: dependsOn.map(dependencyOf),
    share_output: [...shareOutput],
    on_failure: onFailure,
    type: graph ? 'subworkflow' : 'agent',
    ...(when !== undefined && { when }),
    ...(shareInput && { share_input: shareOf(shareInput) }),
    ...(time !== undefined && { timeout: time }),
    ...(node.retry !== undefined && { retry: retryOf(node.retry) }),
    ...(node.loop && { loop: loopOf(node.loop) }),
    ...(node.fanOut && { fan_out: fanOutOf(node.fanOut) }),
    ...(node.fanIn && { fan_in: fanInOf(node.fanIn) }),
    ...(graph && { subworkflow: id }),
    ...(input && { input_mapping: { ...input } }),
    ...(output && { output_mapping: { ...output } }),
    ...(approval && { approval }),
  };
}

function dependencyOf(
  one: NonNullable<GraphNodeOptions['dependsOn']>[number],
): NodeModel['depends_on'][number] {
  if (typeof one === 'string') return one;
  const { id, condition = 'success', when } = one;
  return { id, condition, ...(when !== undefined && { expr: when }) };
}

function shareOf(
  share: NonNullable<GraphNodeOptions['shareInput']>,
): NonNullable<NodeModel['share_input']> {
  if (Array.isArray(share)) return [...share];
  return Object.fromEntries(Object.entries(share).map(([id, fields]) => [id, [...fields]]));
}

/** What functions throw is tried again, too: whoever asks for attempts of a function means that. */
const RETRYABLE = ['timeout', 'rate_limit', 'server_error', 'connection_error', 'step'];

const NEVER_RETRYABLE = ['validation_error', 'auth_error'];

function retryOf(retry: NonNullable<GraphNodeOptions['retry']>): NonNullable<NodeModel['retry']> {
  const {
    attempts,
    backoff = 'exponential',
    base,
    max,
    retryable,
    nonRetryable,
  } = typeof retry === 'number' ? { attempts: retry } : retry;
  return {
    max_attempts: attempts,
    backoff,
    backoff_base: seconds(base) ?? 2,
    backoff_max: seconds(max) ?? 60,
    retryable_errors: [...(retryable ?? RETRYABLE)],
    // What is usually never tried again overrules no list that was written.
    non_retryable_errors: [...(nonRetryable ?? (retryable ? [] : NEVER_RETRYABLE))],
  };
}

function loopOf({
  max,
  while: condition,
  interactive = false,
  promptField,
}: NonNullable<GraphNodeOptions['loop']>): NonNullable<NodeModel['loop']> {
  return {
    enabled: true,
    type: interactive ? 'interactive' : 'standard',
    max_iterations: max,
    poll_interval: 2,
    ...(condition !== undefined && { condition }),
    ...(promptField !== undefined && { prompt_field: promptField }),
  };
}

function fanOutOf({
  over,
  as = 'item',
  maxParallel = 4,
}: NonNullable<GraphNodeOptions['fanOut']>): NonNullable<NodeModel['fan_out']> {
  return {
    enabled: true,
    source: over,
    variable: as,
    max_parallel: maxParallel,
    agent_template: '',
  };
}

function fanInOf({
  strategy,
  field,
  expr,
  tool,
}: NonNullable<GraphNodeOptions['fanIn']>): NonNullable<NodeModel['fan_in']> {
  return {
    strategy,
    ...(field !== undefined && { target_field: field }),
    ...(expr !== undefined && { expr }),
    ...(tool !== undefined && { tool }),
  };
}

const PARTS = [...(['system', 'skills', 'memory', 'messages', 'context', 'additional'] as const)];

/** An agent as its file would have it. */
async function agentOf(node: GraphNodeOptions, own: readonly string[]): Promise<AgentSource> {
  const { id, role = id, description = '', instructions = '', temperature } = node;
  const { maxOutputTokens } = node;
  const answer = await answerOf(node.answer);
  const value: Agent = {
    awp_agent: '1.0.0',
    identity: { id, role, description, version: '1.0.0', tags: [] },
    ...modelOf(node),
    prompt: { system: instructions, additional: [], variables: {}, injection_order: PARTS },
    output: { format: answer.format },
    capabilities: { data_sources: [], tools: capabilitiesOf(node, own) },
  };
  return {
    folder: folderOf(id),
    value,
    parameters: {
      ...(temperature !== undefined && { temperature }),
      ...(maxOutputTokens !== undefined && { maxTokens: maxOutputTokens }),
    },
    contract: answer.schema,
    contractForm: answer.schema && 'json-schema',
    checks: false,
    system: instructions,
    user: undefined,
    fragments: [],
    fieldNotes: undefined,
    preprocessors: [],
    module: undefined,
    skills: undefined,
    hash: sha256(JSON.stringify([value, answer])),
  };
}

function modelOf({
  model,
  fallbackModels = [],
  reasoning,
}: GraphNodeOptions): Pick<Agent, 'model'> {
  const name = model === undefined ? '' : nameOf(model);
  return {
    model: {
      name,
      fallback: [...fallbackModels],
      ...(reasoning && { reasoning: { enabled: true, effort: reasoning, force: false } }),
    },
  };
}

async function answerOf(
  answer: GraphNodeOptions['answer'],
): Promise<{ format: 'json' | 'text' | 'markdown'; schema?: JsonObject }> {
  if (answer === undefined) return { format: 'json' };
  if (answer === 'text' || answer === 'markdown') return { format: answer };
  const schema = isZod(answer) ? await outputSchema(answer) : answer;
  return { format: 'json', ...(schema && { schema: schema as JsonObject }) };
}

type Tools = NonNullable<NonNullable<Agent['capabilities']>['tools']>;

/** Tools of other nodes come with the run, too, and are denied to this one. */
function capabilitiesOf({ tools = [] }: GraphNodeOptions, own: readonly string[]): Tools {
  const named = tools.filter((one) => typeof one === 'string');
  const mine = ownNames(tools.filter((one) => typeof one !== 'string'));
  return {
    enabled: tools.length > 0,
    max_calls: null,
    max_parallel: 16,
    timeout_per_call: 30,
    allowed: [...named, ...mine],
    denied: own.filter((name) => !mine.includes(name)),
    namespaces: [],
  };
}
