import type { ProcessSpec } from '../ports/effects.ts';
import type { Execution, SandboxJob } from '../ports/sandbox.ts';
import { collectLimits, jobFrames, neverStarted, startBox, toExecution } from './box.ts';
import type { NodeRuntime, PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';
import {
  collectCommand,
  collectWords,
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
import { scratchFolder } from './scratch.ts';

const SPARE_BYTES = 1024 * 1024;
const COLLECT_MS = 10_000;

interface Parts {
  machine: Machine;
  texts: RunnerTexts;
  node: NodeRuntime;
  python: PythonRuntime | undefined;
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
  const parts = { machine, texts: await kit.texts(), node, python };
  return {
    name: 'none',
    isolation: 'none: programs can do whatever you can do on this machine',
    languages: languagesOf(node, python),
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
    const launch = {
      spec: programSpec(parts, job, cwd),
      feeds: [jobFrames(job)],
      watchTasks: true,
    };
    const start = effects.clock.monotonic();
    const end = await startBox(effects, { launch, job, signal });
    if (end.stopped === undefined) {
      const collector = { spec: collectorSpec(parts, job, cwd), feeds: [], watchTasks: false };
      const second = { launch: collector, job: { ...job, timeoutMs: COLLECT_MS }, signal };
      const { frames } = await startBox(effects, second);
      end.frames = [...end.frames.filter(({ kind }) => kind === 'S'), ...frames];
    }
    return toExecution(end, { launch, job, signal }, effects.clock.monotonic() - start);
  } finally {
    await effects.files.remove(cwd);
  }
}

function programSpec({ texts, node, python }: Parts, job: SandboxJob, cwd: string): ProcessSpec {
  const links = [job.inputs ?? '', job.shared ?? ''];
  const extension = job.language === 'typescript' ? 'mts' : 'mjs';
  const limits = kernelLimits(job, collectLimits(job).bytes + SPARE_BYTES);
  const options = [
    ...[`cwd=${cwd}`, 'alone=1', `inputs=${links[0]}`, `shared=${links[1]}`],
    ...collectWords(collectLimits(job)),
    ...limitWords(limits, ['nproc']),
    '--',
  ];
  const [command = '', ...args] =
    job.language === 'python'
      ? [...pythonCommand(python?.path ?? '', texts.runner), ...options]
      : [...nodeCommand(node.path, texts, job), cwd, extension, ...links];
  return { command, args, cwd, env: programEnv(cwd, `${cwd}/tmp`), extra: ['pipe'] };
}

function collectorSpec({ texts, node }: Parts, job: SandboxJob, cwd: string): ProcessSpec {
  const { files, bytes } = collectLimits(job);
  const [command = '', ...args] = collectCommand(node.path, texts);
  return { command, args: [...args, cwd, `${files}`, `${bytes}`], cwd, env: {}, extra: ['pipe'] };
}
