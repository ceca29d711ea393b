import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { startFaultServer } from '../fault-server/server.ts';
import { logOf, temporaryFolder } from '../make.ts';
import { DATA, handler, keyOfRequest, recordedKeys } from './scenario.ts';

const CHILD = resolve(import.meta.dirname, 'child.ts');
const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** Where a process is killed: just before or just after event `seq` is appended. */
export interface Kill {
  seq: number;
  when: 'before' | 'after';
  /** Kills the resumed run as well, this many events later. */
  again?: number;
}

/** What a run came to, without what may differ: times, usage, ids, places. */
export interface Ending {
  status: unknown;
  text: unknown;
  result: unknown;
  artifacts: unknown;
}

/** The undisturbed run. */
export interface Whole {
  ending: Ending;
  log: readonly RunEvent[];
  /** Numbers of the events that were appended together. */
  batches: readonly number[][];
}

interface World extends AsyncDisposable {
  home: string;
  env: NodeJS.ProcessEnv;
  /** How often each question was asked so far. */
  asked(): Map<string, number>;
}

async function openWorld(): Promise<World> {
  const folder = temporaryFolder();
  const server = await startFaultServer(handler);
  const home = join(folder.path, '.awp');
  mkdirSync(home);
  writeFileSync(join(folder.path, 'data.csv'), DATA);
  return {
    home,
    env: {
      PATH: '/usr/bin:/bin',
      // Boxes that are made ready for a process that is about to be killed cost more than all else.
      AWP_POOL: '0',
      AWP_HOME: home,
      LLM_BASE_URL: server.url,
      LLM_API_KEY: 'test-key-0123456789',
    },
    asked() {
      const counts = new Map<string, number>();
      for (const request of server.requests) {
        const key = keyOfRequest(request);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return counts;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Runs the child; resolves with how it ended and the batches that it appended. */
function child(
  world: World,
  args: readonly string[],
): Promise<{ signal: string | null; batches: number[][]; trouble: string }> {
  return new Promise((done, fail) => {
    const running = spawn(process.execPath, [CHILD, world.home, 'r-kill', ...args], {
      env: world.env,
    });
    let out = '';
    let trouble = '';
    running.stdout.on('data', (text) => {
      out += text;
    });
    running.stderr.on('data', (text) => {
      trouble += text;
    });
    running.once('error', fail);
    running.once('close', (_, signal) => {
      const batches = out.split('\n').filter((line) => /^[\d ]+$/.test(line));
      done({ signal, batches: batches.map((line) => line.split(' ').map(Number)), trouble });
    });
  });
}

function resumeWithTheCli(world: World): Promise<Ending> {
  return new Promise((done, fail) => {
    const args = [MAIN, 'run', '--resume', 'r-kill', '--json'];
    execFile(
      process.execPath,
      args,
      { env: world.env, maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        const last: { type?: string; data?: JsonObject } = JSON.parse(
          stdout.trim().split('\n').at(-1) || '{}',
        );
        if (error || last.type !== 'run.result' || !last.data)
          fail(new Error(`the resumed run did not end: ${stderr}`));
        else done(endingOf(last.data));
      },
    );
  });
}

function endingOf(data: JsonObject): Ending {
  const details = Array.isArray(data.artifact_details) ? data.artifact_details : [];
  const artifacts = details.map((artifact) => {
    const { name, sha256, agent } = Object(artifact);
    return { name, sha256, agent };
  });
  return { status: data.status, text: data.text, result: data.result, artifacts };
}

async function readLog(world: World): Promise<RunEvent[]> {
  const store = await openSqliteStore({ folder: world.home });
  try {
    return await logOf(store, 'r-kill');
  } finally {
    await store.close();
  }
}

/** The run without any kill. */
export async function undisturbed(): Promise<Whole> {
  await using world = await openWorld();
  const { batches, trouble } = await child(world, ['start', '0', 'before']);
  const log = await readLog(world);
  if (log.at(-1)?.type !== 'run.finished') throw new Error(`the run did not end: ${trouble}`);
  // A complete run resumes to its own end, so both endings are told by the same program.
  return { ending: await resumeWithTheCli(world), log, batches };
}

/** Kills a run, resumes it, and says what is not as it was without the kill; empty when all is. */
export async function crash({ seq, when, again }: Kill, whole: Whole): Promise<string[]> {
  await using world = await openWorld();
  const problems: string[] = [];
  const first = await child(world, ['start', String(seq), when]);
  if (first.signal !== 'SIGKILL') return [`it was not killed: ${first.signal} ${first.trouble}`];
  let before = world.asked();
  // Before its first event is written there is no run: the user starts it anew.
  if (seq === 1 && when === 'before') return problems;
  let log = await readLog(world);
  let done = recordedKeys(log);
  if (again !== undefined && log.at(-1)?.type !== 'run.finished') {
    await child(world, ['resume', String(log.length + again), again % 2 ? 'before' : 'after']);
    problems.push(...askedTwice(done, before, world.asked()));
    before = world.asked();
    log = await readLog(world);
    done = recordedKeys(log);
  }
  const ending = await resumeWithTheCli(world).catch((error: Error) => {
    problems.push(error.message);
  });
  problems.push(...askedTwice(done, before, world.asked()));
  if (JSON.stringify(ending) !== JSON.stringify(whole.ending)) {
    problems.push(
      `another end: ${JSON.stringify(ending)} instead of ${JSON.stringify(whole.ending)}`,
    );
  }
  const numbers = (await readLog(world)).map((event) => event.seq);
  if (numbers.some((number, index) => number !== index + 1)) problems.push('the log has a gap');
  const most = again === undefined ? 2 : 3;
  for (const [key, count] of world.asked()) {
    if (count > most) problems.push(`${key} was asked ${count} times`);
  }
  return problems;
}

function askedTwice(
  done: readonly string[],
  before: Map<string, number>,
  after: Map<string, number>,
): string[] {
  return done
    .filter((key) => after.get(key) !== before.get(key))
    .map((key) => `${key} was recorded and asked again`);
}

/**
 * The places where a kill can matter: before and after each append. Events of one append share
 * them, and where an append starts no effect, the place after it is the one before the next; so
 * every event is covered on both sides. Every third resumed run is killed once more.
 */
export function killPoints({ batches, log }: Whole): Kill[] {
  const starts = (batch: readonly number[] = []): boolean =>
    batch.some((seq) => /^(model\.asked|tool\.called)$/.test(log[seq - 1]?.type ?? ''));
  const points = batches.flatMap((batch, index): Kill[] => {
    const before: Kill = { seq: batch[0] ?? 1, when: 'before' };
    const after: Kill = { seq: batch.at(-1) ?? 1, when: 'after' };
    return index === 0 || starts(batches[index - 1]) ? [before, after] : [after];
  });
  return points.map((point, index) =>
    index % 3 === 2 ? { ...point, again: 2 + (index % 7) } : point,
  );
}

/** Every event, before and after, each resumed run killed once more. */
export function allKills({ log }: Whole): Kill[] {
  return log.flatMap(({ seq }) =>
    (['before', 'after'] as const).map((when): Kill => ({ seq, when, again: 1 + (seq % 9) })),
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
