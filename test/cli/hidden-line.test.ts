import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askHidden, HiddenLine } from '../../src/cli/hidden-line.ts';
import { openSecretStore } from '../../src/data/secret-store.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { environmentSecrets } from '../../src/effects/secrets.ts';
import { temporaryFolder } from '../make.ts';
import { MAIN } from './process.ts';

const ESC = '\u001b';

describe('a line that is not shown', () => {
  it.each<[string, string[], string, string]>([
    ['typed', [...'abc', '\r'], 'abc', 'complete'],
    ['typed, with the other line end', ['abc\n'], 'abc', 'complete'],
    ['corrected', ['abx', '\u007f', 'c\b\bcd', '\r'], 'acd', 'complete'],
    ['corrected by whole letters', ['a😀', '\u007f', '\r'], 'a', 'complete'],
    ['begun again', ['wrong', '\u0015', 'right\r'], 'right', 'complete'],
    ['given up', ['abc', '\u0003'], 'abc', 'cancelled'],
    ['ended by Ctrl-D', ['abc\u0004'], 'abc', 'complete'],
    ['typed with arrows', [`a${ESC}[D${ESC}[1;5Cb${ESC}OA`, '\r'], 'ab', 'complete'],
    ['typed with a key that comes in parts', ['a', ESC, '[', '3', '~', 'b\r'], 'ab', 'complete'],
    ['with other control characters', ['a\u0000\u0001\u001ab\tc\r'], 'ab\tc', 'complete'],
    ['pasted', [`${ESC}[200~one two${ESC}[201~`, '\r'], 'one two', 'complete'],
    [
      'pasted lines',
      [`${ESC}[200~one\rtwo\r\nthree\r`, `${ESC}[201~`, '\r'],
      'one\ntwo\nthree\n',
      'complete',
    ],
    ['pasted lines without marks', ['one\rtwo\r'], 'one\ntwo', 'complete'],
    ['not yet complete', ['abc'], 'abc', 'more'],
  ])('can be %s', (_, pieces, text, state) => {
    const line = new HiddenLine();
    expect(pieces.map((piece) => line.feed(piece)).at(-1)).toBe(state);
    expect(line.text).toBe(text);
  });

  it('is not asked for where there is no terminal', async () => {
    const { stdin: input, stderr: output } = process;
    const terminal = { input: { ...input, isTTY: undefined }, output, atExit: () => () => {} };
    expect(await askHidden('x', terminal as never)).toBe('no-terminal');
  });
});

/** Runs a command in a terminal of its own: waits for the question, types, and reports. */
const TERMINAL = `
import json, os, pty, select, sys, termios, time
typed, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(command[0], command)
before = termios.tcgetattr(fd)[3]
said = b''
def read_until(wanted):
    global said
    end = time.time() + 30
    while wanted not in said and time.time() < end:
        if select.select([fd], [], [], 1)[0]:
            try: piece = os.read(fd, 4096)
            except OSError: return
            if not piece: return
            said += piece
read_until(b'not shown): ')
for piece in typed:
    os.write(fd, piece.encode())
read_until(b'never said by anybody')
status = os.waitpid(pid, 0)[1]
after = termios.tcgetattr(fd)[3]
print(json.dumps({'said': said.decode(), 'code': os.waitstatus_to_exitcode(status), 'restored': before == after}))
`;

describe('in a terminal', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  interface Session {
    said: string;
    code: number;
    restored: boolean;
  }

  function session(typed: readonly string[]): Session {
    const command = [process.execPath, MAIN, 'secrets', 'set', 'API_KEY'];
    const env = {
      PATH: process.env.PATH,
      AWP_CONFIG_HOME: folder.path,
      TERM: 'xterm',
      NO_COLOR: '1',
    };
    const args = ['-c', TERMINAL, JSON.stringify(typed), ...command];
    const { stdout, stderr } = spawnSync('python3', args, {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  function stored(): string | undefined {
    const secrets = environmentSecrets({ AWP_CONFIG_HOME: folder.path });
    return openSecretStore({ ...nodeEffects(), secrets }).get('API_KEY');
  }

  it('a value is taken without an echo, and the terminal is as before', () => {
    const { said, code, restored } = session(['sk-hidden', '-value', '\r']);
    expect(stored()).toBe('sk-hidden-value');
    expect(said).not.toContain('hidden-');
    expect(said).toContain('Value of API_KEY (not shown): ');
    expect(said).toContain(`kept API_KEY in ${join(folder.path, 'secrets.json')}`);
    expect([code, restored]).toEqual([0, true]);
  }, 60_000);

  it('a pasted key of many lines is one value, and none of it is shown', () => {
    const { said, code } = session([`${ESC}[200~first line\rsecond line\r${ESC}[201~`, '\r']);
    expect(stored()).toBe('first line\nsecond line');
    expect(said).not.toMatch(/(first|second) line/);
    expect(code).toBe(0);
  }, 60_000);

  it('Ctrl-C gives up with 130, and the terminal is as before', () => {
    const { code, restored, said } = session(['sk-hidden', '\u0003']);
    expect([code, restored]).toEqual([130, true]);
    expect(said).not.toMatch(/hidden-|error/);
    expect(stored()).toBeUndefined();
  }, 60_000);

  it('nothing typed is no value', () => {
    const { code, said } = session(['\r']);
    expect(code).toBe(2);
    expect(said).toContain('error[usage/bad-value]: there is no value for API_KEY');
  }, 60_000);

  it('a process that is ended while it asks leaves the terminal as it was', async () => {
    const program = TERMINAL.replace(
      'for piece in typed:\n    os.write(fd, piece.encode())',
      'os.kill(pid, 15)',
    );
    const command = [process.execPath, MAIN, 'secrets', 'set', 'API_KEY'];
    const env = { PATH: process.env.PATH, AWP_CONFIG_HOME: folder.path };
    const child = spawn('python3', ['-c', program, '[]', ...command], { env });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    await new Promise((ended) => child.once('close', ended));
    expect(JSON.parse(out)).toMatchObject({ code: -15, restored: true });
  }, 60_000);
});
