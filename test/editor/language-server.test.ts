import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFiles } from '../../src/data/project-files.ts';
import { temporaryFolder } from '../make.ts';
import { Editor, languageServer } from './language-server.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
let editor: Editor;
let files = 0;

const HEAD = 'awp: "1.0.0"\nworkflow:\n  name: news-digest\n';
const AGENT = `awp_agent: "1.0.0"
identity: { id: writer, role: writer, description: writes }
prompt: { system: prompt.md }
`;

/** Writes a file as `awp init` does, with the line that names its schema, and opens it. */
async function opened(text: string, name = 'workflow.awp.yaml') {
  const path = `flow-${++files}/${name}`;
  const all = projectFiles({ [name]: text }, false);
  for (const [file, content] of Object.entries(all)) {
    const target = join(folder.path, `flow-${files}`, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const file = join(folder.path, path);
  const remarks = await editor.remarks(file, all[name] ?? '');
  // Lines are counted as in `text`: the line that names the schema is the one before them.
  const said = remarks.map(({ range, message }) => `${range.start.line}: ${message}`);
  return { file, said };
}

describe('yaml-language-server with our schemas', () => {
  beforeAll(async () => {
    editor = await Editor.open(languageServer(), folder.path);
  });
  afterAll(() => editor[Symbol.asyncDispose]());

  it.each([
    ['a small workflow', `${HEAD}orchestration:\n  graph:\n    - id: writer\n`, undefined],
    ['an agent', AGENT, 'agents/writer/agent.awp.yaml'],
    ['nothing behind a key', `${HEAD}memory:\n`, undefined],
    [
      'a short version and YAML 1.1',
      'awp: "1.0"\nworkflow: { name: aa }\nmemory: { enabled: no }\n',
    ],
    [
      'spellings of the other dialect',
      `${HEAD}settings: {}
orchestration:
  execution: { timeout: { total: 60 }, on_error: abort }
  graph:
    - id: writer
      agent: agents/writer
      retry: 2
      loop: { mode: standard, until_condition: state.more }
      depends_on: [{ agent: planner, condition: state.ready }]
`,
    ],
  ] as const)('says nothing about %s', async (_, text, name?) => {
    expect((await opened(text, name)).said).toEqual([]);
  });

  it('says what is wrong, and where', async () => {
    const { said } = await opened(`${HEAD}orchestraton: {}
orchestration:
  engine: graph
  graph:
    - agent: writer
`);
    expect(said.sort()).toEqual([
      '4: Property orchestraton is not allowed.',
      '6: Value is not accepted. Valid values: "dag", "delegation_loop", null.',
      '8: Missing property "id".',
    ]);
  });

  it('offers the keys of a section, and none that is deprecated', async () => {
    const { file } = await opened(`${HEAD}orchestration:\n  execution:\n    \n`);
    const offers = await editor.offers(file, { line: 6, character: 4 });
    expect(offers).toEqual(expect.arrayContaining(['mode', 'timeout_total', 'on_error']));
    expect(offers).not.toContain('timeout');
  });

  it('offers words', async () => {
    const { file } = await opened(`${HEAD}orchestration:\n  execution:\n    on_error: \n`);
    const offers = await editor.offers(file, { line: 6, character: 14 });
    expect(offers).toEqual(expect.arrayContaining(['stop', 'continue', 'retry']));
    expect(offers).not.toContain('abort');
  });

  it('offers whole files, and pieces of them', async () => {
    const empty = await opened('');
    const pieces = await opened(`${HEAD}orchestration:\n  graph:\n    - \n`);
    expect(await editor.offers(empty.file, { line: 1, character: 0 })).toEqual(
      expect.arrayContaining(['workflow: graph', 'workflow: delegation loop', 'awp']),
    );
    expect(await editor.offers(pieces.file, { line: 6, character: 6 })).toEqual(
      expect.arrayContaining(['node', 'node after another', 'id', 'depends_on']),
    );
  });

  it('shows what a field is, with the rule that looks at it', async () => {
    const { file } = await opened(HEAD);
    expect(await editor.hover(file, { line: 3, character: 4 })).toContain('(R2)');
  });

  it('shows what to write instead of another spelling', async () => {
    const { file } = await opened(`${HEAD}settings: {}\n`);
    expect(await editor.hover(file, { line: 4, character: 3 })).toContain('workflow.settings');
  });
});
