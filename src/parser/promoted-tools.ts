import { namespaceOf, toolNameProblem } from '../base/tool-names.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlMap } from '../base/yaml-node.ts';
import { KEPT_TOOL_BYTES, PROMOTED_FOLDER, readKeptTool } from '../events/kept-tool.ts';
import { S } from './field-codes.ts';
import { type Reading, startOf } from './reading.ts';

/** Files that are looked at; a run looks at more. */
const MOST_FILES = 100;

/**
 * Looks at the tools that a person promoted: only at their form, nothing of them is run (spec,
 * capabilities 12.10, item 145). What is wrong with one is a warning, as a run goes on without it.
 */
export async function checkPromotedTools(
  manifest: YamlMap | undefined,
  reading: Reading,
): Promise<void> {
  const names = await promotedFiles(reading);
  if (names.length === 0) return;
  if (scalarAt(manifest, 'dynamic_tools', 'enabled')?.value !== true) {
    reading.report(S.promoted, {
      at: startOf(`${PROMOTED_FOLDER}/${names[0]}`),
      message: `the tools in \`${PROMOTED_FOLDER}\` are not used: no tools can be made here`,
      help: 'write `dynamic_tools: { enabled: true }`, or take them away: awp tools rm NAME',
    });
    return;
  }
  const allowed = allowedNamespaces(manifest);
  for (const name of names.slice(0, MOST_FILES)) {
    const path = `${PROMOTED_FOLDER}/${name}`;
    const problem = await problemOf(path, allowed, reading);
    if (problem) reading.report(S.promoted, { at: startOf(path), ...problem });
  }
}

async function promotedFiles({ files }: Reading): Promise<string[]> {
  try {
    if ((await files.info(PROMOTED_FOLDER))?.kind !== 'folder') return [];
    const names = await files.list(PROMOTED_FOLDER);
    return names.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  } catch {
    return [];
  }
}

async function problemOf(
  path: string,
  allowed: readonly string[],
  { files }: Reading,
): Promise<{ message: string; help: string } | undefined> {
  const text = await textOf(path, files);
  if (text === undefined) {
    const help = 'put a regular file of UTF-8 in its place, or take it away';
    return { message: `no tool can be read from \`${path}\``, help };
  }
  const read = readKeptTool(text);
  if (!('draft' in read)) return { message: `no tool: ${read.error}`, help: read.hint };
  const { name } = read.draft;
  const wrong = toolNameProblem(name);
  if (wrong !== undefined) return { message: wrong, help: 'promote it again under another name' };
  const namespace = namespaceOf(name);
  if (allowed.includes(namespace)) return undefined;
  const help = `add \`${namespace}\` to \`dynamic_tools.allowed_namespaces\`, or take the tool away`;
  return { message: `the namespace of \`${name}\` is not allowed by the workflow`, help };
}

/** The text of a small regular file; undefined when there is none. */
async function textOf(path: string, files: Reading['files']): Promise<string | undefined> {
  try {
    const info = await files.info(path);
    if (info?.kind !== 'file' || info.bytes > KEPT_TOOL_BYTES) return undefined;
    const bytes = await files.readBytes(path, KEPT_TOOL_BYTES);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function allowedNamespaces(manifest: YamlMap | undefined): string[] {
  const steps = ['dynamic_tools', 'allowed_namespaces'];
  if (nodeAt(manifest, ...steps) === undefined) return ['dynamic'];
  return itemsAt(manifest, ...steps).flatMap((entry) => {
    const own = entry.kind === 'scalar' ? entry.value : textAt(entry, 'name');
    return typeof own === 'string' ? [own] : [];
  });
}
