import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { ModelSettings, Plan, PlanInput } from '../events/plan.ts';
import type { PlanGraph, PlanNode } from '../events/plan-graph.ts';
import type { Secrets } from '../ports/effects.ts';
import type { TapeRoles } from '../providers/tape-format.ts';
import { chooseModels } from './choose-models.ts';
import { evaluationOption, judgesOf } from './evaluation-options.ts';
import type { GraphNote } from './graph-plan-notes.ts';
import { makePlan } from './make-plan.ts';
import { modelOptions } from './model-options.ts';
import type { WorkflowOptions } from './options.ts';
import type { WorkflowSkills } from './skill-sources.ts';
import type { ResolvedSkills } from './skills.ts';

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
  roles: TapeRoles;
  /** Everybody who asks models. */
  settings: readonly Pick<ModelSettings, 'model' | 'fallback'>[];
  /** Where agents have skills of their own, by their keys. */
  skills: ReadonlyMap<string, WorkflowSkills>;
  /** What its author should know, for the log. */
  notes: readonly GraphNote[];
  /** Where the workflow names tools that join results, by their names. */
  joins: ReadonlyMap<string, string>;
  plan(found: Found): Plan;
}

/** What a draft is made for. */
export interface Drafting {
  secrets: Secrets;
  taped: TapeRoles | undefined;
  /** Id of the run, and its start in milliseconds since 1970. */
  runId: string;
  now: number;
  /** A moment of the day that it counts as its own, in the same unit; left out: `now`. */
  day?: number;
}

/** The plan of a task. Throws `model/none`, `usage/bad-option`. */
export function draftOfLoop(options: WorkflowOptions, drafting: Drafting): PlanDraft {
  const roles = chooseModels(options, drafting.secrets, drafting.taped);
  const { fallback: fallbackModels = {} } = roles;
  const chosen = { ...options, fallbackModels };
  if (options.steps) throw notFor('steps', 'they stand in for nodes of a graph');
  const evaluation = evaluationOption(options.evaluation, roles.manager);
  const settings = [
    ...(['manager', 'worker'] as const).map((role) => ({
      model: roles[role],
      ...modelOptions(chosen, role),
    })),
    ...(evaluation ? judgesOf(evaluation) : []),
  ];
  return {
    ...{ roles, settings },
    skills: new Map(),
    joins: new Map(),
    notes: [],
    plan: (found) => ({
      ...makePlan(chosen, {
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
