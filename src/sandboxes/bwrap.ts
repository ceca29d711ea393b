import type { ProcessSpec } from '../ports/effects.ts';
import type { Execution, SandboxJob } from '../ports/sandbox.ts';
import { collectLimits, jobFrames, neverStarted, startBox, toExecution } from './box.ts';
import { runCommand } from './commands.ts';
import { FontList } from './fonts.ts';
import { isSystemPath, type NodeRuntime, type PythonRuntime } from './interpreters.ts';
import { idsOf, type Machine } from './machine.ts';
import {
  collectCommand,
  collectWords,
  ETC_PATHS,
  type Kit,
  kernelLimits,
  limitWords,
  nodeCommand,
  type Provider,
  programEnv,
  pythonCommand,
  type RunnerTexts,
} from './provider.ts';
import { languagesOf, pickPython } from './runtimes.ts';
import { filterArch, seccompFilter } from './seccomp.ts';
import { type Staged, stageFolders } from './staging.ts';

const CWD = '/box';
const TMP = '/tmp';
const SHM_BYTES = 32 * 1024 * 1024;
/** Room in `output/` beside what may be handed back: a program may tidy up before it ends. */
const SPARE_BYTES = 1024 * 1024;

interface Parts {
  machine: Machine;
  bwrap: string;
  prlimit: string;
  filter: Uint8Array;
  texts: RunnerTexts;
  node: NodeRuntime | undefined;
  python: PythonRuntime | undefined;
  fonts: FontList | undefined;
  system: readonly string[];
}

/**
 * Boxes by bubblewrap (sandbox-and-scale A4): namespaces of their own without network, a read-only
 * system, memory file systems for whatever is written, a filter of system calls, kernel limits.
 * Undefined where it is not installed or cannot make one.
 */
export async function bwrapProvider(kit: Kit): Promise<Provider | undefined> {
  const { machine } = kit;
  const { effects, uid } = machine;
  const arch = filterArch(effects.processes.platform().arch);
  const [bwrap, prlimit] = await Promise.all([find(machine, 'bwrap'), find(machine, 'prlimit')]);
  if (!arch || !bwrap || !prlimit || (effects.processes.uid() === 0 && uid === undefined)) {
    return undefined;
  }
  const looked = [kit.node().catch(() => undefined), kit.texts(), kit.pythons()] as const;
  const [node, texts] = await Promise.all(looked);
  const system = await systemArgs(machine);
  const parts = { machine, bwrap, prlimit, filter: seccompFilter(arch), texts, system };
  const python = await pickPython(kit, async (candidate) => {
    const args = [...boxArgs({ ...parts, node: undefined, python: candidate }), '--size', '4096'];
    const check = [candidate.path, '-S', '-c', 'pass'];
    const spec = { command: bwrap, args: [...args, '--tmpfs', `${CWD}/output`, '--', ...check] };
    return (await runCommand(effects, { ...spec, uid }))?.code === 0;
  });
  const fonts = python && new FontList(machine, python);
  const all = { ...parts, node, python, fonts };
  return {
    name: 'bwrap',
    isolation: 'bubblewrap: own namespaces, read-only system, no network, filtered system calls',
    languages: languagesOf(node, python),
    run: (job, signal) => run(all, job, signal),
  };
}

async function run(parts: Parts, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
  const { effects } = parts.machine;
  if (signal.aborted) return neverStarted();
  const staged = await stageFolders(parts.machine, job);
  try {
    const fonts = job.language === 'python' ? await parts.fonts?.framesFor(job.code) : undefined;
    const feeds = [jobFrames(job, fonts), parts.filter];
    const spec = specOf(parts, job, staged);
    const launch = { spec, feeds, watchTasks: false, leavesChild: true };
    const start = effects.clock.monotonic();
    const end = await startBox(effects, { launch, job, signal });
    return toExecution(end, { launch, job, signal }, effects.clock.monotonic() - start);
  } finally {
    await staged.remove();
  }
}

function specOf(parts: Parts, job: SandboxJob, staged: Staged): ProcessSpec {
  const { bytes } = collectLimits(job);
  const room = bytes + SPARE_BYTES;
  const args = [
    ...boxArgs(parts),
    ...['--size', String(room), '--tmpfs', `${CWD}/output`],
    ...(staged.inputs === undefined ? [] : ['--ro-bind', staged.inputs, `${CWD}/inputs`]),
    ...(staged.shared === undefined ? [] : ['--ro-bind', staged.shared, `${CWD}/shared`]),
    ...['--remount-ro', '/', '--chdir', CWD, '--seccomp', '4', '--'],
    ...(job.language === 'python' ? pythonArgs(parts, job, room) : nodeArgs(parts, job, room)),
  ];
  // bubblewrap's own environment can be read inside: it has none.
  return { command: parts.bwrap, args, env: {}, extra: ['pipe', 'pipe'], ...idsOf(parts.machine) };
}

function pythonArgs({ python, texts }: Parts, job: SandboxJob, room: number): string[] {
  const words = limitWords(kernelLimits(job, room));
  const options = [`cwd=${CWD}`, ...collectWords(collectLimits(job)), ...words, '--'];
  return [...pythonCommand(python?.path ?? '', texts.runner), ...options];
}

/**
 * The shell watches the program and starts the collector, so that the program has neither the
 * channel nor a say in what is collected. A shell starts in a millisecond.
 */
function nodeArgs(parts: Parts, job: SandboxJob, room: number): string[] {
  const { node, prlimit, texts } = parts;
  const { cpu, fsize, nofile, data, nproc } = kernelLimits(job, room);
  const limits = [`--cpu=${cpu}:${cpu + 1}`, `--fsize=${fsize}`, `--nofile=${nofile}`];
  const more = [`--data=${data}`, `--nproc=${nproc}`, '--core=0', '--'];
  const extension = job.language === 'typescript' ? 'mts' : 'mjs';
  const program = [...nodeCommand(node?.path ?? '', texts, job), CWD, extension];
  const collector = collectorOf(parts, job);
  const script = [
    `${[prlimit, ...limits, ...more, ...program].map(quote).join(' ')}`,
    'code=$?',
    'kill -s KILL -- -1 2>/dev/null',
    'if [ -n "$(ls -A output)" ]; then',
    `${collector.map(quote).join(' ')} 2>/dev/null`,
    "else printf 'D\\000\\000\\000\\000\\000\\000\\000\\000' >&3; fi",
    'exit $code',
  ];
  return ['/bin/sh', '-c', script.join('\n')];
}

/** Python starts in a third of Node's time; where there is none, Node collects as well. */
function collectorOf({ node, python, texts }: Parts, job: SandboxJob): string[] {
  const limits = collectLimits(job);
  if (!python)
    return [...collectCommand(node?.path ?? '', texts), CWD, `${limits.files}`, `${limits.bytes}`];
  const options = [`cwd=${CWD}`, 'collect=1', ...collectWords(limits), '--'];
  return [...pythonCommand(python.path, texts.runner), ...options];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** All that does not depend on the job. */
function boxArgs({ system, node, python }: Pick<Parts, 'system' | 'node' | 'python'>): string[] {
  const folders = python?.folders ?? [];
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--disable-userns', '--die-with-parent', '--new-session'],
    // The first process of the namespace is then ours, under the filter, and not bubblewrap's.
    '--as-pid-1',
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'box', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(programEnv(CWD, TMP)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...system,
    ...['--proc', '/proc', '--dev', '/dev', '--size', String(SHM_BYTES), '--tmpfs', '/dev/shm'],
    ...['--remount-ro', '/dev', '--size', String(SHM_BYTES * 4), '--tmpfs', TMP],
    ...folders.flatMap(({ source, path }) => ['--ro-bind', source, path]),
    ...(node && !isSystemPath(node.path) ? ['--ro-bind', node.source, node.path] : []),
    ...['--dir', CWD, '--dir', `${CWD}/inputs`, '--dir', `${CWD}/shared`, '--dir', `${CWD}/output`],
  ];
}

/** The read-only system: /usr, the links or folders beside it, and a few files of /etc. */
async function systemArgs({ effects }: Machine): Promise<string[]> {
  const args = ['--ro-bind', '/usr', '/usr'];
  for (const path of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const info = await effects.files.info(path);
    if (info?.kind === 'link') {
      args.push('--symlink', (await effects.files.realPath(path)).slice(1), path);
    } else if (info) args.push('--ro-bind', path, path);
  }
  return [...args, ...ETC_PATHS.flatMap((path) => ['--ro-bind-try', path, path])];
}

async function find({ effects }: Machine, name: string): Promise<string | undefined> {
  const search = (effects.secrets.get('PATH') ?? '')
    .split(':')
    .filter((one) => one.startsWith('/'));
  for (const folder of ['/usr/bin', '/usr/local/bin', ...search]) {
    if (await effects.files.info(`${folder}/${name}`)) return `${folder}/${name}`;
  }
  return undefined;
}
