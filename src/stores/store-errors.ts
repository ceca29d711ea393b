import { AwpError } from '../base/errors.ts';

/** Who holds a run, as messages name it. */
export interface Holder {
  name: string;
  /** Milliseconds since 1970. */
  until: number;
  /** Its process on this machine, when known. */
  pid?: number;
}

const RUN_ID = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}$/u;

/**
 * Refuses a run id that could not be the name of a folder: letters, digits, `.`, `_` and `-`, at
 * most 80, not starting with a mark. Throws `usage/run-id`.
 */
export function checkRunId(run: string): void {
  if (RUN_ID.test(run)) return;
  throw new AwpError('usage/run-id', `${JSON.stringify(run)} cannot be the id of a run`, {
    hint: 'use letters, digits, ".", "_" and "-", at most 80, starting with a letter or digit',
  });
}

/** `store/locked`: another live process owns the run; says who, and how long waiting might help. */
export function locked(run: string, holder: Holder, now: number): AwpError {
  const process = holder.pid === undefined ? '' : `, process ${holder.pid}`;
  return new AwpError('store/locked', `run ${run} is being written by ${holder.name}${process}`, {
    hint: 'wait for it or stop it; a process that hangs loses the run when its lease runs out',
    retryAfterMs: Math.max(1, holder.until - now),
  });
}

/** `store/fenced`: the lease was given back or taken over. */
export function fenced(run: string): AwpError {
  return new AwpError('store/fenced', `run ${run} is no longer owned by this process`, {
    hint: 'another process took the run over, or it was released; follow it instead of writing it',
  });
}

/** `store/not-found`: no run has this id or starts with it. */
export function notFound(run: string): AwpError {
  return new AwpError('store/not-found', `there is no run ${run}`, {
    hint: 'awp runs list shows the runs of this folder',
  });
}

/** `store/exists`: the id is taken. */
export function exists(run: string): AwpError {
  return new AwpError('store/exists', `run ${run} is already there`, {
    hint: 'choose another id, or resume that run',
  });
}

/** `store/ambiguous`: several runs start with the prefix. */
export function ambiguous(prefix: string, ids: readonly string[]): AwpError {
  return new AwpError('store/ambiguous', `several runs start with ${prefix}: ${ids.join(', ')}`, {
    hint: 'give more characters of the id',
  });
}

/** `store/damaged` for one run: event number `seq` is wrong or missing; other runs are not touched. */
export function damagedRun(run: string, seq: number, what: string): AwpError {
  return new AwpError('store/damaged', `run ${run} is damaged at event ${seq}: ${what}`, {
    hint: 'nothing was changed; restore the folder from a backup, other runs can still be used',
  });
}

/** A mistake of the caller: the events of one append do not continue the log. */
export function outOfSequence(run: string, wanted: number, got: number): AwpError {
  return new AwpError('internal/bug', `run ${run} goes on at event ${wanted}, not ${got}`);
}

/** A mistake of the caller: the store was closed. */
export function closedStore(): AwpError {
  return new AwpError('internal/bug', 'the store is closed');
}
