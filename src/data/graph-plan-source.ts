import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { positionAt } from '../base/source-file.ts';
import { nodeAt, type YamlMap, type YamlNode } from '../base/yaml-node.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import type { Agent } from '../models/agent.ts';
import type { Manifest } from '../models/manifest.ts';
import type { WorkflowSkills } from './skills.ts';

/** A node of a graph as a manifest has it, with all defaults. */
export type NodeModel = NonNullable<Manifest['orchestration']>['graph'][number];

/** An agent of a graph with all that its file names read; plain data. */
export interface AgentSource {
  /** Folder from the root of its workflow, `agents/planner`. */
  folder: string;
  value: Agent;
  /** Settings of its model that its file really sets; those left out come from the workflow. */
  parameters: { temperature?: number; maxTokens?: number | null; topP?: number };
  /** Seconds of one tool call that its file really sets. */
  callSeconds?: number | undefined;
  /** Its contract as it is written, in one of two forms: a JSON Schema, or fields with their types. */
  contract: JsonObject | undefined;
  contractForm: 'json-schema' | 'fields' | undefined;
  /** Whether it says how answers are checked; without that and a contract nothing is. */
  checks: boolean;
  system: string;
  user: string | undefined;
  fragments: PlanAgent['prompt']['fragments'];
  fieldNotes: string | undefined;
  preprocessors: PlanAgent['preprocessors'];
  /** Absolute path of its own code. */
  module: string | undefined;
  /** Undefined for agents that a program made: they have none of their own. */
  skills: WorkflowSkills | undefined;
  /** SHA-256 of all the files that it is made of. */
  hash: string;
}

/** What a manifest really says, where its default would otherwise stand for an author's wish. */
export interface Written {
  /** Ids of nodes with an `on_failure` of their own. */
  onFailure: ReadonlySet<string>;
  /** Ids of nodes that say what is tried again, and not what never is. */
  onlyRetryable: ReadonlySet<string>;
  onError: boolean;
  timeoutTotal: boolean;
  timeoutIdle: boolean;
  wallTime: boolean;
  agentRuns: boolean;
}

/** A manifest that says none of it. */
export const NOTHING_WRITTEN: Written = {
  onFailure: new Set(),
  onlyRetryable: new Set(),
  onError: false,
  timeoutTotal: false,
  timeoutIdle: false,
  wallTime: false,
  agentRuns: false,
};

/** A graph with everything that its plan is made of: of a workflow folder, or of a program. */
export interface GraphSource {
  /** Absolute path of its folder; undefined for a graph that a program made. */
  folder: string | undefined;
  manifest: Manifest;
  written: Written;
  /** By folder. */
  agents: ReadonlyMap<string, AgentSource>;
  /** Graphs of the nodes that are sub-workflows, by the ids of the nodes. */
  subworkflows: ReadonlyMap<string, GraphSource>;
  /** Where a field of the manifest is written, for messages; the field itself when nobody knows. */
  placeOf(...steps: readonly (string | number)[]): string;
}

/** The places of a manifest's fields, as `workflow.awp.yaml:12:5: orchestration.graph[2].id`. */
export function placesOf(tree: YamlMap | undefined, folder = ''): GraphSource['placeOf'] {
  return (...steps) => {
    let at: YamlNode | undefined = tree;
    for (const step of steps) at = nodeAt(at, step) ?? at;
    const path = fieldPath(steps);
    if (!at) return path;
    const { line, column } = positionAt(at.source, at.from);
    return `${folder}${at.source.path}:${line}:${column}: ${path}`;
  };
}

/** `orchestration.graph[2].id`. */
export function fieldPath(steps: readonly (string | number)[]): string {
  return steps
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`,
    )
    .join('');
}

/** An error in a workflow that only shows when its plan is made, with its place. */
export function wrongAt(place: string, problem: string, hint: string): AwpError {
  return new AwpError('spec/invalid', `${place}: ${problem}`, { hint });
}
