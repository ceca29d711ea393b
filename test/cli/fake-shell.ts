import type { Engine, OpenHome } from '../../src/cli/engine.ts';
import type { HiddenAnswer, LineAnswer, Shell, StopSignal, Stream } from '../../src/cli/shell.ts';
import { styleFor } from '../../src/cli/style.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { Effects } from '../../src/ports/effects.ts';

/** A stream that keeps what was written to it. */
export interface FakeStream extends Stream {
  text(): string;
  resize(columns: number, rows: number): void;
  /** The reader goes away. */
  close(): void;
}

export function fakeStream(terminal = false): FakeStream {
  let text = '';
  let size = { columns: 80, rows: 24 };
  let gone = false;
  const resized = new Set<() => void>();
  const closed = new Set<() => void>();
  return {
    terminal,
    write(more) {
      if (!gone) text += more;
    },
    flush: async () => {},
    size: () => size,
    onResize(listener) {
      resized.add(listener);
      return () => void resized.delete(listener);
    },
    closed: () => gone,
    onClosed(listener) {
      closed.add(listener);
      return () => void closed.delete(listener);
    },
    text: () => text,
    resize(columns, rows) {
      size = { columns, rows };
      for (const listener of resized) listener();
    },
    close() {
      gone = true;
      for (const listener of closed) listener();
    },
  };
}

export interface FakeShellOptions {
  env?: Record<string, string>;
  input?: string;
  /** What is typed where it is not shown. Default: there is no terminal. */
  hidden?: HiddenAnswer;
  /** Answers to questions beside a run, in order; then the input has ended. Default: nobody is there. */
  lines?: readonly (string | LineAnswer | ((signal: AbortSignal) => Promise<LineAnswer>))[];
  cwd?: string;
  terminal?: boolean;
  engine?: Partial<Engine>;
  openHome?: OpenHome;
  effects?: Partial<Effects>;
}

export interface FakeShell extends Shell {
  out: FakeStream;
  err: FakeStream;
  signal(signal: StopSignal): void;
  /** Status of `exitNow`, when it was called. */
  exited(): number | undefined;
  listeners(): number;
}

/** A shell of which tests see everything: streams are kept, signals are sent by hand. */
export function fakeShell(options: FakeShellOptions = {}): FakeShell {
  const { env = {}, input = '', cwd = '/work', terminal = false } = options;
  const signals = new Set<(signal: StopSignal) => void>();
  const restores = new Set<() => void>();
  const lines = [...(options.lines ?? [])];
  let exited: number | undefined;
  const read = (name: string): string | undefined => env[name] || undefined;
  const err = fakeStream(terminal);
  return {
    out: fakeStream(terminal),
    err,
    readInput: async () => input,
    interactive: terminal,
    ask: async () => input,
    attended: options.lines !== undefined,
    async askLine(question, signal) {
      err.write(question);
      const line = lines.shift() ?? 'ended';
      const given = typeof line === 'function' ? await line(signal) : line;
      const special = given === 'ended' || given === 'interrupted' || given === 'withdrawn';
      const answer = typeof given === 'string' && !special ? { text: given } : given;
      err.write(typeof answer === 'string' ? '\n' : `${answer.text}\n`);
      return answer as LineAnswer;
    },
    askHidden: async () => options.hidden ?? 'no-terminal',
    env: read,
    cwd,
    version: '1.2.3',
    style: (stream, noColor) =>
      styleFor({
        terminal: stream.terminal,
        env: (name) => read(name) ?? (name === 'LANG' ? 'C.UTF-8' : undefined),
        noColor,
        os: 'linux',
      }),
    effects: async () => ({ clock: fixedClock(), ...options.effects }) as Effects,
    engine: async () => (options.engine ?? {}) as Engine,
    openHome: async () => {
      if (!options.openHome) throw new Error('the test has no home');
      return options.openHome;
    },
    onSignal(listener) {
      signals.add(listener);
      return () => void signals.delete(listener);
    },
    atExit(restore) {
      restores.add(restore);
      return () => void restores.delete(restore);
    },
    exitNow(code) {
      exited ??= code;
      for (const restore of restores) restore();
    },
    signal(signal) {
      for (const listener of [...signals]) listener(signal);
    },
    exited: () => exited,
    listeners: () => signals.size + restores.size,
  };
}
