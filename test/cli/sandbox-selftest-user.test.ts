import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { MAIN } from './process.ts';

/** An ordinary user without a name; as root only, since nobody else can become it. */
const USER = 59_000;

/** Whether that user can read this checkout and start our Node. */
function canStart(): boolean {
  if (nodeEffects().processes.uid() !== 0) return false;
  try {
    const ids = { uid: USER, gid: USER };
    execFileSync(process.execPath, [MAIN, '--version'], { ...ids, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(canStart())('awp sandbox selftest as an ordinary user', () => {
  it.each(['bwrap', 'jail', 'none'])(
    'finds everything in %s as it should be',
    async (box) => {
      using folder = temporaryFolder();
      chmodSync(folder.path, 0o755);
      chownSync(folder.path, USER, USER);
      const { PATH = '' } = process.env;
      const child = spawn(
        process.execPath,
        [MAIN, 'sandbox', 'selftest', '--provider', box, '--json'],
        {
          ...{ uid: USER, gid: USER, cwd: folder.path },
          env: { PATH, LANG: 'C.UTF-8', TMPDIR: folder.path, HOME: folder.path },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(out, err).not.toBe('');
      const [report] = JSON.parse(out).boxes;
      expect(report.results.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
      expect(report.results.length).toBeGreaterThan(110);
    },
    900_000,
  );
});
