import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan, PlanInput } from '../../../src/events/plan.ts';
import type { RunResult } from '../../../src/events/result.ts';
import { resultOf } from '../../../src/events/result.ts';
import type { Execution, Sandbox, SandboxJob } from '../../../src/ports/sandbox.ts';
import { demoProvider } from '../../../src/providers/demo/index.ts';
import type { AskPerson } from '../../../src/runtime/approvals/desk.ts';
import { startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { logOf, nothingKept, temporaryFolder, testHost, testPlan } from '../../make.ts';

/** Runs a program with this Node in a fresh folder laid out like a box. No boundary: for our own programs. */
export const folderBox: Sandbox = {
  name: 'none',
  isolation: 'none, for tests',
  languages: [{ language: 'javascript', description: 'Node' }],
  run: runInFolder,
  ...nothingKept,
};

async function runInFolder(job: SandboxJob): Promise<Execution> {
  const folder = mkdtempSync(join(tmpdir(), 'awp-box-'));
  try {
    for (const name of ['inputs', 'shared'] as const) {
      mkdirSync(join(folder, name));
      const from = job[name];
      if (from !== undefined) cpSync(from, join(folder, name), { recursive: true });
    }
    mkdirSync(join(folder, 'output'));
    for (const { path, bytes } of job.output) {
      mkdirSync(dirname(join(folder, 'output', path)), { recursive: true });
      writeFileSync(join(folder, 'output', path), bytes);
    }
    writeFileSync(join(folder, 'main.mjs'), job.code);
    const ended = await runNode(folder);
    const files = readdirSync(join(folder, 'output'))
      .sort()
      .map((path) => ({ path, bytes: readFileSync(join(folder, 'output', path)) }));
    return { ...ended, limits: [], files, notes: [], ms: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `main.mjs` of a folder. */
export function runNode(
  folder: string,
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['main.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? undefined, stdout, stderr }));
  });
}

/** An input of a run: a file and what the prompt says about it. */
export interface PlayInput {
  name: string;
  file: string;
  bytes: Uint8Array | string;
  about: unknown;
}

export interface Played {
  result: RunResult;
  events: RunEvent[];
  files: Map<string, string>;
}

/** What a run is played with besides its task and inputs. */
export interface PlayOptions {
  options?: Partial<WorkflowOptions>;
  change?: Partial<Plan>;
  /** A person who is there. */
  ask?: AskPerson;
}

/** A run of the demo through the real runtime, with a store in memory. */
export function play(
  task: string,
  inputs: readonly PlayInput[],
  change: Partial<Plan> = {},
): Promise<Played> {
  return playWith(task, inputs, { change });
}

/** The same with options of the run, or a person. */
export async function playWith(
  task: string,
  inputs: readonly PlayInput[],
  { options, change, ask }: PlayOptions,
): Promise<Played> {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const runFolder = store.folder('r-test');
  mkdirSync(join(runFolder, 'inputs'), { recursive: true });
  const planned = inputs.map(({ name, file, bytes, about }): PlanInput => {
    writeFileSync(join(runFolder, 'inputs', file), bytes);
    return {
      name,
      kind: 'table',
      path: file,
      bytes: bytes.length,
      description: JSON.stringify(about),
    };
  });
  const host = testHost(folder.path, {
    script: demoProvider(),
    store,
    sandbox: folderBox,
    tools: builtinTools,
  });
  const plan = testPlan({ task, ...options }, { inputs: planned, ...change });
  const run = await startRun(host, { id: 'r-test', plan, inputs: [], ...(ask && { ask }) });
  await run.done;
  const result = resultOf(run.state, join(runFolder, 'artifacts'));
  const files = new Map(
    result.artifacts.map(({ name, path }) => [name, readFileSync(path, 'utf8')]),
  );
  return { result, events: await logOf(store), files };
}
