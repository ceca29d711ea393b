import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import type { ByteSink, ByteSource } from '../ports/effects.ts';
import type { BoxToolReply, SandboxJob } from '../ports/sandbox.ts';

/**
 * The channel on which a program calls tools of the host: frames of a length (four bytes,
 * big-endian) and that much JSON, both ways. Whatever comes out of a box is data that nobody trusts.
 */

/** Bytes of one message. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Bytes of all messages of one program. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Calls that wait for their answer at the same time. */
const MAX_WAITING = 64;
/** Refused calls after which a program is stopped: it does nothing else any more. */
const PATIENCE = 20_000;

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
  waiting: number;
  bytes: number;
}

/** The host's end of the channel. */
export class CallChannel {
  readonly #ends: Ends;
  #buffer: Buffer = Buffer.alloc(0);
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
    this.#current = { job, over, calls: 0, refused: 0, waiting: 0, bytes: 0 };
  }

  /** Ends what is still running. True when calls were refused because there were too many. */
  end(): boolean {
    this.#current?.over.abort(new Error('the program is over'));
    this.#current = undefined;
    this.#buffer = Buffer.alloc(0);
    return this.#tooMany;
  }

  #add(bytes: Uint8Array): void {
    const current = this.#current;
    if (!current) return;
    current.bytes += bytes.length;
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(bytes) : join(this.#buffer, bytes);
    while (this.#buffer.length >= 4) {
      const size = this.#buffer.readUInt32BE(0);
      if (size > MAX_MESSAGE_BYTES || current.bytes > MAX_BYTES) {
        this.#ends.stop('frames');
        return;
      }
      if (this.#buffer.length < size + 4) return;
      const text = this.#buffer.toString('utf8', 4, size + 4);
      this.#buffer = this.#buffer.subarray(size + 4);
      void this.#take(text, current);
    }
  }

  async #take(text: string, current: Current): Promise<void> {
    const message = parseJson(text);
    if (!isObject(message) || typeof message.id !== 'number') {
      this.#refuse(current);
      return;
    }
    const reply = this.#limited(current) ?? (await this.#answered(message, current));
    const bytes = encode({ id: message.id, ...reply });
    // One after the other: a program that does not read holds up its own replies alone.
    this.#written = this.#written.then(async () => {
      if (!current.over.signal.aborted) await this.#ends.pipe.write(bytes);
    });
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
    if (current.refused > PATIENCE) this.#ends.stop('tool-calls');
  }

  async #answered(message: JsonObject, current: Current): Promise<BoxToolReply> {
    current.calls += 1;
    current.waiting += 1;
    try {
      const { job, over } = current;
      return await (this.#ends.answer?.(message, job, over.signal) ??
        callTool(message, job, over.signal));
    } catch (error) {
      return failed(500, error instanceof Error ? error.message : String(error));
    } finally {
      current.waiting -= 1;
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
  const head = Buffer.alloc(4);
  head.writeUInt32BE(text.length);
  return join(head, text);
}

function join(one: Uint8Array, other: Uint8Array): Buffer {
  return Buffer.concat([one, other]);
}
