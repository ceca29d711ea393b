import { AwpError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { languageNamed } from '../events/languages.ts';
import type { Language } from '../events/plan.ts';
import type { Execution, Sandbox, SandboxJob, SandboxLanguage } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { type FileWarning, fileWarning } from './file-checks.ts';
import { filesThere } from './files-there.ts';
import { limitWords } from './limit-words.ts';
import { complaintOf, type FailedProgram } from './program-hints.ts';
import { failure, numberOf, success, textOf } from './results.ts';

/** The box keeps the run's own limits; this only bounds a call whose box would not come back. */
const MOST_TIME_MS = 3_600_000;
/** What a box needs after its program to hand the files back, out of the time for the call. */
const TIME_TO_COLLECT_MS = 500;
/** Requests of a program that its result lists. */
const LISTED_REQUESTS = 50;
/** How the proxy words what it refused, not what failed. */
const REFUSED = 'network/denied';

/** `code.execute`: runs a program in the box of the run and keeps what it wrote below `output/`. */
export const codeExecute: Tool = {
  name: 'code.execute',
  description:
    'Run a program in the sandbox. It starts, in a fresh process, in a folder with inputs/ and shared/ (read-only) and output/ (what is written there is kept and handed to the user): use these relative paths. Print what you need to know.',
  parameters: {
    type: 'object',
    properties: {
      code: { type: 'string', minLength: 1, description: 'the whole program' },
      language: {
        type: 'string',
        description:
          'python, javascript or typescript; the first that the sandbox has when left out',
      },
      timeout: { type: 'number', exclusiveMinimum: 0, description: 'seconds' },
      stdin: { type: 'string', description: 'what it reads on standard input' },
      args: {
        type: 'array',
        items: { type: 'string', maxLength: 4096 },
        maxItems: 64,
        description: 'its arguments',
      },
    },
    required: ['code'],
    additionalProperties: false,
  },
  idempotent: true,
  timeoutMs: MOST_TIME_MS,
  run: execute,
};

async function execute(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const sandbox = await context.sandbox();
  const language = languageOf(textOf(args, 'language'), sandbox);
  if (language === undefined) return failure(400, unknownLanguage(args, sandbox));
  const job = await jobOf(args, language.language, context);
  const execution = await sandbox.run(job, context.signal);
  // A call that nobody waits for any more has no result; whoever stopped it says why.
  context.signal.throwIfAborted();
  tellRefused(execution, context);
  const kept = await keepFiles(execution, context);
  if (execution.stopped !== undefined)
    return stoppedResult(execution.stopped, job, { execution, kept });
  if (execution.exitCode === 0) return success(dataOf(execution, withLimits(kept, execution, job)));
  const program = { code: job.code, language: language.description, hosts: job.policy.hosts };
  return await failedResult({ execution, kept, program }, context);
}

async function jobOf(
  args: JsonObject,
  language: Language,
  context: ToolContext,
): Promise<SandboxJob> {
  const { workspace, sandboxPolicy: policy, boxTools, agent } = context;
  const stdin = textOf(args, 'stdin');
  return {
    language,
    code: textOf(args, 'code') ?? '',
    timeoutMs: timeoutOf(numberOf(args, 'timeout'), context),
    policy,
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: await workspace.output(),
    ...(stdin !== undefined && { stdin: new TextEncoder().encode(stdin) }),
    ...(Array.isArray(args.args) && { args: args.args.map(String) }),
    ...(boxTools && { tools: boxTools }),
    ...(policy.session === 'persistent' && { session: agent }),
  };
}

function languageOf(
  asked: string | undefined,
  { languages }: Sandbox,
): SandboxLanguage | undefined {
  if (asked === undefined || asked === '') return languages[0];
  const name = languageNamed(asked);
  return languages.find(({ language }) => language === name);
}

function unknownLanguage(args: JsonObject, { languages, name }: Sandbox): string {
  const there = languages.map(({ language }) => language).join(', ');
  if (there === '') return `the sandbox (${name}) has no language to run programs in`;
  return `the sandbox has no ${JSON.stringify(textOf(args, 'language'))}; there is: ${there}`;
}

function timeoutOf(seconds: number | undefined, { sandboxPolicy, timeoutMs }: ToolContext): number {
  const asked = seconds === undefined ? sandboxPolicy.timeoutMs : seconds * 1000;
  const left = Math.max(1, timeoutMs - TIME_TO_COLLECT_MS);
  return Math.max(1, Math.floor(Math.min(asked, sandboxPolicy.timeoutMs, left)));
}

/** A request to where a program may not go is told in the log, as any other call that is refused. */
function tellRefused({ requests = [] }: Execution, { denied }: ToolContext): void {
  for (const { method, host, problem } of requests) {
    if (problem?.startsWith(REFUSED)) denied(`${method} ${host}: ${problem}`);
  }
}

interface Kept {
  files: { path: string; bytes: number }[];
  warnings: FileWarning[];
  notes: string[];
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

/** Limits that a program met without being stopped, in words. */
function withLimits(kept: Kept, { limits }: Execution, { policy }: SandboxJob): Kept {
  return { ...kept, notes: [...kept.notes, ...limits.map((limit) => limitWords(limit, policy))] };
}

function dataOf(execution: Execution, kept: Kept): JsonObject {
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

interface Ended {
  execution: Execution;
  kept: Kept;
}

function stoppedResult(
  stop: NonNullable<Execution['stopped']>,
  { policy, timeoutMs }: SandboxJob,
  { execution, kept }: Ended,
): ToolResult {
  const data = dataOf(execution, kept);
  if (stop === 'timeout') {
    const seconds = timeoutMs / 1000;
    return failure(408, `the program was stopped after ${seconds} s; make it do less`, data);
  }
  return failure(500, `the program was stopped: ${limitWords(stop, policy)}`, data);
}

async function failedResult(
  { execution, kept, program }: Ended & { program: FailedProgram },
  { workspace, sandboxPolicy }: ToolContext,
): Promise<ToolResult> {
  const { message, syntax, hints, missingFile } = complaintOf(execution, program);
  const data = dataOf(execution, kept);
  const said = message === '' ? 'it said nothing' : message;
  const place = syntax?.line === undefined ? '' : ` in line ${syntax.line}`;
  const head = syntax
    ? `the program could not be read${place}: ${said}`
    : `the program ended with exit code ${execution.exitCode ?? 'unknown'}: ${said}`;
  const more = execution.limits.map((limit) => limitWords(limit, sandboxPolicy));
  const lines = [head, ...[...hints, ...more].map((hint) => `hint: ${hint}`)];
  if (missingFile) lines.push(`hint: ${await filesThere(workspace)}`);
  if (!syntax) return failure(500, lines.join('\n'), data);
  lines.push(`hint: ${syntax.hint}`);
  return failure(400, lines.join('\n'), { ...data, syntax_error: { ...syntax } });
}
