import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../src/data/init.ts';
import { delegation } from '../../src/data/templates/delegation.ts';
import { templates } from '../../src/data/templates/index.ts';
import { pipeline } from '../../src/data/templates/pipeline.ts';
import type { Template } from '../../src/data/templates/template.ts';
import { temporaryFolder } from '../make.ts';
import { Editor, languageServer, type Position } from './language-server.ts';

const place = temporaryFolder();
let editor: Editor;
let folders = 0;

beforeAll(async () => {
  editor = await Editor.open(languageServer(), place.path);
});
afterAll(async () => {
  await editor[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

/** A new folder of `awp init`. Its name has what must be escaped in addresses of files. */
async function begun(template: Template) {
  const made = await init(join(place.path, `flöw ${++folders}`), { template });
  const read = (path: string): string => readFileSync(join(made.folder, path), 'utf8');
  return { ...made, read };
}

/** Opens a file of a new folder after replacing `old` with `text` in it. */
async function edited(template: Template, path: string, [old, text]: readonly [string, string]) {
  const { folder, read } = await begun(template);
  const before = read(path);
  if (!before.includes(old)) throw new Error(`${path} has no ${old}`);
  const now = before.replace(old, () => text);
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, now);
  const remarks = await editor.remarks(file, now);
  const lines = now.split('\n');
  const said = remarks.map(
    ({ range, message }) => `${lines[range.start.line]?.trim()} | ${message}`,
  );
  return { file, text: now, said };
}

/** The place behind the first `word` of a text. */
function behind(text: string, word: string): Position {
  const lines = text.slice(0, text.indexOf(word) + word.length).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

const MANIFEST = 'workflow.awp.yaml';
const WRITER = 'agents/writer/agent.awp.yaml';

describe('an editor in a folder of awp init, without the network', () => {
  it.each(templates)('says nothing about the files of $name', async (template) => {
    const { folder, written, read } = await begun(template);
    const texts = written.filter((path) => path.endsWith('.yaml'));
    expect(texts.length).toBeGreaterThan(1);
    for (const path of texts) {
      expect(await editor.remarks(join(folder, path), read(path)), path).toEqual([]);
    }
  });

  it.each([
    [
      'a word that is not allowed',
      MANIFEST,
      ['strategy: full', 'strategy: fully'],
      /^sharing: { strategy: fully } \| Value is not accepted\. Valid values: "full"/,
    ],
    [
      'a key that is unknown',
      MANIFEST,
      ['depends_on:', 'depend_on:'],
      /^depend_on: .* \| Property depend_on is not allowed/,
    ],
    [
      'a wrong type',
      MANIFEST,
      ['description: Plans a text and writes it.', 'description: [a]'],
      /^description: \[a\] \| Incorrect type\. Expected one of string/,
    ],
    ['a missing key', WRITER, ['  role: Writer\n', ''], /^identity: \| Missing property "role"/],
    [
      'a wrong type in an agent',
      WRITER,
      ['format: json', 'format: { json: true }'],
      /^format: .* \| (Incorrect type|Value is not accepted)/,
    ],
  ] as const)('shows %s at its line', async (_, path, change, wanted) => {
    const { said } = await edited(pipeline, path, change);
    expect(said).toEqual([expect.stringMatching(wanted)]);
  });

  it.each([
    ['retry as a number', ['      agent: writer\n', '      agent: writer\n      retry: 2\n']],
    ['an agent by its path', ['agent: writer', 'agent: agents/writer']],
    ['abort', ['      agent: writer\n', '      agent: writer\n      on_failure: abort\n']],
    ['settings at the top', ['state:', 'settings: { llm: { temperature: 0.2 } }\nstate:']],
    ['a dependency with a condition', ['[planner]', '[{ agent: planner, condition: success }]']],
  ] as const)('accepts another spelling: %s', async (_, change) => {
    expect((await edited(pipeline, MANIFEST, change)).said).toEqual([]);
  });

  it('offers what may stand below orchestration, each with what it is', async () => {
    const change = ['  graph:', '  \n  graph:'] as const;
    const { file, text } = await edited(pipeline, MANIFEST, change);
    const items = await editor.items(file, behind(text, 'orchestration:\n  '));
    const documented = items
      .filter(({ documentation }) => documentation !== '')
      .map(({ label }) => label);
    const fields = ['engine', 'execution', 'delegation_loop', 'run_budget'];
    expect(documented).toEqual(expect.arrayContaining(fields));
    expect(items.map(({ label }) => label)).not.toContain('graph'); // it is there
  });

  it.each([
    ['max_total_tokens', MANIFEST, /tokens/i],
    ['max_wall_time', MANIFEST, /seconds/i],
    ['sharing', MANIFEST, /who sees what/i],
    ['temperature', 'agents/manager/agent.awp.yaml', /0 to 2/],
  ])('shows what %s is', async (field, path, wanted) => {
    const { file, text } = await edited(delegation, path, ['', '']);
    const shown = await editor.hover(file, behind(text, field.slice(0, -1)));
    expect(shown).toMatch(wanted);
  });
});
