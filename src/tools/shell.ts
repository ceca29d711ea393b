import type { JsonObject } from '../base/json.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import { SHELL_BOXES } from '../events/languages.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { endedData, jobFor, runProgram, stoppedResult } from './box-program.ts';
import { failure, numberOf, success, textOf } from './results.ts';

/** Seconds of a command (spec, capabilities 1.5). */
const USUAL_SECONDS = 30;
const MOST_SECONDS = 120;
/** Beyond the longest command, only a box that does not come back takes time. */
const MOST_TIME_MS = (MOST_SECONDS + 10) * 1000;
/** Characters of a result (same source). */
const STDOUT_CHARS = 50_000;
const STDERR_CHARS = 10_000;

const FOLDERS = ['inputs', 'shared', 'output'];

/**
 * `shell.execute` and `terminal.execute`: a command of the shell in a fresh box. There is no list of
 * forbidden words: none holds (spec, capabilities 1.5), and nothing outside of the box can be reached.
 */
export const shellTools: readonly Tool[] = [
  shellTool('shell.execute', 'Run a shell command in the sandbox.'),
  shellTool('terminal.execute', 'Run a command in a terminal of the sandbox, as shell.execute.'),
];

function shellTool(name: string, what: string): Tool {
  return {
    name,
    description: `${what} It starts in a folder with inputs/ and shared/ (read-only) and output/ (what is written there is kept and handed to the user). Each command starts fresh; a return code that is not 0 is a result, no error.`,
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', minLength: 1, description: 'one line or a whole script' },
        timeout: {
          type: 'number',
          exclusiveMinimum: 0,
          default: USUAL_SECONDS,
          description: `seconds, ${MOST_SECONDS} at most`,
        },
        cwd: { type: 'string', description: 'where it starts: inputs, shared or below output' },
      },
      required: ['command'],
      additionalProperties: false,
    },
    idempotent: true,
    grant: 'explicit',
    needsBox: true,
    timeoutMs: MOST_TIME_MS,
    run: execute,
  };
}

async function execute(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const sandbox = await context.sandbox();
  if (!sandbox.shell) return failure(503, noShell(sandbox));
  const cwd = textOf(args, 'cwd') ?? '';
  const refused = await cwdProblem(cwd, context);
  if (refused) return refused;
  const seconds = Math.min(numberOf(args, 'timeout') ?? USUAL_SECONDS, MOST_SECONDS);
  const job = {
    ...(await jobFor(context, seconds)),
    language: 'shell' as const,
    code: startingIn(cwd, textOf(args, 'command') ?? ''),
  };
  const ended = await runProgram(sandbox, job, context);
  const { stdout, stderr } = ended.execution;
  const execution = {
    ...ended.execution,
    stdout: clipped(stdout, STDOUT_CHARS),
    stderr: clipped(stderr, STDERR_CHARS),
  };
  const kept = { ...ended.kept, notes: [...ended.kept.notes, ...notesOn(stderr)] };
  const shown = { ...ended, execution, kept };
  return stoppedResult(shown) ?? success(endedData(shown));
}

/** Standard output and error of a box are sockets, which the kernel does not open by their names. */
function notesOn(stderr: string): string[] {
  if (!/\/dev\/std(?:out|err): No such device/.test(stderr)) return [];
  return ['/dev/stdout and /dev/stderr cannot be opened by name: write >&1 and >&2'];
}

function noShell({ name }: Sandbox): string {
  const boxes = SHELL_BOXES.join(', ');
  return `the sandbox (${name}) has no shell here; these can have one, where there is a Python and the workflow does not leave Python out: ${boxes}`;
}

/** Why a command may not start in a folder, as a result; undefined when it may. */
async function cwdProblem(cwd: string, context: ToolContext): Promise<ToolResult | undefined> {
  if (cwd === '' || cwd === '.') return undefined;
  const problem = pathProblem(cwd);
  const [top = '', ...below] = normalPath(cwd).split('/');
  if (problem !== undefined || (top !== '' && !FOLDERS.includes(top))) {
    const why = problem ?? `it has to be one of ${FOLDERS.join(', ')}, or below`;
    context.denied(`cwd ${JSON.stringify(cwd.slice(0, 200))}: ${why}`, 'acl.sandbox.denied');
    return failure(403, `the command cannot start in ${JSON.stringify(cwd.slice(0, 200))}: ${why}`);
  }
  if (below.length === 0) return undefined;
  const there = await context.workspace.list(normalPath(cwd));
  return there.length > 0 ? undefined : failure(404, `there is no folder ${normalPath(cwd)}`);
}

/** In one line with the command's first, so that the lines of its errors are its own. */
function startingIn(cwd: string, command: string): string {
  const folder = cwd === '' ? '' : normalPath(cwd);
  if (folder === '') return command;
  return `cd -- '${folder.replaceAll("'", "'\\''")}' || exit; ${command}`;
}

/** The beginning and the end of a text, with a note about what lies between them. */
function clipped(text: string, most: number): string {
  if (text.length <= most) return text;
  const note = `\n[... ${(text.length - most).toLocaleString('en-US')} characters left out ...]\n`;
  const half = Math.floor((most - note.length) / 2);
  return text.slice(0, half) + note + text.slice(-half);
}
