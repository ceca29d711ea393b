import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '../../src/events/plan.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { type Bait, layBait } from '../sandboxes/bait.ts';
import {
  type Attempts,
  FORGED_NAME,
  NODE_ATTEMPTS,
  nodeBattery,
  PYTHON_ATTEMPTS,
  pythonBattery,
} from '../sandboxes/escapes.ts';
import { leftFolders, POLICY, processesWith, runIn } from './sandbox-contract.ts';

/** What a box with a boundary withstands. `uid`: whom programs run as when we are root. */
export function boundaryContract(box: Sandbox, uid: number | undefined): void {
  const has = (language: Language) => box.languages.some((one) => one.language === language);
  describe.runIf(has('python'))('withstands a Python program that', () => {
    escapes(box, uid, { language: 'python', attempts: PYTHON_ATTEMPTS });
  });
  describe.runIf(has('javascript'))('withstands a JavaScript program that', () => {
    escapes(box, uid, { language: 'javascript', attempts: NODE_ATTEMPTS });
  });
  describe.runIf(has('python'))('limits', () => limits(box));
  describe.runIf(has('javascript'))('limits of Node', () => nodeLimits(box));
  describe.runIf(has('python'))('what is handed back', () => artifacts(box));
}

/** What was laid out, and what came of a battery of attempts. */
export interface Battery {
  bait: Bait;
  done: Execution;
}

/**
 * Runs a battery of attempts in one program, looks at each, and at what they were after. Gives what is
 * known of it to tests that look at more. `before`: put before the program's text.
 */
export function withstandsBattery(
  box: Sandbox,
  uid: number | undefined,
  {
    language,
    attempts,
    before = '',
    job = {},
  }: {
    language: Language;
    attempts: Attempts;
    before?: string;
    job?: Partial<SandboxJob>;
  },
): () => Battery {
  let bait: Bait;
  let done: Execution;
  let results: Map<string, string | null>;
  beforeAll(async () => {
    bait = await layBait(uid);
    const battery = language === 'python' ? pythonBattery : nodeBattery;
    const inputs = `${bait.folder}/in`;
    await mkdir(inputs);
    await writeFile(`${inputs}/table.csv`, 'a');
    const code = before + battery(attempts, bait);
    done = await runIn(box, { language, code, inputs, shared: inputs, ...job });
    results = new Map(Object.entries(JSON.parse(done.stdout || '{}')));
  }, 60_000);
  afterAll(async () => bait?.close());

  it.for(Object.keys(attempts))('%s', (name) => {
    expect(done).toMatchObject({ exitCode: 0 });
    expect(results.get(name)).toBeNull();
  });

  it('tried all of it: nothing of the host was changed, ended or reached', async () => {
    expect(await bait.untouched()).toBe(true);
    expect(bait.heard()).toBe(0);
    expect(JSON.stringify(done)).not.toContain(bait.secret);
    expect((await readdir(bait.folder)).sort()).toEqual([
      ...['host.sock', 'in', 'secret.json', 'writable.txt'],
    ]);
    expect(await readdir(`${bait.folder}/in`)).toEqual(['table.csv']);
    expect(await readFile(`${bait.folder}/in/table.csv`, 'utf8')).toBe('a');
    expect(done.files.map(({ path }) => path)).not.toContain(FORGED_NAME);
  });
  return () => ({ bait, done });
}

function escapes(
  box: Sandbox,
  uid: number | undefined,
  tried: { language: Language; attempts: Attempts },
): void {
  const battery = withstandsBattery(box, uid, tried);

  it('forges no file and leaves no link', () => {
    expect(battery().done.files).toEqual([]);
  });
}

function limits(box: Sandbox): void {
  const python = (code: string, more = {}) => runIn(box, { language: 'python', code, ...more });

  it('stops an endless loop at its processor time', async () => {
    const done = await python('while True: pass', { policy: { ...POLICY, cpuSeconds: 1 } });
    expect(done).toMatchObject({ exitCode: undefined, stopped: 'cpu' });
  });

  it('keeps what was printed before a program had to be stopped', async () => {
    const done = await python("print('so far')\nwhile True: pass", { timeoutMs: 3000 });
    expect(done).toMatchObject({ stopped: 'timeout', stdout: 'so far\n' });
  });

  it('holds the memory of one process', async () => {
    const done = await python("x = bytearray(600 << 20); print('got it')");
    expect(done.stdout).toBe('');
    expect(done.exitCode).not.toBe(0);
  });

  it('holds the memory of many processes together', async () => {
    const code = `
import os, time
for i in range(8):
    if os.fork() == 0:
        x = bytearray(100 << 20); x[::4096] = b'x' * len(x[::4096]); time.sleep(30)
time.sleep(30)`;
    expect(await python(code)).toMatchObject({ exitCode: undefined, stopped: 'memory' });
  });

  it('stops a fork bomb from growing, and kills all of it', async () => {
    const code = `
import os, sys, time
count = 0
try:
    while count < 300:
        if os.fork() == 0: time.sleep(60)
        count += 1
except OSError: pass
else: time.sleep(5)
print(count); sys.stdout.flush()`;
    const done = await python(code, { timeoutMs: 8000 });
    // Held by the kernel, or noticed by us where the kernel's count is not ours alone.
    if (done.stopped === undefined) expect(Number(done.stdout)).toBeLessThan(POLICY.processes + 25);
    else expect(['processes', 'memory']).toContain(done.stopped);
  });

  it('stops an endless flood of output without keeping it', async () => {
    const code = "import os\nwhile True: os.write(1, b'x' * 65536)";
    const done = await python(code);
    expect(done.stopped).toBe('output');
    expect(done.stdout.length).toBeLessThan(POLICY.outputChars + 100);
  });

  it('keeps the disk from being filled', async () => {
    const code = `
try:
    for i in range(100):
        with open('output/%d' % i, 'wb') as f: f.write(b'x' * (4 << 20))
    print('all written')
except OSError as error: print('full')`;
    const done = await python(code);
    expect(done.stdout).not.toContain('all written');
    const bytes = done.files.reduce((sum, file) => sum + file.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(POLICY.filesBytes);
  });

  it('ends processes that want to outlive their program', async () => {
    const marker = `awp-orphan-${process.pid}-${Math.random()}`;
    const code = `
import os, subprocess
subprocess.Popen(['/bin/sh', '-c', 'trap "" TERM HUP; sleep 60; : ${marker}'], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execv('/bin/sh', ['sh', '-c', 'sleep 60; : ${marker}'])
    os._exit(0)
print('left')`;
    const done = await python(code);
    expect(done).toMatchObject({ exitCode: 0, stdout: 'left\n' });
    expect(await processesWith(marker)).toEqual([]);
    const stopped = await python(`${code}\nwhile True: pass`, { timeoutMs: 1500 });
    expect(stopped.stopped).toBe('timeout');
    expect(await processesWith(marker)).toEqual([]);
    expect(await leftFolders()).toEqual([]);
  });

  it('is not harmed by a program that ends its own runner', async () => {
    const done = await python('import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(0.2)\n');
    expect(done.files).toEqual([]);
  });
}

function nodeLimits(box: Sandbox): void {
  const node = (code: string, more = {}) => runIn(box, { language: 'javascript', code, ...more });

  it('holds the heap', async () => {
    const done = await node("const a = []; while (true) a.push('x'.repeat(1000) + a.length);");
    expect(done).toMatchObject({ exitCode: undefined, stopped: 'memory' });
  });

  it('holds memory that is not on the heap', async () => {
    const code = `
const kept = [];
for (let i = 0; i < 30; i++) { kept.push(Buffer.alloc(64 << 20, 1)); await new Promise((r) => setTimeout(r, 20)); }
console.log('got it');`;
    const done = await node(code);
    expect(done.stdout).toBe('');
    expect(done.exitCode).not.toBe(0);
  });

  it('ends detached processes', async () => {
    const marker = `awp-orphan-${process.pid}-${Math.random()}`;
    const code = `
import { spawn } from 'node:child_process';
spawn('/bin/sh', ['-c', 'sleep 60; : ${marker}'], { detached: true, stdio: 'ignore' }).unref();`;
    expect((await node(code)).exitCode).toBe(0);
    expect(await processesWith(marker)).toEqual([]);
  });
}

function artifacts(box: Sandbox): void {
  it('is regular files only: no links, pipes or huge holes', async () => {
    const code = `
import os
open('output/plain.txt', 'w').write('ok')
def attempt(action):
    try: action()
    except OSError: pass
attempt(lambda: os.symlink('/etc/hostname', 'output/link'))
attempt(lambda: os.mkfifo('output/pipe'))
attempt(lambda: os.link('output/plain.txt', 'output/twin.txt'))
attempt(lambda: os.symlink('/', 'output/root'))
attempt(lambda: open('output/hole', 'wb').truncate(8 << 40))
attempt(lambda: open(b'output/\\xff.txt', 'w').write('x'))
attempt(lambda: os.makedirs('output/' + 'd/' * 100))`;
    const done = await runIn(box, { language: 'python', code });
    expect(done.exitCode).toBe(0);
    const names = done.files.filter(({ bytes }) => bytes.length > 0).map(({ path }) => path);
    expect(names.filter((name) => name !== 'twin.txt')).toEqual(['plain.txt']);
  });

  it('leaves out what is more than the policy allows, with a note', async () => {
    const code = `
open('output/a.bin', 'wb').write(b'x' * (5 << 20))
open('output/b.bin', 'wb').write(b'x' * (7 << 19))
open('output/c.txt', 'w').write('small')`;
    const done = await runIn(box, { language: 'python', code });
    expect(done.files.map(({ path }) => path)).toEqual(['a.bin', 'c.txt']);
    expect(done.notes.join()).toContain('b.bin');
  });
}
