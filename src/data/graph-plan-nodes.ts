import { parseExpression } from '../base/expression/parse.ts';
import { nearest } from '../base/nearest.ts';
import { statePath } from '../base/paths.ts';
import type {
  PlanDegradation,
  PlanDependency,
  PlanFanIn,
  PlanFanOut,
  PlanNode,
  PlanRepeat,
  PlanRetry,
} from '../events/plan-graph.ts';
import { type GraphSource, type NodeModel, wrongAt } from './graph-plan-source.ts';

/** What of its workflow counts for a node. */
export interface NodeContext {
  source: GraphSource;
  /** Place in the list, from 0. */
  index: number;
  /** Key of an agent that is named by folder, id or node; undefined when there is none. */
  keyOf(name: string): string | undefined;
  /** The same for an agent that is used: it is part of the plan from then on. */
  agentKey(name: string): string | undefined;
}

/** The parts of a node that are the same whatever kind it is; milliseconds instead of seconds. */
type CommonNode = Omit<PlanNode, 'kind' | 'agent' | 'graph' | 'loop' | 'inputMapping'>;

/** A node without what it runs (runtime 2.1, 2.6 to 2.8). Throws `spec/invalid`. */
export function commonNode(node: NodeModel, context: NodeContext): CommonNode {
  const { id, description, enabled, depends_on, when, share_input, share_output, approval } = node;
  const repeat = repeatOf(node.loop);
  const fanOut = fanOutOf(node, context);
  const { action, retries } = failureOf(node, context.source);
  return {
    id,
    description,
    dependsOn: depends_on.map(dependencyOf),
    enabled,
    ...(when !== undefined && { when }),
    ...(share_input && { shareInput: share_input }),
    ...(share_output.length > 0 && { shareOutput: share_output }),
    onFailure: action,
    timeoutMs: timeoutOf(node, context.source),
    retry: retryOf(node, context.source, retries),
    degradation: degradationOf(node, context),
    ...(repeat && { repeat }),
    ...(fanOut && { fanOut, fanIn: fanInOf(node.fan_in) }),
    ...(approval && { approval }),
  };
}

function dependencyOf(dependency: NodeModel['depends_on'][number]): PlanDependency {
  if (typeof dependency === 'string') return { id: dependency, condition: 'success' };
  const { id, condition, expr } = dependency;
  return { id, condition, ...(expr !== undefined && { expr }) };
}

/** The node's own word counts, else `execution.on_error` if it is there, else `stop` (decision 27). */
function failureOf(
  { id, on_failure }: NodeModel,
  { manifest, written }: GraphSource,
): { action: PlanNode['onFailure']; retries: boolean } {
  const { on_error } = manifest.orchestration?.execution ?? {};
  const inherited = written.onError && on_error ? on_error : 'stop';
  const said = written.onFailure.has(id) ? on_failure : inherited;
  return said === 'retry' ? { action: 'stop', retries: true } : { action: said, retries: false };
}

/** Seconds of the standard as milliseconds. */
function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}

/**
 * `timeout_per_agent` is about agents: sub-workflows and loops have limits of their own. Nodes of a
 * program have the time that they were given, and no other.
 */
function timeoutOf(node: NodeModel, { manifest, folder }: GraphSource): number | null {
  if (node.timeout !== undefined) return milliseconds(node.timeout);
  if (isNested(node) || folder === undefined) return null;
  const { execution } = manifest.orchestration ?? {};
  return execution ? milliseconds(execution.timeout_per_agent) : 120_000;
}

/** Whether a node is a graph or a loop of its own. */
export function isNested({ type, subworkflow, config }: NodeModel): boolean {
  return type !== 'agent' || subworkflow !== undefined || config !== undefined;
}

const ONCE: PlanRetry = {
  attempts: 1,
  backoff: 'exponential',
  baseMs: 2000,
  maxMs: 60_000,
  retryable: ['timeout', 'rate_limit', 'server_error'],
  nonRetryable: ['validation_error', 'auth_error'],
};

/** The node's own attempts, else those of `error_handling`; `retry` means at least two. */
function retryOf(
  { id, retry }: NodeModel,
  { manifest, written }: GraphSource,
  retries: boolean,
): PlanRetry {
  const own = retry ? ownRetry(retry, written.onlyRetryable.has(id)) : generalRetry(manifest);
  return retries ? { ...own, attempts: Math.max(own.attempts, 2) } : own;
}

/** A list of what is tried again is not overruled by what is usually not: nobody wrote that. */
function ownRetry(retry: NonNullable<NodeModel['retry']>, isOnlyRetryable: boolean): PlanRetry {
  return {
    attempts: retry.max_attempts,
    backoff: retry.backoff,
    baseMs: milliseconds(retry.backoff_base),
    maxMs: milliseconds(retry.backoff_max),
    retryable: retry.retryable_errors,
    nonRetryable: isOnlyRetryable ? [] : retry.non_retryable_errors,
  };
}

/** `error_handling` names further attempts and the first wait; each further wait is that much longer. */
function generalRetry({ orchestration }: GraphSource['manifest']): PlanRetry {
  const handling = orchestration?.execution?.error_handling;
  if (!handling) return ONCE;
  const baseMs = milliseconds(handling.retry_delay);
  return { ...ONCE, attempts: 1 + handling.max_retries, backoff: 'linear', baseMs };
}

type Degradation = NonNullable<GraphSource['manifest']['orchestration']>['degradation'][number];

/** In the order of the manifest; the agent that takes over for all comes last. */
function degradationOf(node: NodeModel, context: NodeContext): PlanDegradation[] {
  const { degradation = [], execution } = context.source.manifest.orchestration ?? {};
  const general = execution?.error_handling?.fallback_agent;
  if (degradation.length === 0 && general === undefined) return [];
  const own = context.keyOf(node.agent ?? node.id);
  const isOwn = (agent: string): boolean =>
    agent === node.id || (own !== undefined && context.keyOf(agent) === own);
  const rules = degradation.flatMap((rule, index) =>
    isOwn(rule.agent) ? [ruleOf(rule, index, context)] : [],
  );
  if (general === undefined || isNested(node) || context.keyOf(general) === own) return rules;
  const steps = ['orchestration', 'execution', 'error_handling', 'fallback_agent'] as const;
  return [...rules, { fallback: 'agent', agent: agentNamed(general, steps, context) }];
}

function ruleOf(
  { fallback, max_staleness }: Degradation,
  index: number,
  context: NodeContext,
): PlanDegradation {
  if (fallback === 'skip') return { fallback };
  if (fallback === 'cached_results') {
    const maxStalenessMs = max_staleness === undefined ? null : milliseconds(max_staleness);
    return { fallback, maxStalenessMs };
  }
  const steps = ['orchestration', 'degradation', index, 'fallback'] as const;
  return { fallback: 'agent', agent: agentNamed(fallback, steps, context) };
}

function agentNamed(
  name: string,
  steps: readonly (string | number)[],
  { source, agentKey }: NodeContext,
): string {
  const key = agentKey(name);
  if (key !== undefined) return key;
  const known = [...source.agents.keys()].map((folder) => folder.replace(/^agents\//, ''));
  const near = nearest(name, known);
  throw wrongAt(
    source.placeOf(...steps),
    `there is no agent ${name} that could take over`,
    near === undefined ? `known: ${known.join(', ')}` : `did you mean ${near}?`,
  );
}

function repeatOf(loop: NodeModel['loop']): PlanRepeat | undefined {
  if (!loop?.enabled) return undefined;
  const { type, max_iterations, condition, prompt_field, input_channel } = loop;
  return {
    interactive: type === 'interactive',
    max: max_iterations,
    ...(condition !== undefined && condition.trim() !== '' && { condition }),
    ...(prompt_field !== undefined && { promptField: prompt_field }),
    ...(input_channel !== undefined && { inputChannel: input_channel }),
  };
}

function fanOutOf(
  { id, agent = id, fan_out }: NodeModel,
  { agentKey, keyOf, source, index }: NodeContext,
): PlanFanOut | undefined {
  if (!fan_out?.enabled) return undefined;
  const { source: list, variable, max_parallel, agent_template } = fan_out;
  if (list.trim() === '') {
    const place = source.placeOf('orchestration', 'graph', index, 'fan_out');
    throw wrongAt(
      place,
      'there is no `source`',
      'name a list in the state, such as planner.topics',
    );
  }
  const other = agent_template !== '' && keyOf(agent_template) !== keyOf(agent);
  const template = other ? agentKey(agent_template) : undefined;
  return {
    source: statePath(list.trim()),
    variable,
    maxParallel: max_parallel,
    ...(template !== undefined && { agent: template }),
  };
}

function fanInOf(fanIn: NodeModel['fan_in']): PlanFanIn {
  if (!fanIn) return { strategy: 'merge' };
  const { strategy, target_field, expr, tool } = fanIn;
  return {
    strategy,
    ...(target_field !== undefined && { targetField: target_field }),
    ...(expr !== undefined && { expr }),
    ...(tool !== undefined && { tool }),
  };
}

type Mapping = Readonly<Record<string, string>>;

/** What a sub-workflow is handed and hands back. */
export interface Mappings {
  inputMapping?: Mapping;
  outputMapping?: Mapping;
}

const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*$/;

/**
 * Mappings of a node put on those of the sub-workflow that it names (runtime 2.2): what the named
 * one takes from a key comes from the node's expression for that key, and the other way round. A
 * path that does not begin with `state` is one in the state. Throws `spec/invalid` for what is
 * no expression.
 */
export function mappingsOf(
  node: NodeModel,
  { source, index }: Pick<NodeContext, 'source' | 'index'>,
  sub: GraphSource,
): Mappings {
  const { subworkflows = [] } = source.manifest.orchestration ?? {};
  const named = subworkflows.find(({ name }) => name === node.subworkflow);
  const input = inputsOf(named?.input_mapping ?? {}, node.input_mapping ?? {});
  const output = node.output_mapping
    ? composed(node.output_mapping, named?.output_mapping ?? {})
    : (named?.output_mapping ?? {});
  const sinks = sinksOf(sub);
  const inner = (sub.manifest.orchestration?.graph ?? []).map(({ id }) => id);
  const taken = inner.find((id) => Object.hasOwn(input, id));
  if (taken !== undefined) {
    throw wrongAt(
      source.placeOf('orchestration', 'graph', index, 'input_mapping'),
      `${taken} is a node of the sub-workflow: what it brings stands under its id`,
      'hand the value in under another key',
    );
  }
  const known = new Set([
    ...inner,
    ...Object.keys(sub.manifest.state?.initial ?? {}),
    ...Object.keys(sub.manifest.state?.auto_inject ?? {}),
    ...Object.keys(input),
  ]);
  const inside = (path: string): string => {
    const [first = ''] = path.split(/[.[]/);
    const [sink] = sinks;
    return known.has(first) || sinks.length !== 1 ? `state.${path}` : `state.${sink}.${path}`;
  };
  const check = (key: 'input_mapping' | 'output_mapping', text: string): string => {
    const parsed = parseExpression(text);
    if (parsed.ok) return text;
    const place = source.placeOf('orchestration', 'graph', index, key);
    throw wrongAt(place, `${JSON.stringify(text)}: ${parsed.error.message}`, parsed.error.help);
  };
  const outside = (path: string): string => `state.${path}`;
  const inputMapping = expressions(input, outside, (text) => check('input_mapping', text));
  const outputMapping = expressions(output, inside, (text) => check('output_mapping', text));
  return {
    ...(Object.keys(input).length > 0 && { inputMapping }),
    ...(Object.keys(output).length > 0 && { outputMapping }),
  };
}

/** `outer` reads from what `inner` gives: where it names a key of it, it takes the key's own source. */
function composed(outer: Mapping, inner: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(outer).map(([key, from]) => [key, own(inner, from) ?? from]),
  );
}

/** What the node hands in besides what the sub-workflow asks for goes in as it is. */
function inputsOf(named: Mapping, node: Mapping): Mapping {
  const used = new Set(Object.values(named));
  const further = Object.entries(node).filter(([key]) => !used.has(key));
  return { ...Object.fromEntries(further), ...composed(named, node) };
}

function own(mapping: Mapping, key: string): string | undefined {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

function expressions(
  mapping: Mapping,
  path: (text: string) => string,
  check: (text: string) => string,
): Mapping {
  return Object.fromEntries(
    Object.entries(mapping).map(([key, text]) => {
      const plain = PATH.test(text.trim()) && !/^state(?:[.[]|$)/.test(text.trim());
      return [key, check(plain ? path(text.trim()) : text)];
    }),
  );
}

/** Nodes that none depends on. */
function sinksOf({ manifest }: GraphSource): string[] {
  const { graph = [] } = manifest.orchestration ?? {};
  const before = new Set(
    graph.flatMap(({ depends_on }) =>
      depends_on.map((one) => (typeof one === 'string' ? one : one.id)),
    ),
  );
  return graph.flatMap(({ id }) => (before.has(id) ? [] : [id]));
}
