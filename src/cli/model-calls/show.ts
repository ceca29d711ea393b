import { AwpError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Store } from '../../ports/store.ts';
import { type CallTrace, readTrace, tracedCalls } from '../../runtime/model-trace.ts';
import { reasoningIn } from '../../runtime/wire-text.ts';
import type { Arguments } from '../command.ts';
import type { Shell } from '../shell.ts';
import { type CallAttempt, collectCalls } from './collect.ts';
import { attemptText, callLines } from './text.ts';

/** Width of the list when the output is not a terminal. */
const PLAIN_COLUMNS = 160;

/** A run whose calls are shown. */
export interface ShownRun {
  store: Store;
  run: string;
  /** Whether a process drives it now. */
  alive: boolean;
}

/**
 * `awp runs show ID --calls [CALL]`: the model calls of a run, or one of them in full. Throws
 * `usage/bad-argument` for a call that the run does not have.
 */
export async function showCalls(args: Arguments, shell: Shell, shown: ShownRun): Promise<number> {
  const { store, run, alive } = shown;
  const wanted = args.positionals[1];
  const { files } = await shell.effects();
  const attempts = await collectCalls(store, run, { wanted, alive });
  const style = shell.style(shell.out, args.has('no-color'));
  const folder = store.folder(run);
  if (wanted === undefined) {
    const traced = await tracedCalls(files, folder);
    const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
    const lines = args.has('json')
      ? [json(attempts.map((one) => listed(one, traced)))]
      : callLines(attempts, traced, { columns, style });
    shell.out.write(lines.map((line) => `${line}\n`).join(''));
    if (attempts.length === 0) shell.err.write('No model was asked.\n');
    return 0;
  }
  const ofCall = attempts.filter(({ call }) => call === wanted);
  if (ofCall.length === 0) throw unknownCall(wanted, run, attempts);
  const traces = await readTrace(files, folder, wanted);
  const traceOf = ({ attempt }: CallAttempt): CallTrace | undefined =>
    traces.find((trace) => trace.attempt === attempt);
  if (args.has('json')) {
    shell.out.write(`${json(ofCall.map((one) => ({ ...one, trace: traceJson(traceOf(one)) })))}\n`);
    return 0;
  }
  shell.out.write(ofCall.map((one) => attemptText(one, traceOf(one), style)).join('\n'));
  if (traces.length === 0) {
    shell.err.write('What went over the wire was not kept: awp run --trace-models keeps it.\n');
  }
  return 0;
}

function listed(one: CallAttempt, traced: ReadonlySet<string>): object {
  const { messages: _, text: __, toolCalls: ___, ...facts } = one;
  return { ...facts, traced: traced.has(`${one.call}#${one.attempt}`) };
}

function traceJson(trace: CallTrace | undefined): object | null {
  if (!trace) return null;
  const { request, answer, exchanges, ...facts } = trace;
  return {
    ...facts,
    request: parsed(request),
    answer: answer === undefined ? null : parsed(answer),
    exchanges: exchanges.map((one) => ({ ...one, reasoning: reasoningIn(one.body ?? '') || null })),
  };
}

/** A text that was cut is shown as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function unknownCall(wanted: string, run: string, attempts: readonly CallAttempt[]): AwpError {
  const close = nearest(wanted, [...new Set(attempts.map(({ call }) => call))]);
  return new AwpError('usage/bad-argument', `the run ${run} has no call ${wanted}`, {
    hint: `${close === undefined ? '' : `did you mean ${close}? `}awp runs show ${run} --calls lists them`,
  });
}
