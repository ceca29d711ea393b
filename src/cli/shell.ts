import type { Effects } from '../ports/effects.ts';
import type { Engine, OpenHome } from './engine.ts';
import type { Style } from './style.ts';

/** Standard output or standard error. */
export interface Stream {
  /** Sends text; it never throws, also when the reader is gone. */
  write(text: string): void;
  /** Resolves when what was written has been taken, or the reader is gone. */
  flush(): Promise<void>;
  /** Whether a person watches it. */
  terminal: boolean;
  /** Size of the terminal in characters; 80 by 24 when it is none. */
  size(): { columns: number; rows: number };
  /** Tells of a new size, until the returned function is called. */
  onResize(listener: () => void): () => void;
  /** Whether the reader has gone away. */
  closed(): boolean;
  /** Tells that the reader has gone away, until the returned function is called. */
  onClosed(listener: () => void): () => void;
}

/** What came of asking for a line that is not shown: `cancelled` by Ctrl-C or a closed terminal. */
export type HiddenAnswer = { text: string } | 'cancelled' | 'no-terminal';

/**
 * What came of asking for a line: `interrupted` by Ctrl-C, `ended` by Ctrl-D or a closed terminal,
 * `withdrawn` because its signal was aborted.
 */
export type LineAnswer = { text: string } | 'interrupted' | 'ended' | 'withdrawn';

/** Signals that ask the program to end. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Everything a command knows of the world; tests give it another one. */
export interface Shell {
  out: Stream;
  err: Stream;
  /** All of standard input as text. */
  readInput(): Promise<string>;
  /** Whether a person can be asked: input and output are terminals. */
  interactive: boolean;
  /** One line of an answer; empty when the input has ended. */
  ask(question: string): Promise<string>;
  /** Whether a person can be asked beside a run: standard input and standard error are terminals. */
  attended: boolean;
  /** One line, asked for on standard error; only where `attended`. */
  askLine(question: string, signal: AbortSignal): Promise<LineAnswer>;
  /** One line that the terminal does not show, or several that were pasted. */
  askHidden(question: string): Promise<HiddenAnswer>;
  /** A variable of the environment; empty counts as absent. */
  env(name: string): string | undefined;
  /** The working directory, absolute. */
  cwd: string;
  /** How a stream is written to; `noColor` is the flag of that name. */
  style(stream: Stream, noColor: boolean): Style;
  effects(): Promise<Effects>;
  engine(): Promise<Engine>;
  openHome(): Promise<OpenHome>;
  /** Catches signals, until the returned function is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Runs `restore` when the program ends without the command's doing, until it is withdrawn. */
  atExit(restore: () => void): () => void;
  /** Ends the program at once, without waiting for anything. */
  exitNow(code: number): void;
  /** Version of the package. */
  version: string;
}
