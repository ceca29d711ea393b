import type { ProcessSpec } from '../ports/effects.ts';
import type { Launch } from './box.ts';
import { Boxes, type Made } from './boxes.ts';
import { runCommand } from './commands.ts';
import { pythonProgram, sourceCompiler } from './compiled.ts';
import { FontList } from './fonts.ts';
import { type Furniture, furnish, type Household } from './furnish.ts';
import type { NodeRuntime, PythonRuntime } from './interpreters.ts';
import { idsOf, type Machine } from './machine.ts';
import {
  ETC_PATHS,
  type Kit,
  kernelLimits,
  libraryEnv,
  limitWords,
  nodeCommand,
  type Provider,
  programEnv,
  type RunnerTexts,
  readablePath,
  readinessWords,
} from './provider.ts';
import { PROXY_PORT, proxyEnv } from './proxied.ts';
import { languagesOf, ONLY_BY_NAME, pickPython } from './runtimes.ts';
import { removeScratch, scratchFolder } from './scratch.ts';
import { type FilterArch, filterArch, seccompFilter } from './seccomp.ts';
import type { Shape } from './shape.ts';
import { findShell, type ShellRuntime, shellEnv } from './shell.ts';

/** Pipes besides the three of every process: frames, calls of tools. */
const EXTRA = ['pipe', 'pipe'] as const;
const CALLS = { pipe: 1, descriptor: 4 };
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', ...ETC_PATHS];

interface Parts {
  machine: Machine;
  arch: FilterArch;
  texts: RunnerTexts;
  python: PythonRuntime;
  node: NodeRuntime | undefined;
  namespaces: boolean;
  /** The words that start the jail and its runner. */
  runner: readonly string[];
  fonts: FontList;
  shell: ShellRuntime | undefined;
}

/**
 * Boxes by a Python of the machine alone (sandbox-and-scale A4): Landlock, the filter of system
 * calls, kernel limits, and namespaces where the kernel allows them. Undefined without such a
 * Python or on another system than Linux. `namespaces: false` does without them.
 */
export async function jailProvider(
  kit: Kit,
  wish: { namespaces: boolean } = { namespaces: true },
): Promise<Provider | undefined> {
  const { machine } = kit;
  const { os, arch: processor } = machine.effects.processes.platform();
  const arch = filterArch(processor);
  if (os !== 'linux' || !arch) return undefined;
  const python = await pickPython(kit, (candidate) => startsAlone(machine, candidate));
  if (!python) return undefined;
  const texts = await kit.texts();
  const node = await kit.node().catch(() => undefined);
  const namespaces = wish.namespaces && (await allowsNamespaces(machine, python));
  const fonts = new FontList(machine, python);
  const path = readablePath(python);
  const compiling = { path, version: python.version, env: libraryEnv(python) };
  const runner = await pythonProgram(machine, compiling, `${texts.jail}\n${texts.runner}`);
  const shell = await findShell(machine, python);
  const parts = { machine, arch, texts, python, node, namespaces, runner, fonts, shell };
  const spaces = namespaces ? 'own namespaces, ' : '';
  const household: Household = { kit, machine, python, fonts };
  const boxes = new Boxes(
    {
      effects: machine.effects,
      make: (shape, signal) => makeBox({ parts, household }, shape, signal),
      frames: async ({ language, code }) =>
        language === 'python' ? await fonts.framesFor(code) : [],
      serves: () => true,
    },
    kit.poolSize,
  );
  return {
    name: 'jail',
    isolation: `jail: ${spaces}Landlock, no network, filtered system calls`,
    languages: languagesOf({ node, python, kit: await kit.dataKit(), shell }),
    onlyByName: ONLY_BY_NAME,
    network: namespaces,
    install: (wish, signal) => kit.layers({ ...wish, python }, signal),
    compiled: sourceCompiler(machine, compiling),
    ...boxes.asProvider(python.libraries.has('pandas') || !node ? 'python' : 'javascript'),
  };
}

async function startsAlone(machine: Machine, python: PythonRuntime): Promise<boolean> {
  const args = ['-s', '-S', '-c', 'import ctypes'];
  const start = { command: readablePath(python), args, env: libraryEnv(python), uid: machine.uid };
  return (await runCommand(machine.effects, start))?.code === 0;
}

/** Whether the kernel lets this user make namespaces of its own and mount in them. */
async function allowsNamespaces(machine: Machine, python: PythonRuntime): Promise<boolean> {
  const text = `
import ctypes, os, sys
libc = ctypes.CDLL(None)
uid = os.getuid()
if libc.unshare(0x7E020000) < 0: sys.exit(1)
for name, line in (('setgroups', 'deny'), ('uid_map', '1000 %d 1' % uid)):
    with open('/proc/self/' + name, 'w') as target: target.write(line)
sys.exit(libc.mount(b'none', b'/', None, ctypes.c_ulong(1 << 14 | 1 << 18), None) < 0)
`;
  const args = ['-s', '-S', '-c', text];
  const start = { command: readablePath(python), args, env: libraryEnv(python), uid: machine.uid };
  return (await runCommand(machine.effects, start))?.code === 0;
}

async function makeBox(
  { parts, household }: { parts: Parts; household: Household },
  shape: Shape,
  signal: AbortSignal,
): Promise<Made> {
  const { machine, namespaces } = parts;
  const tmpfsBytes = namespaces ? 3 * shape.room : 0;
  const furniture = await furnish(household, { shape, tmpfsBytes }, signal);
  const { wayOut, first, group } = furniture;
  const cwd = await scratchFolder(machine, 'jail').catch(async (error: unknown) => {
    await furniture.remove();
    throw error;
  });
  const launch: Launch = {
    spec: specOf(parts, shape, { ...furniture, cwd }),
    ...{ first, group },
    calls: CALLS.pipe,
    watchTasks: !namespaces,
    shares: shape.readiness === 'session',
    writable: namespaces ? [`${cwd}/output`, `${cwd}/tmp`, '/dev/shm'] : [],
    ...(wayOut && { requests: wayOut.requests }),
  };
  const remove = async (): Promise<void> => {
    await furniture.remove();
    await removeScratch(machine, cwd);
  };
  return { launch, use: (job) => wayOut?.use(job), remove };
}

/** The places of one box, its own folder included. */
type Places = Furniture & { cwd: string };

function specOf(parts: Parts, shape: Shape, places: Places): ProcessSpec {
  const { python, node, texts, namespaces, runner, shell } = parts;
  const { cwd, wayOut, layers } = places;
  const isPython = shape.language === 'python';
  const isShell = shape.language === 'shell';
  const options = [
    ...[`cwd=${cwd}`, `room=${shape.room}`, `calls=${CALLS.descriptor}`],
    ...folderWords(parts, shape, places),
    ...(isShell && shell ? [`shell=${shell.path}`] : []),
    `tools_text=${texts.pythonTools}`,
    ...(wayOut
      ? [`proxy=${wayOut.socket}`, `port=${PROXY_PORT}`, `bridge_text=${texts.pythonBridge}`]
      : []),
    ...readinessWords(shape.readiness, isPython ? python : undefined),
    ...(places.first.length > 0 ? [`first=${places.first.length}`] : []),
    // The kernel counts processes for each user: a limit is only ours in a namespace of our own.
    ...(namespaces ? ['namespaces=1'] : [`disk=${shape.room}`, `writable=${cwd}`]),
    ...limitWords(kernelLimits(shape), namespaces ? [] : ['nproc']),
    '--',
    ...(isPython || isShell ? [] : nodeProgram(parts, shape, places)),
  ];
  const [command = '', ...args] = runner;
  const env = {
    ...programEnv(cwd, `${cwd}/tmp`),
    ...libraryEnv(python),
    ...proxyEnv(wayOut),
  };
  const found = { node: node?.source, python: readablePath(python), layers };
  return {
    ...{ command, args: [...args, ...options], cwd: '/' },
    ...{ env: isShell ? shellEnv(env, found) : env, extra: EXTRA, ...idsOf(parts.machine) },
  };
}

/** What is shown of the machine, and through which filter. */
function folderWords(
  { python, node, arch }: Parts,
  { policy }: Shape,
  { staged, layers, kit }: Places,
): string[] {
  const { inputs, shared } = staged;
  const folders = [...python.folders.map(({ source }) => source), inputs, shared, node?.source];
  const shown = [...SYSTEM, ...folders, ...layers, kit].filter((path) => path !== undefined);
  const filter = seccompFilter(arch, { loopback: policy.hosts.length > 0 });
  return [
    `inputs=${inputs ?? ''}`,
    `shared=${shared ?? ''}`,
    `read=${shown.join('\n')}`,
    `seccomp=${Buffer.from(filter).toString('hex')}`,
    ...(layers.length > 0 ? [`layers=${layers.join('\n')}`] : []),
  ];
}

function nodeProgram({ node, texts }: Parts, shape: Shape, { cwd, layers, kit }: Places): string[] {
  const { language, policy } = shape;
  const ahead = shape.readiness === 'ahead';
  const surroundings = { calls: CALLS.descriptor, layers, kit, ahead };
  return nodeCommand(node?.source ?? '', { texts, language, policy, cwd }, surroundings);
}
