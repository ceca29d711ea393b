import { scalarAt, textAt, type YamlMap } from '../base/yaml-node.ts';
import type { FoundTool } from '../models/workflow.ts';
import { moduleTools } from './module-tools.ts';
import { pythonTools } from './python-tools.ts';
import { type Reading, startOf } from './reading.ts';

/** Files of tools that are looked at. */
const MOST_FILES = 200;
const MODULE = /\.m?[jt]s$/;
const NO_MODULE = /^_|\.d\.m?ts$|\.(?:test|spec)\.m?[jt]s$/;

/**
 * The tools that files of the workflow have, as their texts say it; nothing of them is run. None
 * where the manifest switches discovery off.
 */
export async function readToolFiles(
  manifest: YamlMap | undefined,
  reading: Reading,
): Promise<FoundTool[]> {
  const custom = ['capabilities', 'custom_tools'] as const;
  if (scalarAt(manifest, ...custom, 'auto_discovery')?.value === false) return [];
  const source = textAt(manifest, ...custom, 'source_dir') ?? 'mcp';
  const folder = reading.resolve({ at: startOf(''), folder: '', path: source });
  if (folder === undefined) return [];
  const names = await reading.list(folder);
  const files = names.filter(
    (name) => (MODULE.test(name) || name.endsWith('.py')) && !NO_MODULE.test(name),
  );
  const found: FoundTool[] = [];
  for (const name of files.slice(0, MOST_FILES)) {
    found.push(...(await toolsOf(`${folder}/${name}`, reading)));
  }
  return found;
}

async function toolsOf(path: string, reading: Reading): Promise<FoundTool[]> {
  const at = startOf(path);
  if ((await reading.kindAt(path, at)) !== 'file') return [];
  const source = await reading.text({ at, folder: '', path });
  if (!source) return [];
  const found = path.endsWith('.py')
    ? pythonTools(source.text).tools
    : moduleTools(source.text).map((tool) => ({ ...tool, async: true }));
  return found.map(({ name, from, to, async }) => ({
    name,
    at: { source, from, to, path: '' },
    async,
  }));
}
