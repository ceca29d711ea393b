import { type ChangeSignal, orAborted } from '../../base/concurrency.ts';
import type { ToolDraft } from '../../events/creation.ts';
import type { RunEvent } from '../../events/event.ts';
import type { Outcome, RunState } from '../../events/state.ts';
import type { Repairs, RepairWish } from './repair.ts';
import { repairedDraft } from './repair-answer.ts';
import { repairerId } from './repair-start.ts';

interface Entry {
  wish: RepairWish;
  signal: AbortSignal;
  settle(draft: ToolDraft | undefined): void;
}

/**
 * The queue between calls that make tools and the driver: a call that is out puts a wish in, the driver
 * starts a repairer for it, and what the log says of that one goes back. A repairer that an earlier
 * process had started is waited for, or its answer taken.
 */
export class RepairQueue implements Repairs {
  readonly #wake: ChangeSignal;
  readonly #state: RunState;
  #waiting: Entry[] = [];
  /** By the frame of the repairer. */
  readonly #out = new Map<string, Entry>();

  /** `wake` rings when there is something to take. */
  constructor({ wake, state }: { wake: ChangeSignal; state: RunState }) {
    this.#wake = wake;
    this.#state = state;
  }

  /** See `Repairs`. */
  async mend(wish: RepairWish, signal: AbortSignal): Promise<ToolDraft | undefined> {
    signal.throwIfAborted();
    if (!wish.problem.repairable) return undefined;
    const known = this.#state.frames.get(repairerId(wish))?.outcome;
    if (known) return draftOf(known, wish);
    const { promise, resolve } = Promise.withResolvers<ToolDraft | undefined>();
    this.#waiting.push({ wish, signal, settle: resolve });
    this.#wake.notify();
    return await orAborted(promise, signal);
  }

  /** Wishes for which a repairer is to be started; those that nobody waits for any more are left out. */
  take(): RepairWish[] {
    if (this.#waiting.length === 0) return [];
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting.flatMap((entry) => {
      const { wish, signal, settle } = entry;
      const id = repairerId(wish);
      const repairer = this.#state.frames.get(id);
      if (signal.aborted || wish.frame.phase === 'closed' || repairer?.outcome) {
        settle(repairer?.outcome && draftOf(repairer.outcome, wish));
        return [];
      }
      this.#out.set(id, entry);
      return repairer ? [] : [wish];
    });
  }

  /** Hands what the log says of a repairer to the call that waits for it. */
  see({ type, agent = '' }: RunEvent): void {
    if (this.#out.size === 0 || !(type === 'agent.finished' || type === 'agent.failed')) return;
    const entry = this.#out.get(agent);
    const outcome = this.#state.frames.get(agent)?.outcome;
    if (!entry || !outcome) return;
    this.#out.delete(agent);
    entry.settle(draftOf(outcome, entry.wish));
  }
}

function draftOf({ ok, output }: Outcome, { draft }: RepairWish): ToolDraft | undefined {
  return ok ? repairedDraft(draft, output) : undefined;
}
