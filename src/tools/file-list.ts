import type { JsonObject } from '../base/json.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { refusedPath } from './file-output.ts';
import { matchesGlob } from './glob.ts';
import { failure, success, textOf } from './results.ts';

/** Names that one call returns. */
const MOST_FILES = 1000;
const FOLDERS = ['inputs', 'shared', 'output'];

/** `file.list`: paths of the files of a folder, as the other tools and programs take them. */
export const fileList: Tool = {
  name: 'file.list',
  description:
    'List files. path is inputs, shared, output or a folder below them; without it all three are listed. pattern is matched with file names: * stands for any characters, ? for one.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', default: '' },
      pattern: { type: 'string', maxLength: 255, default: '*' },
      recursive: { type: 'boolean', default: false },
    },
    additionalProperties: false,
  },
  idempotent: true,
  run: listFiles,
};

async function listFiles(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const path = textOf(args, 'path') ?? '';
  const problem = path === '' ? undefined : pathProblem(path);
  if (problem !== undefined) return refusedPath(context, `${path} cannot be listed: ${problem}`);
  const folder = normalPath(path);
  const asked = textOf(args, 'pattern') || '*';
  const everywhere = args.recursive === true || asked.startsWith('**/');
  const pattern = asked.replace(/^(?:\*\*\/)+/, '');
  const below = (await context.workspace.list(folder)).map(({ path: file }) => file);
  if (below.length === 0 && folder !== '' && !FOLDERS.includes(folder)) {
    return failure(404, `there is no folder ${folder} with files in it`);
  }
  const depth = folder === '' ? 2 : folder.split('/').length + 1;
  const files = below.filter((file) => {
    const parts = file.split('/');
    return (everywhere || parts.length === depth) && matchesGlob(pattern, parts.at(-1) ?? '');
  });
  return success({
    files: files.slice(0, MOST_FILES),
    count: files.length,
    ...(files.length > MOST_FILES && { truncated: true }),
  });
}
