import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keptFile } from '../../../src/runtime/creation/kept-places.ts';
import { temporaryFolder } from '../../make.ts';

const CHILD = join(import.meta.dirname, 'kept-child.ts');

/** All files below a folder that are tools. */
function toolsIn(folder: string): string[] {
  const all = readdirSync(join(folder, '.awp/tools'), { recursive: true, encoding: 'utf8' });
  return all.filter((path) => path.endsWith('.json'));
}

describe('a process that is killed', { timeout: 60_000 }, () => {
  it('between the log and the file of a tool has lost nothing when its run is taken up', () => {
    using folder = temporaryFolder();
    const child = (what: string) =>
      spawnSync(process.execPath, [CHILD, folder.path, what], { encoding: 'utf8' });
    expect(child('die').signal).toBe('SIGKILL');
    expect(toolsIn(folder.path)).toEqual([]);
    const { stdout, stderr } = child('go on');
    expect({ stdout, stderr }).toMatchObject({ stdout: 'complete' });
    const [path = '', ...others] = toolsIn(folder.path);
    expect([path.endsWith(keptFile('stats.a')), others]).toEqual([true, []]);
    const file = JSON.parse(readFileSync(join(folder.path, '.awp/tools', path), 'utf8'));
    expect(file).toMatchObject({ fqn: 'stats.a', provenance: { run: 'r-test' } });
  });
});
