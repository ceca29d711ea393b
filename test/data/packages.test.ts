import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AwpError } from '../../src/base/errors.ts';
import { pack, unpack, verify } from '../../src/data/packages.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { temporaryFolder } from '../make.ts';
import { archiveOf } from '../packager/make-package.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: news-digest, version: 1.2.0, description: Digests news, tags: [news] }
orchestration:
  engine: dag
  graph: [{ id: writer, agent: writer }]
`;
const AGENT = `awp_agent: "1.0.0"
identity: { id: writer, role: Writer, description: Writes. }
model: { name: openai/gpt-5 }
prompt: { system: prompt.md }
output:
  format: json
  contract: { text: { type: string }, confidence: { type: number } }
`;
const FILES = {
  'workflow.awp.yaml': MANIFEST,
  'agents/writer/agent.awp.yaml': AGENT,
  'agents/writer/prompt.md': 'You write.',
};

let place: { path: string } & Disposable;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place[Symbol.dispose]());

/** Writes a folder and returns its path. */
function folder(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  name = 'news-digest',
): string {
  const root = join(realpathSync(place.path), name);
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const out = (): string => join(realpathSync(place.path), 'out.awp.zip');

/** Contents of a folder by path. */
function contents(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => [name, readFileSync(join(root, name)).toString('hex')]),
  );
}

function effectsWith(env: Readonly<Record<string, string>>): Effects {
  return { ...nodeEffects(), secrets: { get: (name) => env[name] } };
}

/** What a package is refused for: `P3 link`. */
async function refusal(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => expect.fail('it was not refused'),
    (thrown: AwpError) => thrown,
  );
  expect(error.code).toBe('spec/package-refused');
  const found = error.findings?.diagnostics ?? [];
  return found.map(({ rule, file, range }) => `${rule} ${file}:${range.start.line}`);
}

describe('packing a folder', () => {
  it('refuses an error in a sub-workflow, with its place', async () => {
    const part = (agent: string): Record<string, string> => ({
      'workflow.awp.yaml': MANIFEST.replace('agent: writer', 'subworkflow: wf/part'),
      'wf/part/workflow.awp.yaml': MANIFEST.replace('news-digest', 'part').replace(
        'agent: writer',
        `agent: ${agent}`,
      ),
      'wf/part/agents/writer/agent.awp.yaml': AGENT,
      'wf/part/agents/writer/prompt.md': 'You write.',
    });
    await expect(pack(folder(part('nobody')), { dryRun: true })).rejects.toMatchObject({
      code: 'spec/invalid',
      findings: {
        diagnostics: expect.arrayContaining([
          expect.objectContaining({ rule: 'R8', file: 'wf/part/workflow.awp.yaml' }),
        ]),
      },
    });
    await expect(pack(folder(part('writer')), { dryRun: true })).resolves.toMatchObject({});
  });

  it('writes the layout of the specification', async () => {
    const result = await pack(folder({ 'data/a.csv': 'a\n1\n' }), { output: out() });
    expect(result).toMatchObject({
      file: out(),
      name: 'news-digest',
      version: '1.2.0',
      signatureFile: undefined,
    });
    const files = [
      'agents/writer/agent.awp.yaml',
      'agents/writer/prompt.md',
      'data/a.csv',
      'workflow.awp.yaml',
    ];
    expect(result.files.map(({ path }) => path)).toEqual(files);
    const text = execFileSync('python3', ['-c', LIST, out()], { encoding: 'utf8' });
    const { names, manifest } = JSON.parse(text);
    expect(names).toEqual([...files, 'manifest.json'].sort().map((name) => `news-digest/${name}`));
    expect(manifest).toEqual({
      awp_package: '1.0.0',
      name: 'news-digest',
      version: '1.2.0',
      awp_version: '1.0.0',
      created_at: '1980-01-01T00:00:00.000Z',
      checksum: result.files[3]?.sha256,
      metadata: { agents: 1, description: 'Digests news', tags: ['news'] },
      provenance: expect.objectContaining({ validated: true, errors: 0, tool: 'awp-agents' }),
      files: result.files,
    });
  });

  it('tells the registry what the workflow file says', async () => {
    const more =
      'author: Me, license: MIT, homepage: "https://a.example", repository: "https://b.example", autonomy: A0';
    const manifest = MANIFEST.replace('tags: [news]', more);
    await pack(folder({ 'workflow.awp.yaml': manifest }), { output: out() });
    const text = execFileSync('python3', ['-c', LIST, out()], { encoding: 'utf8' });
    expect(JSON.parse(text).manifest.metadata).toEqual({
      agents: 1,
      description: 'Digests news',
      author: 'Me',
      license: 'MIT',
      homepage: 'https://a.example',
      repository: 'https://b.example',
      autonomy: 'A0',
    });
  });

  it('gives the same bytes for the same files, wherever and whenever', async () => {
    const zone = process.env.TZ;
    const sums: string[] = [];
    for (const [index, tz] of ['UTC', 'Asia/Tokyo', 'America/St_Johns'].entries()) {
      process.env.TZ = tz;
      const root = folder({}, `copy-${index}/news-digest`);
      chmodSync(join(root, 'workflow.awp.yaml'), index === 1 ? 0o600 : 0o755);
      sums.push((await pack(root, { output: out() })).sha256);
    }
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(new Set(sums).size).toBe(1);
  });

  it('takes the time of the package from SOURCE_DATE_EPOCH', async () => {
    const effects = effectsWith({ SOURCE_DATE_EPOCH: '1767225600' });
    const { file } = await pack(folder(), { output: out(), effects });
    expect((await verify(file)).createdAt).toBe('2026-01-01T00:00:00.000Z');
    const wrong = pack(folder(), {
      output: out(),
      effects: effectsWith({ SOURCE_DATE_EPOCH: 'now' }),
    });
    await expect(wrong).rejects.toMatchObject({ code: 'usage/bad-value' });
  });

  it('leaves out what is never or not usually passed on, and what .awpignore lists', async () => {
    const root = folder({
      '.env': 'A=1',
      '.ENV.local': '',
      'keys/my.pem': '',
      'secrets.yaml': '',
      '.awp/store': '',
      'node_modules/x/index.js': '',
      'runs/r-1/x': '',
      'old.awp.zip': '',
      'logs/keep.txt': 'kept',
      'draft.md': '',
      'Draft.md.txt': '',
      '.awpignore': 'draft.md\n!logs/\n!.env\n',
    });
    const { files, excluded } = await pack(root, { output: out() });
    expect(files.map(({ path }) => path)).toEqual([
      '.awpignore',
      'Draft.md.txt',
      'agents/writer/agent.awp.yaml',
      'agents/writer/prompt.md',
      'logs/keep.txt',
      'workflow.awp.yaml',
    ]);
    expect(excluded.map(({ path, why }) => `${path} ${why}`)).toEqual([
      '.ENV.local always',
      '.awp/ always',
      '.env always',
      'draft.md .awpignore',
      'keys/my.pem always',
      'node_modules/ always',
      'old.awp.zip default',
      'runs/ default',
      'secrets.yaml always',
    ]);
  });

  it('only tells what it would do with dryRun', async () => {
    const { files } = await pack(folder(), { output: out(), dryRun: true });
    expect(files).toHaveLength(3);
    expect(existsSync(out())).toBe(false);
  });

  it('writes into a folder that is there, and makes folders that are not', async () => {
    const { file } = await pack(folder(), { output: place.path });
    expect(file).toBe(join(place.path, 'news-digest-1.2.0.awp.zip'));
    const deep = join(place.path, 'a/b/x.awp.zip');
    await pack(folder(), { output: deep });
    expect((await verify(deep)).ok).toBe(true);
  });

  it('writes to the working directory when nothing else is said, and unpacks there', async () => {
    const before = process.cwd();
    const root = folder({}, 'from/news-digest');
    process.chdir(place.path);
    try {
      const { file } = await pack(root);
      expect(file).toBe(join(realpathSync(place.path), 'news-digest-1.2.0.awp.zip'));
      expect((await unpack(file)).folder).toBe(join(realpathSync(place.path), 'news-digest'));
    } finally {
      process.chdir(before);
    }
  });

  it('refuses what cannot be packed, all of it at once', async () => {
    const root = folder({
      'manifest.json': '{}',
      'Notes.md': '',
      'notes.md': '',
      'aux.txt': '',
      'a\\b': '',
    });
    symlinkSync('/etc/passwd', join(root, 'outside'));
    symlinkSync('workflow.awp.yaml', join(root, 'inside'));
    symlinkSync('/etc', join(root, 'folder'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const work = pack(root, { output: out() });
    expect((await refusal(work)).sort()).toEqual([
      'P16 manifest.json:1',
      'P2 a\\b:1',
      'P2 aux.txt:1',
      'P3 folder:1',
      'P3 inside:1',
      'P3 outside:1',
      'P3 pipe:1',
      'P4 notes.md:1',
    ]);
    expect(existsSync(out())).toBe(false);
  });

  it('packs beside links that .awpignore lists', async () => {
    const root = folder({ '.awpignore': 'outside\n' });
    symlinkSync('/etc/passwd', join(root, 'outside'));
    await pack(root, { output: out() });
  });

  it('does not read a .awpignore or a .env that is a link', async () => {
    const root = folder({ 'x.md': '' });
    symlinkSync('/etc/passwd', join(root, '.awpignore'));
    symlinkSync('/etc/passwd', join(root, '.env'));
    expect(await refusal(pack(root, { output: out() }))).toEqual(['P3 .awpignore:1']);
  });

  it('refuses folders within folders without end', async () => {
    expect(await refusal(pack(folder({ [`${'d/'.repeat(40)}x`]: '' }), { output: out() }))).toEqual(
      [expect.stringMatching(/^P2 d\/d/)],
    );
  });

  it('sees a link that is put in the place of a file while it is read', async () => {
    const root = folder({ 'a.md': '' });
    const { files } = nodeEffects();
    const swapped = {
      ...files,
      readBytes: async (path: string, most?: number) => {
        if (path.endsWith('a.md')) {
          await files.remove(path);
          symlinkSync('/etc/passwd', path);
        }
        return files.readBytes(path, most);
      },
    };
    const work = pack(root, { output: out(), effects: { ...nodeEffects(), files: swapped } });
    expect(await refusal(work)).toEqual(['P3 a.md:1']);
  });

  it('packs nothing that was removed in the meantime', async () => {
    const root = folder();
    const { files } = nodeEffects();
    const list = async (path: string) => [...(await files.list(path)), 'gone'];
    const result = await pack(root, {
      output: out(),
      effects: { ...nodeEffects(), files: { ...files, list } },
    });
    expect(result.files).toHaveLength(3);
  });

  it('refuses a workflow with errors, and shows them', async () => {
    const root = folder({
      'workflow.awp.yaml': MANIFEST.replace('agent: writer', 'agent: nobody'),
    });
    const error = await pack(root, { output: out() }).catch((thrown) => thrown);
    expect(error.code).toBe('spec/invalid');
    expect(error.findings.diagnostics.map(({ rule }: { rule: string }) => rule)).toContain('R8');
  });

  it('refuses a workflow that needs what stays out', async () => {
    const agent = AGENT.replace('prompt.md', '../../logs/prompt.md');
    const root = folder({ 'agents/writer/agent.awp.yaml': agent, 'logs/prompt.md': 'Be careful.' });
    const error = await pack(root, { output: out() }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'spec/invalid', hint: expect.stringContaining('--list') });
  });

  it('refuses a workflow without a version', async () => {
    const root = folder({ 'workflow.awp.yaml': MANIFEST.replace('version: 1.2.0, ', '') });
    expect(await refusal(pack(root, { output: out() }))).toEqual(['P13 workflow.awp.yaml:1']);
  });

  it('refuses a folder without a workflow', async () => {
    for (const path of [place.path, join(place.path, 'nowhere')]) {
      await expect(pack(path)).rejects.toMatchObject({ code: 'spec/no-workflow' });
    }
  });
});

describe('secrets are not packed', () => {
  const key = ['sk', 'proj', 'A1b2C3d4E5f6G7h8I9j0'].join('-');
  it.each([
    ['a key of a model service', `x\ny: ${key}\n`, 2],
    ['a private key', `-----BEGIN ${'PRIVATE KEY'}-----\n`, 1],
    ['an RSA key', `\n\n-----BEGIN RSA ${'PRIVATE KEY'}-----\n`, 3],
    ['a token of a code host', `a ${'ghp'}_${'a1B2'.repeat(9)}`, 1],
    ['a key of a cloud', `${'AKIA'}ABCDEFGHIJKLMNOP`, 1],
    ['a token of a chat service', `${'xoxb'}-1234567890-abc`, 1],
    ['a signed token', `${'eyJ'}hbGciOiJIUzI1NiJ9.${'eyJ'}zdWIiOiIxMjM0In0.abcdefghijkl`, 1],
  ])('%s is found', async (_, text, line) => {
    const root = folder({ 'notes.md': text });
    expect(await refusal(pack(root, { output: out() }))).toEqual([`P15 notes.md:${line}`]);
    await pack(root, { output: out(), allowSecrets: true });
  });

  it('values of .env and of the environment are found, in any usual coding', async () => {
    const env =
      'export NEWS_TOKEN="correct horse"\nDB_PASSWORD=battery-staple\nREGION=eu-central-1\nKEY=short\n';
    const root = folder({
      '.env': env,
      'a.md': `region eu-central-1, short\n${Buffer.from('correct horse').toString('base64')}`,
      'b.md': 'battery-staple',
      'c.md': 'very-own-key-1',
    });
    const effects = effectsWith({ LLM_API_KEY: 'very-own-key-1' });
    expect(await refusal(pack(root, { output: out(), effects }))).toEqual([
      'P15 a.md:2',
      'P15 b.md:1',
      'P15 c.md:1',
    ]);
  });

  it('tells where, and never what', async () => {
    const root = folder({ 'notes.md': `${key} ${key}\n${key}\n` });
    const error: AwpError = await pack(root, { output: out() }).catch((thrown) => thrown);
    expect(error.findings?.diagnostics.map(({ range }) => range.start.line)).toEqual([1, 2]);
    expect(JSON.stringify([error.message, error.hint, error.findings])).not.toContain(key);
  });

  it.each([
    'sk-',
    'sk-short',
    'task-list-of-the-whole-long-week-ahead',
    '$OPENAI_API_KEY',
    'AKIA',
    'BEGIN PUBLIC KEY',
  ])('%s is none', async (text) => {
    await pack(folder({ 'notes.md': text }), { output: out() });
  });
});

describe('unpacking', () => {
  it('gives back what was packed', async () => {
    const part = fc.constantFrom('a', 'B', 'c d', 'ü', '.x', '資', 'e-1');
    const path = fc
      .array(part, { minLength: 1, maxLength: 3 })
      .map((parts) => `data/${parts.join('/')}.bin`);
    const files = fc.dictionary(path, fc.uint8Array({ maxLength: 400 }), {
      maxKeys: 6,
      noNullPrototype: true,
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(files, async (more) => {
        const root = folder(more, `run-${count++}/news-digest`);
        const { file } = await pack(root, { output: out(), allowSecrets: true });
        const target = join(place.path, `back-${count}`);
        await unpack(file, { output: target });
        expect(contents(target)).toEqual(contents(root));
        const again = await pack(root, { output: `${out()}.zip`, allowSecrets: true });
        expect(again.sha256).toBe((await verify(file)).sha256);
      }),
      { numRuns: 12 },
    );
  });

  it('works for large files that hardly shrink', async () => {
    const noise = new Uint8Array(100_000).map((_, at) => (at * at * 31 + (at >> 3)) % 251);
    const root = folder({ 'data/noise.bin': noise });
    const { file } = await pack(root, { output: out(), allowSecrets: true });
    const { folder: target } = await unpack(file, { output: join(place.path, 'x') });
    expect(contents(target)).toEqual(contents(root));
  });

  it('works for files that shrink more than a reader accepts', async () => {
    const root = folder({ 'data/zeros.bin': new Uint8Array(300_000) });
    const { file } = await pack(root, { output: out() });
    const { folder: target } = await unpack(file, { cwd: place.path, output: 'x' });
    expect(contents(target)).toEqual(contents(root));
  });

  it('reads what Python wrote, without a top folder', async () => {
    const root = folder();
    execFileSync('python3', ['-c', REFERENCE, root, out()]);
    const result = await unpack(out(), { output: join(place.path, 'x') });
    expect(result).toMatchObject({ layout: 'reference', name: 'news-digest', version: '1.2.0' });
    expect(contents(result.folder)).toEqual(contents(root));
  });

  it('makes a folder with the name of the workflow, with the modes of new files', async () => {
    const { file } = await pack(folder({}, 'elsewhere/news-digest'), { output: out() });
    const result = await unpack(file, { cwd: place.path });
    expect(result.folder).toBe(join(place.path, 'news-digest'));
    expect(statSync(join(result.folder, 'workflow.awp.yaml')).mode & 0o7111).toBe(0);
    expect(readdirSync(place.path).filter((name) => name.startsWith('.awp'))).toEqual([]);
  });

  it('never writes over what is there', async () => {
    const root = folder();
    const { file } = await pack(root, { output: out() });
    const before = contents(root);
    await expect(unpack(file, { output: root })).rejects.toMatchObject({
      code: 'usage/target-exists',
    });
    symlinkSync('nowhere', join(place.path, 'link'));
    await expect(unpack(file, { output: join(place.path, 'link') })).rejects.toMatchObject({
      code: 'usage/target-exists',
    });
    expect(contents(root)).toEqual(before);
  });

  it('puts the old folder aside with force, and keeps it', async () => {
    const root = folder();
    const { file } = await pack(root, { output: out() });
    writeFileSync(join(root, '.env'), 'MINE=1');
    const first = await unpack(file, { output: root, force: true });
    expect(first.replaced).toBe(`${root}.old`);
    expect(existsSync(join(root, '.env'))).toBe(false);
    expect(readFileSync(join(`${root}.old`, '.env'), 'utf8')).toBe('MINE=1');
    expect((await unpack(file, { output: root, force: true })).replaced).toBe(`${root}.old-2`);
  });

  it('puts aside nothing that is no workflow', async () => {
    const { file } = await pack(folder(), { output: out() });
    const home = join(place.path, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'thesis.tex'), '');
    const root = folder({}, 'real');
    symlinkSync(root, join(place.path, 'link'));
    for (const output of [home, out(), join(place.path, 'link')]) {
      await expect(unpack(file, { output, force: true })).rejects.toMatchObject({
        code: 'usage/target-exists',
      });
    }
    expect(readdirSync(home)).toEqual(['thesis.tex']);
  });

  it.each(['write', 'rename'] as const)('leaves all as it was when %s fails', async (broken) => {
    const root = folder();
    const { file } = await pack(root, { output: out() });
    const before = contents(realpathSync(place.path));
    const { files } = nodeEffects();
    let calls = 0;
    const fail = async (...args: [string, string]) => {
      // The first rename puts the old folder aside, the second one fails, the third one undoes it.
      if (++calls === 2) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      await files[broken](...args);
    };
    const effects = { ...nodeEffects(), files: { ...files, [broken]: fail } };
    await expect(unpack(file, { output: root, force: true, effects })).rejects.toThrow('no space');
    await expect(
      unpack(file, { output: join(place.path, 'new'), effects: failing(broken) }),
    ).rejects.toThrow('no space');
    expect(contents(realpathSync(place.path))).toEqual(before);
  });

  it('writes nothing of a package that is refused', async () => {
    writeFileSync(out(), await archiveOf({ '../evil': 'x', 'workflow.awp.yaml': MANIFEST }));
    const before = readdirSync(place.path);
    expect(await refusal(unpack(out(), { cwd: place.path }))).toEqual(['P2 ../evil:1']);
    expect(readdirSync(place.path)).toEqual(before);
  });
});

describe('verifying', () => {
  it('tells what is in a package, and writes nothing', async () => {
    const packed = await pack(folder(), { output: out() });
    expect(await verify(out())).toEqual({
      ok: true,
      file: out(),
      sha256: packed.sha256,
      bytes: packed.bytes,
      layout: 'awp',
      name: 'news-digest',
      version: '1.2.0',
      awpVersion: '1.0.0',
      createdAt: '1980-01-01T00:00:00.000Z',
      files: packed.files,
      signature: 'none',
      diagnostics: [],
    });
  });

  it('follows a link to the package, and opens no pipe and no folder', async () => {
    await pack(folder(), { output: out() });
    const link = join(place.path, 'link');
    symlinkSync(out(), link);
    expect((await verify(link)).ok).toBe(true);
    execFileSync('mkfifo', [join(place.path, 'pipe')]);
    for (const name of ['pipe', '.']) {
      const { ok, diagnostics, sha256 } = await verify(join(place.path, name));
      expect([ok, sha256, diagnostics.map(({ rule }) => rule)]).toEqual([false, undefined, ['P1']]);
    }
  });

  it('throws when there is nothing', async () => {
    for (const work of [verify, unpack]) {
      await expect(work(join(place.path, 'none'))).rejects.toMatchObject({
        code: 'spec/no-package',
      });
    }
  });

  it('reads no file that is too large', async () => {
    writeFileSync(out(), '');
    const { files } = nodeEffects();
    const info = async () => ({ kind: 'file' as const, bytes: 2 ** 40 });
    const effects = { ...nodeEffects(), files: { ...files, info } };
    expect((await verify(out(), { effects })).diagnostics[0]).toMatchObject({ rule: 'P5' });
  });

  it('refuses a workflow file that cannot be read', async () => {
    writeFileSync(out(), await archiveOf({ 'a/manifest.json': '{}' }));
    const { diagnostics } = await verify(out());
    expect(diagnostics.map(({ rule, help }) => [rule, help.length > 10])).toEqual([['P8', true]]);
  });
});

describe('signatures', () => {
  function keys(name: string): { secret: string; open: string } {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const [secret, open] = [join(place.path, `${name}.secret`), join(place.path, `${name}.pub`)];
    writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }));
    return { secret, open };
  }

  it('are valid for the package and the key alone', async () => {
    const mine = keys('mine');
    const other = keys('other');
    const { signatureFile = '' } = await pack(folder(), { output: out(), signKey: mine.secret });
    expect(signatureFile).toBe(`${out()}.sig`);
    expect(await verify(out(), { publicKey: mine.open })).toMatchObject({
      ok: true,
      signature: 'valid',
    });
    expect(await verify(out())).toMatchObject({ ok: true, signature: 'unchecked' });
    expect(await verify(out(), { publicKey: other.open })).toMatchObject({
      ok: false,
      signature: 'invalid',
      diagnostics: [{ rule: 'P14' }],
    });
    const target = join(place.path, 'x');
    expect(await refusal(unpack(out(), { output: target, publicKey: other.open }))).toEqual([
      'P14 out.awp.zip.sig:1',
    ]);
    expect(existsSync(target)).toBe(false);
    expect(await unpack(out(), { output: target, publicKey: mine.open })).toMatchObject({
      ok: true,
    });
  });

  it.each([
    ['nothing', ''],
    ['one letter', 'x'],
    ['too short', 'AAAA'],
    ['another spelling of one', `${'A'.repeat(87)}=`],
    ['too long', 'A'.repeat(2000)],
  ])('are not %s', async (_, text) => {
    const mine = keys('mine');
    await pack(folder(), { output: out() });
    writeFileSync(`${out()}.sig`, text);
    expect(await verify(out(), { publicKey: mine.open })).toMatchObject({ signature: 'invalid' });
  });

  it('are refused when anything of the package or of them changes', async () => {
    const mine = keys('mine');
    await pack(folder(), { output: out(), signKey: mine.secret });
    const text = readFileSync(`${out()}.sig`, 'utf8');
    const changed = text[4] === 'A' ? 'B' : 'A';
    writeFileSync(`${out()}.sig`, text.slice(0, 4) + changed + text.slice(5));
    expect(await verify(out(), { publicKey: mine.open })).toMatchObject({ signature: 'invalid' });
    writeFileSync(`${out()}.sig`, text);
    const bytes = readFileSync(out());
    bytes[10] = (bytes[10] ?? 0) ^ 1; // a time, which no sum covers
    writeFileSync(out(), bytes);
    expect(await verify(out())).toMatchObject({ ok: true });
    expect(await verify(out(), { publicKey: mine.open })).toMatchObject({ signature: 'invalid' });
  });

  it('are asked for when a key is given, and go when the package is packed anew', async () => {
    const mine = keys('mine');
    await pack(folder(), { output: out(), signKey: mine.secret });
    await pack(folder({ 'x.md': '' }), { output: out() });
    expect(await verify(out(), { publicKey: mine.open })).toMatchObject({
      ok: false,
      signature: 'none',
      diagnostics: [{ rule: 'P14' }],
    });
  });

  it('need keys of the right kind', async () => {
    const mine = keys('mine');
    const rsa = join(place.path, 'rsa');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(rsa, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const signKey of [mine.open, rsa, join(place.path, 'none'), place.path]) {
      await expect(pack(folder(), { output: out(), signKey })).rejects.toMatchObject({
        code: 'usage/bad-value',
      });
    }
    await pack(folder(), { output: out(), signKey: mine.secret });
    for (const publicKey of [mine.secret, rsa, join(place.path, 'none')]) {
      await expect(verify(out(), { publicKey })).rejects.toMatchObject({ code: 'usage/bad-value' });
    }
  });
});

/** Effects of which one call fails at once. */
function failing(broken: 'write' | 'rename'): Effects {
  const effects = nodeEffects();
  const fail = async () => {
    throw new Error('no space left');
  };
  return { ...effects, files: { ...effects.files, [broken]: fail } };
}

/** Names and manifest of a package, as another reader sees them. */
const LIST = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    names = z.namelist()
    top = names[0].split('/')[0]
    print(json.dumps({'names': names, 'manifest': json.loads(z.read(top + '/manifest.json'))}))
`;

/** A package as surfaces 3.1 says that the Python packager makes it. */
const REFERENCE = `
import hashlib, json, pathlib, sys, zipfile
root, out = pathlib.Path(sys.argv[1]), sys.argv[2]
paths = sorted(p for p in root.rglob('*') if p.is_file())
sums = {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
checksum = hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()
meta = {'awp_package': '1.0.0', 'workflow_name': root.name, 'created_at': '2026-01-01T00:00:00+00:00',
        'checksum': checksum, 'contents': {'agents': 1}}
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
    for p in paths:
        z.write(p, p.relative_to(root).as_posix())
    z.writestr('manifest.json', json.dumps(meta, indent=2))
    z.writestr('checksums.sha256', '\\n'.join(f'{sums[n]}  {n}' for n in sorted(sums)))
`;
