import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The command line in development: the sources themselves. */
export const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** A running `awp`, with what it has printed so far. */
export interface AwpProcess {
  child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves when standard error has this text; rejects if the process ends without it. */
  said(text: string): Promise<void>;
  /** Exit status, or the name of the signal that ended it. */
  ended: Promise<number | string>;
}

export interface AwpOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Options of Node itself. */
  node?: readonly string[];
}

/** Starts `awp` as a process of its own, with an environment that holds nothing of ours. */
export function startAwp(args: readonly string[], options: AwpOptions): AwpProcess {
  const { cwd, env = {}, node = [] } = options;
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  const changed = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    for (const look of changed) look();
  });
  const ended = new Promise<number | string>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => settle(code ?? signal ?? 'lost'));
  });
  const said = (text: string): Promise<void> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        if (!err.includes(text)) return;
        changed.delete(look);
        settle();
      };
      changed.add(look);
      look();
      ended.then(
        (code) => reject(new Error(`awp ended with ${code} before "${text}":\n${err}`)),
        reject,
      );
    });
  return { child, out: () => out, err: () => err, said, ended };
}

/** Runs `awp` to its end. */
export async function awp(args: readonly string[], options: AwpOptions) {
  const process = startAwp(args, options);
  const code = await process.ended;
  return { code, out: process.out(), err: process.err() };
}
