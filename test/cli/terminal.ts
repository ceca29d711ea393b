import { spawn } from 'node:child_process';
import { type AwpOptions, MAIN } from './process.ts';

/** Gives a command a terminal of its own: what it writes comes out, what comes in is typed. */
const TERMINAL = `
import fcntl, os, pty, select, struct, sys, termios
command = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
    os.execv(command[0], command)
before = termios.tcgetattr(fd)[3]
sources = [fd, 0]
while True:
    ready = select.select(sources, [], [])[0]
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed: os.write(fd, typed)
        else: sources = [fd]
    if fd in ready:
        try: said = os.read(fd, 65536)
        except OSError: break
        if not said: break
        os.write(1, said)
restored = termios.tcgetattr(fd)[3] == before
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stderr.write('restored' if restored else 'not restored')
sys.exit(status if status >= 0 else 128 - status)
`;

/** `awp` in a terminal of 100 by 40 characters. */
export interface TerminalProcess {
  /** Everything that it has written. */
  screen(): string;
  /** Resolves when a text comes up behind what was waited for before. */
  said(text: string): Promise<void>;
  type(keys: string): void;
  /** Exit status, and whether the terminal is as it was before. */
  ended: Promise<{ code: number | null; restored: boolean }>;
}

/** Starts `awp` in a terminal of its own. */
export function startInTerminal(
  args: readonly string[],
  { cwd, env = {} }: AwpOptions,
): TerminalProcess {
  const child = spawn('python3', ['-c', TERMINAL, process.execPath, MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'xterm', NO_COLOR: '1', ...env },
  });
  let screen = '';
  let trouble = '';
  let seen = 0;
  const changed = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    for (const look of changed) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    trouble += text;
  });
  const ended = new Promise<{ code: number | null; restored: boolean }>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code) => settle({ code, restored: trouble === 'restored' }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        const at = screen.indexOf(text, seen);
        if (at < 0) return;
        seen = at + text.length;
        changed.delete(look);
        settle();
      };
      changed.add(look);
      look();
      ended.then(
        ({ code }) => reject(new Error(`it ended with ${code} before "${text}":\n${screen}`)),
        reject,
      );
    });
  return {
    screen: () => screen,
    said,
    type: (keys) => void child.stdin.write(keys),
    ended,
  };
}
