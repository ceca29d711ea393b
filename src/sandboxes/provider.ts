import { fileURLToPath } from 'node:url';
import type { Language, SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type {
  ComingJob,
  Execution,
  Sandbox,
  SandboxJob,
  SandboxLanguage,
} from '../ports/sandbox.ts';
import type { GroupLimits, MakeGroup } from './cgroups.ts';
import type { Found, NodeRuntime, PythonRuntime } from './interpreters.ts';
import type { DataKit } from './kit.ts';
import type { Machine } from './machine.ts';
import type { PackageLayer } from './packages/cache.ts';
import type { RunInstaller } from './packages/run-installer.ts';
import type { Readiness, Shape } from './shape.ts';

/** One way to make a box: probed, but without a word about whether it holds. */
export interface Provider {
  name: Sandbox['name'];
  isolation: string;
  /** Best first; the self-test of each is still to be passed. */
  languages: readonly SandboxLanguage[];
  /** Languages that are offered only to a policy that names them. */
  onlyByName?: readonly Language[];
  /** Whether programs can be given a network of listed hosts. */
  network: boolean;
  /** What else a verdict on it depends on, for instance the version of its program. */
  stamp?: string;
  run(job: SandboxJob, signal: AbortSignal): Promise<Execution>;
  /** Installs what a policy declares for a language; left out where programs cannot have packages. */
  install?(
    wish: Pick<Shape, 'language' | 'policy'>,
    signal: AbortSignal,
  ): Promise<readonly PackageLayer[]>;
  /** A Python program of ours in the form that starts soonest; left out where its text is that. */
  compiled?(text: string): Promise<string>;
  /** Makes a box ready for a program that is likely to come. */
  prepare?(coming: ComingJob): void;
  /** Ends the box that the programs of a session share. */
  endSession?(session: string): Promise<void>;
  /** Ends the boxes that wait for programs. */
  close?(): Promise<void>;
}

/** What providers build boxes from; each part is looked for once, when first asked for. */
export interface Kit {
  machine: Machine;
  node(): Promise<NodeRuntime>;
  /** Pythons of the machine, the best first. */
  pythons(): Promise<readonly Found[]>;
  texts(): Promise<RunnerTexts>;
  /** The data kit of JavaScript programs, where it was built. */
  dataKit(): Promise<DataKit | undefined>;
  /** The packages that a policy declares for a language, installed if they were not. */
  layers(wish: LayerWish, signal: AbortSignal): Promise<readonly PackageLayer[]>;
  /** Control groups for boxes; undefined where there can be none. */
  groups(): Promise<MakeGroup | undefined>;
  /** Boxes that are kept ready. */
  poolSize: number;
  /** Resolves when what killed processes left behind is gone. */
  swept(): Promise<void>;
}

/** Whose packages are wanted, and where their installer runs. */
export interface LayerWish extends Pick<Shape, 'language' | 'policy'> {
  /** The Python that is going to use them. */
  python: PythonRuntime | undefined;
  /** As a process of the host when left out. */
  run?: RunInstaller | undefined;
}

/** Programs of ours that run inside of boxes. They go in as arguments: no file has to be shown. */
export interface RunnerTexts {
  runner: string;
  jail: string;
  run: string;
  collect: string;
  /** Tools as Python and as JavaScript programs see them. */
  pythonTools: string;
  nodeTools: string;
  /** The way to the host's proxy, in both languages. */
  pythonBridge: string;
  nodeBridge: string;
  /** `fetch` of JavaScript programs that were given secrets. */
  secretFetch: string;
  /** `sdk` of JavaScript programs; that of Python is part of its tools. */
  nodeSdk: string;
}

/** Reads the runners, which lie beside this file in `src` as in `dist`. */
export async function readTexts({ files }: Effects): Promise<RunnerTexts> {
  const read = (name: string): Promise<string> =>
    files.readText(fileURLToPath(new URL(name, import.meta.url)));
  const [python, node] = await Promise.all([
    Promise.all(
      ['names.py', 'runner.py', 'jail.py', 'tools.py', 'bridge.py', 'sdk.py', 'handlers.py'].map(
        read,
      ),
    ),
    Promise.all(
      ['run.mjs', 'collect.mjs', 'tools.mjs', 'bridge.mjs', 'secret-fetch.mjs', 'sdk.mjs'].map(
        read,
      ),
    ),
  ]);
  const [names = '', programs = '', jail = '', tools = '', pythonBridge = ''] = python;
  const pythonTools = [tools, ...python.slice(5)].join('\n');
  const runner = `${names}\n${programs}`;
  const [run = '', collect = '', nodeTools = '', nodeBridge = '', secretFetch = '', nodeSdk = ''] =
    node;
  return {
    ...{ runner, jail, run, collect, pythonTools, nodeTools, pythonBridge, nodeBridge },
    ...{ secretFetch, nodeSdk },
  };
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

/** What a program of Node finds besides its own folder, as words for run.mjs. */
export interface NodeSurroundings {
  /** Number of the descriptor on which tools are called. */
  calls: number;
  /** What `inputs/` and `shared/` lead to where nothing can be mounted. */
  links?: readonly string[];
  /** Folders with a `node_modules` of declared packages. */
  layers: readonly string[];
  /** The folder of the data kit. */
  kit: string | undefined;
  /** Whether it waits for its program with our modules loaded. */
  ahead: boolean;
}

/** The start of the Node program runner for a folder. */
export function nodeCommand(
  path: string,
  { texts, language, policy, cwd }: NodeProgram,
  surroundings: NodeSurroundings,
): string[] {
  const { run, nodeTools, nodeSdk, secretFetch } = texts;
  // V8's own limit gives an error that names the reason before the kernel's limit gives none.
  const heap = Math.max(64, Math.floor(policy.memoryMb * 0.75));
  const flags = [`--max-old-space-size=${heap}`, '--disable-warning=ExperimentalWarning'];
  const extension = language === 'typescript' ? 'mts' : 'mjs';
  const own = { tools: nodeTools, sdk: nodeSdk, secretFetch };
  const words = JSON.stringify({ ...surroundings, texts: own });
  return [path, ...flags, '--input-type=module', '-e', run, cwd, extension, words];
}

/** What the runner of Node is started for. */
export interface NodeProgram {
  texts: RunnerTexts;
  language: Language;
  policy: SandboxPolicy;
  /** The program's folder, as it sees it. */
  cwd: string;
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
const BASE_MB = { python: 256, node: 2048 };
/** Room for libraries and shared mappings beside the memory of a Python program, in MiB. */
const ADDRESS_ROOM_MB = 2048;
/** Processes and threads of the box and of the language itself. */
const BASE_TASKS = { python: 3, node: 24 };

/** The kernel's limits for a program. */
export function kernelLimits({
  policy,
  language,
}: Pick<SandboxJob, 'policy' | 'language'>): KernelLimits {
  const kind = language === 'python' ? 'python' : 'node';
  return {
    cpu: Math.max(1, Math.ceil(policy.cpuSeconds)),
    fsize: policy.fileBytes,
    nofile: policy.openFiles,
    data: (policy.memoryMb + BASE_MB[kind]) * MIB,
    nproc: policy.processes + BASE_TASKS[kind],
    ...(kind === 'python' && { as: (policy.memoryMb + ADDRESS_ROOM_MB) * MIB }),
  };
}

/** Memory of a box beside its program and its file systems: the box's own, caches, the libraries. */
const GROUP_ROOM_BYTES = 256 * MIB;
const GROUP_ROOM_TASKS = 16;

/** The ceilings of a whole box; `tmpfsBytes`: what its file systems in memory can hold together. */
export function groupLimits(
  { policy, language }: Pick<SandboxJob, 'policy' | 'language'>,
  tmpfsBytes: number,
): GroupLimits {
  const kind = language === 'python' ? 'python' : 'node';
  return {
    memoryBytes: policy.memoryMb * MIB + tmpfsBytes + GROUP_ROOM_BYTES,
    tasks: policy.processes + BASE_TASKS[kind] + GROUP_ROOM_TASKS,
  };
}

/** `name=value` words of the limits, for runner.py. */
export function limitWords(limits: KernelLimits, leaveOut: readonly string[] = []): string[] {
  const entries = Object.entries(limits).filter(([name]) => !leaveOut.includes(name));
  return entries.map(([name, value]) => `${name}=${value}`);
}

/** A copy of a Python would look for its own libraries where the original is. */
export function libraryEnv({ folders }: PythonRuntime): Record<string, string> {
  const copied = folders.filter(({ source, path }) => source !== path);
  if (copied.length === 0) return {};
  return { LD_LIBRARY_PATH: copied.map(({ source }) => `${source}/lib`).join(':') };
}

const READINESS = { cold: [], ahead: ['ahead=1'], session: ['serve=1'] };

/** Words for runner.py about how it is made ready; `python`: whose libraries it imports. */
export function readinessWords(
  readiness: Readiness,
  python: PythonRuntime | undefined,
): readonly string[] {
  const words = READINESS[readiness];
  return python && words.length > 0 ? [...words, `preload=${preloadOf(python)}`] : words;
}

/** Modules that nearly every program for data imports, as far as they are there. */
function preloadOf({ libraries }: PythonRuntime): string {
  return [
    ...['json', 're', 'datetime', 'math', 'pathlib'],
    ...['numpy', 'pandas'].filter((name) => libraries.has(name)),
    ...(libraries.has('matplotlib') ? ['matplotlib.pyplot'] : []),
  ].join(',');
}

/** Where a Python's file can be read if its folders are not shown at their own paths. */
export function readablePath({ path, folders }: PythonRuntime): string {
  const folder = folders.find((one) => path.startsWith(`${one.path}/`));
  return folder ? folder.source + path.slice(folder.path.length) : path;
}
