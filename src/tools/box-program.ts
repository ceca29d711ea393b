import { AwpError } from '../base/errors.ts';
import { type FileWarning, fileWarning } from '../base/file-checks.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Execution, Sandbox, SandboxJob } from '../ports/sandbox.ts';
import type { ToolContext, ToolResult } from '../ports/tool.ts';
import { limitWords } from './limit-words.ts';
import { failure } from './results.ts';

/** What every tool shares that runs a program in the box of the run. */

/** What a box needs after its program to hand the files back, out of the time for the call. */
const TIME_TO_COLLECT_MS = 500;
/** Requests of a program that its result lists. */
const LISTED_REQUESTS = 50;
/** How the proxy words what it refused, not what failed. */
const REFUSED = 'network/denied';

/** What a program left behind, as its result tells it. */
interface Kept {
  files: { path: string; bytes: number }[];
  warnings: FileWarning[];
  notes: string[];
}

/** A program that is over. */
export interface EndedProgram {
  job: SandboxJob;
  execution: Execution;
  kept: Kept;
}

/** The part of a job that the call decides; `seconds`: the time that was asked for, the box's own when left out. */
export async function jobFor(
  context: ToolContext,
  seconds: number | undefined,
): Promise<Omit<SandboxJob, 'language' | 'code'>> {
  const { workspace, sandboxPolicy: policy, boxSecrets } = context;
  return {
    timeoutMs: timeoutOf(seconds, context),
    policy,
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: await workspace.output(),
    ...(boxSecrets && { secrets: boxSecrets }),
  };
}

function timeoutOf(seconds: number | undefined, { sandboxPolicy, timeoutMs }: ToolContext): number {
  const asked = seconds === undefined ? sandboxPolicy.timeoutMs : seconds * 1000;
  const left = Math.max(1, timeoutMs - TIME_TO_COLLECT_MS);
  return Math.max(1, Math.floor(Math.min(asked, sandboxPolicy.timeoutMs, left)));
}

/**
 * Runs a program and keeps the files that it wrote below `output/`. Rejects with the reason of the
 * context's signal, and with `sandbox/...` when there is no box.
 */
export async function runProgram(
  sandbox: Pick<Sandbox, 'run'>,
  job: SandboxJob,
  context: ToolContext,
): Promise<EndedProgram> {
  const execution = await sandbox.run(job, context.signal);
  // A call that nobody waits for any more has no result; whoever stopped it says why.
  context.signal.throwIfAborted();
  tellRefused(execution, context);
  return { job, execution, kept: await keepFiles(execution, context) };
}

/** A request to where a program may not go is told in the log, as any other call that is refused. */
function tellRefused({ requests = [] }: Execution, { denied }: ToolContext): void {
  for (const { method, host, problem } of requests) {
    if (problem?.startsWith(REFUSED)) denied(`${method} ${host}: ${problem}`, 'network.denied');
  }
}

/** Hands the files over; one that the workspace refuses is a note, and the program's output stays. */
async function keepFiles(execution: Execution, { workspace }: ToolContext): Promise<Kept> {
  const kept: Kept = { files: [], warnings: [], notes: [...execution.notes] };
  for (const { path, bytes } of execution.files) {
    try {
      const file = await workspace.write(path, bytes);
      kept.files.push({ path: file.path, bytes: file.bytes });
      const warning = fileWarning(file.path, bytes);
      if (warning) kept.warnings.push(warning);
    } catch (error) {
      if (!(error instanceof AwpError) || error.family !== 'tool') throw error;
      kept.notes.push(`output/${path} was not kept: ${error.message}`);
    }
  }
  return kept;
}

/** `data` of a program's result. */
export function programData({ execution, kept }: EndedProgram): JsonObject {
  const { stdout, stderr, exitCode, limits, requests = [] } = execution;
  const warnings = kept.warnings.map((warning): Json => ({ ...warning }));
  const listed = requests.slice(0, LISTED_REQUESTS).map((request): Json => ({ ...request }));
  return {
    stdout,
    stderr,
    returncode: exitCode ?? null,
    files: kept.files,
    ...(limits.length > 0 && { limits: [...limits] }),
    ...(listed.length > 0 && { requests: listed }),
    ...(kept.notes.length > 0 && { notes: kept.notes }),
    ...(warnings.length > 0 && {
      _file_warnings: warnings,
      _has_critical_file_errors: kept.warnings.some(({ severity }) => severity === 'critical'),
    }),
  };
}

/** The same of a program that ended by itself: limits that it met without being stopped are told in words. */
export function endedData(ended: EndedProgram): JsonObject {
  const { kept, execution, job } = ended;
  const words = execution.limits.map((limit) => limitWords(limit, job.policy));
  return programData({ ...ended, kept: { ...kept, notes: [...kept.notes, ...words] } });
}

/** The result of a program that the host stopped; undefined when it ended by itself. */
export function stoppedResult(ended: EndedProgram): ToolResult | undefined {
  const { stopped } = ended.execution;
  if (stopped === undefined) return undefined;
  const { policy, timeoutMs } = ended.job;
  const data = programData(ended);
  if (stopped === 'timeout') {
    const seconds = timeoutMs / 1000;
    return failure(408, `the program was stopped after ${seconds} s; make it do less`, data);
  }
  return failure(500, `the program was stopped: ${limitWords(stopped, policy)}`, data);
}
