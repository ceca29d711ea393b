import { chmodSync, mkdtempSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import type { BoxTools, Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';

// A temporary folder of this test file alone: what is left in it was left by its own boxes.
const ownTemporary = mkdtempSync(path.join(tmpdir(), 'awp-test-'));
chmodSync(ownTemporary, 0o755);
process.env.TMPDIR = ownTemporary;
afterAll(async () => rm(ownTemporary, { recursive: true, force: true }));

const MIB = 1024 * 1024;

/** Limits that are small enough to be reached quickly. */
export const POLICY: SandboxPolicy = {
  ...sandboxPolicy(),
  timeoutMs: 20_000,
  memoryMb: 256,
  cpuSeconds: 10,
  processes: 32,
  outputChars: 2000,
  filesBytes: 8 * MIB,
  files: 10,
};

/** Runs one program with everything else left at its default. */
export async function runIn(
  box: Sandbox,
  job: Pick<SandboxJob, 'language' | 'code'> & Partial<SandboxJob>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Execution> {
  const rest = { timeoutMs: 20_000, policy: POLICY, inputs: undefined, shared: undefined };
  return await box.run({ ...rest, output: [], ...job }, signal);
}

/** Processes of the machine whose command line has this text. */
export async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}

/** Temporary folders that a run could have left. */
export async function leftFolders(): Promise<string[]> {
  const names = await readdir(tmpdir());
  return names.filter((name) =>
    /^awp-(?:jail|none|stage|proxy|quickjs|deno|self-test)-/.test(name),
  );
}

/** Whether programs of this box may start others. */
export const startsProcesses = ({ name }: Sandbox): boolean => !['quickjs', 'deno'].includes(name);

const textOf = ({ files }: Execution, name: string): string | undefined => {
  const file = files.find((one) => one.path === name);
  return file && Buffer.from(file.bytes).toString();
};

/** What every box does with honest programs, whether it keeps them apart or not. */
export function benignContract(box: Sandbox): void {
  let folder: string;
  const python = box.languages.some(({ language }) => language === 'python');
  // What a box does not have is not promised of it.
  const withPython = python ? it : () => {};
  const withProcesses = startsProcesses(box) ? it : () => {};

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'awp-contract-'));
    await mkdir(path.join(folder, 'inputs', 'more'), { recursive: true });
    await mkdir(path.join(folder, 'shared'));
    await writeFile(path.join(folder, 'inputs', 'table.csv'), 'a,b\n1,2\n');
    await writeFile(path.join(folder, 'inputs', 'more', 'x.txt'), 'deeper');
    await writeFile(path.join(folder, 'shared', 'other.txt'), 'from another worker');
    // Also for the user of the box.
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    await box.close();
    await rm(folder, { recursive: true, force: true });
  });
  const folders = () => ({
    inputs: path.join(folder, 'inputs'),
    shared: path.join(folder, 'shared'),
  });

  it('runs JavaScript as a module with top-level await, and hands its files back', async () => {
    const code = `
import { readFileSync, writeFileSync } from 'node:fs';
await null;
console.log(readFileSync('inputs/table.csv', 'utf8').length, readFileSync('shared/other.txt', 'utf8'));
writeFileSync(_output_file('deep', 'result.txt'), 'ü');
console.log(_list_files().join(' '));
console.error('said aside');`;
    const done = await runIn(box, { language: 'javascript', code, ...folders() });
    expect(done).toMatchObject({ exitCode: 0, stderr: 'said aside\n', notes: [] });
    expect(done.stopped).toBeUndefined();
    expect(done.stdout).toBe(
      '8 from another worker\ninputs/more/x.txt inputs/table.csv output/deep/result.txt shared/other.txt\n',
    );
    expect(textOf(done, 'deep/result.txt')).toBe('ü');
  });

  it('runs TypeScript and shows the lines of an error as they were written', async () => {
    const code = `interface A { b: number }
const a: A = { b: 3 };
console.log(a.b);
throw new Error('on line four');`;
    const done = await runIn(box, { language: 'typescript', code });
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toBe('3\n');
    expect(done.stderr).toContain('program.mts:4:7');
    expect(done.stderr).not.toMatch(/node:internal|eval1/);
  });

  it('tells where a JavaScript program cannot be read', async () => {
    const done = await runIn(box, { language: 'javascript', code: 'let a = 1\nlet b = ;\n' });
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toMatch(/program\.mjs:2\n[\s\S]*SyntaxError/);
  });

  withPython('runs Python with the promised names, and hands its files back', async () => {
    const code = `
print(_input_file('table.csv').endswith('/inputs/table.csv'), json.dumps([math.floor(1.5)]))
print(re.sub('a', 'b', 'a'), pathlib.Path(_output_dir).name, datetime.date(2026, 1, 2), _os.sep, _sys.argv)
open('output/made/by/open.txt', 'w').write('ü')
_ensure_dir(_output_dir + '/folder/x.txt')
print(_list_files(), hash('a') == hash('a'), _verify_png(_input_file('table.csv')))
print(open('shared/other.txt').read())`;
    const done = await runIn(box, { language: 'python', code, ...folders() });
    expect(done).toMatchObject({ exitCode: 0, stderr: '', notes: [] });
    expect(done.stdout.split('\n')).toEqual([
      'True [1]',
      "b output 2026-01-02 / ['program.py']",
      "['inputs/more/x.txt', 'inputs/table.csv', 'output/made/by/open.txt', 'shared/other.txt'] True False",
      'from another worker',
      '',
    ]);
    expect(textOf(done, 'made/by/open.txt')).toBe('ü');
  });

  withPython('shows Python errors with the program’s own lines only', async () => {
    const code = 'def half(x):\n    return open("/nowhere/" + x)\n\nhalf("y")\n';
    const done = await runIn(box, { language: 'python', code });
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toMatch(/File "program.py", line 4[\s\S]*File "program.py", line 2/);
    expect(done.stderr).toContain('return open("/nowhere/" + x)');
    expect(done.stderr).not.toMatch(/<awp>|<string>/);
    const unread = await runIn(box, { language: 'python', code: 'a = 1\nb = (\n' });
    expect(unread.stderr).toMatch(/^ {2}File "program.py", line 2\n[\s\S]*SyntaxError/);
  });

  it('gives the exit code that a program chose', async () => {
    const done = await runIn(box, { language: 'javascript', code: 'process.exit(7)' });
    expect(done.exitCode).toBe(7);
    if (!python) return;
    const other = await runIn(box, { language: 'python', code: 'import sys; sys.exit(3)' });
    expect(other.exitCode).toBe(3);
  });

  it('puts a worker’s own output back, and hands back only what is new or changed', async () => {
    const code = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
console.log(readFileSync('output/kept/a.txt', 'utf8'));
appendFileSync('output/changed.txt', '!');
writeFileSync('output/new.txt', '1');`;
    const output = [
      { path: 'kept/a.txt', bytes: Buffer.from('earlier') },
      { path: 'changed.txt', bytes: Buffer.from('old') },
    ];
    const done = await runIn(box, { language: 'javascript', code, output });
    expect(done.stdout).toBe('earlier\n');
    expect(done.files.map(({ path: name }) => name)).toEqual(['changed.txt', 'new.txt']);
    expect(textOf(done, 'changed.txt')).toBe('old!');
  });

  it('refuses a path that would leave the folder, before anything is started', async () => {
    const output = [{ path: '../x', bytes: Buffer.from('x') }];
    await expect(runIn(box, { language: 'javascript', code: '', output })).rejects.toMatchObject({
      code: 'sandbox/refused',
    });
  });

  it('keeps the beginning and the end of a long output', async () => {
    const code = "console.log('first' + 'x'.repeat(5_000_000) + 'last')";
    const done = await runIn(box, { language: 'javascript', code });
    expect(done.stdout).toMatch(
      /^firstx+\n\[\.\.\. [\d,]+ characters left out \.\.\.\]\nx+last\n$/,
    );
    expect(done.stdout.length).toBeLessThan(POLICY.outputChars + 100);
  });

  it('hands back at most as many files as the policy allows, and says so', async () => {
    const code = `
import { writeFileSync } from 'node:fs';
for (let i = 10; i < 40; i++) writeFileSync('output/' + i + '.txt', 'x');`;
    const done = await runIn(box, { language: 'javascript', code });
    expect(done.exitCode).toBe(0);
    expect(done.files.map(({ path: name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index + 10}.txt`),
    );
    expect(done.notes.join()).toContain('20 more files');
  });

  it('stops a program that takes too long, and leaves nothing', async () => {
    const code = "process.on('SIGTERM', () => {}); console.log('begun'); while (true);";
    const done = await runIn(box, { language: 'javascript', code, timeoutMs: 1500 });
    expect(done).toMatchObject({ exitCode: undefined, stopped: 'timeout' });
    expect(await leftFolders()).toEqual([]);
  });

  it('stops when the signal aborts, and starts nothing when it has aborted', async () => {
    const begun = Promise.withResolvers<void>();
    const tools: BoxTools = {
      names: ['test.begun'],
      call: async () => {
        begun.resolve();
        return { ok: true, status: 200, data: null };
      },
    };
    const code =
      "await tools.call('test.begun', {}); await new Promise((r) => setTimeout(r, 60_000));";
    const abort = new AbortController();
    const running = runIn(box, { language: 'javascript', code, tools }, abort.signal);
    await begun.promise;
    abort.abort();
    expect(await running).toMatchObject({ exitCode: undefined, stopped: 'cancelled' });
    expect(await leftFolders()).toEqual([]);
    const never = await runIn(box, { language: 'javascript', code }, abort.signal);
    expect(never).toMatchObject({ stopped: 'cancelled', stdout: '' });
  });

  withProcesses('ends the processes of a program that was cancelled', async () => {
    const marker = `awp-marker-${process.pid}-${Math.random()}`;
    const code = `import { spawnSync } from 'node:child_process';
spawnSync('/bin/sh', ['-c', 'trap "" TERM; sleep 60; : ${marker}']);`;
    const abort = new AbortController();
    const running = runIn(box, { language: 'javascript', code }, abort.signal);
    while ((await processesWith(marker)).length === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await running).toMatchObject({ exitCode: undefined, stopped: 'cancelled' });
    expect(await processesWith(marker)).toEqual([]);
    expect(await leftFolders()).toEqual([]);
  });

  it('names its languages with versions', () => {
    for (const { description } of box.languages) expect(description).toMatch(/\d+\.\d+\.\d+/);
  });

  withPython('gives the same hashes and the same clock zone every time', async () => {
    const code = "import time; print(hash('awp'), time.tzname[0])";
    const [one, two] = await Promise.all([
      runIn(box, { language: 'python', code }),
      runIn(box, { language: 'python', code }),
    ]);
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).toContain('UTC');
  });
}

/** Opens a box, or tells why this machine has none. */
export async function boxOrReason(open: () => Promise<Sandbox>): Promise<Sandbox | string> {
  try {
    return await open();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Runs a suite, or skips it under a name that says why. */
export function describeBox(
  name: string,
  box: Sandbox | string,
  suite: (box: Sandbox) => void,
): void {
  if (typeof box === 'string')
    describe.skip(`${name} (skipped: ${box})`, () => it('runs', () => {}));
  else {
    describe(name, () => suite(box));
  }
}
