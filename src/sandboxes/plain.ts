import type { ProcessSpec } from '../ports/effects.ts';
import type { Execution, SandboxJob } from '../ports/sandbox.ts';
import { startBox } from './box.ts';
import { pythonProgram } from './compiled.ts';
import type { NodeRuntime, PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';
import { neverStarted, toExecution } from './outcome.ts';
import {
  collectCommand,
  type Kit,
  kernelLimits,
  limitWords,
  nodeCommand,
  type Provider,
  programEnv,
  type RunnerTexts,
} from './provider.ts';
import { languagesOf, ONLY_BY_NAME, pickPython } from './runtimes.ts';
import { removeScratch, scratchFolder } from './scratch.ts';
import { findShell, type ShellRuntime, shellEnv } from './shell.ts';

/** Pipes besides the three of every process: frames, calls of tools. */
const EXTRA = ['pipe', 'pipe'] as const;
const CALLS = { pipe: 1, descriptor: 4 };
const COLLECT_MS = 10_000;

interface Parts {
  kit: Kit;
  machine: Machine;
  texts: RunnerTexts;
  node: NodeRuntime;
  python: PythonRuntime | undefined;
  /** The words that start the runner of Python. */
  runner: readonly string[];
  shell: ShellRuntime | undefined;
}

/**
 * No boundary at all: a process of our own user with an empty environment, a folder of its own and
 * limits (decision 30: only where a policy asks for it by name). Programs can read and change
 * whatever we can.
 */
export async function plainProvider(kit: Kit): Promise<Provider | undefined> {
  // Nobody else is going to run these programs, so nothing has to be readable for another user.
  const machine = { ...kit.machine, uid: undefined };
  const { effects } = machine;
  const path = effects.processes.node();
  const node = { ...(await kit.node().catch(() => ({ version: '' }))), path, source: path };
  const python = await pickPython({ ...kit, machine }, async () => true);
  const texts = await kit.texts();
  const runner = python ? await pythonProgram(machine, python, texts.runner) : [];
  const shell = await findShell(machine, python);
  const parts = { kit, machine, texts, node, python, runner, shell };
  return {
    name: 'none',
    isolation: 'none: programs can do whatever you can do on this machine',
    languages: languagesOf({ node, python, kit: await kit.dataKit(), shell }),
    onlyByName: ONLY_BY_NAME,
    network: true,
    install: (wish, signal) => kit.layers({ ...wish, python }, signal),
    run: (job, signal) => run(parts, job, signal),
  };
}

async function run(parts: Parts, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
  const { effects } = parts.machine;
  if (signal.aborted) return neverStarted();
  const cwd = await scratchFolder(parts.machine, 'none');
  try {
    await effects.files.makeFolder(`${cwd}/output`);
    await effects.files.makeFolder(`${cwd}/tmp`);
    const { layers, folder } = await surroundings(parts, job, signal);
    const launch = {
      spec: programSpec(parts, job, { cwd, layers, kit: folder }),
      calls: CALLS.pipe,
      watchTasks: true,
    };
    const start = effects.clock.monotonic();
    const end = await startBox(effects, { launch, job, signal });
    if (end.stopped === undefined) {
      const collector = { spec: collectorSpec(parts, cwd), watchTasks: false };
      const second = { launch: collector, job: { ...job, timeoutMs: COLLECT_MS }, signal };
      const { frames } = await startBox(effects, second);
      end.frames = frames;
    }
    return toExecution(end, { launch, job, signal }, effects.clock.monotonic() - start);
  } finally {
    await removeScratch(parts.machine, cwd);
  }
}

async function surroundings(
  { kit, python }: Parts,
  job: SandboxJob,
  signal: AbortSignal,
): Promise<{ layers: readonly string[]; folder: string | undefined }> {
  const installed = kit.layers({ ...job, python }, signal);
  const [layers, dataKit] = await Promise.all([installed, kit.dataKit()]);
  return { layers: layers.map(({ folder }) => folder), folder: dataKit?.folder };
}

interface Places {
  cwd: string;
  layers: readonly string[];
  kit: string | undefined;
}

function programSpec(parts: Parts, job: SandboxJob, { cwd, layers, kit }: Places): ProcessSpec {
  const { texts, node, runner, shell, python } = parts;
  const links = [job.inputs ?? '', job.shared ?? ''];
  const isShell = job.language === 'shell';
  const [command = '', ...args] =
    job.language === 'python' || isShell
      ? [
          ...runner,
          ...(isShell && shell ? [`shell=${shell.path}`] : []),
          ...[`cwd=${cwd}`, 'alone=1', `inputs=${links[0]}`, `shared=${links[1]}`],
          ...[`calls=${CALLS.descriptor}`, `tools_text=${texts.pythonTools}`],
          ...(layers.length > 0 ? [`layers=${layers.join('\n')}`] : []),
          ...limitWords(kernelLimits(job), ['nproc']),
          '--',
        ]
      : nodeCommand(
          node.path,
          { texts, language: job.language, policy: job.policy, cwd },
          { calls: CALLS.descriptor, links, layers, kit, ahead: false },
        );
  const plain = programEnv(cwd, `${cwd}/tmp`);
  const found = { node: node.path, python: python?.path, layers };
  const env = isShell ? shellEnv(plain, found) : plain;
  return { command, args, cwd, env, extra: EXTRA };
}

function collectorSpec({ texts, node }: Parts, cwd: string): ProcessSpec {
  const [command = '', ...args] = collectCommand(node.path, texts);
  return { command, args: [...args, cwd], cwd, env: {}, extra: ['pipe'] };
}
