import { toAwpError } from '../../base/errors.ts';
import type { Approval, RunState } from '../../events/state.ts';
import type { RunHandle } from '../engine.ts';
import type { Person } from '../person.ts';
import type { Shell } from '../shell.ts';
import { oneLine } from '../text.ts';
import { answerWords } from './approval-text.ts';
import { askApproval } from './ask-approval.ts';
import { kindOf } from './request-words.ts';
import type { Verdict } from './verdict.ts';

/** What is needed to ask about the calls of a run. */
export interface PromptParts {
  handle: Pick<RunHandle, 'resolve' | 'leave'>;
  shell: Shell;
  person: Person;
}

interface Current {
  id: string;
  withdraw: AbortController;
}

/**
 * Asks the person at the terminal about each call that waits, one after the other. What waits is
 * read from the state, so that an answer from elsewhere withdraws the question.
 */
export class ApprovalPrompts {
  readonly #parts: PromptParts;
  readonly #known = new Set<string>();
  /** Tools that are allowed for the rest of the run. */
  readonly #allowed = new Set<string>();
  #state: RunState | undefined;
  readonly #queue: string[] = [];
  #current: Current | undefined;
  #talking: Promise<void> | undefined;
  /** Nobody is asked any more. */
  #over = false;

  constructor(parts: PromptParts) {
    this.#parts = parts;
  }

  /** Takes the state after an event. */
  follow(state: RunState): void {
    this.#state = state;
    if (this.#over) return;
    for (const id of state.pendingApprovals) {
      if (this.#known.has(id)) continue;
      this.#known.add(id);
      this.#queue.push(id);
    }
    if (this.#current && !state.pendingApprovals.has(this.#current.id)) {
      this.#current.withdraw.abort();
    }
    this.#goOn();
  }

  /** Asks nobody any more; resolves when the terminal is free. */
  async close(): Promise<void> {
    this.#over = true;
    this.#current?.withdraw.abort();
    await this.#talking;
  }

  #goOn(): void {
    if (this.#over || this.#queue.length === 0) return;
    this.#talking ??= this.#workOff().finally(() => {
      this.#talking = undefined;
      this.#goOn();
    });
  }

  async #workOff(): Promise<void> {
    while (await this.#passAllowed()) {
      await this.#parts.person.talk(async () => {
        for (let next = this.#next(); next; next = this.#next()) await this.#ask(next);
      });
    }
  }

  /** Answers what was allowed before and drops what is settled; whether a question is left. */
  async #passAllowed(): Promise<boolean> {
    for (let id = this.#queue[0]; id !== undefined && !this.#over; id = this.#queue[0]) {
      const approval = this.#waiting(id);
      if (approval && !this.#allowed.has(kindOf(approval))) return true;
      this.#queue.shift();
      if (approval) await this.#resolve(id, { decision: 'approve', similar: true });
    }
    return false;
  }

  /** The next that needs a question. */
  #next(): Approval | undefined {
    const [id] = this.#queue;
    const approval = id === undefined || this.#over ? undefined : this.#waiting(id);
    if (!approval || this.#allowed.has(kindOf(approval))) return undefined;
    this.#queue.shift();
    return approval;
  }

  #waiting(id: string): Approval | undefined {
    return this.#state?.pendingApprovals.has(id) ? this.#state.approvals.get(id) : undefined;
  }

  async #ask(approval: Approval): Promise<void> {
    const { person, shell } = this.#parts;
    const withdraw = new AbortController();
    this.#current = { id: approval.id, withdraw };
    const verdict = await askApproval(approval, { person, shell, signal: withdraw.signal });
    this.#current = undefined;
    await this.#act(approval, verdict);
  }

  async #act(approval: Approval, verdict: Verdict): Promise<void> {
    const { handle } = this.#parts;
    switch (verdict) {
      case 'withdrawn':
        this.#tellWhy(approval.id);
        return;
      case 'interrupted':
        this.#over = true;
        return;
      case 'ended':
        this.#over = true;
        await handle.leave();
        return;
      default:
        if (verdict.decision === 'approve' && verdict.similar) this.#allowed.add(kindOf(approval));
        await this.#resolve(approval.id, verdict);
    }
  }

  /** Why a question went away; that the run has ended is told elsewhere. */
  #tellWhy(id: string): void {
    const { person } = this.#parts;
    const resolution = this.#state?.approvals.get(id)?.resolution;
    if (resolution) person.say(`already ${oneLine(answerWords(resolution))}`);
    else if (!this.#over) person.say(`${id} is not needed any more`);
  }

  async #resolve(id: string, { decision, ...more }: Exclude<Verdict, string>): Promise<void> {
    const args = 'args' in more && more.args !== undefined && { args: more.args };
    const reason = 'reason' in more && more.reason !== undefined && { reason: more.reason };
    try {
      await this.#parts.handle.resolve(id, { decision, ...args, ...reason }, { by: 'terminal' });
    } catch (error) {
      // Another answer was first, the run has ended meanwhile, or the node cannot take the change.
      const { code, message } = toAwpError(error);
      if (!this.#over) this.#parts.person.say(oneLine(message));
      if (code === 'approval/bad-edit') this.#queue.unshift(id);
    }
  }
}
