import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { isBinary, isUtf8, suffixOf, utf16Mark } from './binary.ts';
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
  const content = cut(new TextDecoder(encoding).decode(bytes, { stream: size > bytes.length }));
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
  { workspace }: ToolContext,
): Promise<{ path: string; bytes: Uint8Array; size: number } | ToolResult> {
  try {
    return await workspace.read(path, MAX_CHARS * BYTES_PER_CHAR);
  } catch (error) {
    if (!(error instanceof AwpError) || error.code !== 'tool/not-found') throw error;
    return failure(404, `${error.message}; ${await filesThere(workspace)}`);
  }
}

function encodingOf(bytes: Uint8Array): string {
  return utf16Mark(bytes) ?? (isUtf8(bytes) ? 'utf-8' : 'latin1');
}

function cut(text: string): { text: string; cut: boolean } {
  if (text.length <= MAX_CHARS) return { text, cut: false };
  // A surrogate pair is kept or dropped as a whole.
  const end = text.codePointAt(MAX_CHARS - 1) ?? 0;
  return { text: text.slice(0, end > 0xffff ? MAX_CHARS - 1 : MAX_CHARS), cut: true };
}
