import { AwpError } from '../../base/errors.ts';
import type { ByteSink, Effects, ProcessSpec } from '../../ports/effects.ts';
import type { Execution, SandboxJob, SandboxLanguage } from '../../ports/sandbox.ts';
import { Box, type BoxEnd, type Launch, startBox } from '../box.ts';
import { fetchChannel } from '../fetch-channel.ts';
import type { DataKit } from '../kit.ts';
import { idsOf, type Machine } from '../machine.ts';
import { neverStarted, toExecution } from '../outcome.ts';
import { collectCommand, type Kit, type Provider } from '../provider.ts';
import { removeScratch, scratchFolder } from '../scratch.ts';
import { denoArgs } from './command.ts';
import { watchDisk } from './disk-watch.ts';
import { type Shown, showFolders } from './folders.ts';
import { type DenoRuntime, findDeno, findPyodide, type Pyodide } from './locate.ts';
import { type Programs, readablePrograms } from './programs.ts';
import { pyodideSnapshot } from './snapshot.ts';
import { trimReport } from './trim-report.ts';

interface Parts {
  machine: Machine;
  /** The Node that collects the files. */
  node: string;
  collect: Kit['texts'];
  deno: DenoRuntime;
  programs: Programs;
  kit: string | undefined;
  pyodide: Pyodide | undefined;
  snapshot(): Promise<string | undefined>;
}

const COLLECT_MS = 10_000;
/** How long Deno, and Pyodide in it, may take until a program can begin, in milliseconds. */
const START_MS = 60_000;
/** The pipe on which programs call tools, and its number for the program. */
const CALLS = { pipe: 1, descriptor: 4 };
const ENV = ['_workspace_dir', '_output_dir'];
/** Threads of Deno itself, which start as its work needs them. */
const OWN_TASKS = 64;

/**
 * Boxes by Deno's permissions, on any system that it runs on: a process that may read its folders and
 * write its own, and nothing else. Undefined where Deno is not installed.
 */
export async function denoProvider(kit: Kit): Promise<Provider | undefined> {
  const { machine } = kit;
  const { effects, uid } = machine;
  if (effects.processes.uid() === 0 && uid === undefined) return undefined;
  const deno = await findDeno(machine);
  if (!deno) return undefined;
  const dataKit = await kit.dataKit();
  const [programs, node, pyodide] = await Promise.all([
    readablePrograms(machine),
    kit.node(),
    findPyodide(machine),
  ]);
  let snapshot: Promise<string | undefined> | undefined;
  const parts: Parts = {
    ...{ machine, deno, programs, pyodide, kit: dataKit?.folder },
    ...{ node: node.source, collect: kit.texts },
    snapshot: () => {
      if (pyodide) snapshot ??= pyodideSnapshot({ machine, deno, pyodide, programs });
      return snapshot ?? Promise.resolve(undefined);
    },
  };
  return {
    name: 'deno',
    isolation: 'Deno: no permission but its own folders, no network, a process of its own',
    languages: languagesOf(deno, pyodide, dataKit),
    onlyByName: ['python'],
    stamp: `${programs.stamp} ${dataKit?.folder ?? ''}`,
    network: true,
    run: (job, signal) => run(parts, job, signal),
  };
}

function languagesOf(
  { version }: DenoRuntime,
  pyodide: Pyodide | undefined,
  kit: DataKit | undefined,
): SandboxLanguage[] {
  const more = kit ? `; ${kit.description}` : '; no packages';
  const on = (name: string): string =>
    `${name} on Deno ${version}, an ES module with the node: modules${more}`;
  const python = (given: Pyodide): SandboxLanguage => ({
    language: 'python',
    description: `Python ${given.python} with the standard library only, slow start (Pyodide: no threads, no processes, no sockets)`,
  });
  return [
    { language: 'javascript', description: on('JavaScript') },
    { language: 'typescript', description: on('TypeScript') },
    ...(pyodide ? [python(pyodide)] : []),
  ];
}

async function run(parts: Parts, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
  const { effects } = parts.machine;
  if (signal.aborted) return neverStarted();
  refusePackages(job);
  const scratch = await scratchFolder(parts.machine, 'deno');
  try {
    const box = `${scratch}/box`;
    await ownFolders(parts.machine, scratch);
    const shown = await showFolders(parts.machine, job, box);
    try {
      const launch = await launchFor(parts, job, { scratch, shown });
      const { end, ms } = await runProgram(effects, {
        launch,
        job,
        signal,
        output: `${box}/output`,
      });
      if (end.stopped === undefined) await collect(parts, { end, job, signal, box });
      return toExecution(end, { launch, job, signal }, ms);
    } finally {
      await shown.remove();
    }
  } finally {
    await removeScratch(parts.machine, scratch);
  }
}

/** Deno finds no packages but by fetching them, which no box may. */
function refusePackages({ language, policy }: SandboxJob): void {
  const kind = language === 'python' ? 'python' : 'javascript';
  const names = policy.packages[kind];
  if (names.length === 0) return;
  throw new AwpError('sandbox/refused', `the box deno has no packages (${names.join(', ')})`, {
    hint: 'use a box that installs them: bwrap or jail',
  });
}

/** The folders of a box; only two belong to its user, and only one can the program write to. */
async function ownFolders({ effects: { files }, uid }: Machine, scratch: string): Promise<void> {
  await files.makeFolder(`${scratch}/box`, 0o755);
  for (const name of ['box/output', 'deno']) {
    await files.makeFolder(`${scratch}/${name}`, 0o755);
    if (uid !== undefined) await files.setOwner(`${scratch}/${name}`, uid, uid);
  }
}

async function launchFor(
  parts: Parts,
  job: SandboxJob,
  place: { scratch: string; shown: Shown },
): Promise<Launch> {
  const hosts = job.policy.hosts.length > 0;
  const calls = hosts || (job.tools?.names.length ?? 0) > 0;
  const snapshot = job.language === 'python' ? await parts.snapshot() : undefined;
  return {
    spec: specOf(parts, job, { ...place, snapshot, hosts, calls }),
    ...(calls && { calls: CALLS.pipe }),
    ...(hosts && fetchChannel(parts.machine.effects)),
    watchTasks: true,
  };
}

interface Place {
  scratch: string;
  shown: Shown;
  snapshot: string | undefined;
  /** Whether requests of the program are answered. */
  hosts: boolean;
  /** Whether there is a channel for calls. */
  calls: boolean;
}

function specOf(parts: Parts, job: SandboxJob, place: Place): ProcessSpec {
  const { machine, deno, programs, kit, pyodide } = parts;
  const { scratch, shown, snapshot, hosts, calls } = place;
  const box = `${scratch}/box`;
  const python = job.language === 'python' && pyodide;
  const { inputs, shared } = shown;
  const words = {
    ...{ language: job.language, hosts, calls: calls ? CALLS.descriptor : undefined },
    pyodide: python ? { folder: python.folder, snapshot } : undefined,
    folders: { inputs, shared, output: `${box}/output` },
  };
  const more = python ? [python.folder, snapshot, inputs, shared] : [kit];
  const grants = {
    read: [box, ...more].filter((path) => path !== undefined),
    write: [`${box}/output`],
    env: ENV,
    heapMb: Math.max(64, Math.floor(job.policy.memoryMb * 0.75)),
    importMap: kit === undefined ? undefined : `${kit}/import-map.json`,
  };
  return {
    command: deno.path,
    args: [...denoArgs(grants), `${programs.folder}/entry.mjs`, JSON.stringify(words)],
    cwd: box,
    env: {
      ...{ DENO_DIR: `${scratch}/deno`, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', TZ: 'UTC' },
      ...{ _workspace_dir: box, _output_dir: `${box}/output` },
    },
    extra: calls ? ['pipe', 'pipe'] : ['pipe'],
    ...idsOf(machine),
  };
}

interface Program {
  launch: Launch;
  job: SandboxJob;
  signal: AbortSignal;
  /** The folder that it writes to. */
  output: string;
}

async function runProgram(
  effects: Effects,
  { launch, job, signal, output }: Program,
): Promise<{ end: BoxEnd; ms: number }> {
  const box = new Box(feedingStdin(effects, job.stdin), launch);
  await readyInTime(effects, box, signal);
  const watch = watchDisk(effects, output, { job, signal });
  const start = effects.clock.monotonic();
  try {
    const processes = job.policy.processes + OWN_TASKS;
    const lifted = { ...job, policy: { ...job.policy, processes } };
    const end = await box.run(lifted, { signal: watch.signal, more: [] });
    end.stopped = watch.passed() ?? end.stopped ?? memoryStop(end);
    end.stderr = trimReport(end.stderr, job.language);
    // What a program's own process says of files counts for nothing.
    end.frames = end.frames.filter(({ kind }) => kind === 'W');
    return { end, ms: effects.clock.monotonic() - start };
  } finally {
    watch.end();
  }
}

/** Waits until a program can begin; a box that takes too long or is cancelled is told so by its run. */
async function readyInTime(effects: Effects, box: Box, signal: AbortSignal): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = effects.clock.timer(START_MS, late.resolve);
  const stop = (): void => late.resolve();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.race([box.ready(), late.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

/** V8 ends its process when its heap is full, by a signal that differs between systems. */
function memoryStop({ code, stderr }: BoxEnd): 'memory' | undefined {
  return code >= 128 && /out of memory/i.test(stderr) ? 'memory' : undefined;
}

/** Gives a program's process its standard input, which Deno reads as it is. */
function feedingStdin(effects: Effects, bytes: Uint8Array | undefined): Effects {
  if (!bytes) return effects;
  const spawn = (spec: ProcessSpec) => {
    const child = effects.processes.spawn(spec);
    const end = (): void => void child.stdin.write(bytes).then(() => child.stdin.end());
    const stdin: ByteSink = { write: (more) => child.stdin.write(more), end };
    return { ...child, stdin };
  };
  return { ...effects, processes: { ...effects.processes, spawn } };
}

interface Collecting {
  end: BoxEnd;
  job: SandboxJob;
  signal: AbortSignal;
  box: string;
}

/** Lets a process that has run nothing of the program read what it left. */
async function collect(parts: Parts, { end, job, signal, box }: Collecting): Promise<void> {
  const { machine, node } = parts;
  const [command = '', ...args] = collectCommand(node, await parts.collect());
  const spec = { command, args: [...args, box], cwd: box, env: {}, extra: ['pipe' as const] };
  const launch = { spec: { ...spec, ...idsOf(machine) }, watchTasks: false };
  const only = { ...job, code: '', args: [], stdin: new Uint8Array(), timeoutMs: COLLECT_MS };
  const { frames } = await startBox(machine.effects, { launch, job: only, signal });
  end.frames = [...end.frames, ...frames];
}
