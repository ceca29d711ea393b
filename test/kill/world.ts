import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { pendingApprovals, resolveApproval } from '../../src/data/approvals.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { startFaultServer } from '../fault-server/server.ts';
import { logOf, temporaryFolder } from '../make.ts';
import type { Story } from './story.ts';

const RUN = 'r-kill';
const CHILD = resolve(import.meta.dirname, 'child.ts');
const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');
/** What Node made of the sources: read again by each of some hundred processes. */
const COMPILED = resolve(import.meta.dirname, '../../node_modules/.cache/awp-kill');
/** How long helpers of a killed process may take to see that it is gone, in milliseconds. */
const PATIENCE_MS = 20_000;

/** What a run came to, without what may differ: times, usage, ids, places. */
export interface Ending {
  status: unknown;
  text: unknown;
  result: unknown;
  nodes: unknown;
  artifacts: unknown;
}

/** How a child ended: by a signal, or with the status of its run. */
export interface ChildEnd {
  signal: string | null;
  status: string | undefined;
  /** Numbers of the events that it appended together. */
  batches: number[][];
  trouble: string;
}

/** One run of a story: its store, its files, its model service, its processes. */
export interface World extends AsyncDisposable {
  /** Runs `child.ts`. */
  child(mode: 'start' | 'resume', seq: string, when: 'before' | 'after'): Promise<ChildEnd>;
  /** Takes the run up with `awp run --resume`; undefined when it waits for a person. */
  resume(): Promise<Ending | undefined>;
  /** Allows what waits for a person; whether anything did. */
  allow(): Promise<boolean>;
  log(): Promise<RunEvent[]>;
  /** How often each question was asked, and each other effect done, so far. */
  done(): Map<string, number>;
  /** Most processes that worked for the run at the moment of a question. */
  readonly helpers: number;
  /** Commands of processes that work for it although no process drives it. */
  orphans(): Promise<string[]>;
}

/** A world in which nothing has happened. */
export async function openWorld(story: Story): Promise<World> {
  const folder = temporaryFolder();
  const workplace = story.workplace && join(folder.path, story.workplace);
  let helpers = 0;
  const server = await startFaultServer((request) => {
    if (workplace !== undefined) helpers = Math.max(helpers, processesBelow(workplace).length);
    return story.handler(request);
  });
  const home = join(folder.path, '.awp');
  mkdirSync(home);
  for (const [path, text] of Object.entries(story.files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const env = {
    PATH: '/usr/bin:/bin',
    // Boxes that are made ready for a process that is about to be killed cost more than all else.
    AWP_POOL: '0',
    AWP_HOME: home,
    NODE_COMPILE_CACHE: COMPILED,
    XDG_CONFIG_HOME: folder.path,
    LLM_BASE_URL: server.url,
    LLM_API_KEY: 'test-key-0123456789',
  };
  return {
    child: (...args) => runChild([story.name, home, RUN, ...args], env),
    resume: () => resumeWithTheCli(env),
    allow: () => allowAll(home),
    log: () => readLog(home),
    done() {
      const counts = new Map(story.effects?.(folder.path));
      for (const request of server.requests) {
        const key = story.keyOfRequest(request);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return counts;
    },
    get helpers() {
      return helpers;
    },
    orphans: async () => (workplace === undefined ? [] : left(workplace)),
    async [Symbol.asyncDispose]() {
      await server.close();
      folder[Symbol.dispose]();
    },
  };
}

function runChild(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildEnd> {
  return new Promise((done, fail) => {
    const running = spawn(process.execPath, [CHILD, ...args], { env });
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
      done({
        ...{ signal, trouble, status: /^ended (\w+)$/m.exec(out)?.[1] },
        batches: batches.map((line) => line.split(' ').map(Number)),
      });
    });
  });
}

function resumeWithTheCli(env: NodeJS.ProcessEnv): Promise<Ending | undefined> {
  return new Promise((done, fail) => {
    const args = [MAIN, 'run', '--resume', RUN, '--json'];
    execFile(process.execPath, args, { env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const last: { type?: string; data?: JsonObject } = JSON.parse(
        stdout.trim().split('\n').at(-1) || '{}',
      );
      if (error?.code === 5) done(undefined);
      else if (error || last.type !== 'run.result' || !last.data)
        fail(new Error(`the resumed run did not end: ${stderr}`));
      else done(endingOf(last.data));
    });
  });
}

function endingOf({ status, text, result, nodes, artifact_details }: JsonObject): Ending {
  const details = Array.isArray(artifact_details) ? artifact_details : [];
  const artifacts = details.map((artifact) => {
    const { name, sha256, agent } = Object(artifact);
    return { name, sha256, agent };
  });
  return { status, text, result, nodes, artifacts };
}

async function allowAll(home: string): Promise<boolean> {
  const asked = await pendingApprovals(RUN, { home });
  for (const { id, argsHash } of asked) {
    await resolveApproval(RUN, id, { reply: 'approve', argsHash, home });
  }
  return asked.length > 0;
}

async function readLog(home: string): Promise<RunEvent[]> {
  const store = await openSqliteStore({ folder: home });
  try {
    return await logOf(store, RUN);
  } finally {
    await store.close();
  }
}

/** Processes that work in a folder, or below it. */
function processesBelow(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    return pid > 0 && isBelow(folder, workplaceOf(pid)) ? [pid] : [];
  });
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Empty for a process that is gone, or that is not ours to look at. */
function workplaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** What is still there when helpers have had the time to see that their parent is gone. */
async function left(folder: string): Promise<string[]> {
  const until = performance.now() + PATIENCE_MS;
  let pids = processesBelow(folder);
  while (pids.length > 0 && performance.now() < until) {
    await new Promise((done) => setTimeout(done, 20));
    pids = processesBelow(folder);
  }
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return `process ${pid}`;
    }
  });
}
