import type { ChangeSignal } from '../../base/concurrency.ts';
import { AwpError } from '../../base/errors.ts';
import type { Fact, RunEvent } from '../../events/event.ts';
import { loopQuestion } from '../../events/loop-requests.ts';
import { nodeRequest } from '../../events/node-requests.ts';
import type { Approval, RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';
import { checkedAnswer } from './checked-answer.ts';
import { type ApprovalAnswer, inboxOf, readAnswers } from './inbox.ts';

/** What a person is asked. */
export type ApprovalRequest = Readonly<
  Pick<
    Approval,
    'id' | 'agent' | 'agentName' | 'call' | 'tool' | 'args' | 'argsHash' | 'reason' | 'requestedAt'
  > & { run: string }
>;

/**
 * Asks a person. Resolves with the answer, or with undefined when it will come another way. Aborting
 * `signal` says that somebody else has answered, or that the run has ended.
 */
export type AskPerson = (
  request: ApprovalRequest,
  signal: AbortSignal,
) => Promise<ApprovalAnswer | undefined>;

interface DeskParts {
  state: RunState;
  files: Files;
  /** The run's folder. */
  folder: string;
  wake: ChangeSignal;
  /** Undefined: nobody is there. */
  ask: AskPerson | undefined;
}

interface Waiting {
  answer: ApprovalAnswer;
  recorded: PromiseWithResolvers<void>;
}

/** The one queue of requests of a run: asks, takes answers from everywhere, and the first one wins. */
export class ApprovalDesk {
  readonly #parts: DeskParts;
  readonly #answers = new Map<string, Waiting>();
  readonly #asking = new Map<string, AbortController>();
  #unwatch: (() => void) | undefined;
  #failure: unknown;
  /** Whoever was there has gone. */
  #left = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Whether somebody may answer while the run waits. */
  get attended(): boolean {
    return this.#parts.ask !== undefined && !this.#left;
  }

  /** Nobody answers from now on; what waits stays open. */
  leave(): void {
    this.#left = true;
    this.#parts.wake.notify();
  }

  /** Takes up what an earlier process asked, and answers that came since. */
  async open(): Promise<void> {
    const { state } = this.#parts;
    if (state.pendingApprovals.size === 0) return;
    await this.#readInbox();
    for (const id of state.pendingApprovals) await this.#ask(id);
  }

  /**
   * Follows the log: a new request is asked; one that was answered, or whose agent has ended, is asked
   * no more. What is returned resolves when a new request is asked.
   */
  see({ type, data }: RunEvent): Promise<void> | undefined {
    if (type === 'approval.requested') return this.#ask(data.id);
    if (ENDS.has(type)) this.#forget();
    if (type !== 'approval.resolved') return undefined;
    this.#asking.get(data.id)?.abort();
    this.#asking.delete(data.id);
    this.#answers.get(data.id)?.recorded.resolve();
    this.#answers.delete(data.id);
    return undefined;
  }

  /** What nobody needs to answer any more is asked no more. */
  #forget(): void {
    for (const [id, asking] of this.#asking) {
      if (this.#parts.state.pendingApprovals.has(id)) continue;
      asking.abort();
      this.#asking.delete(id);
    }
  }

  /** The facts of the answers that came, each once. Throws what asking failed with. */
  take(): Fact[] {
    if (this.#failure !== undefined) throw this.#failure;
    const { approvals, pendingApprovals } = this.#parts.state;
    return [...this.#answers].flatMap(([id, { answer, recorded }]): Fact[] => {
      const approval = approvals.get(id);
      if (!approval || !pendingApprovals.has(id)) {
        this.#answers.delete(id);
        recorded.reject(unknown(id, approval));
        return [];
      }
      const { argsHash: _, ...said } = answer;
      const data = { id, call: approval.call, ...said };
      return [{ type: 'approval.resolved', agent: approval.agent, data }];
    });
  }

  /**
   * Answers a request; resolves when it is in the log. Rejects with `approval/unknown`,
   * `approval/answered`, `approval/changed` or `approval/bad-edit`.
   */
  async answer(id: string, answer: ApprovalAnswer): Promise<void> {
    const approval = this.#unanswered(id);
    checkBound(approval, answer);
    let said = answer;
    if (nodeRequest(approval) || loopQuestion(approval)) {
      said = await checkedAnswer(this.#parts.state, approval, answer);
      // Somebody else may have been first while it was looked at.
      this.#unanswered(id);
    }
    const recorded = Promise.withResolvers<void>();
    this.#answers.set(id, { answer: said, recorded });
    this.#parts.wake.notify();
    await recorded.promise;
  }

  /** A request that nobody has answered. Throws `approval/unknown`, `approval/answered`. */
  #unanswered(id: string): Approval {
    const { approvals, pendingApprovals } = this.#parts.state;
    const approval = approvals.get(id);
    if (!approval || !pendingApprovals.has(id)) throw unknown(id, approval);
    const before = this.#answers.get(id);
    if (before) throw answered(id, before.answer);
    return approval;
  }

  /** Asks nobody any more. */
  close(): void {
    this.#unwatch?.();
    for (const asking of this.#asking.values()) asking.abort();
    for (const { recorded } of this.#answers.values()) {
      recorded.reject(new AwpError('approval/unknown', 'the run has ended'));
    }
  }

  async #ask(id: string): Promise<void> {
    const { ask, state } = this.#parts;
    await this.#watch();
    const approval = state.approvals.get(id);
    if (!ask || !approval || this.#asking.has(id)) return;
    const stop = new AbortController();
    this.#asking.set(id, stop);
    const { resolution: _, used: __, ...asked } = approval;
    ask({ ...asked, run: state.run }, stop.signal).then(
      (answer) => {
        if (!answer || stop.signal.aborted) return;
        this.answer(id, answer).catch((error: unknown) => {
          // Else another was first.
          if (isBadEdit(error)) this.#fail(error, stop.signal);
        });
      },
      (error: unknown) => this.#fail(error, stop.signal),
    );
  }

  /** The run ends with what asking failed with. */
  #fail(error: unknown, { aborted }: AbortSignal): void {
    if (aborted) return;
    this.#failure = error;
    this.#parts.wake.notify();
  }

  async #watch(): Promise<void> {
    if (this.#unwatch) return;
    const { files, folder } = this.#parts;
    await files.makeFolder(inboxOf(folder));
    this.#unwatch = files.watch(inboxOf(folder), () => {
      this.#readInbox().catch(() => {}); // a broken answer is read again with the next one
    });
    // What was put there before it was watched.
    await this.#readInbox();
  }

  async #readInbox(): Promise<void> {
    const { files, folder, state } = this.#parts;
    for (const [id, answer] of await readAnswers(files, folder)) {
      const approval = state.approvals.get(id);
      if (!approval || !state.pendingApprovals.has(id) || !isBound(approval, answer)) continue;
      this.answer(id, answer).catch(() => {}); // another was first
    }
  }
}

/** After these somebody may not need an answer any more. */
const ENDS: ReadonlySet<string> = new Set(['agent.finished', 'agent.failed', 'node.failed']);

function isBadEdit(error: unknown): boolean {
  return error instanceof AwpError && error.code === 'approval/bad-edit';
}

function isBound({ argsHash }: Approval, answer: ApprovalAnswer): boolean {
  return answer.argsHash === undefined || answer.argsHash === argsHash;
}

/** Throws `approval/changed` when the answer was given to other arguments. */
export function checkBound(approval: Approval, answer: ApprovalAnswer): void {
  if (isBound(approval, answer)) return;
  throw new AwpError('approval/changed', `${approval.id} asks for other arguments by now`, {
    hint: `look at it again: awp runs show has what ${approval.tool} is to be called with`,
  });
}

/** Why there is nothing to answer. */
export function unknown(id: string, approval: Approval | undefined): AwpError {
  if (approval?.resolution) return answered(id, approval.resolution);
  return new AwpError('approval/unknown', `there is no request ${id} that waits for an answer`, {
    hint: 'awp runs show RUN lists what waits',
  });
}

function answered(id: string, { decision, by }: Pick<ApprovalAnswer, 'decision' | 'by'>): AwpError {
  return new AwpError('approval/answered', `${id} was ${decision} already (${by})`);
}
