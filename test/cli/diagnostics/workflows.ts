import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import { temporaryFolder } from '../../make.ts';
import { fakeShell } from '../fake-shell.ts';

/** Texts by path, as a folder on disk. */
export type FolderOf = Readonly<Record<string, string | Uint8Array>>;

/** Writes the files of a workflow. */
export function writeFolder(folder: string, files: FolderOf): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs `awp validate` in a folder with the real files of this machine. */
export async function validateIn(cwd: string, ...args: string[]) {
  const shell = fakeShell({ cwd, effects: nodeEffects() });
  const code = await runCli(['validate', ...args], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

/** What `awp validate` says of a folder called `flow`. */
export async function said(files: FolderOf, ...args: string[]) {
  using folder = temporaryFolder();
  writeFolder(join(folder.path, 'flow'), files);
  return await validateIn(folder.path, 'flow', ...args);
}

/** An agent's file without a fault. */
export function agent(id: string): string {
  return `awp_agent: "1.0.0"
identity: { id: ${id}, role: ${id}, description: Does its part. }
model: { name: demo }
prompt: { system: You do your part. }
output: { format: json, contract: { text: { type: string }, confidence: { type: number } } }
`;
}

const AGENTS = Object.fromEntries(
  ['planner', 'writer', 'editor'].map((id) => [`agents/${id}/agent.awp.yaml`, agent(id)]),
);

/** One workflow for each family of codes; the golden files have their names. */
export const WORKFLOWS: Readonly<Record<string, FolderOf>> = {
  /** Y: what cannot be read, or only in part. */
  syntax: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0.0"
workflow:
  name: flow
  version: 1.0.0
  description: Writes.
  version: 1.0.1
orchestration:
  graph:
    - { id: planner, agent: planner }
    - { id: writer, agent: writer, depends_on: [planner] }
state: { sharing: { strategy: full } }
`,
    'agents/planner/agent.awp.yaml': 'awp_agent: "1.0.0"\nidentity: { id: plan\u0007ner }\n',
    'agents/writer/agent.awp.yaml': `awp_agent: !!python/object "1.0.0"\n${'['.repeat(70)}`,
  },

  /** S: fields that are unknown, missing or of a wrong type, and files that are not there. */
  fields: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0.0"
workflow:
  name: flow
  version: 1.0.0
  description: Writes.
  licence: MIT
orchestration:
  execution: { timeout_per_agent: "soon", mode: paralel }
  graph:
    - id: planner
      agent: planner
      depend_on: [writer]
    - id: writer
      agent: writer
      retry: { max_attempts: 0 }
state: { sharing: { strategy: full } }
`,
    'agents/planner/agent.awp.yaml': `${agent('planner').replace('You do your part.', 'a')}
vision: { enabled: maybe }
`,
  },

  /** X: expressions. */
  expressions: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Writes. }
orchestration:
  graph:
    - { id: planner, agent: planner, share_output: [text] }
    - id: writer
      agent: writer
      depends_on: [planner]
      when: state.planner.confidence >
    - id: editor
      agent: editor
      depends_on: [planner]
      when: __import__('os').system('ls') == 0
state: { sharing: { strategy: full } }
`,
  },

  /** R: the graph, with places that belong together. */
  rules: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0"
workflow:
  name: Flow
  version: 1.0.0
  description: Writes.
orchestration:
  graph:
    - id: planner
      agent: planner
      share_output: [text]
    - id: writer
      agent: writer
      depends_on: [planer, editor]
    - id: editor
      agent: editor
      depends_on: [writer]
    - id: writer
      agent: wirter
state: { sharing: { strategy: some } }
`,
  },

  /** A: a level that is declared and not reached. */
  levels: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0.0"
workflow:
  name: flow
  version: 1.0.0
  description: Writes.
  autonomy: A2
orchestration:
  graph:
    - { id: planner, agent: planner }
    - { id: writer, agent: writer, depends_on: [planner] }
`,
  },

  /** D: the spellings of others. */
  dialects: {
    ...AGENTS,
    'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Writes., conformance: L1 }
orchestration:
  execution: { timeout: { per_agent: 60, total: 300 } }
  graph:
    - { id: planner, agent: agents/planner, share_output: [text] }
    - { id: writer, agent: agents/writer, depends_on: [{ agent: planner }], retry: 2, on_failure: abort }
state: { sharing: { strategy: full } }
`,
  },

  /** Lines that are hard to show: wide letters, tabs, controls, long ones, Windows' line ends. */
  layout: {
    ...AGENTS,
    'workflow.awp.yaml': [
      'awp: "1.0.0"',
      'workflow: { name: flow, version: 1.0.0, description: 数据处理, licence: "👩‍👩‍👧 e\u0301" }',
      'orchestration:',
      '  graph:',
      `    - { id: planner, agent: planner, description: "${'🎉'.repeat(70)}", depend_on: [writer] }`,
      `    - { id:\twriter, agent:\twriter,\ton_failur: stop, description: "${'x'.repeat(300)}" }`,
      '    - { id: editor, agent: editor, "right\u202eleft": "\u200e\u2066" }',
      `state: { sharing: { strategy: ${'very'.repeat(60)} } }`,
      '',
    ].join('\r\n'),
  },
};
