import { fileURLToPath } from 'node:url';
import type { Effects } from '../ports/effects.ts';
import type { Execution, Sandbox, SandboxJob, SandboxLanguage } from '../ports/sandbox.ts';
import type { Found, NodeRuntime, PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';

/** One way to make a box: probed, but without a word about whether it holds. */
export interface Provider {
  name: Sandbox['name'];
  isolation: string;
  /** Best first; the self-test of each is still to be passed. */
  languages: readonly SandboxLanguage[];
  run(job: SandboxJob, signal: AbortSignal): Promise<Execution>;
}

/** What providers build boxes from; each part is looked for once, when first asked for. */
export interface Kit {
  machine: Machine;
  node(): Promise<NodeRuntime>;
  /** Pythons of the machine, the best first. */
  pythons(): Promise<readonly Found[]>;
  texts(): Promise<RunnerTexts>;
  /** Resolves when what killed processes left behind is gone. */
  swept(): Promise<void>;
}

/** Programs of ours that run inside of boxes. They go in as arguments: no file has to be shown. */
export interface RunnerTexts {
  runner: string;
  jail: string;
  run: string;
  collect: string;
}

/** Reads the runners, which lie beside this file in `src` as in `dist`. */
export async function readTexts({ files }: Effects): Promise<RunnerTexts> {
  const names = ['runner.py', 'jail.py', 'run.mjs', 'collect.mjs'];
  const paths = names.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const [runner = '', jail = '', run = '', collect = ''] = await Promise.all(
    paths.map((path) => files.readText(path)),
  );
  return { runner, jail, run, collect };
}

/** Files and folders of the system that programs may read; what is not there is left out. */
export const ETC_PATHS: readonly string[] = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/fonts',
  '/etc/localtime',
  '/etc/matplotlibrc',
  '/etc/mime.types',
  '/etc/ssl/openssl.cnf',
];

/** The whole environment of a program: nothing of ours, everything that makes results repeatable. */
export function programEnv(cwd: string, temporary: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: temporary,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    USER: 'worker',
    MPLBACKEND: 'Agg',
    MPLCONFIGDIR: `${temporary}/matplotlib`,
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
    NUMEXPR_NUM_THREADS: '1',
    NO_COLOR: '1',
    _workspace_dir: cwd,
    _output_dir: `${cwd}/output`,
  };
}

/** The start of a Python that runs a text of ours; its frames then bear a name that is hidden. */
export function pythonCommand(path: string, text: string): string[] {
  const start = 'import sys; exec(compile(sys.argv.pop(1), "<awp>", "exec"))';
  return [path, '-s', '-S', '-X', 'utf8', '-c', start, text];
}

/** The start of the Node program runner, without its arguments. */
export function nodeCommand(path: string, { run }: RunnerTexts, { policy }: SandboxJob): string[] {
  // V8's own limit gives an error that names the reason before the kernel's limit gives none.
  const heap = Math.max(64, Math.floor(policy.memoryMb * 0.75));
  const flags = [`--max-old-space-size=${heap}`, '--disable-warning=ExperimentalWarning'];
  return [path, ...flags, '--input-type=module', '-e', run];
}

/** The start of the Node collector, without its arguments. */
export function collectCommand(path: string, { collect }: RunnerTexts): string[] {
  return [path, '--input-type=module', '-e', collect];
}

/** Limits that the kernel holds for each process, in the units of setrlimit. */
export interface KernelLimits {
  cpu: number;
  fsize: number;
  nofile: number;
  data: number;
  nproc: number;
  /** Address space; V8 reserves so much of it that it cannot be limited (finding 9). */
  as?: number;
}

const MIB = 1024 * 1024;
/**
 * Writable memory that a language may map beside what the program uses, in MiB. V8 reserves for
 * itself and for each thread of its own; there the watch over resident memory is the limit.
 */
const BASE_MB = { python: 128, node: 2048 };
/** Room for libraries and shared mappings beside the memory of a Python program, in MiB. */
const ADDRESS_ROOM_MB = 2048;
/** Processes and threads of the box and of the language itself. */
const BASE_TASKS = { python: 3, node: 24 };

/** The kernel's limits for a job. `outputBytes`: most that `output/` can hold. */
export function kernelLimits({ policy, language }: SandboxJob, outputBytes: number): KernelLimits {
  const kind = language === 'python' ? 'python' : 'node';
  return {
    cpu: Math.max(1, Math.ceil(policy.cpuSeconds)),
    fsize: outputBytes,
    nofile: 512,
    data: (policy.memoryMb + BASE_MB[kind]) * MIB,
    nproc: policy.processes + BASE_TASKS[kind],
    ...(kind === 'python' && { as: (policy.memoryMb + ADDRESS_ROOM_MB) * MIB }),
  };
}

/** `name=value` words of the limits, for runner.py. */
export function limitWords(limits: KernelLimits, leaveOut: readonly string[] = []): string[] {
  const entries = Object.entries(limits).filter(([name]) => !leaveOut.includes(name));
  return entries.map(([name, value]) => `${name}=${value}`);
}

/** `name=value` words of what may be handed back, for runner.py. */
export function collectWords(limits: { files: number; bytes: number }): string[] {
  return [`files=${limits.files}`, `bytes=${limits.bytes}`];
}

/** Where a Python's file can be read if its folders are not shown at their own paths. */
export function readablePath({ path, folders }: PythonRuntime): string {
  const folder = folders.find((one) => path.startsWith(`${one.path}/`));
  return folder ? folder.source + path.slice(folder.path.length) : path;
}
