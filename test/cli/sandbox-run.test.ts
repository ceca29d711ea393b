import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { startAwp } from './process.ts';

let place: { path: string } & Disposable;
let cwd: string;
beforeEach(() => {
  place = temporaryFolder();
  cwd = realpathSync(place.path);
});
afterEach(() => place[Symbol.dispose]());

interface World {
  input?: string;
  terminal?: boolean;
  env?: Record<string, string>;
}

/** `awp sandbox run` in the temporary folder, with the real boxes of this machine. */
async function run(words: readonly string[], world: World = {}) {
  const { env = {} } = world;
  const effects = nodeEffects();
  const get = (name: string) => env[name] ?? effects.secrets.get(name);
  const shell = fakeShell({ cwd, ...world, effects: { ...effects, secrets: { get } } });
  const code = await runCli(['sandbox', 'run', ...words], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const put = (name: string, text: string | Uint8Array): void => writeFileSync(join(cwd, name), text);

describe('awp sandbox run', () => {
  it.each(['bwrap', 'jail', 'none'])(
    'runs a program in %s and tells what came of it',
    async (box) => {
      put('p.py', 'import sys\nprint("out", sys.argv[1:])\nprint("err", file=sys.stderr)\n');
      const { code, out, err } = await run(['p.py', '--provider', box, '--', 'a', '--b']);
      expect({ code, out }).toEqual({ code: 0, out: "out ['a', '--b']\n" });
      expect(err).toContain('err\n');
      expect(err).toMatch(new RegExp(`✓ ended with exit code 0 after .* in ${box}\n`));
      expect(err.includes('no boundary')).toBe(box === 'none');
    },
  );

  it.each(['bwrap', 'jail', 'none'])('runs JavaScript in %s', async (box) => {
    put('p.js', 'console.log(6 * 7)');
    expect(await run(['p.js', '--provider', box])).toMatchObject({ code: 0, out: '42\n' });
  });

  it.each([
    ['p.py', 'print(6 * 7)'],
    ['p.js', 'console.log(6 * 7)'],
    ['p.mjs', 'console.log(6 * 7)'],
    ['p.ts', 'const a: number = 6 * 7; console.log(a)'],
    ['p.mts', 'const a: number = 6 * 7; console.log(a)'],
    ['P.PY', 'print(6 * 7)'],
    ['p.sh', 'echo $((6 * 7))'],
  ])('knows the language of %s by its name', async (name, code) => {
    put(name, code);
    expect(await run([name])).toMatchObject({ code: 0, out: '42\n' });
  });

  it('reads a program from standard input when its language is said', async () => {
    const told = await run(['-', '--language', 'python'], { input: 'print(6 * 7)' });
    expect(told).toMatchObject({ code: 0, out: '42\n' });
    const guess = await run(['-'], { input: 'print(6 * 7)' });
    expect(guess).toMatchObject({ code: 2, out: '' });
    expect(guess.err).toContain('which language is it? standard input has no name');
  });

  it.each(['shell', 'bash'])('runs a program of the language %s', async (language) => {
    const done = await run(['-', '--language', language, '--', 'a b'], {
      input: 'echo "$1"; exit 3',
    });
    expect(done).toMatchObject({ code: 1, out: 'a b\n' });
    expect(done.err).toContain('exit code 3');
  });

  it('tells that a box has no shell', async () => {
    put('p.sh', 'echo');
    const { code, err } = await run(['p.sh', '--provider', 'quickjs']);
    expect(code).toBe(6);
    expect(err).toContain('quickjs: it has none of shell');
  });

  it('shows inputs to the program and writes its files below the folder of -o', async () => {
    put('t.csv', 'a\n5\n');
    put('p.py', 'open("output/sub/t.txt", "w").write(open("inputs/t.csv").read())');
    const { code, err } = await run(['p.py', '--input', 't.csv', '-o', 'kept']);
    expect(code).toBe(0);
    expect(err).toContain(`file: output/sub/t.txt, 4 B: ${cwd}/kept/sub/t.txt\n`);
    expect(readFileSync(join(cwd, 'kept/sub/t.txt'), 'utf8')).toBe('a\n5\n');
    const listed = await run(['p.py', '--input', 't.csv']);
    expect(listed.err).toContain('file: output/sub/t.txt, 4 B\n  files are kept with -o DIR\n');
  });

  it('writes through no link that stands below the folder of -o', async () => {
    put('p.py', 'open("output/sub/t.txt", "w").write("x")');
    mkdirSync(join(cwd, 'kept'));
    mkdirSync(join(cwd, 'elsewhere'));
    symlinkSync(join(cwd, 'elsewhere'), join(cwd, 'kept/sub'));
    const { code, err } = await run(['p.py', '-o', 'kept']);
    expect(code).toBe(2);
    expect(err).toContain('error[usage/not-writable]');
    expect(() => readFileSync(join(cwd, 'elsewhere/t.txt'))).toThrow('ENOENT');
  });

  it('replaces a link that stands in the place of a file, and not what it leads to', async () => {
    put('p.py', 'open("output/t.txt", "w").write("new")');
    put('elsewhere.txt', 'old');
    mkdirSync(join(cwd, 'kept'));
    symlinkSync(join(cwd, 'elsewhere.txt'), join(cwd, 'kept/t.txt'));
    expect(await run(['p.py', '-o', 'kept'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'elsewhere.txt'), 'utf8')).toBe('old');
    expect(readFileSync(join(cwd, 'kept/t.txt'), 'utf8')).toBe('new');
  });

  it('exits with 1 when the program failed or was stopped', async () => {
    put('fails.py', 'raise SystemExit(5)');
    put('loops.js', 'for (;;);');
    const failed = await run(['fails.py']);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('✗ ended with exit code 5 after ');
    const stopped = await run(['loops.js', '--timeout', '500ms']);
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain('✗ stopped: its time was over (timeout) after ');
    expect(stopped.err).toContain('limits: timeout\n');
  });

  it('shows controls of the output as they are to programs, and harmless on a terminal', async () => {
    put('p.py', 'import sys\nsys.stdout.write("\\x1b[2Jcleared")');
    expect((await run(['p.py'])).out).toBe('\x1b[2Jcleared');
    expect((await run(['p.py'], { terminal: true })).out).toBe('\\x1b[2Jcleared\n');
  });

  it('answers in JSON', async () => {
    put('p.py', 'open("output/a.txt", "w").write("abc"); print("hi")');
    const { code, out } = await run(['p.py', '--json', '--provider', 'bwrap', '-o', 'kept']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ...{ ok: true, box: 'bwrap', isolation: expect.any(String), language: 'python' },
      ...{ exit_code: 0, stopped: null, limits: [], stdout: 'hi\n', stderr: '' },
      files: [
        {
          ...{ path: 'a.txt', bytes: 3, sha256: expect.stringMatching(/^ba7816bf/) },
          written: join(cwd, 'kept/a.txt'),
        },
      ],
      ...{ notes: [], requests: [], ms: expect.any(Number) },
    });
    put('f.py', 'while True: pass');
    const stopped = await run(['f.py', '--json', '--timeout', '0.5']);
    expect(stopped.code).toBe(1);
    expect(JSON.parse(stopped.out)).toMatchObject({
      ...{ ok: false, exit_code: null, stopped: 'timeout' },
    });
  });

  it('tells of requests that went to hosts which are not allowed', async () => {
    put(
      'p.py',
      `import urllib.request
try: urllib.request.urlopen('http://refused.example/', timeout=5)
except Exception as error: print(type(error).__name__)`,
    );
    const { code, err } = await run(['p.py', '--allow-host', 'allowed.example']);
    expect(code).toBe(0);
    expect(err).toMatch(/request: GET refused\.example:80 refused or failed: /);
  });

  it('never takes less than a boundary unless it is told to', async () => {
    put('p.py', 'print(1)');
    const { code, err } = await run(['p.py'], { env: { AWP_SANDBOX: 'none' } });
    expect(code).toBe(6);
    expect(err).toContain('error[sandbox/unavailable]');
  });

  const wrong: [string, string[], number, string][] = [
    ['no program', [], 2, 'which program is to be run?'],
    ['a file that is not there', ['gone.py'], 2, 'gone.py cannot be read'],
    ['a folder', ['folder.py'], 2, 'folder.py is a folder'],
    ['a device', ['/dev/null', '--language', 'python'], 2, 'is no regular file'],
    ['bytes that are no text', ['binary.py'], 2, 'binary.py is no text'],
    ['a text with zeros', ['zeros.py'], 2, 'zeros.py is no text'],
    ['a program that is too long', ['long.py'], 2, 'long.py is longer than 4 MiB'],
    ['an unknown ending', ['p.rb'], 2, 'p.rb does not end in a known way'],
    ['an unknown language', ['p.py', '--language', 'ruby'], 2, '--language ruby is not one of'],
    ['an unknown box', ['p.py', '--provider', 'bwarp'], 2, 'did you mean bwrap?'],
    ['no time', ['p.py', '--timeout', '0'], 2, '--timeout 0 is no time'],
    ['a negative time', ['p.py', '--timeout=-1'], 2, '--timeout -1 is no time'],
    ['a time without end', ['p.py', '--timeout', '1e308'], 2, '--timeout 1e308 is no time'],
    ['a time of days', ['p.py', '--timeout', '25h'], 2, '--timeout 25h is no time'],
    ['an address for a host', ['p.py', '--allow-host', 'http://a/x'], 2, '--allow-host http://a/x'],
    ['an input that is not there', ['p.py', '--input', 'gone.csv'], 8, 'gone.csv'],
    ['a folder as an input', ['p.py', '--input', 'folder.py'], 8, 'is a folder'],
    [
      'two inputs of one name',
      ['p.py', '--input=p.py', '--input=x/p.py'],
      2,
      'two inputs are called',
    ],
    ['a file as the folder for files', ['p.py', '-o', 'p.rb'], 2, 'p.rb cannot be written'],
    [
      'a folder that nobody may make',
      ['p.py', '-o', '/sys/made'],
      2,
      '/sys/made cannot be written',
    ],
  ];
  it.each(wrong)('refuses %s', async (_what, words, status, message) => {
    put('p.py', 'print(1)');
    put('p.rb', 'print(1)');
    put('binary.py', new Uint8Array([0xff, 0xfe, 0x00]));
    put('zeros.py', 'print(1)\0');
    put('long.py', '#'.repeat(4 * 1024 * 1024 + 1));
    mkdirSync(join(cwd, 'folder.py'));
    const { code, out, err } = await run(words);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: status, out: '' });
  });

  it('exits with 7 on Ctrl-C', async () => {
    put('p.py', 'import time\ntime.sleep(600)');
    const process = startAwp(['sandbox', 'run', 'p.py', '--provider', 'none'], { cwd });
    await process.said('no boundary');
    process.child.kill('SIGINT');
    expect(await process.ended).toBe(7);
    expect(process.err()).toContain('stopped: it was cancelled');
  });
});
