import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { outputPath, refusedPath } from './file-output.ts';
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
  const place = outputPath(path);
  if ('problem' in place) {
    return refusedPath(context, `${path} cannot be written: ${place.problem}`);
  }
  const { inOutput } = place;
  const added = new TextEncoder().encode(textOf(args, 'content') ?? '');
  const most = context.sandboxPolicy.filesBytes;
  const before = textOf(args, 'mode') === 'append' ? await existing(inOutput, context) : undefined;
  const size = (before?.size ?? 0) + added.length;
  if (size > most) return failure(400, `the file would have ${size} bytes; at most ${most} may be`);
  const all = before ? new Uint8Array(Buffer.concat([before.bytes, added])) : added;
  const written = await context.workspace.write(inOutput, all);
  return success({ path: written.path, size: written.bytes });
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
