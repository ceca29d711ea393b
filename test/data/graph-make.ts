import { resolve } from 'node:path';
import { draftOfGraph } from '../../src/data/graph-draft.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { openWorkflow } from '../../src/data/workflow-folder.ts';
import type { Plan } from '../../src/events/plan.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';

/** The workflows that ship. */
export const exampleFolder = resolve(import.meta.dirname, '../../examples');

/** `agent.awp.yaml` with these further sections. */
export function agentFile(id: string, more = ''): string {
  const usual = [
    ['prompt', `prompt: { system: You are ${id}. }`],
    ['output', 'output: { contract: { text: string, confidence: number } }'],
  ] as const;
  const missing = usual.filter(
    ([key]) => !more.split('\n').some((line) => line.startsWith(`${key}:`)),
  );
  return [
    'awp_agent: "1.0.0"',
    `identity: { id: ${id}, role: Agent ${id}, description: Does ${id}. }`,
    ...missing.map(([, text]) => text),
    more,
  ].join('\n');
}

/** What a workflow folder of a test has. */
export interface GraphFiles {
  /** Items of `orchestration.graph`. */
  graph: string;
  /** Fields of `execution`, of `orchestration`, of `state`; further sections. */
  execution?: string;
  orchestration?: string;
  state?: string;
  more?: string;
  /** Further sections of the agents `one`, `two`, by id. */
  agents?: Readonly<Record<string, string>>;
  /** Further files, by path. */
  files?: Readonly<Record<string, string>>;
}

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

/** The texts of such a folder, by path. */
export function graphFiles(given: GraphFiles): Record<string, string> {
  const { graph, execution, orchestration, state, more = '', agents = {}, files = {} } = given;
  const manifest = [
    'awp: "1.0.0"\nworkflow: { name: report, version: 1.0.0, description: Write it. }\n',
    `orchestration:\n  graph:\n${indented(graph, 4)}\n`,
    execution ? `  execution:\n${indented(execution, 4)}\n` : '',
    orchestration ? `${indented(orchestration, 2)}\n` : '',
    state ? `state:\n${indented(state, 2)}\n` : '',
    more,
  ].join('');
  return {
    'workflow.awp.yaml': manifest,
    'agents/one/agent.awp.yaml': agentFile('one', agents.one),
    'agents/two/agent.awp.yaml': agentFile('two', agents.two),
    ...files,
  };
}

/** The plan of a workflow folder, as a run of it would have it with the model `scripted`. */
export async function planIn(folder: string, given: Partial<WorkflowOptions> = {}): Promise<Plan> {
  const options = { task: 'Do it', ...(await openWorkflow(folder)).options(), ...given };
  const { graph, inputs = {} } = options;
  if (!graph) throw new Error('no graph');
  const draft = draftOfGraph(options, graph, {
    secrets: { get: (name: string) => (name === 'LLM_MODEL' ? 'scripted' : undefined) } as never,
    taped: undefined,
    runId: 'r-1',
    now: 0,
  });
  const kinds = Object.entries(inputs).map(([name, value]) =>
    Array.isArray(value)
      ? { name, kind: 'table' as const, path: name, description: '' }
      : { name, kind: 'value' as const, description: '' },
  );
  return draft.plan({
    ...{ inputs: kinds, skills: [], agentSkills: new Map() },
    ...{ simulated: true, output: undefined },
  });
}

/** The plan of a folder with these files. */
export async function planOf(
  files: GraphFiles,
  given: Partial<WorkflowOptions> = {},
): Promise<Plan> {
  using folder = temporaryFolder();
  writeFiles(folder.path, graphFiles(files));
  return await planIn(folder.path, given);
}
