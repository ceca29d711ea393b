import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxName } from '../../src/ports/sandbox.ts';
import { awp } from '../cli/process.ts';
import { temporaryFolder } from '../make.ts';

/** What `awp` ends with where a box cannot be had. */
const UNAVAILABLE = 6;

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** What a run left: its files by name, and the box that its log names. */
interface Left {
  box: string | undefined;
  files: Readonly<Record<string, string>>;
}

/** Runs the demo, or gives the reason why there is no such box. */
async function demoIn(box: SandboxName): Promise<Left | string> {
  const out = join(folder.path, box);
  // Verdicts on boxes are kept below the home folder.
  const env = { AWP_SANDBOX: box, AWP_HOME: `${out}-runs`, HOME: homedir() };
  const {
    code,
    out: said,
    err,
  } = await awp(['demo', '--out', out, '--json'], {
    cwd: folder.path,
    env,
  });
  if (code === UNAVAILABLE) return err;
  expect({ code, err }).toMatchObject({ code: 0 });
  const events = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const started = events.find(({ type }) => type === 'run.started');
  const files = readdirSync(out).map((name) => {
    const digest = createHash('sha256').update(readFileSync(join(out, name)));
    return [name, digest.digest('hex')];
  });
  return { box: started?.data.sandbox?.name, files: Object.fromEntries(files) };
}

describe('the demo', () => {
  let wanted: Left;
  beforeAll(async () => {
    const left = await demoIn('quickjs');
    if (typeof left === 'string') throw new Error(left);
    wanted = left;
  }, 60_000);

  it('runs where there is nothing but Node', () => {
    expect(wanted.box).toBe('quickjs');
    const names = ['outliers.csv', 'profile.json', 'report.html', 'report.md', 'trend.svg'];
    expect(Object.keys(wanted.files)).toEqual(expect.arrayContaining(names));
  });

  it.for(['bwrap', 'jail', 'deno'] as const)(
    'makes the same files in %s, to the byte',
    { timeout: 60_000 },
    async (name, { skip }) => {
      const left = await demoIn(name);
      if (typeof left === 'string') return skip(left);
      expect(left).toEqual({ ...wanted, box: name });
    },
  );
});
