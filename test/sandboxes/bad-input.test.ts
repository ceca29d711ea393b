import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Execution, Sandbox } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import {
  boxOrReason,
  describeBox,
  leftFolders,
  POLICY,
  runIn,
} from '../contracts/sandbox-contract.ts';
import { effectsWith, openBox } from './boxes.ts';

interface Row {
  name: string;
  code: string;
  check(done: Execution): void;
}

const names = ({ files }: Execution) => files.map((file) => file.path);

/** Programs that mean no harm, and are a burden all the same. */
const ROWS: readonly Row[] = [
  {
    name: 'prints 300 MB',
    code: "import sys\nfor _ in range(300): sys.stdout.write('x' * (1 << 20) + chr(10))",
    check: (done) => expect(done).toMatchObject({ stopped: 'output', limits: ['output'] }),
  },
  {
    name: 'prints one line of 200 MB',
    code: "import os\nfor _ in range(3200): os.write(1, b'y' * 65536)",
    check: (done) => {
      expect(done.stopped).toBe('output');
      expect(done.stdout.length).toBeLessThan(POLICY.outputChars + 100);
    },
  },
  {
    name: 'prints what is no UTF-8',
    code: "import os; os.write(1, b'a\\xff\\xfe\\xc3z'); os.write(2, b'\\xf0\\x9f')",
    check: (done) => {
      expect(done.stdout).toMatch(/^a\uFFFD+z$/);
      expect(done.stderr).toMatch(/^\uFFFD+$/);
    },
  },
  {
    name: 'ends well after half of its files',
    code: `
import os
open('output/whole.txt', 'w').write('whole')
half = open('output/half.csv', 'w'); half.write('a,b'); half.flush()
os._exit(0)`,
    check: (done) => {
      expect(done.exitCode).toBe(0);
      expect(names(done)).toEqual(['half.csv', 'whole.txt']);
    },
  },
  {
    name: 'gives files strange names',
    code: `
for name in ('new\\nline', 'n' * 255, 'tab\\t', ' space ', '.hidden', 'a\\\\b', 'ü', '-rf', 'CON', 'x' * 250 + '.csv'):
    try: open('output/' + name, 'w').write('x')
    except OSError as error: print(error)`,
    check: (done) => {
      expect(done.exitCode).toBe(0);
      expect(names(done)).toContain('n'.repeat(255));
      expect(names(done)).toContain('ü');
      expect(names(done).join()).not.toMatch(/[\n\t]/);
      expect(done.notes.length).toBeGreaterThan(0);
      for (const note of done.notes) expect(note).not.toMatch(/[\n\t]/);
    },
  },
  {
    name: 'makes a million files',
    code: `
for i in range(1_000_000):
    open('output/%d' % i, 'w').close()
print('all of them')`,
    check: (done) => {
      expect(done.stdout).toBe('');
      expect(done.limits).toContain('files');
      expect(done.files.length).toBeLessThanOrEqual(POLICY.files);
    },
  },
  {
    name: 'makes a million files where none is collected',
    code: `
import os
for i in range(1_000_000):
    open(os.environ['TMPDIR'] + '/%d' % i, 'w').close()
print('all of them')`,
    check: (done) => {
      expect(done.stdout).toBe('');
      expect(done.limits).toContain('files');
    },
  },
  {
    name: 'makes folders in folders',
    code: `
import os
os.chdir('output')
for i in range(4000):
    os.mkdir('d'); os.chdir('d')
open('deep.txt', 'w').write('x')`,
    check: (done) => {
      expect(names(done)).toEqual([]);
      expect(done.notes.join()).toMatch(/deeper than 32 folders/);
    },
  },
  {
    name: 'is no text',
    code: '\0\u0001\uFEFF\u202E',
    check: (done) => {
      expect(done.exitCode).toBe(1);
      expect(done.stderr).toMatch(/SyntaxError|ValueError|null bytes/);
    },
  },
  {
    name: 'nests deeper than a compiler likes',
    code: `x = ${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
    check: (done) => expect(done.exitCode).not.toBe(0),
  },
];

describe.each(['bwrap', 'jail'] as const)('a program that', async (name) => {
  const box = await boxOrReason(() => openBox(name));
  describeBox(name, box, (opened) => {
    it.each(ROWS)(
      '$name',
      async ({ code, check }) => {
        const policy = { ...POLICY, cpuSeconds: 25 };
        const done = await runIn(opened, { language: 'python', code, policy, timeoutMs: 30_000 });
        check(done);
        expect(await leftFolders()).toEqual([]);
      },
      60_000,
    );

    it('runs with 31 others on this machine', async () => {
      const runs = Array.from({ length: 32 }, (_, index) =>
        runIn(opened, {
          language: index % 2 === 0 ? 'python' : 'javascript',
          code: index % 2 === 0 ? `print(${index})` : `console.log(${index})`,
          timeoutMs: 60_000,
        }),
      );
      const done = await Promise.all(runs);
      expect(done.map(({ stdout }) => Number(stdout))).toEqual(runs.map((_, index) => index));
    }, 120_000);
  });
});

/** The effects of this machine with more variables, and an empty search path if none is given. */
function effectsOf(variables: Readonly<Record<string, string>>): Effects {
  const effects = nodeEffects();
  const get = (name: string) => variables[name] ?? effects.secrets.get(name);
  return { ...effects, secrets: { get } };
}

const openWith = (variables: Readonly<Record<string, string>>): Promise<Sandbox> =>
  openSandbox(effectsOf(variables))({ ...POLICY, languages: ['python'] });

describe.each(['bwrap', 'jail'])('an interpreter for %s', (name) => {
  it.each([
    ['that is not there', '/nowhere/python3'],
    ['that is none', '/bin/true'],
    ['that is a folder', '/usr'],
  ])('%s is told by name, with what to do', async (_, named) => {
    const opening = openWith({ AWP_SANDBOX: name, AWP_PYTHON: named });
    await expect(opening).rejects.toMatchObject({
      code: 'sandbox/no-python',
      message: expect.stringContaining(named),
      hint: expect.stringContaining('--python'),
    });
  });

  it('in a virtual environment of a closed home folder runs with its own packages', async ({
    skip,
  }) => {
    if (typeof (await boxOrReason(() => openWith({ AWP_SANDBOX: name }))) === 'string')
      skip('no box');
    const home = await mkdtemp(path.join(tmpdir(), 'awp-home-'));
    try {
      await chmod(home, 0o700);
      const made = spawnSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', `${home}/venv`]);
      if (made.status !== 0) skip('this Python makes no virtual environments');
      const [site = ''] = execFileSync(`${home}/venv/bin/python`, [
        ...['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"],
      ])
        .toString()
        .split('\n');
      await mkdir(`${site}/only_here`);
      await nodeEffects().files.write(`${site}/only_here/__init__.py`, "word = 'from the venv'\n");
      const box = await openWith({ AWP_SANDBOX: name, AWP_PYTHON: `${home}/venv/bin/python` });
      const code = 'import only_here; print(only_here.word)';
      expect(await runIn(box, { language: 'python', code })).toMatchObject({
        stdout: 'from the venv\n',
        exitCode: 0,
      });
      await box.close();
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe('a temporary folder', () => {
  it.each(['read-only', 'full'])('that is %s is told, or not needed', async (kind) => {
    const place = await mkdtemp(path.join(tmpdir(), 'awp-small-'));
    const mount = kind === 'full' ? 'size=4096' : 'size=1m,ro';
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', mount, 'tmpfs', place]);
    const before = process.env.TMPDIR;
    try {
      // Only root can make such a folder; as another user a folder without rights does it.
      if (mounted.status !== 0) await chmod(place, 0o500);
      if (kind === 'full') spawnSync('dd', ['if=/dev/zero', `of=${place}/x`, 'bs=1k', 'count=64']);
      for (const name of ['bwrap', 'jail'] as const) {
        const box = await boxOrReason(() => openBox(name));
        if (typeof box === 'string') continue;
        process.env.TMPDIR = place;
        const done = await runIn(box, { language: 'python', code: 'print(1)' }).catch(
          (error: unknown) => error,
        );
        process.env.TMPDIR = before;
        if (done instanceof Error) {
          expect(done).toMatchObject({ name: 'AwpError', code: 'sandbox/broken' });
          expect(done.message).not.toContain('undefined');
        } else expect(done).toMatchObject({ stdout: '1\n', exitCode: 0 });
        await box.close();
      }
    } finally {
      process.env.TMPDIR = before;
      if (mounted.status === 0) spawnSync('umount', [place]);
      await rm(place, { recursive: true, force: true });
    }
  });
});

it('a machine without any box says what to install', async () => {
  const effects = effectsWith('AWP_SANDBOX', 'bwrap');
  const gone = {
    ...effects,
    files: { ...effects.files, info: async () => undefined },
  };
  await expect(openSandbox(gone)(POLICY)).rejects.toMatchObject({
    code: 'sandbox/unavailable',
    message: expect.stringContaining('bwrap'),
    hint: expect.stringContaining('apt install bubblewrap'),
  });
});
