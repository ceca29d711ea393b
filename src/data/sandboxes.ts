import { basename } from 'node:path';
import { sandboxes } from '../builtins.ts';
import type { Language, SandboxName } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { Execution, Sandbox } from '../ports/sandbox.ts';
import { type SandboxFacts, surveySandboxes } from '../sandboxes/choose.ts';
import { HOSTILE_PROGRAMS } from '../sandboxes/hostile/programs.ts';
import { type HostileOptions, type HostileReport, runHostile } from '../sandboxes/hostile/run.ts';
import { PROVIDERS } from '../sandboxes/providers.ts';
import { file, resolveInputs } from './inputs.ts';
import { sandboxPolicy } from './make-plan.ts';
import { checkPython } from './sandbox-options.ts';
import { setVariables } from './set-variables.ts';

/** Names of the boxes, strongest first. */
export const SANDBOX_NAMES: readonly SandboxName[] = PROVIDERS.map(({ name }) => name);

/** Names of the hostile programs, in their order. */
export const HOSTILE_IDS: readonly string[] = HOSTILE_PROGRAMS.map(({ id }) => id);

/** A program that a person wants to see in a box. */
export interface BoxProgram {
  code: string;
  language: Language;
  /** The box; else the strongest of this machine that has the language. */
  provider?: SandboxName;
  /** The Python that runs it, as `python` of `WorkflowOptions`. */
  python?: string;
  /** Wall clock, in milliseconds; the default of workflows when left out. */
  timeoutMs?: number;
  /** Absolute paths of files that go into `inputs/`. */
  inputs: readonly string[];
  /** Hosts that it may reach. */
  hosts: readonly string[];
  args: readonly string[];
}

/** What came of it, and where it was run. */
export interface BoxRun {
  box: Pick<Sandbox, 'name' | 'isolation'>;
  language: Language;
  execution: Execution;
}

/** What is known of every box of this machine, strongest first; each is tried for it. */
export function boxFacts(effects: Effects): Promise<readonly SandboxFacts[]> {
  return surveySandboxes(effects);
}

/**
 * Runs one program as a worker's would run. Throws `usage/bad-option` for a Python that could not run
 * it, `sandbox/...` when there is no box for it, and `source/...` when an input cannot be had.
 */
export async function runInBox(
  program: BoxProgram,
  effects: Effects,
  signal: AbortSignal,
): Promise<BoxRun> {
  const { language, provider, python, hosts, timeoutMs, code, args } = program;
  checkPython(python, { languages: [language], ...(provider && { only: provider }) });
  const defaults = sandboxPolicy(provider ?? 'auto');
  const policy = {
    ...defaults,
    ...{ timeoutMs: timeoutMs ?? defaults.timeoutMs, hosts, languages: [language] },
  };
  const secrets = setVariables(effects.secrets, { python });
  return await withInputs(program.inputs, effects, async (inputs) => {
    const sandbox = await sandboxes({ ...effects, secrets })(policy);
    try {
      const job = { language, code, timeoutMs: policy.timeoutMs, policy, inputs, args };
      const execution = await sandbox.run({ ...job, shared: undefined, output: [] }, signal);
      return { box: { name: sandbox.name, isolation: sandbox.isolation }, language, execution };
    } finally {
      await sandbox.close();
    }
  });
}

/** Runs hostile programs in one box. Throws `sandbox/unavailable` when it cannot be had. */
export function testBox(
  name: SandboxName,
  effects: Effects,
  options: HostileOptions,
): Promise<HostileReport> {
  return runHostile(effects, () => sandboxes(effects)(sandboxPolicy(name)), options);
}

/** The files in a folder of their own, as a run keeps its inputs, which is removed afterwards. */
async function withInputs<T>(
  paths: readonly string[],
  { files }: Effects,
  work: (folder: string | undefined) => Promise<T>,
): Promise<T> {
  if (paths.length === 0) return await work(undefined);
  const folder = await files.temporaryFolder('awp-sandbox-run-');
  try {
    const inputs = Object.fromEntries(paths.map((path) => [basename(path), file(path)]));
    await resolveInputs(inputs, { folder, files });
    return await work(`${folder}/inputs`);
  } finally {
    await files.remove(folder);
  }
}
