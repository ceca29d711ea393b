import { isObject } from '../../base/json.ts';
import { type Job, jobOf } from './envelopes.ts';
import { list, text } from './prompt-text.ts';
import type { ManagerPrompt, PromptReport } from './read-manager.ts';

/** How far a job is, as the conversation tells. */
export interface Standing {
  /** Workers that tried it. */
  attempts: number;
  done: boolean;
  /** The last report that has figures, else the last one. */
  report: PromptReport | undefined;
  /** Whether a person does not want it. */
  refused: boolean;
  /** Times that a rule held it back. */
  held: number;
}

/** Attempts of one job, those after a refused result included, and times that it may be held back. */
const MOST_ATTEMPTS = 2;
const MOST_HELD = 3;

const HELD = /^Worker (\S+) was not started: (.*)$/;
const PUT_OFF = /^Put off, because .*: ([^:]+)$/;
const BY_A_PERSON = /^a person (?:refused it|left it out)/;

/** How far the jobs are that were ever delegated, by their ids. */
export function standings(prompt: ManagerPrompt): Map<string, Standing> {
  const all = new Map<string, Standing>();
  const of = (id: string): Standing => {
    const known = all.get(id) ?? newStanding();
    all.set(id, known);
    return known;
  };
  for (const { delegations } of prompt.decisions) {
    for (const { worker_id } of list(delegations)) of(jobOf(text(worker_id))).attempts += 1;
  }
  for (const note of prompt.notes) hear(note, of);
  for (const worker of prompt.known) {
    const one = of(jobOf(worker));
    one.attempts = Math.max(1, one.attempts);
    one.done ||= !prompt.reports.some((report) => jobOf(report.worker) === jobOf(worker));
  }
  for (const report of prompt.reports) {
    const one = of(jobOf(report.worker));
    const good = worked(report);
    if (good || !one.done) one.report = report;
    one.done ||= good;
  }
  return all;
}

function newStanding(): Standing {
  return { attempts: 0, done: false, report: undefined, refused: false, held: 0 };
}

function hear(note: string, of: (id: string) => Standing): void {
  const [, worker, why = ''] = HELD.exec(note) ?? [];
  const names = worker === undefined ? PUT_OFF.exec(note)?.[1]?.split(', ') : [worker];
  for (const name of names ?? []) {
    const one = of(jobOf(name));
    one.attempts -= 1;
    one.held += 1;
    one.refused ||= BY_A_PERSON.test(why);
  }
}

/** Whether a worker reported figures that a program computed, all of them. */
export function worked({ ok, output }: PromptReport): boolean {
  // Of a long report a prompt shows the beginning only.
  const hasFigures = isObject(output.figures) || typeof output.cut === 'string';
  return ok && hasFigures && output.error === undefined && output.not_done === undefined;
}

/**
 * Those of some jobs that are worth a worker: neither done nor refused nor tried too often, and no
 * program that knows how to read everything has failed at it.
 */
export function open(jobs: readonly Job[], standing: ReadonlyMap<string, Standing>): Job[] {
  return jobs.filter(({ id }) => {
    const { attempts, done, refused, held, report } = standing.get(id) ?? newStanding();
    const isHopeless = report?.ok === true && report.output.tried === 'tolerant';
    const isOver = done || refused || isHopeless;
    return !isOver && attempts < MOST_ATTEMPTS && held < MOST_HELD;
  });
}

/** What went wrong with a job, in words; undefined when nothing did. */
export function problemOf(standing: Standing | undefined): string | undefined {
  if (!standing || standing.done) return undefined;
  const { error, output } = standing.report ?? {};
  return error ?? (typeof output?.error === 'string' ? output.error : undefined);
}
