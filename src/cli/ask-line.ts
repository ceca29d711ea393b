import type { ReadStream, WriteStream } from 'node:tty';
import type { Clock } from '../ports/effects.ts';
import type { LineAnswer } from './shell.ts';

/** How long what was typed before the question counts as such, in milliseconds. */
const TYPED_BEFORE_MS = 30;
const CTRL_C = 3;

/** A terminal in which a line is asked for. */
export interface LineTerminal {
  input: ReadStream;
  output: WriteStream;
  clock: Clock;
}

/**
 * Asks for a line in a terminal. What was typed before the question came up is thrown away: it
 * cannot be its answer.
 */
export async function askLine(
  question: string,
  { input, output, clock }: LineTerminal,
  signal: AbortSignal,
): Promise<LineAnswer> {
  if (await interruptedBefore(input, clock)) return 'interrupted';
  if (signal.aborted) return 'withdrawn';
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  return new Promise((resolve) => {
    let answer: LineAnswer = 'ended';
    const end = (last: LineAnswer): void => {
      answer = last;
      lines.close();
    };
    const withdraw = (): void => end('withdrawn');
    signal.addEventListener('abort', withdraw, { once: true });
    lines.on('SIGINT', () => end('interrupted'));
    lines.on('close', () => {
      signal.removeEventListener('abort', withdraw);
      // Only the return key has moved the cursor to the next line.
      if (typeof answer === 'string') output.write('\n');
      resolve(answer);
    });
    lines.question(question, (text) => end({ text }));
  });
}

/** Forgets what was typed so far; whether Ctrl-C was among it. */
async function interruptedBefore(input: ReadStream, clock: Clock): Promise<boolean> {
  let interrupted = false;
  const forget = (typed: Buffer): void => {
    interrupted ||= typed.includes(CTRL_C);
  };
  input.setRawMode(true);
  input.on('data', forget).resume();
  await new Promise<void>((resolve) => void clock.timer(TYPED_BEFORE_MS, resolve));
  input.off('data', forget).pause();
  input.setRawMode(false);
  return interrupted;
}
