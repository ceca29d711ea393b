import { AwpError } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import { toolNameProblem } from '../base/tool-names.ts';
import type { Tool } from '../ports/tool.ts';

/** A tool of the manifest's `custom_tools.declarations`, of either form. */
export interface DeclaredTool {
  name: string;
  /** Path of its file as it is written; undefined when any file may have it. */
  file: string | undefined;
  description?: string;
  version?: string;
  parameters?: JsonObject;
  returns?: JsonObject;
  secrets?: readonly string[];
  /** Whether it may stand for a built-in tool. */
  replaces: boolean;
  meta?: {
    sideEffects: boolean;
    idempotent: boolean;
    rate?: { perMinute?: number; perHour?: number };
  };
}

/** A tool and the file that it is in, from the folder of tools. */
export interface FoundTool {
  tool: Tool;
  path: string;
}

/**
 * The tools that a workflow has: those of its files, with what its manifest says of them. Throws
 * `tool/mismatch` when a file does not have what is declared, when two tools have one name, and for
 * a name that is not allowed.
 */
export function declaredTools(
  found: readonly FoundTool[],
  declared: readonly DeclaredTool[],
  { discover, sourceDir }: { discover: boolean; sourceDir: string },
): Tool[] {
  const byName = new Map<string, FoundTool>();
  for (const one of found) {
    const first = byName.get(one.tool.name);
    if (first) {
      throw mismatch(
        `${one.tool.name} is in ${first.path} and in ${one.path}`,
        'rename one of them',
      );
    }
    byName.set(one.tool.name, one);
  }
  const said = new Map(declared.map((one) => [one.name, one]));
  for (const one of declared) checkDeclared(one, byName.get(one.name), sourceDir);
  const used = found.filter(({ tool }) => discover || said.has(tool.name));
  return used.map((one) => completed(one, said.get(one.tool.name)));
}

function checkDeclared(
  { name, file, parameters, secrets }: DeclaredTool,
  found: FoundTool | undefined,
  sourceDir: string,
): void {
  if (!found || (file !== undefined && !isFile(file, found.path, sourceDir))) {
    const where = file ?? 'the files';
    const other = found === undefined ? '' : `; ${found.path} has it`;
    throw mismatch(`${name} is declared, and ${where} does not have it${other}`);
  }
  if (parameters && !sameNames(parameters, found.tool.parameters)) {
    throw mismatch(`${name} has other arguments in ${found.path} than the manifest declares`);
  }
  const bare = (names: readonly string[] = []): string[] =>
    names.map((one) => one.replace(/\?$/, ''));
  const undeclared =
    secrets && bare(found.tool.secrets).find((one) => !bare(secrets).includes(one));
  if (undeclared !== undefined) {
    throw mismatch(`${name} wants the secret ${undeclared}, which the manifest does not give it`);
  }
}

/** A file may be named from the workflow or from the folder of tools, and without its ending. */
function isFile(file: string, path: string, sourceDir: string): boolean {
  const bare = path.replace(/\.\w+$/, '');
  const named = file.replace(/^(\.\/)+/, '');
  const names = [path, bare, bare.replaceAll('/', '.')];
  const top = sourceDir.replace(/\/+$/, '');
  return (
    names.includes(named) ||
    [path, bare].some((one) => named === `${top}/${one}`) ||
    named === `${top}/${bare}`.replaceAll('/', '.')
  );
}

function sameNames(one: JsonObject, other: JsonObject): boolean {
  const names = ({ properties, required }: JsonObject): string => {
    const all = isObject(properties) ? Object.keys(properties).sort() : [];
    return JSON.stringify([all, Array.isArray(required) ? [...required].sort() : []]);
  };
  return names(one) === names(other);
}

/** The tool as its file has it, where the manifest says no more. */
function completed({ tool, path }: FoundTool, said: DeclaredTool | undefined): Tool {
  const problem = toolNameProblem(tool.name, said?.replaces ?? false);
  if (problem !== undefined) throw mismatch(`${path}: ${problem}`);
  if (!said) return tool;
  const { description, version, parameters, returns, secrets, meta } = said;
  return {
    ...tool,
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(parameters && { parameters }),
    ...(returns && { returns }),
    ...(secrets && { secrets }),
    ...(meta && { sideEffects: meta.sideEffects, idempotent: meta.idempotent }),
    ...(meta?.rate && { rate: meta.rate }),
  };
}

function mismatch(message: string, hint = 'make the manifest and the file agree'): AwpError {
  return new AwpError('tool/mismatch', message, { hint });
}
