import { sha256 } from '../base/hash.ts';
import { formatDuration } from '../base/time.ts';
import type { BoxRun } from '../data/sandboxes.ts';
import type { ProxyRecord } from '../ports/effects.ts';
import type { Execution } from '../ports/sandbox.ts';
import { sizeText } from './package-text.ts';
import type { Style } from './style.ts';
import { oneLine } from './text.ts';

/** A program that was run, and where its files went. */
export interface ShownRun extends BoxRun {
  /** Absolute paths, in the order of the files; undefined when they are only listed. */
  written: readonly string[] | undefined;
}

/** What stopped a program, in words. */
const WHY: Readonly<Record<NonNullable<Execution['stopped']>, string>> = {
  cancelled: 'it was cancelled',
  timeout: 'its time was over',
  cpu: 'its processor time was used up',
  memory: 'its memory was used up',
  processes: 'it started too many processes or threads',
  'open-files': 'it opened too many files',
  'file-size': 'a file became too large',
  disk: 'its files became too large together',
  files: 'it made too many files',
  output: 'it printed too much',
  frames: 'it spoke too much on its private channel',
  'tool-calls': 'it called tools too often',
};

/** What is told about a program below its own output. */
export function boxRunText(run: ShownRun, style: Style): string {
  const { execution, box } = run;
  const good = execution.exitCode === 0 && execution.stopped === undefined;
  const mark = good ? style.symbols.ok : style.symbols.bad;
  const head = `${mark} ${endingOf(execution)} after ${formatDuration(execution.ms)}`;
  const lines = [
    `${style.paint(good ? 'ok' : 'bad', head)} in ${box.name}`,
    ...(execution.limits.length > 0 ? [`  limits: ${execution.limits.join(', ')}`] : []),
    ...(execution.requests ?? []).map((request) => `  request: ${requestText(request)}`),
    ...execution.files.map((file, index) => {
      const to = run.written?.[index];
      const where = to === undefined ? '' : `: ${oneLine(to)}`;
      return `  file: output/${oneLine(file.path)}, ${sizeText(file.bytes.length)}${where}`;
    }),
    ...execution.notes.map((note) => `  note: ${oneLine(note)}`),
  ];
  if (execution.files.length > 0 && run.written === undefined) {
    lines.push('  files are kept with -o DIR');
  }
  return `${lines.join('\n')}\n`;
}

/** The same, and the output, as one object. */
export function boxRunJson({ execution, box, language, written }: ShownRun): object {
  const { exitCode, stopped, stdout, stderr, limits, files, notes, requests, ms } = execution;
  return {
    ok: exitCode === 0 && stopped === undefined,
    ...{ box: box.name, isolation: box.isolation, language },
    exit_code: exitCode ?? null,
    stopped: stopped ?? null,
    ...{ limits, stdout, stderr },
    files: files.map(({ path, bytes }, index) => ({
      ...{ path, bytes: bytes.length, sha256: sha256(bytes) },
      written: written?.[index] ?? null,
    })),
    notes,
    requests: (requests ?? []).map(({ status, problem, ...rest }) => ({
      ...{ ...rest, status: status ?? null, problem: problem ?? null },
    })),
    ms: Math.round(ms),
  };
}

function endingOf({ exitCode, stopped }: Execution): string {
  if (stopped !== undefined) return `stopped: ${WHY[stopped]} (${stopped})`;
  return `ended with exit code ${exitCode ?? 'unknown'}`;
}

function requestText({ method, host, status, bytes, ms, problem }: ProxyRecord): string {
  const what = oneLine(`${method} ${host}`);
  if (problem !== undefined) return `${what} refused or failed: ${oneLine(problem)}`;
  const answer = status === undefined ? 'tunnel' : `${status}`;
  return `${what} ${answer}, ${sizeText(bytes)} in ${formatDuration(ms)}`;
}
