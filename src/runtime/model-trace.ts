import { toAwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { writeError } from '../base/write-error.ts';
import type { Clock, Files } from '../ports/effects.ts';
import type { ModelChunk, ModelProvider, ModelRequest } from '../ports/model-provider.ts';
import type { Redact } from './redact.ts';
import type { RunFiles } from './tools/artifacts.ts';
import { type WireNote, WireTap } from './wire-tap.ts';
import { textsIn } from './wire-text.ts';

/** Bytes of one request or answer that are kept, and of all of a process together. */
const KEPT_BYTES = 8 * 1024 * 1024;
const ALL_BYTES = 256 * 1024 * 1024;

/** Lists the calls of a run that were traced, one line when a call begins and one when it ends. */
const INDEX = 'calls.ndjson';

/** Which call of a model it is. */
export interface TracedCall {
  call: string;
  attempt: number;
  /** Id of the agent's place in the run. */
  agent: string;
  /** The model string. */
  model: string;
}

/** Where a text is among the run's blobs; `bytes` of the whole text, `kept` when less of it is there. */
interface Kept {
  sha256: string;
  bytes: number;
  kept?: number;
}

/** What a trace works with. */
export interface TraceOptions {
  files: Files;
  clock: Clock;
  runFiles: RunFiles;
  /** Folder of the run. */
  folder: string;
  redact: Redact;
}

/**
 * Keeps what models are asked, before it is worded for a service, and what came, beside the log of
 * the run: texts by their hash among its blobs, and a list of the calls that a crash leaves readable.
 */
export class ModelTrace {
  readonly #options: TraceOptions;
  #bytes = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  /** The same model; what one call of it brings is kept. */
  watch(provider: ModelProvider, call: TracedCall): ModelProvider {
    return {
      name: provider.name,
      ask: (request, signal) => this.#ask(provider, { call, request }, signal),
    };
  }

  async *#ask(
    provider: ModelProvider,
    { call, request }: { call: TracedCall; request: ModelRequest },
    signal: AbortSignal,
  ): AsyncGenerator<ModelChunk> {
    const { clock } = this.#options;
    const { headers: _, ...question } = request;
    await this.#note({
      ...{ ...call, at: this.#now(), request: { ...(await this.#keep({ ...question })) } },
    });
    const tap = new WireTap(clock);
    const started = clock.monotonic();
    let firstMs: number | null = null;
    const ended = async (outcome: JsonObject, said: readonly string[]): Promise<void> => {
      const ms = Math.round(clock.monotonic() - started);
      const { call: id, attempt } = call;
      const wire = await this.#wire(tap.notes, said);
      await this.#note({ call: id, attempt, ended: this.#now(), ms, firstMs, ...outcome, wire });
    };
    try {
      for await (const chunk of tap.listen(() => provider.ask(request, signal))) {
        firstMs ??= Math.round(clock.monotonic() - started);
        if (chunk.type === 'end') {
          const { type, ...answer } = chunk;
          const kept = { ...(await this.#keep(answer)) };
          await ended({ outcome: 'answered', answer: kept }, [JSON.stringify(answer)]);
        }
        yield chunk;
      }
    } catch (error) {
      const { code, message } = toAwpError(error);
      const outcome = signal.aborted
        ? { outcome: 'aborted' }
        : { outcome: 'failed', code, message };
      await ended(outcome, []);
      throw error;
    }
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  async #wire(notes: readonly WireNote[], said: readonly string[]): Promise<Json[]> {
    const lines: Json[] = [];
    for (const { body, status, ...note } of notes) {
      const left = this.#hasSplitSecret(body, said)
        ? { leftOut: 'a secret is in it, in pieces' }
        : {};
      const kept = 'leftOut' in left ? left : { body: { ...(await this.#keepText(body)) } };
      lines.push({ ...note, headers: { ...note.headers }, status: status ?? null, ...kept });
    }
    return lines;
  }

  /** A stream cuts a secret into pieces that no pattern finds: it is looked for in the whole texts. */
  #hasSplitSecret(raw: string, said: readonly string[]): boolean {
    const { redact } = this.#options;
    const clean = redact(raw);
    return [...textsIn(clean).values(), ...(clean === raw ? said : [])].some(
      (text) => redact(text) !== text,
    );
  }

  #keep(value: unknown): Promise<Kept> {
    return this.#keepText(JSON.stringify(this.#options.redact(value)));
  }

  async #keepText(text: string): Promise<Kept> {
    const { runFiles, redact } = this.#options;
    const bytes = Buffer.from(redact(text));
    const room = Math.min(KEPT_BYTES, ALL_BYTES - this.#bytes);
    const part = bytes.subarray(0, Math.max(0, room));
    this.#bytes += part.length;
    const { sha256 } = await runFiles.keep('call', part);
    const cut = part.length < bytes.length;
    return { sha256, bytes: bytes.length, ...(cut && { kept: part.length }) };
  }

  /** Adds a line to the list; one after the other, however many calls are out. */
  #note(line: JsonObject): Promise<void> {
    const added = this.#last.then(() => this.#extend(`${JSON.stringify(line)}\n`));
    this.#last = added.catch(() => {}); // who noted it is told
    return added;
  }

  async #extend(line: string): Promise<void> {
    const { files, folder, redact } = this.#options;
    const path = `${folder}/${INDEX}`;
    try {
      if (await files.info(path)) await files.extend(path, redact(line));
      else await files.writePrivate(path, redact(line));
    } catch (error) {
      throw writeError(error, `the trace of the run's models in ${path}`);
    }
  }
}

/** A call as the trace has it. */
export interface CallTrace {
  call: string;
  attempt: number;
  at: string;
  /** Left out while the call is out, and of one that a crash cut off. */
  outcome?: string;
  /** Milliseconds until the first piece, and until the end. */
  firstMs?: number;
  ms?: number;
  /** What was asked and answered, as JSON, in the texts that were kept of them. */
  request: string;
  answer?: string;
  exchanges: readonly TracedExchange[];
}

/** An HTTP exchange of a traced call. */
export interface TracedExchange {
  url: string;
  /** Null when no answer came. */
  status: number | null;
  headers: Readonly<Record<string, string>>;
  ms: number;
  /** The body of the answer; why it is left out. */
  body?: string;
  leftOut?: string;
}

/** Ids of the attempts that were traced, `2.1/3#1`; empty when the run has no trace. */
export async function tracedCalls(files: Files, folder: string): Promise<ReadonlySet<string>> {
  const lines = await indexOf(files, folder);
  return new Set(lines.map(({ call, attempt }) => `${String(call)}#${String(attempt)}`));
}

/** Every attempt of a call as it was traced, oldest first; none when it was not. */
export async function readTrace(files: Files, folder: string, call: string): Promise<CallTrace[]> {
  const traces: CallTrace[] = [];
  for (const line of await indexOf(files, folder)) {
    if (line.call !== call) continue;
    const blob = (kept: Json | undefined): Promise<string> => blobOf(files, folder, kept);
    const last = traces.at(-1);
    if (line.request !== undefined) {
      const [attempt, at] = [Number(line.attempt), String(line.at)];
      traces.push({ call, attempt, at, request: await blob(line.request), exchanges: [] });
    } else if (last) traces.splice(-1, 1, { ...last, ...(await endOf(line, blob)) });
  }
  return traces;
}

async function endOf(
  { outcome, ms, firstMs, answer, wire }: JsonObject,
  blob: (kept: Json | undefined) => Promise<string>,
): Promise<Omit<CallTrace, 'call' | 'attempt' | 'at' | 'request'>> {
  const exchanges: TracedExchange[] = [];
  for (const one of Array.isArray(wire) ? wire.filter(isObject) : []) {
    const headers = isObject(one.headers) ? one.headers : {};
    exchanges.push({
      url: String(one.url),
      status: typeof one.status === 'number' ? one.status : null,
      headers: Object.fromEntries(Object.entries(headers).map(([name, to]) => [name, String(to)])),
      ms: Number(one.ms),
      ...(one.body !== undefined && { body: await blob(one.body) }),
      ...(typeof one.leftOut === 'string' && { leftOut: one.leftOut }),
    });
  }
  return {
    outcome: String(outcome),
    ms: Number(ms),
    ...(typeof firstMs === 'number' && { firstMs }),
    ...(answer !== undefined && { answer: await blob(answer) }),
    exchanges,
  };
}

/** The lines of the list; half a line at its end, after a crash, is none. */
async function indexOf(files: Files, folder: string): Promise<JsonObject[]> {
  const path = `${folder}/${INDEX}`;
  if (!(await files.info(path))) return [];
  const lines = (await files.readText(path)).split('\n');
  return lines.map((line) => parseJson(line)).filter(isObject);
}

async function blobOf(files: Files, folder: string, kept: Json | undefined): Promise<string> {
  const { sha256 } = isObject(kept) ? kept : {};
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return '';
  return files.readText(`${folder}/blobs/${sha256}`).catch(() => '');
}
