import type { WriteStream } from 'node:tty';
import { AwpError } from '../base/errors.ts';
import type { Shell, StopSignal, Stream } from './shell.ts';
import { styleFor } from './style.ts';

/** Most text that is read from standard input, in bytes. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** The shell of this process. `exitNow` ends the process. */
export function nodeShell(version: string, exitNow: (code: number) => void): Shell {
  const env = (name: string): string | undefined => process.env[name] || undefined;
  const restores = new Set<() => void>();
  const atExit = (restore: () => void): (() => void) => {
    restores.add(restore);
    return () => void restores.delete(restore);
  };
  return {
    out: nodeStream(process.stdout),
    err: nodeStream(process.stderr),
    readInput: readStandardInput,
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    ask,
    attended: process.stdin.isTTY === true && process.stderr.isTTY === true,
    askLine: async (question, signal) => {
      const [{ askLine }, { nodeClock }] = await Promise.all([
        import('./ask-line.ts'),
        import('../effects/clock.ts'),
      ]);
      const { stdin: input, stderr: output } = process;
      return askLine(question, { input, output, clock: nodeClock() }, signal);
    },
    askHidden: async (question) => {
      const { askHidden } = await import('./hidden-line.ts');
      return askHidden(question, { input: process.stdin, output: process.stderr, atExit });
    },
    env,
    cwd: process.cwd(),
    version,
    style: ({ terminal }, noColor) => styleFor({ terminal, env, noColor, os: process.platform }),
    effects: async () => {
      const [{ nodeEffects }, { withStoredKeys }] = await Promise.all([
        import('../effects/index.ts'),
        import('../data/secret-keys.ts'),
      ]);
      return withStoredKeys(nodeEffects());
    },
    engine: async () => (await import('./node-engine.ts')).nodeEngine(),
    openHome: async () => (await import('../data/home.ts')).openHome,
    onSignal(listener) {
      const signals: StopSignal[] = ['SIGINT', 'SIGTERM'];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    atExit,
    exitNow(code) {
      for (const restore of restores) restore();
      exitNow(code);
    },
  };
}

function nodeStream(stream: WriteStream & { fd: 1 | 2 }): Stream {
  let gone = false;
  const watchers = new Set<() => void>();
  // A reader that went away (`| head -1`) is no error of ours: what follows is not written.
  stream.on('error', () => {
    gone = true;
    for (const watcher of watchers) watcher();
  });
  return {
    write(text) {
      if (!gone) stream.write(text);
    },
    flush: () =>
      new Promise((resolve) => {
        if (gone || stream.writableLength === 0) resolve();
        else stream.write('', () => resolve());
      }),
    terminal: stream.isTTY === true,
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    onResize(listener) {
      stream.on('resize', listener);
      return () => void stream.off('resize', listener);
    },
    closed: () => gone,
    onClosed(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
  };
}

async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_INPUT_BYTES) {
      throw new AwpError('source/too-big', 'standard input is longer than 16 MiB', {
        hint: 'give large data as a file: -i FILE',
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}
