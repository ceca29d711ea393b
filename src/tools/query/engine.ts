import { fileURLToPath } from 'node:url';
import { AwpError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { ByteSource, Effects, RunningProcess } from '../../ports/effects.ts';
import type { TableFile } from './tables.ts';

const MIB = 1024 * 1024;
/** Bytes of the whole process at which it is ended, and MiB of what it keeps besides the database. */
const RSS_BYTES = 1024 * MIB;
const HEAP_MB = 512;
/** Bytes of an answer that are taken at all. */
const MOST_ANSWER = 8 * MIB;
/** Bytes of rows that are handed back: with all around them they still fit into a program. */
const RESULT_BYTES = 800_000;
/** What the engine allows of one statement (sqlite.org/limits.html). */
const LIMITS = {
  length: 10 * MIB,
  sqlLength: 1_000_000,
  exprDepth: 300,
  compoundSelect: 100,
  likePatternLength: 1000,
  attach: 0,
};

/**
 * The scripts of the process may read themselves and nothing else. This does not hold the engine in
 * it, which is held by what `run-query.mjs` lets a statement do.
 */
const PERMISSIONS = ['--permission', '--allow-worker', '--no-warnings'];

/** What is asked. */
export interface Query {
  /** A description of all files when left out. */
  sql?: string;
  params: Json;
  maxRows: number;
}

/** What a table of a file has, or why the file is none. */
export interface TableDescription {
  table: string;
  file: string;
  rows?: number;
  columns?: { name: string; type: string }[];
  problem?: string;
}

/** What came of it. */
export type Answer =
  | { ok: true; columns: Json[]; rows: Json[]; truncated: boolean }
  | { ok: true; tables: TableDescription[]; problems: TableDescription[] }
  | { ok: false; kind: string; message: string };

/** What a query is run with. */
export interface EngineParts {
  effects: Effects;
  /** Ends the process. */
  signal: AbortSignal;
  read(file: TableFile): Promise<Uint8Array>;
}

/**
 * Asks the files in a process of its own, which has no file, no environment and no network to ask
 * for, and is ended with everything in it when `signal` aborts: then this rejects with its reason.
 */
export async function askFiles(
  query: Query,
  files: readonly TableFile[],
  { effects, signal, read }: EngineParts,
): Promise<Answer> {
  const folder = await effects.files.realPath(fileURLToPath(new URL('.', import.meta.url)));
  signal.throwIfAborted();
  const child = effects.processes.spawn({
    command: effects.processes.node(),
    args: [...PERMISSIONS, `--allow-fs-read=${folder}/*`, `${folder}/main.mjs`],
    env: {},
  });
  const end = (): void => child.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [text, complaint] = [textOf(child.stdout, end), textOf(child.stderr, end)];
    const sent = send(child, { query, files }, read).catch((error) => {
      end();
      throw error;
    });
    const [said, why] = await Promise.all([text, complaint, sent, child.exit]);
    signal.throwIfAborted();
    return answerOf(said, why);
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

async function send(
  { stdin }: RunningProcess,
  { query, files }: { query: Query; files: readonly TableFile[] },
  read: (file: TableFile) => Promise<Uint8Array>,
): Promise<void> {
  const limited = { ...query, maxBytes: RESULT_BYTES, limits: LIMITS };
  const head = { query: limited, files, rssBytes: RSS_BYTES, heapMb: HEAP_MB };
  await stdin.write(new TextEncoder().encode(`${JSON.stringify(head)}\n`));
  for (const file of files) {
    const bytes = await read(file);
    if (bytes.length !== file.bytes) {
      throw new AwpError('tool/not-found', `${file.path} changed while it was read`);
    }
    await stdin.write(bytes);
  }
}

/** All that a process says, up to what is taken at all. */
function textOf(source: ByteSource, tooMuch: () => void): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  source.onData((bytes) => {
    size += bytes.length;
    if (size > MOST_ANSWER) tooMuch();
    else parts.push(bytes);
  });
  return new Promise((resolve) => {
    source.onEnd(() => resolve(Buffer.concat(parts).toString('utf8')));
  });
}

/** A process that cannot allocate any more ends itself without an answer. */
const OUT_OF_MEMORY = /out of memory|allocation failed|bad_alloc/i;

function answerOf(said: string, complaint: string): Answer {
  if (said.endsWith('\n')) {
    const answer: JsonObject = JSON.parse(said);
    if (isObject(answer)) return answer as unknown as Answer;
  }
  if (OUT_OF_MEMORY.test(complaint)) {
    return { ok: false, kind: 'memory', message: 'the memory for a query is used up' };
  }
  return { ok: false, kind: 'failed', message: 'the process of the query ended without an answer' };
}
