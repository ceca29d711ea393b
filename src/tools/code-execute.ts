import { AwpError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Language } from '../events/plan.ts';
import type { Execution, Sandbox } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { type FileWarning, fileWarning } from './file-checks.ts';
import { filesThere } from './files-there.ts';
import { complaintOf } from './program-hints.ts';
import { failure, numberOf, success, textOf } from './results.ts';

/** The box keeps the run's own limits; this only bounds a call whose box would not come back. */
const MOST_TIME_MS = 3_600_000;
/** What a box needs after its program to hand the files back, out of the time for the call. */
const TIME_TO_COLLECT_MS = 500;
/** Names that models use for the languages. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['py', 'python'],
  ['python3', 'python'],
  ['js', 'javascript'],
  ['node', 'javascript'],
  ['ts', 'typescript'],
]);

/** `code.execute`: runs a program in the box of the run and keeps what it wrote below `output/`. */
export const codeExecute: Tool = {
  name: 'code.execute',
  description:
    'Run a program in the sandbox. It starts, in a fresh process, in a folder with inputs/ and shared/ (read-only) and output/ (what is written there is kept and handed to the user): use these relative paths. There is no network. Print what you need to know.',
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
  const { workspace, sandboxPolicy, signal } = context;
  const timeoutMs = timeoutOf(numberOf(args, 'timeout'), context);
  const job = {
    language,
    code: textOf(args, 'code') ?? '',
    timeoutMs,
    policy: sandboxPolicy,
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: await workspace.output(),
  };
  const execution = await sandbox.run(job, signal);
  // A call that nobody waits for any more has no result; whoever stopped it says why.
  signal.throwIfAborted();
  const kept = await keepFiles(execution, context);
  const data = dataOf(execution, kept);
  if (execution.stopped !== undefined) return stoppedResult(execution.stopped, timeoutMs, data);
  if (execution.exitCode === 0) return success(data);
  return await failedResult(execution, data, context);
}

function languageOf(asked: string | undefined, { languages }: Sandbox): Language | undefined {
  if (asked === undefined || asked === '') return languages[0]?.language;
  const wanted = asked.trim().toLowerCase();
  const name = SYNONYMS.get(wanted) ?? wanted;
  return languages.find(({ language }) => language === name)?.language;
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

function dataOf({ stdout, stderr, exitCode }: Execution, kept: Kept): JsonObject {
  const warnings = kept.warnings.map((warning): Json => ({ ...warning }));
  return {
    stdout,
    stderr,
    returncode: exitCode ?? null,
    files: kept.files,
    ...(kept.notes.length > 0 && { notes: kept.notes }),
    ...(warnings.length > 0 && {
      _file_warnings: warnings,
      _has_critical_file_errors: kept.warnings.some(({ severity }) => severity === 'critical'),
    }),
  };
}

type Stop = NonNullable<Execution['stopped']>;

function stoppedResult(stop: Stop, timeoutMs: number, data: JsonObject): ToolResult {
  if (stop === 'timeout') {
    const seconds = timeoutMs / 1000;
    return failure(408, `the program was stopped after ${seconds} s; make it do less`, data);
  }
  return failure(500, `the program was stopped: ${WHY_STOPPED[stop]}`, data);
}

const WHY_STOPPED: Readonly<Record<Exclude<Stop, 'timeout'>, string>> = {
  cpu: 'its processor time was used up; make it do less',
  memory: 'its memory was used up; read files in pieces and keep less',
  cancelled: 'the run was cancelled',
  processes: 'it started too many processes or threads',
  output: 'it printed too much; print only what you need to know',
  files: 'its files became too many or too large',
};

async function failedResult(
  execution: Execution,
  data: JsonObject,
  { workspace }: ToolContext,
): Promise<ToolResult> {
  const { message, syntax, hints, missingFile } = complaintOf(execution);
  const said = message === '' ? 'it said nothing' : message;
  const place = syntax?.line === undefined ? '' : ` in line ${syntax.line}`;
  const head = syntax
    ? `the program could not be read${place}: ${said}`
    : `the program ended with exit code ${execution.exitCode ?? 'unknown'}: ${said}`;
  const lines = [head, ...hints.map((hint) => `hint: ${hint}`)];
  if (missingFile) lines.push(`hint: ${await filesThere(workspace)}`);
  if (!syntax) return failure(500, lines.join('\n'), data);
  return failure(400, lines.join('\n'), { ...data, syntax_error: { ...syntax } });
}
