import { type AwpError, EXIT_CODES } from '../base/errors.ts';
import type { RunState } from '../events/state.ts';
import type { Style } from './style.ts';
import { block, oneLine } from './text.ts';

/** Exit statuses that are not those of an error's family (experience 3.3, decision 26). */
export const EXIT = {
  complete: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  waiting: 5,
  stopped: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/** What is told about something that did not work. */
export interface Failure {
  /** `family/what`. */
  code: string;
  message: string;
  /** The foreign error behind it. */
  why?: string | undefined;
  /** What can be tried. */
  hint?: string | undefined;
  /** What became of the run. */
  run?: string | undefined;
}

/** Longest foreign explanation that is shown, in characters. */
const WHY_CHARS = 600;

/** The block that every error is told in: what, why, what to try, what became of the run. */
export function failureBlock({ code, message, why, hint, run }: Failure, style: Style): string {
  const lines = [
    `${style.paint('bad', `error[${oneLine(code)}]:`)} ${block(message)}`,
    why === undefined ? '' : note('why:', why.slice(0, WHY_CHARS), style),
    hint === undefined ? '' : note('try:', hint, style),
    run === undefined ? '' : note('run:', run, style),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/** The last line of standard output with `--json` when there is no result to tell. */
export function failureLine({ code, message, hint }: AwpError): string {
  const data = { code, message, ...(hint !== undefined && { hint }) };
  return `${JSON.stringify({ v: 1, type: 'error', data })}\n`;
}

/** An error as what is told about it; `debug` adds the stack traces. */
export function failureOf(error: AwpError, debug: boolean): Failure {
  const { code, message, hint, cause } = error;
  if (debug) return { code, message: traceOf(error), hint };
  const why =
    cause instanceof Error && !message.includes(cause.message) ? cause.message : undefined;
  return { code, message, why: why === '' ? undefined : why, hint };
}

/** The exit status for an error's code. */
export function exitCodeOf(code: string): number {
  const family = code.slice(0, Math.max(0, code.indexOf('/')));
  return Object.entries(EXIT_CODES).find(([name]) => name === family)?.[1] ?? EXIT.failed;
}

/** The exit status of a run that has come to a halt. */
export function exitCodeOfRun(state: RunState): number {
  switch (state.status) {
    case 'complete':
      return EXIT.complete;
    case 'partial':
      return EXIT.partial;
    case 'failed':
      return failedCode(state.ending?.reason ?? '');
    case 'waiting':
      return EXIT.waiting;
    case 'paused':
    case 'cancelled':
    case 'running':
      return EXIT.stopped;
  }
}

/** A failed run is a 1, unless something around it was missing: model, sandbox, network, source or store. */
function failedCode(reason: string): number {
  return /^(model|sandbox|network|source|store)\//.test(reason) ? exitCodeOf(reason) : EXIT.failed;
}

function note(label: string, text: string, style: Style): string {
  return `  ${style.paint('dim', '=')} ${label} ${block(text).split('\n').join('\n         ')}`;
}

function traceOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${traceOf(error.cause)}` : own;
}
