import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { ModelSettings, Plan, PlanInput } from '../events/plan.ts';
import type { PlanGraph, PlanNode } from '../events/plan-graph.ts';
import type { Secrets } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import { defaultModel } from '../providers/resolve.ts';
import { evaluationNotes, evaluationOption, judgesOf } from './evaluation-options.ts';
import type { GraphNote } from './graph-plan-notes.ts';
import { makePlan } from './make-plan.ts';
import { modelOptions } from './model-options.ts';
import type { WorkflowOptions } from './options.ts';
import type { WorkflowSkills } from './skill-sources.ts';
import type { ResolvedSkills } from './skills.ts';
import type { RunTape } from './tapes.ts';

/** What is found while a run begins, and goes into its plan. */
export interface Found extends Pick<ResolvedSkills, 'skills'> {
  inputs: readonly PlanInput[];
  simulated: boolean;
  output: JsonObject | undefined;
  /** Skills of agents that have some of their own. */
  agentSkills: ResolvedSkills['agentSkills'];
}

/** A plan that still lacks inputs and skills, which are put in place after it. */
export interface PlanDraft {
  /** The models of the two roles, for tapes. */
  roles: { manager: string; worker: string };
  /** Everybody who asks models. */
  settings: readonly Pick<ModelSettings, 'model' | 'fallback'>[];
  /** Where agents have skills of their own, by their keys. */
  skills: ReadonlyMap<string, WorkflowSkills>;
  /** What its author should know, for the log. */
  notes: readonly GraphNote[];
  plan(found: Found): Plan;
}

/** What a draft is made for. */
export interface Drafting {
  secrets: Secrets;
  taped: RunTape['roles'];
  /** Id of the run, and its start in milliseconds since 1970. */
  runId: string;
  now: number;
}

/** The plan of a task. Throws `model/none`, `usage/bad-option`. */
export function draftOfLoop(options: WorkflowOptions, drafting: Drafting): PlanDraft {
  const roles = modelNames(options, drafting.secrets, drafting.taped);
  if (options.steps) throw notFor('steps', 'they stand in for nodes of a graph');
  const evaluation = evaluationOption(options.evaluation, roles.manager);
  const settings = [
    ...(['manager', 'worker'] as const).map((role) => ({
      model: roles[role],
      ...modelOptions(options, role),
    })),
    ...(evaluation ? judgesOf(evaluation) : []),
  ];
  return {
    ...{ roles, settings },
    skills: new Map(),
    notes: evaluationNotes(evaluation),
    plan: (found) => ({
      ...makePlan(options, {
        ...found,
        managerModel: roles.manager,
        workerModel: roles.worker,
      }),
      ...(evaluation && { evaluation }),
    }),
  };
}

/** The error that an option means nothing for this kind of workflow. */
export function notFor(name: string, hint: string): AwpError {
  return new AwpError('usage/bad-option', `the option ${name} does not go with this workflow`, {
    hint,
  });
}

/** Paths of the nodes of a graph that are functions of the program: `writer`, `report/writer`. */
export function stepsOf({ graph }: Plan): string[] {
  if (!graph) return [];
  return pathsOf(graph, '').flatMap(({ path, node }) => (node.kind === 'step' ? [path] : []));
}

/** All nodes of a graph with their paths, those of sub-workflows behind the nodes that run them. */
export function pathsOf({ nodes }: PlanGraph, prefix: string): { path: string; node: PlanNode }[] {
  return nodes.flatMap((node) => {
    const path = `${prefix}${node.id}`;
    return [{ path, node }, ...(node.graph ? pathsOf(node.graph, `${path}/`) : [])];
  });
}

function modelNames(
  { model, managerModel, workerModel }: WorkflowOptions,
  secrets: Secrets,
  taped: RunTape['roles'],
): { manager: string; worker: string } {
  const base = nameOf(model) ?? (taped ? undefined : defaultModel(secrets));
  const manager = nameOf(managerModel) ?? base ?? taped?.manager ?? nameOf(workerModel);
  const worker = nameOf(workerModel) ?? base ?? taped?.worker ?? manager;
  if (manager !== undefined && worker !== undefined) return { manager, worker };
  throw new AwpError('model/none', 'no model was named', {
    hint: 'name one (-m ollama/qwen3, -m openrouter/...), set LLM_MODEL, or try -m demo, which needs no key',
  });
}

/** Whether no model that may be asked is a real one. A model that others stand behind may be missing. */
export function allSimulated(host: Host, settings: PlanDraft['settings']): boolean {
  const found = settings.flatMap(({ model, fallback = [] }) =>
    [model, ...fallback].map((name) => {
      try {
        return host.models(name).simulated;
      } catch (error) {
        if (fallback.length > 0 && error instanceof AwpError) return false;
        throw error;
      }
    }),
  );
  return found.every(Boolean);
}

/** The model string of a model. */
export function nameOf(model: string | ModelProvider | undefined): string | undefined {
  return typeof model === 'object' ? model.name : model;
}
