import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import type { Limits, PlanInput, PlanSkill } from '../events/plan.ts';
import type { PlanAgent, PlanEvaluation, PlanGraph } from '../events/plan-graph.ts';
import { RESERVED_STATE_KEYS } from '../models/common.ts';
import { defaultModel } from '../providers/resolve.ts';
import { broughtBy } from './brought.ts';
import { nameOf } from './choose-models.ts';
import { creationOption } from './creation-options.ts';
import { evaluationOption, judgesOf } from './evaluation-options.ts';
import { graphPlan } from './graph-plan.ts';
import { graphBudget } from './graph-plan-limits.ts';
import { graphNotes } from './graph-plan-notes.ts';
import type { GraphSource } from './graph-plan-source.ts';
import { FORBIDDEN_TOOLS, sandboxPolicy } from './make-plan.ts';
import { limitsOf, type WorkflowOptions } from './options.ts';
import { type Drafting, notFor, type PlanDraft, pathsOf } from './plan-draft.ts';
import { toolRules } from './tool-options.ts';

/** Options that only a delegation loop has; nodes of a graph have theirs in their files. */
const LOOP_ONLY = [
  ...(['managerInstructions', 'managerTemperature', 'managerMaxOutputTokens'] as const),
  ...([
    'managerControls',
    'submanagerAgents',
    'fullTurns',
    'stall',
    'temperature',
    'maxOutputTokens',
  ] as const),
  ...(['fallbackModels', 'reasoning', 'mustReason', 'output'] as const),
];

/**
 * The plan of a graph. Throws `model/none`, `spec/invalid`, `spec/unsupported`, `usage/bad-option`,
 * `usage/unknown-option`.
 */
export function draftOfGraph(
  options: WorkflowOptions,
  source: GraphSource,
  { secrets, taped, ...moment }: Drafting,
): PlanDraft {
  const surplus = LOOP_ONLY.find((name) => options[name] !== undefined);
  if (surplus !== undefined) throw notFor(surplus, 'a node has that in its own file or settings');
  const steps = new Set(Object.keys(options.steps ?? {}));
  const instead = nameOf(options.model);
  const otherwise = taped ? taped.manager : defaultModel(secrets);
  const roles = { manager: nameOf(options.managerModel), worker: nameOf(options.workerModel) };
  const creating = creationOption(options.dynamicTools);
  const {
    graph,
    agents,
    loops,
    evaluation: own,
    skills,
  } = graphPlan(source, {
    ...moment,
    ...{ steps, scored: options.evaluation === true, creating },
    models: { instead, otherwise, ...roles },
    options: {
      ...options,
      forbiddenTools: [...FORBIDDEN_TOOLS, ...(options.forbiddenTools ?? [])],
    },
  });
  checkSteps(steps, graph);
  const limits = limitsIn(options, source, loops);
  const settings = [
    ...Object.values(agents).filter(({ module }) => module === undefined),
    ...Object.values(loops).flatMap(({ manager, worker }) => [manager, worker]),
  ];
  const main = settings[0]?.model ?? '';
  const evaluation = evaluationOf(options, own, main === '' ? (instead ?? otherwise ?? '') : main);
  const isScored = options.evaluation !== false && evaluation !== undefined;
  const brought = broughtBy(options);
  return {
    settings: [...settings, ...(isScored ? judgesOf(evaluation) : [])],
    skills,
    notes: graphNotes(source),
    roles: { manager: main, worker: main },
    joins: new Map(joinsOf(source)),
    plan: ({ inputs, simulated, skills: shared, agentSkills }) => ({
      version: 1,
      engine: 'dag',
      name: options.name ?? source.manifest.workflow.name,
      task: options.task,
      limits,
      durability: options.durability ?? 'full',
      inputs,
      graph: withValues(graph, source, valuesOf(inputs, options.inputs)),
      agents: Object.fromEntries(
        Object.entries(agents).map(([key, agent]) => [
          key,
          withSkills(agent, agentSkills.get(key) ?? shared),
        ]),
      ),
      loops,
      ...(isScored && { evaluation }),
      sandbox: sandboxPolicy(options.sandbox, options.packages),
      ...(creating && { creation: creating.creation }),
      ...toolRules(options),
      ...(shared.length > 0 && Object.keys(loops).length > 0 && { skills: shared }),
      ...(brought && { brought }),
      simulated: simulated && settings.length > 0,
      ...(options.workflowHash !== undefined && { workflowHash: options.workflowHash }),
    }),
  };
}

/** How results are scored: as the workflow says, unless the program says more than yes. */
function evaluationOf(
  { evaluation }: WorkflowOptions,
  own: PlanEvaluation | undefined,
  judge: string,
): PlanEvaluation | undefined {
  const isOwn = typeof evaluation !== 'object' && (evaluation !== true || own !== undefined);
  return isOwn ? own : evaluationOption(evaluation, judge);
}

/** Limits of the run. A graph without a delegation loop has no turns, no managers, no workers of one. */
function limitsIn(options: WorkflowOptions, source: GraphSource, loops: object): Limits {
  const limits = limitsOf({ ...options, budget: { ...graphBudget(source), ...options.budget } });
  if (Object.keys(loops).length > 0) return limits;
  const { model, managerModel, workerModel } = options;
  const isOther = (one: WorkflowOptions['model']): boolean => one !== undefined && one !== model;
  const [surplus] = [
    ...(limits.loops === null ? [] : ['budget.loops']),
    ...(limits.depth === null ? [] : ['budget.depth']),
    ...(isOther(managerModel) ? ['managerModel (--manager-model)'] : []),
    ...(isOther(workerModel) ? ['workerModel (--worker-model)'] : []),
  ];
  if (surplus !== undefined) throw notFor(surplus, 'its graph has no delegation loop as a node');
  return limits;
}

/** Tools that put results together, with the places that name them. */
function joinsOf({ manifest, subworkflows, placeOf }: GraphSource): [string, string][] {
  const own = (manifest.orchestration?.graph ?? []).flatMap(({ fan_in }, index) => {
    const place = placeOf('orchestration', 'graph', index, 'fan_in', 'tool');
    return fan_in?.tool === undefined ? [] : [[fan_in.tool, place] satisfies [string, string]];
  });
  return [...[...subworkflows.values()].flatMap(joinsOf), ...own];
}

/** What an agent knows is a part of what it is made of. */
function withSkills(agent: PlanAgent, skills: readonly PlanSkill[]): PlanAgent {
  if (skills.length === 0) return agent;
  const texts = skills.map((skill) => skill.sha256);
  return { ...agent, skills, hash: sha256([agent.hash, ...texts].join(' ')) };
}

/** Every step stands for a node that there is. */
function checkSteps(steps: ReadonlySet<string>, graph: PlanGraph): void {
  const known = new Set(pathsOf(graph, '').map(({ path }) => path));
  const wrong = [...steps].find((path) => !known.has(path));
  if (wrong === undefined) return;
  const near = nearest(wrong, known);
  throw new AwpError('usage/unknown-option', `steps: there is no node ${wrong}`, {
    hint:
      near === undefined ? `nodes: ${[...known].slice(0, 20).join(', ')}` : `did you mean ${near}?`,
  });
}

/** Inputs are in the state under their names: who runs it has the last word, but for `auto_inject`. */
function withValues(graph: PlanGraph, { manifest }: GraphSource, values: JsonObject): PlanGraph {
  const injected = new Set([
    ...Object.keys(manifest.state?.auto_inject ?? {}),
    ...RESERVED_STATE_KEYS,
  ]);
  const given = Object.entries(values).filter(([key]) => !injected.has(key));
  if (given.length === 0) return graph;
  const initial = { ...graph.state.initial, ...Object.fromEntries(given) };
  return { ...graph, state: { ...graph.state, initial } };
}

/** Characters of an input that is in the state as it is; a longer one is there as the path of its file. */
const VALUE_CHARS = 64_000;

/** The value of each input as JSON, or the path that agents find its file at. */
function valuesOf(inputs: readonly PlanInput[], given: WorkflowOptions['inputs'] = {}): JsonObject {
  return Object.fromEntries(
    inputs.map(({ name, path, kind }): [string, Json] => {
      const value: unknown = given[name];
      const file = path === undefined ? null : `inputs/${path}`;
      const plain = path === undefined || kind === 'json';
      return [name, plain ? asJson(value, file) : file];
    }),
  );
}

function asJson(value: unknown, otherwise: Json): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value === undefined || typeof value === 'bigint')
    return value === undefined ? null : String(value);
  const text = JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'bigint' ? String(one) : one,
  );
  if (text === undefined || (isObject(value) && 'path' in value && 'kind' in value))
    return otherwise;
  return text.length > VALUE_CHARS ? otherwise : (JSON.parse(text) as Json);
}
