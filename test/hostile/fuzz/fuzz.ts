import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { corpusIn } from './archives.ts';
import { type Input, inputOf } from './inputs.ts';

const CHILD = join(import.meta.dirname, 'child.ts');
/** Inputs of one process: few enough to notice memory that grows, enough to be worth its start. */
const BATCH = 400;
/** MiB of JavaScript values in one process. */
const MEMORY = 512;
/** Milliseconds without a word after which a process hangs, on a machine that has other work too. */
const SILENCE = 60_000;

/** How long and with what is tried. */
export interface FuzzOptions {
  seed: number;
  /** Number of the first input. */
  from?: number;
  /** Inputs at most. */
  count?: number;
  /** Milliseconds at most. */
  milliseconds?: number;
  /** Processes at a time. */
  processes?: number;
  /** Where inputs that fail are written to. */
  failures: string;
  tell(line: string): void;
}

/** An input that was not taken as it should be. */
export interface Failure {
  number: number;
  problems: readonly string[];
}

/** Tries inputs in processes of their own until one of the limits is reached. */
export async function fuzz(options: FuzzOptions): Promise<{ tried: number; failures: Failure[] }> {
  const { seed, from = 0, count = Infinity, milliseconds = Infinity, processes = 1 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'awp-fuzz-'));
  const until = performance.now() + milliseconds;
  const failures: Failure[] = [];
  let next = from;
  let tried = 0;
  const work = async (worker: number): Promise<void> => {
    const own = join(folder, String(worker));
    mkdirSync(own);
    while (next < from + count && performance.now() < until) {
      const start = next;
      const size = Math.min(BATCH, from + count - start);
      next += size;
      const { tell } = options;
      const found = await batch({ seed, from: start, count: size, folder: own, tell });
      tried += size;
      failures.push(...found);
    }
  };
  try {
    await Promise.all(Array.from({ length: processes }, (_, index) => work(index)));
    const { corpus } = await corpusIn(folder);
    for (const { number, problems } of failures) {
      write(inputOf(seed, number, corpus), problems, join(options.failures, `${seed}-${number}`));
    }
    return { tried, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Batch {
  seed: number;
  from: number;
  count: number;
  folder: string;
  /** Takes a line for each failure, as soon as it is known. */
  tell(line: string): void;
}

/** One batch; goes on behind an input that has ended its process. */
async function batch({ seed, from, count, folder, tell }: Batch): Promise<Failure[]> {
  const failures: Failure[] = [];
  const end = from + count;
  let at = from;
  while (at < end) {
    const ended = await oneProcess({ seed, from: at, count: end - at, folder, tell });
    failures.push(...ended.failures);
    if (ended.at >= end) break;
    if (!ended.began) throw new Error(`a process did not get to its first input: ${ended.why}`);
    failures.push({ number: ended.at, problems: [ended.why] });
    tell(`${ended.at}: ${ended.why}`);
    at = ended.at + 1;
  }
  return failures;
}

function oneProcess({
  seed,
  from,
  count,
  folder,
  tell,
}: Batch): Promise<{ at: number; began: boolean; why: string; failures: Failure[] }> {
  const args = [
    `--max-old-space-size=${MEMORY}`,
    CHILD,
    ...[seed, from, count].map(String),
    folder,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const failures: Failure[] = [];
  let at = from;
  let began = false;
  let errors = '';
  let hangs = false;
  const stop = (): void => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let watch = setTimeout(stop, SILENCE);
  child.stderr.on('data', (data: Buffer) => {
    errors = `${errors}${data}`.slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    began = true;
    if ('at' in message) at = message.at;
    else {
      failures.push({ number: message.bad, problems: message.problems });
      tell(`${message.bad}: ${message.problems.join('; ')}`);
    }
    clearTimeout(watch);
    watch = setTimeout(stop, SILENCE);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      const why = hangs ? 'hangs' : `ended with ${signal ?? code}: ${errors.trim()}`;
      resolve({ at, began, why, failures });
    });
  });
}

function write(input: Input, problems: readonly string[], folder: string): void {
  const files: [string, string | Uint8Array][] =
    input.kind === 'workflow'
      ? [...input.files]
      : [input.kind === 'archive' ? ['x.awp.zip', input.archive] : ['expression.txt', input.text]];
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  writeFileSync(`${folder}.txt`, `${input.name}\n${problems.join('\n')}\n`);
}
