import type { JsonObject } from '../base/json.ts';
import { jsonBytes } from '../base/json.ts';
import type { CodeLanguage } from '../events/creation.ts';
import type { Execution, SandboxLanguage } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import {
  type EndedProgram,
  endedData,
  jobFor,
  programData,
  runProgram,
  stoppedResult,
} from './box-program.ts';
import { failedProgram } from './failed-program.ts';
import { failure, numberOf, success, textOf } from './results.ts';
import { type Handed, solveTools, solving } from './solve-box.ts';

/** The box keeps the run's own limits; this only bounds a call whose box would not come back. */
const MOST_TIME_MS = 3_600_000;
/** Bytes of JSON that `solve` may return. */
const VALUE_BYTES = 900_000;
/** Characters that are kept of each of what a program prints. */
const CONSOLE_CHARS = 8000;
/** Calls that the channel takes beyond those of tools: for the state and for what is handed back. */
const SPARE_CALLS = 1000;

/**
 * `code.solve`: the program of an agent in code mode (spec, capabilities 3). It runs the program and
 * then its `solve(sdk)`, whose value is `value` of the result. Models are not told of it: its calls
 * follow from the text of an answer.
 */
export const codeSolve: Tool = {
  name: 'code.solve',
  description: 'Run a program that defines solve(sdk), and return what that returns.',
  parameters: {
    type: 'object',
    properties: {
      code: { type: 'string', minLength: 1, description: 'the whole program' },
      language: { enum: ['python', 'javascript', 'typescript'] },
      timeout: { type: 'number', exclusiveMinimum: 0, description: 'seconds' },
      console: {
        type: 'boolean',
        description: 'whether what it prints is kept; yes when left out',
      },
    },
    required: ['code', 'language'],
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'exact',
  needsBox: true,
  timeoutMs: MOST_TIME_MS,
  run: solve,
};

async function solve(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const sandbox = await context.sandbox();
  const language = textOf(args, 'language') as CodeLanguage; // the schema has no others
  const code = textOf(args, 'code') ?? '';
  const known = sandbox.languages.find((one) => one.language === language);
  if (!known) return failure(503, noLanguage(language, sandbox.languages));
  const { boxTools, session, agent } = context;
  const job = await jobFor(context, numberOf(args, 'timeout'));
  const { toolCalls } = job.policy;
  const { tools, handed } = solveTools(boxTools, { session, most: toolCalls });
  const ended = await runProgram(
    sandbox,
    {
      ...job,
      policy: { ...job.policy, toolCalls: toolCalls + SPARE_CALLS },
      ...{ language, tools, code: solving(code, language) },
      ...(job.policy.session === 'persistent' && { session: agent }),
    },
    context,
  );
  const given = handed();
  const notes = keep(given, context);
  const data = dataOf(ended, notes, args.console !== false);
  if (given.value !== undefined) return returned(given, { ended, data });
  const stopped = stoppedResult(ended);
  if (stopped) return { ...stopped, data };
  if (ended.execution.exitCode === 0) {
    return failure(422, 'the program ended before solve had returned a value', data);
  }
  const own = { ...ended, job: { ...ended.job, code }, language: known.description };
  return await failedProgram(own, data, context);
}

function noLanguage(language: string, languages: readonly SandboxLanguage[]): string {
  const there = languages.map((one) => one.language).join(', ') || 'none';
  return `tool/not-configured: the sandbox does not run ${language}; it runs ${there}`;
}

/** Keeps the state, if there is one; what is wrong with it, in sentences. */
function keep({ state }: Handed, { session }: ToolContext): string[] {
  if (!session || !state) return [];
  const problem = session.keep(state);
  return problem === undefined ? [] : [problem];
}

/** A value counts, whatever the program did after it. */
function returned(
  { value = null }: Handed,
  { ended, data }: { ended: EndedProgram; data: JsonObject },
) {
  const bytes = jsonBytes(value);
  if (bytes > VALUE_BYTES) {
    const error = `what solve returned has ${bytes} bytes, more than ${VALUE_BYTES}: write it to a file below output/`;
    return failure(422, error, data);
  }
  const after = afterwards(ended.execution);
  const notes = Array.isArray(data.notes) ? data.notes : [];
  return success({ value, ...data, ...(after && { notes: [...notes, after] }) });
}

function afterwards({ stopped, exitCode }: Execution): string | undefined {
  if (stopped !== undefined) return `after solve had returned, the program was stopped: ${stopped}`;
  return exitCode === 0 ? undefined : 'after solve had returned, the program failed';
}

function dataOf(ended: EndedProgram, notes: readonly string[], isKept: boolean): JsonObject {
  const isGood = ended.execution.exitCode === 0;
  const { stdout, stderr, returncode, ...more } = isGood ? endedData(ended) : programData(ended);
  const all = [...(Array.isArray(more.notes) ? more.notes : []), ...notes];
  const said = [
    ['stdout', cut(stdout)],
    ['stderr', cut(stderr)],
  ].filter(([, text]) => text !== '');
  return {
    ...(!isGood && { returncode: returncode ?? null }),
    ...more,
    ...(all.length > 0 && { notes: all }),
    ...(isKept && said.length > 0 && { console: Object.fromEntries(said) }),
  };
}

/** The end of a long text is where its error is. */
function cut(text: JsonObject[string] | undefined): string {
  const whole = typeof text === 'string' ? text : '';
  if (whole.length <= CONSOLE_CHARS) return whole;
  const left = whole.length - CONSOLE_CHARS;
  return `... ${left} characters left out ... ${whole.slice(-CONSOLE_CHARS).toWellFormed()}`;
}
