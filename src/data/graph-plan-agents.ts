import { AwpError } from '../base/errors.ts';
import type { ToolMaking } from '../events/creation.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import type { Agent } from '../models/agent.ts';
import type { Manifest } from '../models/manifest.ts';
import { SOLVES } from '../runtime/codemode/codemode.ts';
import { agentMaking } from './creation-manifest.ts';
import { onSurface, planCodemode } from './graph-plan-codemode.ts';
import { outputOf } from './graph-plan-output.ts';
import type { AgentSource } from './graph-plan-source.ts';

/** Answers of one model call that are tried, the first included. */
const ATTEMPTS = 5;
/** Most tokens of one answer when nobody says. */
const MAX_OUTPUT_TOKENS = 8192;

/** Which models the agents of a run ask. */
export interface GraphModels {
  /** Asked instead of all that files name: `-m` of the command line. */
  instead: string | undefined;
  /** Asked by agents that name none, when the workflow names none either: `LLM_MODEL`. */
  otherwise: string | undefined;
  /** Asked instead by managers and workers of loops that are nodes. */
  manager?: string | undefined;
  worker?: string | undefined;
}

/** What of its workflow and its run counts for an agent. */
export interface AgentContext {
  /** Key in the plan. */
  id: string;
  manifest: Manifest;
  models: GraphModels;
  /** Tools that nobody in the run may have. */
  forbidden: readonly string[];
  /** Tools that the run was given for all, as names or patterns. */
  further: readonly string[];
  /** Tools that agents of its graph may make; left out: none. */
  making?: ToolMaking | undefined;
}

/** An agent of the plan: its file with all defaults, in our units. Throws `model/none`. */
export function planAgent(source: AgentSource, context: AgentContext): PlanAgent {
  const { value, system, user, fragments, preprocessors, module, hash } = source;
  const { identity, prompt } = value;
  const { id } = context;
  const making = agentMaking(context.making, value.capabilities?.codemode);
  return {
    id,
    role: identity.role,
    description: identity.description,
    ...modelOf(source, context),
    attempts: ATTEMPTS,
    prompt: {
      system,
      ...(user !== undefined && { user }),
      fragments,
      variables: prompt.variables,
      order: orderOf(prompt.injection_order),
    },
    ...toolsOf(source, context),
    ...(making && { making }),
    skills: [],
    output: outputOf(source),
    ...visionOf(value, context),
    preprocessors,
    ...(module !== undefined && { module }),
    hash,
  };
}

type ModelPart = Pick<
  PlanAgent,
  'model' | 'temperature' | 'maxOutputTokens' | 'topP' | 'fallback' | 'reasoning' | 'mustReason'
>;

/** A model that the run asks instead of all others has nothing behind it: nobody chose that. */
function modelOf({ value, parameters, module }: AgentSource, context: AgentContext): ModelPart {
  const { llm = {} } = context.manifest.workflow.settings ?? {};
  const { fallback = [], reasoning } = value.model ?? {};
  const model = modelName(value, context);
  if (model === undefined && module === undefined) throw noModel(context.id);
  const behind = context.models.instead === undefined ? fallback : [];
  return {
    model: model ?? '',
    temperature: parameters.temperature ?? llm.temperature ?? 0,
    maxOutputTokens: parameters.maxTokens ?? llm.max_tokens ?? MAX_OUTPUT_TOKENS,
    ...(parameters.topP !== undefined && { topP: parameters.topP }),
    ...(behind.length > 0 && {
      fallback: behind.map((name) => withProvider(name, llm.default_provider)),
    }),
    ...(reasoning?.enabled && { reasoning: reasoning.effort }),
    ...(reasoning?.enabled && reasoning.force && { mustReason: true as const }),
  };
}

/** The run's model, else the file's, the workflow's, that of the environment. */
export function modelName(
  { model }: { model?: Agent['model'] | undefined },
  { manifest, models }: Pick<AgentContext, 'manifest' | 'models'>,
): string | undefined {
  const { default_model, default_provider } = manifest.workflow.settings?.llm ?? {};
  if (models.instead !== undefined) return models.instead;
  const name = model?.name ?? '';
  if (name !== '') return withProvider(name, model?.provider ?? default_provider);
  return default_model ? withProvider(default_model, default_provider) : models.otherwise;
}

/** `gpt-5` of the provider `openai` is `openai/gpt-5`; a name with that prefix stays. */
function withProvider(name: string, provider: string | undefined): string {
  if (provider === undefined || provider === '' || name.startsWith(`${provider}/`)) return name;
  return `${provider}/${name}`;
}

function noModel(id: string): AwpError {
  return new AwpError('model/none', `no model was named for the agent ${id}`, {
    hint: 'name one in its file, with -m (ollama/qwen3, openrouter/...), or set LLM_MODEL',
  });
}

type Part = PlanAgent['prompt']['order'][number];

/** Parts of a prompt in the words of the Python models. */
const PARTS: ReadonlyMap<string, Part> = new Map([
  ['system_prompt', 'system'],
  ['previous_agents', 'context'],
  ['user_prompt', 'additional'],
]);
const ALL_PARTS: readonly Part[] = [
  ...(['system', 'skills', 'memory', 'messages', 'context', 'additional'] as const),
];

/** `injection_order` is an order: parts that it does not name come behind those that it names. */
function orderOf(named: Agent['prompt']['injection_order']): Part[] {
  const parts = named.map((part) => PARTS.get(part) ?? (part as Part)); // all others are ours
  return [...new Set([...parts, ...ALL_PARTS])];
}

type ToolPart = Pick<
  PlanAgent,
  'tools' | 'denied' | 'toolChoice' | 'parallelCalls' | 'toolRounds' | 'calls' | 'codemode'
>;

/** Nothing is called unless the file switches tools on (runtime 2.10). */
function toolsOf(source: AgentSource, { forbidden, further }: AgentContext): ToolPart {
  const { tools, codemode } = source.value.capabilities ?? {};
  if (!tools?.enabled) return { tools: [], denied: ['*', '*.*'], toolRounds: 0 };
  const { allowed, denied, namespaces, max_calls, tool_choice, parallel_calls } = tools;
  const named = allowed.length > 0 ? allowed : ['*.*'];
  const all = within([...named, ...further], namespaces);
  const own = codemode?.enabled ? [...onSurface(all, codemode), SOLVES] : all;
  const excluded = codemode?.enabled ? (codemode.sdk_surface?.exclude ?? []) : [];
  const programs = planCodemode(codemode);
  return {
    tools: [...new Set(own)],
    denied: [...new Set([...forbidden, ...denied, ...excluded])],
    ...(programs && { codemode: programs }),
    ...(tool_choice !== undefined && { toolChoice: tool_choice }),
    ...(parallel_calls !== undefined && { parallelCalls: parallel_calls }),
    toolRounds: max_calls,
    calls: callsOf(tools, source.callSeconds),
  };
}

/** What of the patterns lies in namespaces; none is all of them. */
function within(patterns: readonly string[], namespaces: readonly string[]): readonly string[] {
  if (namespaces.length === 0) return patterns;
  return patterns.flatMap((pattern) => {
    const [namespace = '', ...rest] = pattern.split('.');
    if (namespace === '*') return namespaces.map((one) => [one, ...rest].join('.'));
    return namespaces.includes(namespace) ? [pattern] : [];
  });
}

type Calls = NonNullable<PlanAgent['calls']>;

type Tools = NonNullable<NonNullable<Agent['capabilities']>['tools']>;

function callsOf(tools: Tools, seconds: number | undefined): Calls {
  const { max_calls, max_parallel, parallel_calls, overrides = {}, namespaces } = tools;
  return {
    max: max_calls,
    // Services that cannot be told so may still answer with several.
    parallel: parallel_calls === false ? 1 : max_parallel,
    timeoutMs: seconds === undefined ? null : Math.ceil(seconds * 1000),
    overrides: Object.entries(overrides).map(([tool, own]) => ({
      tool,
      ...(own.timeout !== undefined && { timeoutMs: Math.ceil(own.timeout * 1000) }),
      ...(own.max_calls !== undefined && { calls: own.max_calls }),
      ...rateOf(own.rate_limit),
    })),
    ...(namespaces.length > 0 && { namespaces }),
  };
}

/** A number is calls a minute; a map names them. */
function rateOf(rate: unknown): { perMinute?: number; perHour?: number } {
  if (typeof rate === 'number') return { perMinute: rate };
  if (typeof rate !== 'object' || rate === null) return {};
  const {
    max_per_minute,
    max_calls_per_minute = max_per_minute,
    max_per_hour,
  } = rate as Record<string, unknown>;
  return {
    ...(typeof max_calls_per_minute === 'number' && { perMinute: max_calls_per_minute }),
    ...(typeof max_per_hour === 'number' && { perHour: max_per_hour }),
  };
}

function visionOf(
  { vision }: Agent,
  { models, manifest }: AgentContext,
): Pick<PlanAgent, 'vision'> {
  if (!vision?.enabled) return {};
  const { model, formats, max_images, max_size_mb } = vision;
  const provider = manifest.workflow.settings?.llm?.default_provider;
  return {
    vision: {
      ...(model !== undefined &&
        models.instead === undefined && { model: withProvider(model, provider) }),
      formats,
      maxImages: max_images,
      maxBytes: Math.floor(max_size_mb * 1024 * 1024),
    },
  };
}
