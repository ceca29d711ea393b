import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { MAIN } from './process.ts';

/** An ordinary user without a name; as root only, since nobody else can become it. */
const USER = 59_000;

const ROOT = resolve(import.meta.dirname, '../..');
const ids = { uid: USER, gid: USER };

/** A command that runs as that user. */
type AsUser = (args: readonly string[]) => readonly string[];

/** As it is, where that user can read this checkout and start our Node. */
const directly: AsUser = (args) => [process.execPath, MAIN, ...args];

/** The checkout below a folder that it can enter, in a mount namespace of its own. */
function through(folder: string): AsUser {
  const user = `setpriv --reuid ${USER} --regid ${USER} --clear-groups`;
  const script = `mount --bind "$0" "$1" && shift && exec ${user} "$@"`;
  const inside = (path: string): string => `${folder}/${relative(ROOT, path)}`;
  const node = realpathSync(process.execPath);
  const start = [node.startsWith(ROOT) ? inside(node) : node, inside(MAIN)];
  return (args) => ['unshare', '-m', 'sh', '-c', script, ROOT, folder, ...start, ...args];
}

function works(asUser: AsUser, options: { uid?: number; gid?: number }): boolean {
  const [command = '', ...args] = asUser(['--version']);
  return spawnSync(command, args, { ...options, cwd: '/', stdio: 'ignore' }).status === 0;
}

const isRoot = nodeEffects().processes.uid() === 0;

describe.runIf(isRoot)('awp sandbox selftest as an ordinary user', () => {
  // Most of the time is waiting for programs that have to be stopped.
  it.concurrent.each(['bwrap', 'jail'])(
    'finds everything in %s as it should be',
    async (box) => {
      using folder = temporaryFolder();
      using view = temporaryFolder();
      for (const { path } of [folder, view]) chmodSync(path, 0o755);
      chownSync(folder.path, USER, USER);
      const reads = works(directly, ids);
      const asUser = reads ? directly : through(view.path);
      const { PATH = '' } = process.env;
      const [command = '', ...args] = asUser(['sandbox', 'selftest', '--provider', box, '--json']);
      const child = spawn(command, args, {
        ...(reads && ids),
        cwd: folder.path,
        env: { PATH, LANG: 'C.UTF-8', TMPDIR: folder.path, HOME: folder.path },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(out, err).not.toBe('');
      const [report] = JSON.parse(out).boxes;
      expect(report.results.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
      expect(report.results.length).toBeGreaterThan(110);
    },
    900_000,
  );

  it('can be started also where only root may enter the checkout', () => {
    using view = temporaryFolder();
    chmodSync(view.path, 0o755);
    expect(works(through(view.path), {})).toBe(true);
  });
});
