import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import type { ByteSink, ByteSource } from '../ports/effects.ts';
import type { BoxToolReply, SandboxJob } from '../ports/sandbox.ts';

/**
 * The channel on which a program calls tools of the host: frames of a length (four bytes,
 * big-endian) and that much JSON, both ways. Whatever comes out of a box is data that nobody trusts.
 */

/** Bytes of the length before each message. */
const HEAD_BYTES = 4;
/** Bytes of one message. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Bytes of all messages of one program. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Pieces of a message that are kept apart; small ones cost more than their bytes. */
const MAX_CHUNKS = 1000;
/** Calls that wait for their answer at the same time. */
const MAX_WAITING = 64;
/** Refused calls after which a program is stopped: it does nothing else any more. */
const PATIENCE = 20_000;

/** The beginning of a message as our own libraries write it. */
const NUMBERED = /^\{\s*"id"\s*:\s*(\d{1,15})\s*,/;

/** What a channel does with one message; undefined when the message is not for it. */
export type AnswerMessage = (
  message: JsonObject,
  job: SandboxJob,
  signal: AbortSignal,
) => Promise<BoxToolReply> | undefined;

/** What the channel needs of its box. */
interface Ends {
  pipe: ByteSource & ByteSink;
  /** Messages that are no calls of tools. */
  answer: AnswerMessage | undefined;
  /** Ends the program. */
  stop(why: 'frames' | 'tool-calls'): void;
}

interface Current {
  job: SandboxJob;
  over: AbortController;
  calls: number;
  refused: number;
  /** Calls whose reply the program has not taken yet. */
  waiting: number;
  bytes: number;
  /** Nothing that it says counts any more. */
  stopped: boolean;
}

/** The host's end of the channel. */
export class CallChannel {
  readonly #ends: Ends;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #current: Current | undefined;
  #tooMany = false;
  #written = Promise.resolve();

  constructor(ends: Ends) {
    this.#ends = ends;
    ends.pipe.onData((bytes) => this.#add(bytes));
  }

  /** From now on calls belong to this job. */
  begin(job: SandboxJob): void {
    this.#tooMany = false;
    const over = new AbortController();
    this.#current = { job, over, calls: 0, refused: 0, waiting: 0, bytes: 0, stopped: false };
  }

  /** Ends what is still running. True when calls were refused because there were too many. */
  end(): boolean {
    this.#current?.over.abort(new Error('the program is over'));
    this.#current = undefined;
    this.#chunks = [];
    this.#buffered = 0;
    return this.#tooMany;
  }

  #add(bytes: Uint8Array): void {
    const current = this.#current;
    if (!current || current.stopped) return;
    current.bytes += bytes.length;
    this.#chunks.push(bytes);
    this.#buffered += bytes.length;
    while (this.#buffered >= HEAD_BYTES) {
      const size = this.#joined(HEAD_BYTES).readUInt32BE(0);
      if (size > MAX_MESSAGE_BYTES || current.bytes > MAX_BYTES) {
        this.#stop(current, 'frames');
        return;
      }
      const end = HEAD_BYTES + size;
      if (this.#buffered < end) return;
      const joined = this.#joined(end);
      this.#chunks[0] = joined.subarray(end);
      this.#buffered -= end;
      void this.#take(joined.toString('utf8', HEAD_BYTES, end), current);
    }
  }

  /** The first chunk, with at least so many bytes: a message in many pieces is not joined at each. */
  #joined(least: number): Buffer {
    const [first = new Uint8Array()] = this.#chunks;
    if (first.length >= least && this.#chunks.length < MAX_CHUNKS) return view(first);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #stop(current: Current, why: 'frames' | 'tool-calls'): void {
    current.stopped = true;
    this.#chunks = [];
    this.#buffered = 0;
    this.#ends.stop(why);
  }

  async #take(text: string, current: Current): Promise<void> {
    const message = parseJson(text);
    if (!isObject(message) || typeof message.id !== 'number') {
      this.#refuse(current);
      // Who has waited for an answer under a number is not left waiting.
      const id = NUMBERED.exec(text)?.[1];
      const why = failed(400, 'the call is no JSON object, or nested too deeply');
      if (id !== undefined) await this.#reply(encode({ id: Number(id), ...why }), current);
      return;
    }
    const { id } = message;
    const refused = this.#limited(current);
    if (refused) {
      await this.#reply(encode({ id, ...refused }), current);
      return;
    }
    current.calls += 1;
    current.waiting += 1;
    const bytes = encode({ id, ...(await this.#answered(message, current)) });
    await this.#reply(bytes, current);
    current.waiting -= 1;
  }

  /** One after the other: a program that does not read holds up its own replies alone. */
  #reply(bytes: Uint8Array, current: Current): Promise<void> {
    this.#written = this.#written.then(async () => {
      if (!current.over.signal.aborted) await this.#ends.pipe.write(bytes);
    });
    return this.#written;
  }

  #limited(current: Current): BoxToolReply | undefined {
    const { toolCalls } = current.job.policy;
    if (current.calls >= toolCalls) {
      this.#tooMany = true;
      this.#refuse(current);
      return failed(429, `this program may make ${toolCalls} calls only`);
    }
    if (current.waiting >= MAX_WAITING) {
      this.#refuse(current);
      return failed(429, `${MAX_WAITING} calls wait for their answer already`);
    }
    return undefined;
  }

  #refuse(current: Current): void {
    current.refused += 1;
    if (current.refused > PATIENCE && !current.stopped) this.#stop(current, 'tool-calls');
  }

  async #answered(message: JsonObject, current: Current): Promise<BoxToolReply> {
    try {
      const { job, over } = current;
      return await (this.#ends.answer?.(message, job, over.signal) ??
        callTool(message, job, over.signal));
    } catch (error) {
      return failed(500, error instanceof Error ? error.message : String(error));
    }
  }
}

async function callTool(
  { name, args }: JsonObject,
  { tools }: SandboxJob,
  signal: AbortSignal,
): Promise<BoxToolReply> {
  if (typeof name !== 'string' || !isObject(args)) {
    return failed(400, 'a call needs the name of a tool and an object of arguments');
  }
  // Also a name that it was not given: whoever answers for the tools writes that down.
  return tools ? await tools.call(name, args, signal) : failed(404, 'this program has no tools');
}

function failed(status: number, error: string): BoxToolReply {
  return { ok: false, status, data: {}, error };
}

function encode(message: { id: number } & BoxToolReply): Uint8Array {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > MAX_MESSAGE_BYTES) {
    const error = `the result has ${text.length} bytes, more than ${MAX_MESSAGE_BYTES}`;
    return encode({ id: message.id, ...failed(500, error) });
  }
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(text.length);
  return Buffer.concat([head, text]);
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
