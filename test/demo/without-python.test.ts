import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAIN } from '../cli/process.ts';
import { temporaryFolder } from '../make.ts';
import { withoutPython } from './hidden-python.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

describe('the demo on a machine without Python', () => {
  it('runs in the strongest box that is left', ({ skip }) => {
    const hidden = withoutPython(process.execPath, [MAIN, 'demo', '--json']);
    if (!hidden) return skip('nothing can be hidden here');
    const { status, stdout, stderr } = spawnSync(hidden.command, hidden.args, {
      ...{ cwd: folder.path, encoding: 'utf8' },
      env: { PATH: process.env.PATH, AWP_HOME: join(folder.path, 'runs') },
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/"sandbox":\{"name":"(?:bwrap|deno|quickjs)"/);
    expect(readdirSync(join(folder.path, 'awp-demo'))).toContain('report.html');
  }, 60_000);
});
