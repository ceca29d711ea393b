import type { JsonObject } from '../base/json.ts';
import { languageNamed } from '../events/languages.ts';
import type { Language } from '../events/plan.ts';
import type { Sandbox, SandboxJob, SandboxLanguage } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { endedData, jobFor, programData, runProgram, stoppedResult } from './box-program.ts';
import { failedProgram } from './failed-program.ts';
import { failure, numberOf, success, textOf } from './results.ts';

/** The box keeps the run's own limits; this only bounds a call whose box would not come back. */
const MOST_TIME_MS = 3_600_000;

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
  needsBox: true,
  timeoutMs: MOST_TIME_MS,
  run: execute,
};

async function execute(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const sandbox = await context.sandbox();
  const language = languageOf(textOf(args, 'language'), sandbox);
  if (language === undefined) return failure(400, unknownLanguage(args, sandbox));
  const job = await jobOf(args, language.language, context);
  const ended = await runProgram(sandbox, job, context);
  const stopped = stoppedResult(ended);
  if (stopped) return stopped;
  if (ended.execution.exitCode === 0) return success(endedData(ended));
  const failed = { ...ended, language: language.description };
  return await failedProgram(failed, programData(ended), context);
}

async function jobOf(
  args: JsonObject,
  language: Language,
  context: ToolContext,
): Promise<SandboxJob> {
  const { boxTools, agent } = context;
  const stdin = textOf(args, 'stdin');
  const job = await jobFor(context, numberOf(args, 'timeout'));
  return {
    ...job,
    language,
    code: textOf(args, 'code') ?? '',
    ...(stdin !== undefined && { stdin: new TextEncoder().encode(stdin) }),
    ...(Array.isArray(args.args) && { args: args.args.map(String) }),
    ...(boxTools && { tools: boxTools }),
    ...(job.policy.session === 'persistent' && { session: agent }),
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
