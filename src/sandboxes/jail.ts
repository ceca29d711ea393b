import type { ProcessSpec } from '../ports/effects.ts';
import type { Execution, SandboxJob } from '../ports/sandbox.ts';
import { collectLimits, jobFrames, neverStarted, startBox, toExecution } from './box.ts';
import { runCommand } from './commands.ts';
import { FontList } from './fonts.ts';
import type { NodeRuntime, PythonRuntime } from './interpreters.ts';
import { idsOf, type Machine } from './machine.ts';
import {
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
  readablePath,
} from './provider.ts';
import { languagesOf, pickPython } from './runtimes.ts';
import { scratchFolder } from './scratch.ts';
import { filterArch, seccompFilter } from './seccomp.ts';
import { type Staged, stageFolders } from './staging.ts';

const SPARE_BYTES = 1024 * 1024;
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', ...ETC_PATHS];

interface Parts {
  machine: Machine;
  filter: Uint8Array;
  texts: RunnerTexts;
  python: PythonRuntime;
  node: NodeRuntime | undefined;
  namespaces: boolean;
  fonts: FontList;
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
  const parts = { machine, filter: seccompFilter(arch), texts, python, node, namespaces, fonts };
  const spaces = namespaces ? 'own namespaces, ' : '';
  return {
    name: 'jail',
    isolation: `jail: ${spaces}Landlock, no network, filtered system calls`,
    languages: languagesOf(node, python),
    run: (job, signal) => run(parts, job, signal),
  };
}

/** A copy of a Python would look for its own libraries where the original is. */
function libraryEnv({ folders }: PythonRuntime): Record<string, string> {
  const copied = folders.filter(({ source, path }) => source !== path);
  if (copied.length === 0) return {};
  return { LD_LIBRARY_PATH: copied.map(({ source }) => `${source}/lib`).join(':') };
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

async function run(parts: Parts, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
  const { effects } = parts.machine;
  if (signal.aborted) return neverStarted();
  const staged = await stageFolders(parts.machine, job);
  const cwd = await scratchFolder(parts.machine, 'jail');
  try {
    const fonts = job.language === 'python' ? await parts.fonts.framesFor(job.code) : [];
    const spec = specOf(parts, job, { ...staged, cwd });
    const launch = { spec, feeds: [jobFrames(job, fonts)], watchTasks: !parts.namespaces };
    const start = effects.clock.monotonic();
    const end = await startBox(effects, { launch, job, signal });
    return toExecution(end, { launch, job, signal }, effects.clock.monotonic() - start);
  } finally {
    await effects.files.remove(cwd);
    await staged.remove();
  }
}

function specOf(parts: Parts, job: SandboxJob, places: Staged & { cwd: string }): ProcessSpec {
  const { python, node, texts, namespaces, filter } = parts;
  const { cwd, inputs, shared } = places;
  const limits = collectLimits(job);
  const room = limits.bytes + SPARE_BYTES;
  const folders = [...python.folders.map(({ source }) => source), inputs, shared, node?.source];
  const options = [
    `cwd=${cwd}`,
    `inputs=${inputs ?? ''}`,
    `shared=${shared ?? ''}`,
    `room=${room}`,
    `read=${[...SYSTEM, ...folders.filter((path) => path !== undefined)].join('\n')}`,
    `seccomp=${Buffer.from(filter).toString('hex')}`,
    // The kernel counts processes for each user: a limit is only ours in a namespace of our own.
    ...(namespaces ? ['namespaces=1'] : [`disk=${room}`, `writable=${cwd}`]),
    ...collectWords(limits),
    ...limitWords(kernelLimits(job, room), namespaces ? [] : ['nproc']),
  ];
  const extension = job.language === 'typescript' ? 'mts' : 'mjs';
  const program =
    job.language === 'python'
      ? []
      : [...nodeCommand(node?.source ?? '', texts, job), cwd, extension];
  const text = `${texts.jail}\n${texts.runner}`;
  const [command = '', ...args] = pythonCommand(readablePath(python), text);
  const env = { ...programEnv(cwd, `${cwd}/tmp`), ...libraryEnv(python) };
  return {
    ...{ command, args: [...args, ...options, '--', ...program], cwd: '/' },
    ...{ env, extra: ['pipe'], ...idsOf(parts.machine) },
  };
}
