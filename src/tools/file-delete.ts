import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { noteDenied, outputPath, refusedPath } from './file-output.ts';
import { success, textOf } from './results.ts';

/** `file.delete`: takes one of the worker's own files below `output/` away. */
export const fileDelete: Tool = {
  name: 'file.delete',
  description:
    'Delete a file below output/ that you wrote yourself; it is not handed to the user then.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'e.g. output/draft.md' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  idempotent: true,
  run: deleteFile,
};

async function deleteFile(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const path = textOf(args, 'path') ?? '';
  const place = outputPath(path);
  if ('problem' in place) {
    return refusedPath(context, `${path} cannot be deleted: ${place.problem}`);
  }
  try {
    return success({ path: (await context.workspace.remove(`output/${place.inOutput}`)).path });
  } catch (error) {
    noteDenied(context, error);
    throw error;
  }
}
