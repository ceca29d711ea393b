import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import type { Artifact, Frame, RunState } from '../../src/events/state.ts';
import type { ToolResult, Workspace } from '../../src/ports/tool.ts';
import { RunFiles } from '../../src/runtime/tools/artifacts.ts';
import { CallWorkspace } from '../../src/runtime/tools/workspace.ts';
import { type Bench, makeBench } from './bench.ts';
import type { Refusal } from './web-bench.ts';

const CANARY = 'canary-4d1f';
const RUN = 'workflow/.awp/runs/r-1';
/** What is around the folders of a run, and what no tool may read, change or take away. */
const OUTSIDE = [
  'workflow/secrets.yaml',
  'workflow/.env',
  'workflow/workflow.awp.yaml',
  'workflow/agents/a/agent.py',
  'workflow/mcp/x.py',
  'workflow-private/k',
  `${RUN}/log.txt`,
  `${RUN}-private/k`,
  `${RUN}/inputs-private/k`,
  'etc/passwd',
];
const INSIDE = ['inputs/a.csv', 'inputs/sub/b.txt', 'shared/c.md'];

let bench: Bench;
let root: string;
let refusals: Refusal[];
let workspace: Workspace;

beforeEach(() => {
  bench = makeBench();
  root = mkdtempSync(join(tmpdir(), 'awp-canary-'));
  refusals = [];
  for (const path of OUTSIDE) put(path, CANARY);
  for (const path of INSIDE) put(`${RUN}/${path}`, 'inside');
  workspace = realWorkspace([]);
});
afterEach(() => {
  bench.clear();
  rmSync(root, { recursive: true });
});

function put(path: string, data: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), data);
}

/** The workspace of the runtime, for an agent that has written these files. */
function realWorkspace(own: readonly string[]): Workspace {
  const folder = join(root, RUN);
  const files = nodeFiles();
  const artifacts = own.map((name): [string, Artifact] => {
    put(`${RUN}/blobs/${sha256(name)}`, name);
    const hash = sha256(name);
    return [name, { name, path: name, agent: '1.1', bytes: name.length, sha256: hash } as Artifact];
  });
  return new CallWorkspace({
    files,
    runFiles: new RunFiles(files, folder),
    state: { artifacts: new Map(artifacts) } as RunState,
    frame: { id: '1.1' } as Frame,
    inputs: join(folder, 'inputs'),
    shared: join(folder, 'shared'),
  });
}

async function call(tool: string, args: JsonObject): Promise<ToolResult> {
  const denied = (reason: string, kind?: string): void => {
    refusals.push({ reason, kind });
  };
  try {
    return await bench.call(tool, args, { workspace, denied });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const status = { 'tool/denied': 403, 'tool/not-found': 404 }[code ?? ''] ?? 500;
    return { ok: false, status, data: {}, error: message };
  }
}

/** Everything on the disk but the contents that the run keeps by their hash. */
function everything(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.includes('/blobs') && statSync(join(root, path)).isFile())
    .map((path) => `${path}=${readFileSync(join(root, path), 'utf8')}`)
    .sort();
}

/** Paths that lead out of the run's folders, or look as if they did (spec, capabilities 12.4). */
const REFUSED = [
  ['63', '../secrets.yaml'],
  ['63', 'workspace/../../etc/passwd'],
  ['63', 'inputs/../../../../secrets.yaml'],
  ['63', 'output/../../inputs-private/k'],
  ['63', '/etc/passwd'],
  ['63', '//etc/passwd'],
  ['63', '\\\\?\\C:\\a'],
  ['63', 'C:'],
  ['63', 'c:/a'],
  ['63', 'inputs\\..\\..\\log.txt'],
  ['63', 'inputs/a.csv\0.png'],
  ['63', 'a\nb'],
  ['65', '../r-1-private/k'],
  ['65', 'inputs/../inputs-private/k'],
  ['66', '/tmp/../etc/passwd'],
  ['66', '/tmpfoo'],
  ['70', '/proc/self/environ'],
  ['70', '/proc/1/environ'],
  ['70', '/dev/tty'],
  ['', `output/${'a'.repeat(300)}`],
  ['', 'a/'.repeat(600)],
];

/** Paths that mean a file below the run's folders, whatever they look like. */
const CONTAINED = [
  ['63', '~/.ssh/id_rsa'],
  ['63', 'file:///etc/passwd'],
  ['63', 'secrets.yaml.'],
  ['63', 'secrets.yaml '],
  ['63', '%2e%2e/secrets.yaml'],
  ['64', 'secrets.yaml'],
  ['64', '.env'],
  ['64', 'workflow.awp.yaml'],
  ['64', 'agents/a/agent.py'],
  ['64', 'mcp/x.py'],
  ['64', 'log.txt'],
  ['65', 'inputs-private/k'],
  ['70', 'proc/self/environ'],
  ['73', 'Secrets.YAML'],
  ['74', 'etc/passwd'],
];

describe('a path that leads out', () => {
  it.each(REFUSED)('row %s: is refused by every tool, with a note: %j', async (_, path) => {
    const before = everything();
    const calls: [string, JsonObject][] = [
      ['file.read', { path }],
      ['file.write', { path, content: 'x' }],
      ['file.write', { path, content: 'x', mode: 'append' }],
      ['file.delete', { path }],
      ['file.list', { path }],
    ];
    for (const [tool, args] of calls) {
      refusals = [];
      expect(await call(tool, args)).toMatchObject({ ok: false, status: 403 });
      const kind = 'acl.tool.denied';
      expect(refusals).toEqual([{ reason: expect.any(String), kind }]);
    }
    expect(everything()).toEqual(before);
  });

  it.each(CONTAINED)('row %s: that only looks so stays inside: %j', async (_, path) => {
    const before = everything();
    expect(await call('file.read', { path })).toMatchObject({ ok: false, status: 404 });
    expect(await call('file.delete', { path })).toMatchObject({ ok: false, status: 404 });
    const written = await call('file.write', { path, content: 'x' });
    expect(written.data).toMatchObject({ path: expect.stringMatching(/^output\//) });
    expect(everything()).toEqual(before);
  });

  it('row 67: through a link is refused, at its end and on the way', async () => {
    const inputs = join(root, RUN, 'inputs');
    symlinkSync(join(root, 'etc/passwd'), join(inputs, 'file.txt'));
    symlinkSync(join(root, 'etc'), join(inputs, 'folder'));
    symlinkSync('..', join(inputs, 'up'));
    for (const path of ['file.txt', 'folder/passwd', 'up/log.txt', 'up/inputs-private/k']) {
      for (const full of [`inputs/${path}`, path]) {
        const result = await call('file.read', { path: full });
        expect([403, 404]).toContain(result.status);
        expect(JSON.stringify(result)).not.toContain(CANARY);
      }
    }
    const { data } = await call('file.list', { path: 'inputs', recursive: true });
    expect(data).toMatchObject({ files: ['inputs/a.csv', 'inputs/sub/b.txt'] });
  });

  it('row 67: is not needed for a second name of an input, which stays readable', async () => {
    linkSync(join(root, RUN, 'inputs/a.csv'), join(root, RUN, 'inputs/again.csv'));
    expect((await call('file.read', { path: 'again.csv' })).ok).toBe(true);
  });

  it.each(['**/*', '../../*', '*'.repeat(255), '/etc/*', '..'])(
    'row 72: is not found by the pattern %s',
    async (pattern) => {
      const { data } = await call('file.list', { pattern, recursive: true });
      const { files } = data as { files: string[] };
      for (const path of files) expect(path).toMatch(/^(?:inputs|shared|output)\//);
      expect(JSON.stringify(files)).not.toMatch(/private|passwd|secrets/);
    },
  );

  it('is never read, written or deleted, however it is put together', async () => {
    const before = everything();
    const pieces = ['..', '.', '', 'inputs', 'output', 'shared', 'a.csv', 'etc', 'passwd', '~'];
    const odd = ['...', '.. ', '..\u0000', '%2e%2e', '\\', 'C:', '\u2025', '.env', 'k'];
    const part = fc.constantFrom(...pieces, ...odd);
    const path = fc
      .array(part, { minLength: 1, maxLength: 8 })
      .map((parts) => parts.join('/'))
      .filter((text) => text !== '');
    await fc.assert(
      fc.asyncProperty(path, async (text) => {
        const read = await call('file.read', { path: text });
        expect([200, 403, 404]).toContain(read.status);
        expect(JSON.stringify(read)).not.toContain(CANARY);
        const written = await call('file.write', { path: text, content: 'x' });
        expect([200, 403]).toContain(written.status);
        expect([200, 403, 404]).toContain((await call('file.delete', { path: text })).status);
      }),
      { numRuns: 200 },
    );
    expect(everything()).toEqual(before);
  });
});

describe('file.delete', () => {
  it.each(['output/a/b.md', 'a/b.md', './output//a/b.md'])(
    'takes an own file away: %s',
    async (path) => {
      workspace = realWorkspace(['a/b.md', 'c.md']);
      expect(await call('file.delete', { path })).toEqual({
        ok: true,
        status: 200,
        data: { path: 'output/a/b.md' },
      });
      expect((await call('file.read', { path: 'output/a/b.md' })).status).toBe(404);
      const { data } = await call('file.list', { path: 'output', recursive: true });
      expect(data).toMatchObject({ files: ['output/c.md'] });
      expect(refusals).toEqual([]);
    },
  );

  it('takes a file away that the same call has written, and one that is written again', async () => {
    workspace = realWorkspace(['a.md']);
    await call('file.write', { path: 'a.md', content: 'new' });
    expect((await call('file.delete', { path: 'a.md' })).ok).toBe(true);
    expect((await call('file.read', { path: 'output/a.md' })).status).toBe(404);
    await call('file.write', { path: 'a.md', content: 'again' });
    expect((await call('file.read', { path: 'a.md' })).data).toMatchObject({ content: 'again' });
  });

  it.each(['inputs/a.csv', 'shared/c.md', 'output', 'output/', 'inputs', '.'])(
    'refuses %s',
    async (path) => {
      const before = everything();
      expect(await call('file.delete', { path })).toMatchObject({ ok: false, status: 403 });
      expect(refusals).toHaveLength(1);
      expect(everything()).toEqual(before);
    },
  );

  it('says that there is no such file, and does not take an input of its name', async () => {
    const before = everything();
    for (const path of ['output/none.md', 'a.csv', 'output/a']) {
      const result = await call('file.delete', { path });
      expect(result).toMatchObject({ ok: false, status: 404 });
    }
    expect(everything()).toEqual(before);
  });
});
