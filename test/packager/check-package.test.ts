import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import { P, PACKAGE_CODES } from '../../src/packager/codes.ts';
import { referenceChecksum } from '../../src/packager/read-manifest.ts';
import { archiveOf, check, FILES, manifestOf, packageOf, WORKFLOW } from './make-package.ts';

describe('a package in the layout of the specification', () => {
  it('is read with all that it says', async () => {
    const { content, said } = await check(await packageOf());
    expect(said).toEqual([]);
    expect(content).toMatchObject({
      layout: 'awp',
      name: 'news-digest',
      version: '1.2.0',
      awpVersion: '1.0.0',
      createdAt: '1980-01-01T00:00:00.000Z',
    });
    expect(content?.files.map(({ path }) => path)).toEqual(Object.keys(FILES).sort());
    expect([...(content?.contents.keys() ?? [])]).not.toContain('manifest.json');
  });

  it('may have any top folder, and fields that nobody knows', async () => {
    const entries = Object.entries({
      ...FILES,
      'manifest.json': JSON.stringify({ ...manifestOf(), more: [1] }),
    });
    const archive = await archiveOf(
      Object.fromEntries(entries.map(([path, text]) => [`a/${path}`, text])),
    );
    expect((await check(archive)).said).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a file beside the top folder', { 'a/x': '', b: '' }],
    ['two top folders', { 'a/manifest.json': '', 'b/x': '' }],
    ['no manifest', { 'a/workflow.awp.yaml': WORKFLOW }],
    [
      'a manifest at the top without sums',
      { 'manifest.json': '{}', 'workflow.awp.yaml': WORKFLOW },
    ],
  ])('is refused with %s', async (_, files) => {
    expect((await check(await archiveOf(files))).said).toEqual([
      expect.stringMatching(/^P8 manifest\.json: there is no /),
    ]);
  });

  const { files } = manifestOf() as { files: Record<string, unknown>[] };
  const [one = {}, two = {}] = files;
  it.each<[string, unknown, string]>([
    ['no JSON', 'nothing', 'no JSON object'],
    ['a list', [], 'no JSON object'],
    ['null', 'null', 'no JSON object'],
    ['too deep', '['.repeat(100_000), 'no JSON object'],
    ['no name', { ...manifestOf(), name: undefined }, 'must be texts'],
    ['a number as version', { ...manifestOf(), version: 1 }, 'must be texts'],
    ['an empty time', { ...manifestOf(), created_at: '' }, 'must be texts'],
    ['no checksum', { ...manifestOf(), checksum: null }, 'checksum must be'],
    ['an upper-case checksum', { ...manifestOf(), checksum: 'A'.repeat(64) }, 'checksum must be'],
    ['no files', { ...manifestOf(), files: {} }, 'files must be a list'],
    ['a file that is a text', { ...manifestOf(), files: ['x'] }, 'files[0] has no usable path'],
    [
      'a path that leads out',
      { ...manifestOf(), files: [{ ...one, path: '../x' }] },
      'no usable path',
    ],
    [
      'a file without a sum',
      { ...manifestOf(), files: [{ ...one, sha256: 'x' }] },
      'files[0] has no sha256',
    ],
    [
      'a file without a size',
      { ...manifestOf(), files: [{ ...one, size: '1' }] },
      'files[0] has no size',
    ],
    ['half a byte', { ...manifestOf(), files: [{ ...one, size: 1.5 }] }, 'files[0] has no size'],
    [
      'less than nothing',
      { ...manifestOf(), files: [{ ...one, size: -1 }] },
      'files[0] has no size',
    ],
    [
      'a path twice',
      { ...manifestOf(), files: [one, two, one] },
      'files[2] lists a path for the second time',
    ],
    [
      'no workflow file',
      { ...manifestOf(), files: [one] },
      'files does not list workflow.awp.yaml',
    ],
  ])('is refused with a manifest that has %s', async (_, manifest, said) => {
    const lines = (await check(await packageOf(FILES, manifest))).said;
    expect(lines).toEqual([expect.stringMatching(/^P8 /)]);
    expect(lines[0]).toContain(said);
  });

  it('is refused with a manifest that is no UTF-8', async () => {
    const archive = await packageOf(FILES, manifestOf());
    // The same archive, its manifest replaced.
    const { writeZip } = await import('../../src/packager/write-zip.ts');
    const { contentsOf } = await import('./make-package.ts');
    const files = contentsOf({ 'a/workflow.awp.yaml': WORKFLOW });
    files.set('a/manifest.json', new Uint8Array([0x7b, 0xff, 0x7d]));
    expect(archive.length).toBeGreaterThan(0);
    expect((await check(await writeZip(files))).said).toEqual([expect.stringContaining('P8 ')]);
  });

  it('is refused when its files are others, each with its own code', async () => {
    const manifest = manifestOf({ ...FILES, gone: 'x', 'other-size': 'xy' });
    const files = {
      'workflow.awp.yaml': WORKFLOW,
      'agents/a/agent.awp.yaml': 'y',
      'other-size': 'x',
      extra: '',
    };
    const { said } = await check(await packageOf(files, { ...manifest, checksum: sha256('x') }));
    expect(said.map((line) => line.split(':')[0])).toEqual([
      'P9 manifest.json',
      'P11 agents/a/agent.awp.yaml',
      'P10 gone',
      'P11 other-size',
      'P12 extra',
    ]);
  });

  it.each([
    ['name', 'other'],
    ['version', '1.2.1'],
    ['awp_version', '1.0.1'],
  ])('is refused when its %s is not that of the workflow', async (key, value) => {
    const { said } = await check(await packageOf(FILES, { ...manifestOf(), [key]: value }));
    expect(said).toEqual([
      expect.stringContaining(
        `P13 manifest.json: ${key} is ${value}, and 1`.slice(0, key.length + 25),
      ),
    ]);
  });

  it.each([
    ['no name', 'awp: 1.0.0\n'],
    ['a name that is no folder', 'awp: 1.0.0\nworkflow: { name: ../up, version: 1.2.0 }\n'],
  ])('is refused with %s in the workflow', async (_, workflow) => {
    const { said } = await check(await packageOf({ ...FILES, 'workflow.awp.yaml': workflow }));
    expect(said).toEqual([
      'P13 manifest.json: workflow.awp.yaml has no name that a folder could have',
    ]);
  });

  it('says when the workflow file has no version', async () => {
    const files = { 'workflow.awp.yaml': 'awp: 1.0.0\nworkflow: { name: news-digest }\n' };
    const { said } = await check(await packageOf(files));
    expect(said).toEqual(['P13 manifest.json: version is 1.2.0, and missing in workflow.awp.yaml']);
  });
});

describe('a package of the Python packager', () => {
  const VECTOR = { 'workflow.awp.yaml': 'awp: "1.0.0"\n', 'agents/a/agent.awp.yaml': 'x' };
  const sumsOf = (files: Readonly<Record<string, string>>) =>
    new Map(
      Object.entries(files).map(([path, text]) => [
        path,
        { sha256: sha256(text), size: undefined },
      ]),
    );

  it('has the checksum that was measured', () => {
    expect(referenceChecksum(sumsOf(VECTOR))).toBe(
      'c28a250be4f938437fa3575918069760e1993e2d87c6b203ee8a49d3c091e3bd',
    );
  });

  it('has a checksum over names as Python writes them', () => {
    const names = { 'ü.md': '', '\u{1F600}.md': '', '\uFF5E.md': '', 'a"b\\c\u007f': '' };
    const sum = sha256('');
    const text = `{"a\\"b\\\\c\\u007f": "${sum}", "\\u00fc.md": "${sum}", "\\uff5e.md": "${sum}", "\\ud83d\\ude00.md": "${sum}"}`;
    expect(referenceChecksum(sumsOf(names))).toBe(sha256(text));
  });

  const meta = (
    files: Readonly<Record<string, string>>,
    change: Record<string, unknown> = {},
  ): string =>
    JSON.stringify({
      awp_package: '1.0.0',
      workflow_name: 'folder',
      created_at: '2026-01-01T00:00:00+00:00',
      checksum: referenceChecksum(sumsOf(files)),
      contents: { agents: 1 },
      ...change,
    });
  const listOf = (files: Readonly<Record<string, string>>): string =>
    Object.entries(files)
      .map(([path, text]) => `${sha256(text)}  ${path}`)
      .join('\n');
  const flat = (
    files: Readonly<Record<string, string>>,
    manifest = meta(files),
    list = listOf(files),
  ) => archiveOf({ ...files, 'manifest.json': manifest, 'checksums.sha256': list });

  it('is read, and named by its workflow file', async () => {
    const { content, said } = await check(await flat(FILES));
    expect(said).toEqual([]);
    expect(content).toMatchObject({ layout: 'reference', name: 'news-digest', version: '1.2.0' });
    expect([...(content?.contents.keys() ?? [])].sort()).toEqual(Object.keys(FILES).sort());
  });

  it('may end its list with a line break, and have no names or times', async () => {
    const manifest = meta(FILES, { workflow_name: 3, created_at: null });
    expect((await check(await flat(FILES, manifest, `${listOf(FILES)}\n`))).said).toEqual([]);
  });

  it.each([
    ['no JSON', 'x', listOf(FILES), 'no JSON object'],
    ['no checksum', meta(FILES, { checksum: 1 }), listOf(FILES), 'checksum must be'],
    ['an empty list', meta(FILES), '', 'line 1 of checksums.sha256 is no sum'],
    ['one space', meta(FILES), listOf(FILES).replaceAll('  ', ' '), 'is no sum'],
    ['a path that leads out', meta(FILES), `${sha256('')}  ../x`, 'is no sum'],
    [
      'a path twice',
      meta(FILES),
      `${listOf(FILES)}\n${listOf(FILES)}`,
      'line 3 of checksums.sha256 lists',
    ],
    ['no workflow file', meta(FILES), `${sha256('x')}  x`, 'does not list workflow.awp.yaml'],
  ])('is refused with %s', async (_, manifest, list, said) => {
    const lines = (await check(await flat(FILES, manifest, list))).said;
    expect(lines).toEqual([expect.stringMatching(/^P8 /)]);
    expect(lines[0]).toContain(said);
  });

  it('is refused when its list is no UTF-8', async () => {
    const { writeZip } = await import('../../src/packager/write-zip.ts');
    const { contentsOf } = await import('./make-package.ts');
    const files = contentsOf({ ...FILES, 'manifest.json': meta(FILES) });
    files.set('checksums.sha256', new Uint8Array([0xff]));
    expect((await check(await writeZip(files))).said).toEqual([
      expect.stringContaining('not written in UTF-8'),
    ]);
  });

  it('is refused when the checksum over its list is another: the Python packager never looks', async () => {
    const { said } = await check(await flat(FILES, meta(FILES, { checksum: sha256('x') })));
    expect(said).toEqual(['P9 manifest.json: its checksum is not that of the files that it lists']);
  });

  it('is refused with missing, changed and unlisted files', async () => {
    const listed = { ...FILES, gone: 'x' };
    const { said } = await check(
      await flat(
        { 'workflow.awp.yaml': WORKFLOW, 'agents/a/agent.awp.yaml': 'y', extra: '' },
        meta(listed),
        listOf(listed),
      ),
    );
    expect(said.map((line) => line.split(':')[0])).toEqual([
      'P11 agents/a/agent.awp.yaml',
      'P10 gone',
      'P12 extra',
    ]);
  });
});

describe('the codes of packages', () => {
  it('are all explained, in their order', () => {
    expect(PACKAGE_CODES.map(({ code }) => code)).toEqual(Object.values(P).map(({ code }) => code));
  });

  it('stand in the documentation with their titles', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/packages.md'), 'utf8');
    for (const { code, title } of PACKAGE_CODES) expect(page).toContain(`| ${code} | ${title} |`);
  });
});
