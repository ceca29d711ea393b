import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { suffixOf } from '../base/paths.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { isBinary } from './binary.ts';
import { noteDenied } from './file-output.ts';
import { cutText, encodingOf } from './file-text.ts';
import { filesThere } from './files-there.ts';
import { failure, success, textOf } from './results.ts';

/** Characters that one call may return; more would flood the model's context. */
const MAX_CHARS = 100_000;
/** No encoding needs more bytes for a character. */
const BYTES_PER_CHAR = 4;

/** `file.read`: the text of one file of the workspace, at most 100,000 characters of it. */
export const fileRead: Tool = {
  name: 'file.read',
  description:
    'Read a text file below inputs/, shared/ or output/. At most 100,000 characters are returned; "truncated" tells whether there is more. Use code.execute for large or binary files.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'e.g. inputs/data.csv' },
      encoding: {
        enum: ['utf-8', 'utf-16le', 'utf-16be', 'latin1'],
        description: 'found out when left out',
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  idempotent: true,
  run: readFile,
};

async function readFile(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const asked = textOf(args, 'path') ?? '';
  const file = await readOrFail(asked, context);
  if ('ok' in file) return file;
  const { path, bytes, size } = file;
  if (isBinary(path, bytes)) {
    const data = { path, ext: suffixOf(path), size_bytes: size };
    return failure(415, `${path} is a binary file; open it with code.execute`, data);
  }
  const encoding = textOf(args, 'encoding') ?? encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes, { stream: size > bytes.length });
  const content = cutText(text, MAX_CHARS);
  const truncated = size > bytes.length || content.cut;
  return success({
    path,
    content: content.text,
    size: content.text.length,
    bytes: size,
    truncated,
  });
}

async function readOrFail(
  path: string,
  context: ToolContext,
): Promise<{ path: string; bytes: Uint8Array; size: number } | ToolResult> {
  const { workspace } = context;
  try {
    return await workspace.read(path, MAX_CHARS * BYTES_PER_CHAR);
  } catch (error) {
    noteDenied(context, error);
    if (!(error instanceof AwpError) || error.code !== 'tool/not-found') throw error;
    return failure(404, `${error.message}; ${await filesThere(workspace)}`);
  }
}
