import { ChangeSignal } from '../base/concurrency.ts';
import type { LiveEvent, RunEvent } from '../events/event.ts';
import type { RunState } from '../events/state.ts';

/** Characters of pieces that wait for a slow reader; older ones are dropped, the log has it all. */
const WAITING_CHARS = 65_536;

/** Text of a call of an agent. */
export interface Piece {
  /** Id of its frame. */
  agent: string;
  call: string;
  text: string;
}

/** The pieces of answers, as they come, for those who watch; nothing of it is kept. */
export class Pieces {
  readonly #state: RunState;
  readonly #time: () => string;
  readonly #readers = new Set<Reader>();
  #ended = false;

  constructor(state: RunState, time: () => string) {
    this.#state = state;
    this.#time = time;
  }

  /** Whether anybody watches. */
  get watched(): boolean {
    return this.#readers.size > 0;
  }

  /** Hands a piece to all that watch. */
  add(type: LiveEvent['type'], { agent, call, text }: Piece): void {
    const frame = this.#state.frames.get(agent);
    const piece: LiveEvent = {
      ...{ v: 1, run: this.#state.run, ts: this.#time(), type, agent },
      depth: frame?.depth ?? 0,
      ...(frame?.parent !== undefined && { parent: frame.parent }),
      ...(frame?.loop !== undefined && { loop: frame.loop }),
      data: { call, text },
    };
    for (const reader of this.#readers) reader.add({ piece, after: this.#state.seq });
  }

  /** No more pieces come. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.wake();
  }

  /** Merges events with pieces; leaving the loop ends both. */
  async *watch(
    events: (signal: AbortSignal) => AsyncIterable<RunEvent>,
  ): AsyncGenerator<RunEvent | LiveEvent> {
    const reader = new Reader();
    if (!this.#ended) this.#readers.add(reader);
    const stop = new AbortController();
    const source = events(stop.signal)[Symbol.asyncIterator]();
    let next = source.next();
    let seen = 0;
    try {
      for (;;) {
        const { changed } = reader;
        yield* reader.take(seen);
        const winner = await Promise.race([next, changed]);
        if (winner === undefined) continue;
        yield* reader.take(seen);
        if (winner.done) return;
        yield winner.value;
        seen = winner.value.seq;
        next = source.next();
      }
    } finally {
      this.#readers.delete(reader);
      stop.abort();
      await next.catch(() => {});
      await source.return?.();
    }
  }
}

/** A piece, and the last event before it. */
interface Waiting {
  piece: LiveEvent;
  after: number;
}

class Reader {
  readonly #pieces: Waiting[] = [];
  #chars = 0;
  readonly #signal = new ChangeSignal();

  get changed(): Promise<void> {
    return this.#signal.changed;
  }

  add(waiting: Waiting): void {
    this.#pieces.push(waiting);
    this.#chars += waiting.piece.data.text.length;
    while (this.#chars > WAITING_CHARS && this.#pieces.length > 1) {
      this.#chars -= this.#pieces.shift()?.piece.data.text.length ?? 0;
    }
    this.#signal.notify();
  }

  /** Takes the pieces whose events have been seen, so that an answer never precedes its question. */
  take(seen: number): LiveEvent[] {
    const later = this.#pieces.findIndex(({ after }) => after > seen);
    const taken = this.#pieces.splice(0, later < 0 ? this.#pieces.length : later);
    for (const { piece } of taken) this.#chars -= piece.data.text.length;
    return taken.map(({ piece }) => piece);
  }

  wake(): void {
    this.#signal.notify();
  }
}
