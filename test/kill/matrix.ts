import type { RunEvent } from '../../src/events/event.ts';
import { endedOften, unsettled } from '../log-sums.ts';
import type { Story } from './story.ts';
import { type ChildEnd, type Ending, openWorld, type World } from './world.ts';

/** Processes of one run that are killed one after the other, at most. */
const MOST_PROCESSES = 60;

/** Where a process is killed: just before or just after event `seq` is appended. */
export interface Kill {
  seq: number;
  when: 'before' | 'after';
  /** Kills the resumed run as well, this many events later. */
  again?: number;
}

/** The undisturbed run. */
export interface Whole {
  story: Story;
  ending: Ending;
  log: readonly RunEvent[];
  /** Numbers of the events that a process of the run appended together. */
  batches: readonly number[][];
  /** Most processes that helped it at the same time. */
  helpers: number;
}

/** The run without any kill; where it waits for a person, one allows what it wants. */
export async function undisturbed(story: Story): Promise<Whole> {
  await using world = await openWorld(story);
  const { batches, trouble } = await throughout(world, '0', 'before');
  const log = await world.log();
  if (log.at(-1)?.type !== 'run.finished') throw new Error(`the run did not end: ${trouble}`);
  // A complete run resumes to its own end, so both endings are told by the same program.
  const ending = await world.resume();
  if (!ending) throw new Error('the run waits for a person although it has ended');
  return { story, ending, log, batches, helpers: world.helpers };
}

/** Runs it, in several processes where it waits for a person, until one is killed or it has ended. */
async function throughout(world: World, seq: string, when: Kill['when']): Promise<ChildEnd> {
  const batches: number[][] = [];
  for (let mode: 'start' | 'resume' = 'start'; ; mode = 'resume') {
    const end = await world.child(mode, seq, when);
    batches.push(...end.batches);
    if (end.status !== 'waiting' || !(await world.allow())) return { ...end, batches };
  }
}

/** Kills a run, resumes it, and says what is not as it was without the kill; empty when all is. */
export async function crash({ seq, when, again }: Kill, whole: Whole): Promise<string[]> {
  await using world = await openWorld(whole.story);
  const problems: string[] = [];
  const { signal, trouble } = await throughout(world, String(seq), when);
  if (signal !== 'SIGKILL') return [`it was not killed: ${signal} ${trouble}`];
  problems.push(...(await orphansOf(world)));
  // Before its first event is written there is no run: the user starts it anew.
  if (seq === 1 && when === 'before') return problems;
  let doneBefore = await recorded(world, whole.story);
  // What waits for a person is answered before somebody takes the run up, or after.
  if (seq % 2 === 0) await world.allow();
  if (again !== undefined && (await world.log()).at(-1)?.type !== 'run.finished') {
    const next = String((await world.log()).length + again);
    await world.child('resume', next, again % 2 ? 'before' : 'after');
    problems.push(...doneTwice(doneBefore, world), ...(await orphansOf(world)));
    doneBefore = await recorded(world, whole.story);
  }
  const ending = await toTheEnd(world).catch((error: Error): undefined => {
    problems.push(error.message);
  });
  problems.push(...doneTwice(doneBefore, world), ...(await orphansOf(world)));
  problems.push(...(await unlike(world, whole, ending)));
  const most = again === undefined ? 2 : 3;
  for (const [key, count] of world.done()) {
    if (count > most) problems.push(`${key} was done ${count} times`);
  }
  return problems;
}

/** Kills every process of a run at its n-th append, until one comes to the end. */
export async function crashAlways(appends: number, whole: Whole): Promise<string[]> {
  await using world = await openWorld(whole.story);
  const problems: string[] = [];
  let doneBefore: Recorded = new Map();
  for (let count = 0; count < MOST_PROCESSES; count += 1) {
    const mode = count === 0 ? 'start' : 'resume';
    const end = await world.child(mode, `+${appends}`, count % 2 ? 'before' : 'after');
    problems.push(...doneTwice(doneBefore, world), ...(await orphansOf(world)));
    doneBefore = await recorded(world, whole.story);
    if (end.signal === 'SIGKILL') continue;
    if (end.status === 'waiting' && (await world.allow())) continue;
    const ending = await toTheEnd(world);
    return [...problems, ...(await unlike(world, whole, ending))];
  }
  return [...problems, `it had not ended after ${MOST_PROCESSES} processes`];
}

async function toTheEnd(world: World): Promise<Ending | undefined> {
  const ending = await world.resume();
  if (ending) return ending;
  if (!(await world.allow())) throw new Error('the run waits, but for nobody');
  return world.resume();
}

/** What the log tells of as done, and how often it was. */
type Recorded = ReadonlyMap<string, number>;

async function recorded(world: World, story: Story): Promise<Recorded> {
  const done = world.done();
  return new Map(story.recordedKeys(await world.log()).map((key) => [key, done.get(key) ?? 0]));
}

function doneTwice(before: Recorded, world: World): string[] {
  const done = world.done();
  return [...before].flatMap(([key, count]) =>
    done.get(key) === count ? [] : [`${key} was recorded and done again`],
  );
}

async function orphansOf(world: World): Promise<string[]> {
  return (await world.orphans()).map((command) => `it left behind: ${command}`);
}

/** What of a run that has ended is not as in the undisturbed one, or does not add up. */
async function unlike(world: World, whole: Whole, ending: Ending | undefined): Promise<string[]> {
  const problems: string[] = [];
  if (JSON.stringify(ending) !== JSON.stringify(whole.ending)) {
    problems.push(
      `another end: ${JSON.stringify(ending)} instead of ${JSON.stringify(whole.ending)}`,
    );
  }
  const log = await world.log();
  if (log.some(({ seq }, index) => seq !== index + 1)) problems.push('the log has a gap');
  return [...problems, ...unsettled(log), ...endedOften(log)];
}

/**
 * The places where a kill can matter: before and after each append. Events of one append share
 * them, and where an append starts no effect, the place after it is the one before the next; so
 * every event is covered on both sides. Every third resumed run is killed once more.
 */
export function killPoints({ batches, log }: Whole): Kill[] {
  const starts = (batch: readonly number[] = []): boolean =>
    batch.some((seq) => startsEffect(log[seq - 1]));
  const points = batches.flatMap((batch, index): Kill[] => {
    const before: Kill = { seq: batch[0] ?? 1, when: 'before' };
    const after: Kill = { seq: batch.at(-1) ?? 1, when: 'after' };
    return index === 0 || starts(batches[index - 1]) ? [before, after] : [after];
  });
  return points.map((point, index) =>
    index % 3 === 2 ? { ...point, again: 2 + (index % 7) } : point,
  );
}

function startsEffect(event: RunEvent | undefined): boolean {
  if (event?.type === 'agent.started') return event.data.role === 'step';
  return event?.type === 'model.asked' || event?.type === 'tool.called';
}

/** Every event, before and after, each resumed run killed once more; a person's are not the run's. */
export function allKills({ log }: Whole): Kill[] {
  return log.flatMap(({ seq, type }) =>
    type === 'approval.resolved'
      ? []
      : (['before', 'after'] as const).map((when): Kill => ({ seq, when, again: 1 + (seq % 9) })),
  );
}

/** Does something for each item, two at a time. */
export async function twoAtOnce<T>(
  items: readonly T[],
  action: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item);
  };
  await Promise.all([work(), work()]);
}

/** What was wrong after each of these kills. */
export async function crashAll(kills: readonly Kill[], whole: Whole): Promise<string[]> {
  const problems: string[] = [];
  await twoAtOnce(kills, async (kill) => {
    const again = kill.again === undefined ? '' : ' and again';
    for (const problem of await crash(kill, whole)) {
      problems.push(`${kill.when} event ${kill.seq}${again}: ${problem}`);
    }
  });
  return problems;
}
