import type { ProcessSpec } from '../ports/effects.ts';
import type { Launch } from './box.ts';
import { Boxes, type Made } from './boxes.ts';
import { runCommand } from './commands.ts';
import { pythonProgram, sourceCompiler } from './compiled.ts';
import { FontList } from './fonts.ts';
import { type Furniture, furnish, type Household } from './furnish.ts';
import { isSystemPath, type NodeRuntime, type PythonRuntime } from './interpreters.ts';
import { idsOf, type Machine } from './machine.ts';
import { inBubblewrap } from './packages/in-bubblewrap.ts';
import {
  collectCommand,
  ETC_PATHS,
  type Kit,
  kernelLimits,
  limitWords,
  nodeCommand,
  type Provider,
  programEnv,
  type RunnerTexts,
  readinessWords,
} from './provider.ts';
import { PROXY_PORT, proxyEnv } from './proxied.ts';
import { languagesOf, ONLY_BY_NAME, pickPython } from './runtimes.ts';
import { type FilterArch, filterArch, seccompFilter } from './seccomp.ts';
import type { Shape } from './shape.ts';
import { findShell, type ShellRuntime, shellEnv } from './shell.ts';

const CWD = '/box';
const TMP = '/tmp';
const SHM_BYTES = 32 * 1024 * 1024;
const TMP_BYTES = 4 * SHM_BYTES;
/** Where a box finds the socket of its way out. */
const WAY_OUT = '/run/way-out';
/** Pipes besides the three of every process: frames, the filter, calls of tools. */
const EXTRA = ['pipe', 'pipe', 'pipe'] as const;
const FILTER = { pipe: 1, descriptor: 4 };
const CALLS = { pipe: 2, descriptor: 5 };

interface Parts {
  machine: Machine;
  bwrap: string;
  prlimit: string;
  arch: FilterArch;
  texts: RunnerTexts;
  node: NodeRuntime | undefined;
  python: PythonRuntime | undefined;
  /** The words that start the runner of Python. */
  runner: readonly string[];
  fonts: FontList | undefined;
  system: readonly string[];
  shell: ShellRuntime | undefined;
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
  const parts = { machine, bwrap, prlimit, arch, texts, system };
  const python = await pickPython(kit, async (candidate) => {
    const args = [...boxArgs({ ...parts, node: undefined, python: candidate }), '--size', '4096'];
    const check = [candidate.path, '-S', '-c', 'pass'];
    const spec = { command: bwrap, args: [...args, '--tmpfs', `${CWD}/output`, '--', ...check] };
    return (await runCommand(effects, { ...spec, uid }))?.code === 0;
  });
  const fonts = python && new FontList(machine, python);
  const runner = python ? await pythonProgram(machine, python, texts.runner) : [];
  const shell = await findShell(machine, python);
  const all: Parts = { ...parts, node, python, runner, fonts, shell };
  const run = node && inBubblewrap({ machine, bwrap, node: node.source, bridge: texts.nodeBridge });
  const household: Household = { kit, machine, python, fonts, run };
  const boxes = new Boxes(
    {
      effects,
      make: (shape, signal) => makeBox({ parts: all, household }, shape, signal),
      frames: async ({ language, code }) =>
        language === 'python' ? ((await fonts?.framesFor(code)) ?? []) : [],
      serves: (language) => language === 'python' || python !== undefined,
      quick: (language) => language === 'python' || language === 'shell',
    },
    kit.poolSize,
  );
  return {
    name: 'bwrap',
    isolation: 'bubblewrap: own namespaces, read-only system, no network, filtered system calls',
    languages: languagesOf({ node, python, kit: await kit.dataKit(), shell }),
    onlyByName: ONLY_BY_NAME,
    network: true,
    install: (wish, signal) => kit.layers({ ...wish, python, run }, signal),
    ...(python && { compiled: sourceCompiler(machine, python) }),
    ...boxes.asProvider(node ? 'javascript' : 'python'),
  };
}

async function makeBox(
  { parts, household }: { parts: Parts; household: Household },
  shape: Shape,
  signal: AbortSignal,
): Promise<Made> {
  const tmpfsBytes = shape.room + TMP_BYTES + SHM_BYTES;
  const furniture = await furnish(household, { shape, tmpfsBytes }, signal);
  const { wayOut, first, group, remove } = furniture;
  const filter = seccompFilter(parts.arch, { loopback: wayOut !== undefined });
  const launch: Launch = {
    spec: specOf(parts, shape, furniture),
    ...{ first, group },
    feeds: [{ pipe: FILTER.pipe, bytes: filter }],
    calls: CALLS.pipe,
    watchTasks: false,
    shares: shape.readiness === 'session',
    writable: [`${CWD}/output`, TMP, '/dev/shm'],
    leavesChild: true,
    ...(wayOut && { requests: wayOut.requests }),
  };
  return { launch, use: (job) => wayOut?.use(job), remove };
}

function specOf(parts: Parts, shape: Shape, places: Furniture): ProcessSpec {
  const { staged, layers, kit, wayOut } = places;
  const shown = [...layers, ...(kit === undefined ? [] : [kit])];
  const env = { ...programEnv(CWD, TMP), ...proxyEnv(wayOut) };
  const found = { node: parts.node?.path, python: parts.python?.path, layers };
  const args = [
    ...boxArgs(parts, shape.language === 'shell' ? shellEnv(env, found) : env),
    ...['--size', String(shape.room), '--tmpfs', `${CWD}/output`],
    ...(staged.inputs === undefined ? [] : ['--ro-bind', staged.inputs, `${CWD}/inputs`]),
    ...(staged.shared === undefined ? [] : ['--ro-bind', staged.shared, `${CWD}/shared`]),
    ...shown.flatMap((folder) => ['--ro-bind', folder, folder]),
    ...(wayOut ? ['--ro-bind', wayOut.socket, WAY_OUT] : []),
    ...['--remount-ro', '/', '--chdir', CWD, '--seccomp', `${FILTER.descriptor}`, '--'],
    ...programArgs(parts, shape, places),
  ];
  // bubblewrap's own environment can be read inside: it has none.
  return { command: parts.bwrap, args, env: {}, extra: EXTRA, ...idsOf(parts.machine) };
}

function programArgs(parts: Parts, shape: Shape, places: Furniture): string[] {
  const { python, runner, texts, fonts, shell } = parts;
  const isPython = shape.language === 'python';
  const isShell = shape.language === 'shell';
  if (!(isPython || isShell) && (shape.readiness === 'cold' || !python)) {
    return nodeArgs(parts, shape, places);
  }
  const { layers, wayOut } = places;
  const options = [
    ...[`cwd=${CWD}`, `calls=${CALLS.descriptor}`, `tools_text=${texts.pythonTools}`],
    ...(layers.length > 0 ? [`layers=${layers.join('\n')}`] : []),
    ...(isShell && shell ? [`shell=${shell.path}`] : []),
    ...(wayOut
      ? [`proxy=${WAY_OUT}`, `port=${PROXY_PORT}`, `bridge_text=${texts.pythonBridge}`]
      : []),
    ...readinessWords(shape.readiness, isPython && fonts ? python : undefined),
    ...(places.first.length > 0 ? [`first=${places.first.length}`] : []),
    ...limitWords(kernelLimits(shape)),
    '--',
    ...(isPython || isShell ? [] : nodeProgram(parts, shape, places)),
  ];
  return [...runner, ...options];
}

function nodeProgram({ node, texts }: Parts, shape: Shape, { layers, kit }: Furniture): string[] {
  const { language, policy } = shape;
  const ahead = shape.readiness === 'ahead';
  const surroundings = { calls: CALLS.descriptor, layers, kit, ahead };
  return nodeCommand(node?.path ?? '', { texts, language, policy, cwd: CWD }, surroundings);
}

/**
 * The shell watches the program and starts the collector, so that the program has neither the
 * channel nor a say in what is collected. A shell starts in a millisecond.
 */
function nodeArgs(parts: Parts, shape: Shape, places: Furniture): string[] {
  const { cpu, fsize, nofile, data, nproc } = kernelLimits(shape);
  const limits = [`--cpu=${cpu}:${cpu + 1}`, `--fsize=${fsize}`, `--nofile=${nofile}`];
  const more = [`--data=${data}`, `--nproc=${nproc}`, '--core=0', '--'];
  const program = [parts.prlimit, ...limits, ...more, ...nodeProgram(parts, shape, places)];
  const script = [
    ...(places.wayOut ? bridge(parts) : []),
    `${program.map(quote).join(' ')}`,
    'code=$?',
    'kill -s KILL -- -1 2>/dev/null',
    'if [ -n "$(ls -A output)" ]; then',
    `${collectorOf(parts).map(quote).join(' ')} 2>/dev/null`,
    "else printf 'D\\000\\000\\000\\000\\000\\000\\000\\000' >&3; fi",
    'exit $code',
  ];
  return ['/bin/sh', '-c', script.join('\n')];
}

/** The way to the proxy where no Python keeps the box: the program waits until it is there. */
function bridge({ node, texts }: Parts): string[] {
  const ready = `${TMP}/.way-out`;
  const text = [node?.path ?? '', '--input-type=module', '-e', texts.nodeBridge];
  const words = [...text, `${PROXY_PORT}`, WAY_OUT, ready].map(quote).join(' ');
  return [`${words} 3>&- ${CALLS.descriptor}>&- &`, `while [ ! -e ${ready} ]; do sleep 0.01; done`];
}

/** Python starts in a third of Node's time; where there is none, Node collects as well. */
function collectorOf({ node, python, runner, texts }: Parts): string[] {
  if (!python) return [...collectCommand(node?.path ?? '', texts), CWD];
  return [...runner, `cwd=${CWD}`, 'collect=1', '--'];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** All that does not depend on the job. */
function boxArgs(
  { system, node, python }: Pick<Parts, 'system' | 'node' | 'python'>,
  env: Readonly<Record<string, string>> = programEnv(CWD, TMP),
): string[] {
  const folders = python?.folders ?? [];
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--disable-userns', '--die-with-parent', '--new-session'],
    // The first process of the namespace is then ours, under the filter, and not bubblewrap's.
    '--as-pid-1',
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'box', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...system,
    ...['--proc', '/proc', '--dev', '/dev', '--size', String(SHM_BYTES), '--tmpfs', '/dev/shm'],
    ...['--remount-ro', '/dev', '--size', String(TMP_BYTES), '--tmpfs', TMP],
    ...folders.flatMap(({ source, path }) => ['--ro-bind', source, path]),
    ...(node && !isSystemPath(node.path) ? ['--ro-bind', node.source, node.path] : []),
    ...[
      '--dir',
      '/run',
      '--dir',
      CWD,
      '--dir',
      `${CWD}/inputs`,
      '--dir',
      `${CWD}/shared`,
      '--dir',
      `${CWD}/output`,
    ],
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
