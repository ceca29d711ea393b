import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { SHELL_BOXES } from '../../src/events/languages.ts';
import type { Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { bwrapProvider } from '../../src/sandboxes/bwrap.ts';
import { holdersOf } from '../../src/sandboxes/holders.ts';
import { jailProvider } from '../../src/sandboxes/jail.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import type { Provider } from '../../src/sandboxes/provider.ts';
import { selfTest } from '../../src/sandboxes/self-test.ts';
import {
  boxOrReason,
  describeBox,
  leftFolders,
  POLICY,
  processesWith,
  runIn,
} from '../contracts/sandbox-contract.ts';
import { type Bait, layBait } from './bait.ts';
import { boxUser, openBox, openJailWithoutNamespaces } from './boxes.ts';
import { openDeno } from './deno-box.ts';
import { openQuickjs } from './quickjs-box.ts';

const MIB = 1024 * 1024;

const run = (box: Sandbox, code: string, more: Partial<SandboxJob> = {}, signal?: AbortSignal) =>
  runIn(box, { language: 'shell', code, ...more }, signal);

/** What the shell of every box of the machine does. */
function shellContract(box: Sandbox): void {
  let folder: string;
  const folders = () => ({
    inputs: path.join(folder, 'inputs'),
    shared: path.join(folder, 'shared'),
  });
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'awp-shell-'));
    for (const name of ['inputs', 'shared']) await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, 'inputs', 'table.csv'), 'a,b\n1,2\n');
    await writeFile(path.join(folder, 'shared', 'other.txt'), 'from another worker');
    await chmod(folder, 0o755);
  });
  afterAll(() => box.close());

  it('is there, and is not offered to a policy that does not name it', () => {
    expect(box.shell).toBe(true);
    expect(box.languages.map(({ language }) => language)).not.toContain('shell');
  });

  it('starts with its folders, arguments and input, and hands its files back', async () => {
    const code = `cat inputs/table.csv shared/other.txt; echo; echo "$# $1"; cat
mkdir -p output/deep; echo ü >output/deep/a.txt; echo aside >&2`;
    const done = await run(box, code, {
      ...folders(),
      args: ['a b', '$(id)'],
      stdin: new TextEncoder().encode('typed\n'),
      output: [{ path: 'old.txt', bytes: new TextEncoder().encode('as it was') }],
    });
    expect(done).toMatchObject({ exitCode: 0, stderr: 'aside\n', limits: [], notes: [] });
    expect(done.stdout).toBe('a,b\n1,2\nfrom another worker\n2 a b\ntyped\n');
    expect(done.files.map((file) => [file.path, Buffer.from(file.bytes).toString()])).toEqual([
      ['deep/a.txt', 'ü\n'],
    ]);
  });

  it.each([
    ['exit 7', 7],
    ['false', 1],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['nosuchcommand', 127],
    ['for i in 1; do', 2],
    ['set -e; false; echo never', 1],
  ])('%s ends with its own return code', async (code, exitCode) => {
    const done = await run(box, code);
    expect(done).toMatchObject({ exitCode, stdout: '' });
    expect(done.stopped).toBeUndefined();
  });

  it('names the program and its line in errors, and no folder of the machine', async () => {
    const { stderr } = await run(box, 'echo 1\nnosuchcommand\n');
    expect(stderr).toMatch(/^program\.sh: (?:line )?2: nosuchcommand:.*not found\n$/);
  });

  it('ends a pipe whose reader has gone as any shell does', async () => {
    const done = await run(
      box,
      'yes | head -n 1; cat <<END\nhere\nEND\nsort < <(printf "b\\na\\n")',
    );
    expect(done).toMatchObject({ stdout: 'y\nhere\na\nb\n', stderr: '', exitCode: 0 });
  });

  it('finds the interpreters of the box before others', async () => {
    const done = await run(box, 'node -p process.version; python3 -c "print(6 * 7)"');
    expect(done).toMatchObject({ stdout: `${process.version}\n42\n`, stderr: '' });
  });

  it('has no open descriptor of the box, and no environment of ours', async () => {
    process.env.AWP_TEST_API_KEY = 'CANARY';
    const tools = { names: ['test.echo'], call: async () => ({ ok: true, status: 200, data: 1 }) };
    const code =
      'env | grep CANARY; for f in /proc/$$/fd/*; do [ $(basename $f) -gt 2 ] && readlink $f; done; :';
    const { stdout } = await run(box, code, { tools });
    delete process.env.AWP_TEST_API_KEY;
    expect(stdout).toMatch(/^(?:\/\S*\/program\.sh\n)?$/);
  });

  it('may be larger than one argument of a command may be', async () => {
    const done = await run(box, `: ${'x'.repeat(200_000)}\necho "\${#1}"`, { args: ['y'] });
    expect(done).toMatchObject({ stdout: '1\n', exitCode: 0 });
  });

  it('ends with all that it has started, however long that would go on', async () => {
    const marker = `awp-shell-${process.pid}-${Math.random()}`;
    const done = await run(
      box,
      `(trap '' TERM HUP; sleep 60; : ${marker}) & setsid sh -c 'sleep 60; : ${marker}' & echo over`,
    );
    expect(done.stdout).toBe('over\n');
    if (box.name === 'none') return;
    expect(await processesWith(marker)).toEqual([]);
    expect(await leftFolders()).toEqual([]);
  });

  it('is stopped when its time is over, and when it is cancelled', async () => {
    const late = await run(box, "trap '' TERM; echo begun; sleep 60", { timeoutMs: 1000 });
    expect(late).toMatchObject({ exitCode: undefined, stopped: 'timeout', stdout: 'begun\n' });
    const abort = new AbortController();
    const marker = `awp-shell-${process.pid}-${Math.random()}`;
    const running = run(box, `sh -c 'sleep 60; : ${marker}'`, {}, abort.signal);
    while ((await processesWith(marker)).length === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await running).toMatchObject({ exitCode: undefined, stopped: 'cancelled' });
    expect(await processesWith(marker)).toEqual([]);
  });

  it.each([
    ['cpu', 'while :; do :; done', { cpuSeconds: 1 }],
    ['memory', 'x=x; while :; do x=$x$x; done', { memoryMb: 64 }],
    ['output', 'yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', { cpuSeconds: 60 }],
    ['files', 'for i in 1 2 3 4 5 6 7 8 9; do echo >output/$i; done', { files: 4 }],
    ['file-size', 'head -c 3000000 /dev/zero >output/big', { fileBytes: MIB }],
    [
      'disk',
      'for i in 1 2 3 4 5 6 7 8 9; do head -c 1000000 /dev/zero >output/$i; done',
      { filesBytes: 4 * MIB },
    ],
    ['open-files', 'for i in $(seq 100); do eval "exec {f$i}</dev/null"; done', { openFiles: 32 }],
  ] as const)('meets the limit %s', async (limit, code, policy) => {
    const done = await run(box, code, { policy: { ...POLICY, ...policy } });
    expect(done.limits).toContain(limit);
    if (done.stopped !== undefined) expect(done.stopped).toBe(limit);
  });

  it('can reach the hosts that are listed, and carries a secret there unseen', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      seen.push(headers['x-key']?.toString());
      response.end('answer');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const code = `python3 - $1 <<'END'
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={'x-key': 'secret://KEY'})
try: print(urllib.request.urlopen(request, timeout=5).read().decode())
except Exception: print('refused')
END`;
    const args = [`http://127.0.0.1:${port}/`];
    const secrets = { names: ['KEY'], valueFor: () => 'the-value' };
    const policy = { ...POLICY, hosts: [`127.0.0.1:${port}`] };
    try {
      const reached = await run(box, code, { args, secrets, policy });
      if (box.name !== 'none') {
        expect(reached.stdout).toBe('answer\n');
        expect(seen).toEqual(['the-value']);
        expect((await run(box, code, { args })).stdout).toBe('refused\n');
        expect(seen).toHaveLength(1);
      }
    } finally {
      server.close();
    }
  });

  it('keeps its files in a session, and each command starts anew', async () => {
    const policy = { ...POLICY, session: 'persistent' as const };
    const code = 'cat $TMPDIR/kept 2>/dev/null || echo new; echo kept >$TMPDIR/kept; echo =$x; x=1';
    const two = [];
    for (const _ of [1, 2]) two.push(await run(box, code, { policy, session: 'one' }));
    await box.endSession('one');
    const second = box.name === 'none' ? 'new' : 'kept';
    expect(two.map(({ stdout }) => stdout)).toEqual(['new\n=\n', `${second}\n=\n`]);
  });

  it('runs in a box that was made ready for it', async () => {
    box.prepare({ policy: POLICY, inputs: undefined, shared: undefined, language: 'shell' });
    const all = await Promise.all(['a', 'b', 'c'].map((word) => run(box, `echo ${word}; exit 4`)));
    expect(all.map(({ stdout, exitCode }) => `${stdout}${exitCode}`)).toEqual([
      'a\n4',
      'b\n4',
      'c\n4',
    ]);
  });
}

/** Attempts to get out; each prints what it reached. `$FILE` and the like are of the bait. */
const ATTEMPTS: readonly [what: string, code: string][] = [
  ['reads a host file', 'cat "$FILE"'],
  ['reads a host file by a path upwards', 'cat ../../../../../../..$FILE'],
  ['reads a host file through a link', 'ln -s "$FILE" output/l && cat output/l'],
  ['reads a host file by a hard link', 'ln "$FILE" output/h && cat output/h'],
  ['reads a host file through the root of a process', 'cat /proc/*/root$FILE'],
  ['lists the home of root', 'ls /root'],
  ['reads the password file', 'cat /etc/shadow'],
  ['finds a key in any environment', 'cat /proc/*/environ | tr "\\0" "\\n" | grep -F "$SECRET"'],
  ['overwrites a host file', 'echo changed >"$WRITABLE" && echo yes'],
  [
    'deletes a host file',
    'rm -f "$WRITABLE" && [ ! -e "$WRITABLE" ] && [ -d "$FOLDER" ] && echo yes',
  ],
  ['writes into the system', 'echo >/usr/bin/awp-test && echo yes'],
  ['writes beside output/', 'echo >beside && echo yes'],
  ['changes its inputs', 'echo >inputs/new && echo yes'],
  ['connects to a loopback port', 'exec 5<>/dev/tcp/127.0.0.1/$TCP && head -c 20 <&5'],
  ['sends a datagram', 'echo x >/dev/udp/127.0.0.1/$UDP && echo yes'],
  ['fetches from loopback', 'curl -sS -m 2 http://127.0.0.1:$TCP/'],
  ['kills a host process', 'kill -9 $VICTIM && echo yes'],
  ['kills all that it may', 'kill -9 -- -1 2>/dev/null; :'],
  ['makes a user namespace', 'unshare -U true && echo yes'],
  ['mounts something', 'mount -t tmpfs none /tmp && echo yes'],
  ['becomes root', 'su -c id; sudo -n id; [ $(id -u) = 0 ] && echo yes'],
  ['raises its own limits', 'ulimit -Hn $(( $(ulimit -Hn) + 1 )) && echo yes'],
  ['opens the trigger of the kernel', 'echo h >/proc/sysrq-trigger && echo yes'],
  ['opens a kernel tunable', 'echo x >/proc/sys/kernel/core_pattern && echo yes'],
  ['writes to the channel', 'printf forged >&3 && echo yes'],
  ['writes to the channel of its parent', 'printf forged >/proc/$PPID/fd/3 && echo yes'],
];

/** What nobody gets through the shell of a box with a boundary. */
function shellBoundary(box: Sandbox): void {
  let bait: Bait;
  beforeAll(async () => {
    bait = await layBait(await boxUser());
  });
  afterAll(() => bait.close());

  it.each(ATTEMPTS)('nothing comes of one that %s', async (_, attempt) => {
    const { secret, file, folder, writable, tcp, udp, victim } = bait;
    const names = {
      FILE: file,
      FOLDER: folder,
      WRITABLE: writable,
      TCP: tcp,
      UDP: udp,
      VICTIM: victim,
    };
    const lines = Object.entries(names).map(([name, value]) => `${name}='${value}'`);
    // The secret is put together inside, so that what the attempt finds is not its own text.
    lines.push(`SECRET='${secret.slice(0, 6)}''${secret.slice(6)}'`);
    const done = await run(box, [...lines, attempt].join('\n'));
    expect(done.stdout).toBe('');
    expect(done.files.filter(({ path: name }) => name !== 'l')).toEqual([]);
    expect(await bait.untouched()).toBe(true);
  });
}

for (const name of ['bwrap', 'jail', 'none'] as const) {
  const box = await boxOrReason(() => openBox(name));
  describeBox(`the shell of ${name}`, box, (opened) => {
    shellContract(opened);
    if (name !== 'none') shellBoundary(opened);
  });
}

const bare = await boxOrReason(openJailWithoutNamespaces);
describeBox('the shell of a jail without namespaces', bare, (opened) => {
  shellBoundary(opened);
  afterAll(() => opened.close());
});

/** A box on a machine that has no bash. */
async function openWithoutBash(name: 'bwrap' | 'jail'): Promise<Sandbox> {
  const effects = nodeEffects();
  const realPath = async (file: string) => {
    if (file === '/bin/bash') throw new Error('ENOENT');
    return await effects.files.realPath(file);
  };
  const kit = await makeKit({ ...effects, files: { ...effects.files, realPath } });
  const provider = await (name === 'bwrap' ? bwrapProvider(kit) : jailProvider(kit));
  if (!provider) throw new Error(`${name} is not available`);
  return holdersOf(provider)(provider.languages);
}

describe.each(['bwrap', 'jail'] as const)('the shell of a %s without bash', async (name) => {
  const opened = await boxOrReason(() => openWithoutBash(name));
  describeBox('is the one of the system', opened, (box) => {
    afterAll(() => box.close());

    it('and does the same', async () => {
      const there = box.languages.find(({ language }) => language === 'shell');
      expect(there?.description).toMatch(/^sh, with the programs/);
      const done = await run(box, 'echo "$#$1"; nosuchcommand; exit 4', { args: ['a'] });
      expect(done).toMatchObject({ stdout: '1a\n', exitCode: 4 });
      expect(done.stderr).toMatch(/^program\.sh: (?:line )?(?:1|2): nosuchcommand:.*not found\n$/);
    });

    it('and stands its self-test', async () => {
      const effects = nodeEffects();
      const only = { ...box, network: false, languages: box.languages.slice(-1), run: box.run };
      const tested = await selfTest(effects, { ...only, close: async () => {} });
      expect(tested).toEqual({ languages: new Set(['shell']), leak: undefined });
    });
  });
});

describe('the self-test of a shell', () => {
  it('finds what a process without a box can do', async () => {
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    const folder = await mkdtemp(path.join(tmpdir(), 'awp-open-'));
    await chmod(folder, 0o777);
    let said = '';
    const provider: Provider = {
      ...{ name: 'bwrap', isolation: 'none', network: false },
      languages: [{ language: 'shell', description: 'bash' }],
      run: async ({ code }) => {
        const ids = uid === undefined ? {} : { uid, gid: uid };
        const env = { PATH: '/usr/bin:/bin', SOME_API_KEY: 'x' };
        const done = spawnSync('/bin/bash', ['-c', `mkdir output; ${code}`], {
          cwd: folder,
          env,
          ...ids,
        });
        said = done.stdout.toString();
        return { exitCode: 0, stdout: said, stderr: '', limits: [], files: [], notes: [], ms: 1 };
      },
    };
    const { leak, languages } = await selfTest(nodeEffects(), provider);
    expect([leak, [...languages]]).toEqual(['changed a file of the host', []]);
    for (const what of [
      'read a file of',
      'saw the host',
      'wrote beside',
      'has an env',
      'reached',
    ]) {
      expect(said).toContain(what);
    }
  });
});

describe('boxes with a shell', () => {
  it('are those that tools name', async () => {
    const boxes = await Promise.all([
      ...(['bwrap', 'jail', 'none'] as const).map((name) => boxOrReason(() => openBox(name))),
      ...[openDeno, openQuickjs].map((open) => boxOrReason(open)),
    ]);
    for (const box of boxes) {
      if (typeof box === 'string') continue;
      expect([box.name, box.shell ?? false]).toEqual([box.name, SHELL_BOXES.includes(box.name)]);
      await box.close();
    }
  });
});
