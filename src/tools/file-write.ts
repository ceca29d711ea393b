import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { failure, success, textOf } from './results.ts';

/** `file.write`: a text file below `output/`, which becomes an artifact of the run. */
export const fileWrite: Tool = {
  name: 'file.write',
  description:
    'Write a text file below output/; it is handed to the user. Folders are made. mode "append" adds to the end of what is there.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'e.g. output/report.md' },
      content: { type: 'string' },
      mode: { enum: ['overwrite', 'append'], default: 'overwrite' },
    },
    required: ['path', 'content'],
    additionalProperties: false,
  },
  idempotent: true,
  run: writeFile,
};

async function writeFile(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const path = textOf(args, 'path') ?? '';
  const inOutput = belowOutput(path);
  if (inOutput === undefined) {
    return failure(403, `${path} cannot be written: ${reason(path)}`);
  }
  const added = new TextEncoder().encode(textOf(args, 'content') ?? '');
  const most = context.sandboxPolicy.filesBytes;
  const before = textOf(args, 'mode') === 'append' ? await existing(inOutput, context) : undefined;
  const size = (before?.size ?? 0) + added.length;
  if (size > most) return failure(400, `the file would have ${size} bytes; at most ${most} may be`);
  const all = before ? new Uint8Array(Buffer.concat([before.bytes, added])) : added;
  const written = await context.workspace.write(inOutput, all);
  return success({ path: written.path, size: written.bytes });
}

/** The path relative to `output/`; a bare name counts as below it. Undefined if it is elsewhere. */
function belowOutput(path: string): string | undefined {
  if (pathProblem(path) !== undefined) return undefined;
  const [first = '', ...rest] = normalPath(path).split('/');
  if (first === 'inputs' || first === 'shared') return undefined;
  const inside = first === 'output' ? rest : [first, ...rest];
  return inside.join('/') || undefined;
}

function reason(path: string): string {
  return pathProblem(path) ?? 'only files below output/ can be written';
}

async function existing(
  inOutput: string,
  { workspace, sandboxPolicy }: ToolContext,
): Promise<{ bytes: Uint8Array; size: number } | undefined> {
  try {
    return await workspace.read(`output/${inOutput}`, sandboxPolicy.filesBytes);
  } catch (error) {
    if (error instanceof AwpError && error.code === 'tool/not-found') return undefined;
    throw error;
  }
}
