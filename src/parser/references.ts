import {
  entriesAt,
  itemsAt,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlScalar,
} from '../base/yaml-node.ts';
import { S } from './field-codes.ts';
import { type FileReference, type Reading, startOf } from './reading.ts';
import { below } from './resolve-path.ts';

/** Checks that the files and folders are there that a manifest names: tools and sub-workflows. */
export async function checkManifestFiles(tree: YamlMap, reading: Reading): Promise<void> {
  const tools = ['capabilities', 'custom_tools'] as const;
  const folder = textAt(tree, ...tools, 'source_dir') ?? 'mcp';
  for (const declaration of itemsAt(tree, ...tools, 'declarations')) {
    const file = scalarAt(declaration, 'file') ?? scalarAt(declaration, 'module');
    if (file) await checkToolFile(file, folder, reading);
  }
  const names = new Set<string>();
  for (const sub of itemsAt(tree, 'orchestration', 'subworkflows')) {
    const name = textAt(sub, 'name');
    if (name !== undefined) names.add(name);
    const ref = scalarAt(sub, 'ref');
    if (ref) await checkWorkflowFolder(ref, reading);
  }
  for (const node of itemsAt(tree, 'orchestration', 'graph')) {
    const sub = scalarAt(node, 'subworkflow');
    if (sub && !names.has(String(sub.value))) await checkWorkflowFolder(sub, reading);
  }
}

/** A module may be named by its file, from the root or from `source_dir`, or without an ending. */
async function checkToolFile(at: YamlScalar, sourceDir: string, reading: Reading): Promise<void> {
  if (typeof at.value !== 'string' || at.value === '') return;
  const path = at.value;
  const own = reading.resolve({ at, folder: '', path });
  if (own === undefined) return;
  const source = sourceDir.replace(/\/+$/, '');
  const endings = ['', '.py', '.ts', '.js', '.mts', '.mjs'];
  const names = [...endings.map((ending) => path + ending), path.replaceAll('.', '/')];
  for (const name of [...names, `${path.replaceAll('.', '/')}.py`]) {
    for (const place of [name, `${source}/${name}`]) {
      const kind = await reading.kindAt(place, at);
      if (kind === 'file' || kind === 'refused') return;
    }
  }
  reading.missing({ at, folder: source, path });
}

async function checkWorkflowFolder(at: YamlScalar, reading: Reading): Promise<void> {
  if (typeof at.value !== 'string' || at.value === '') return;
  const path = reading.resolve({ at, folder: '', path: at.value });
  if (path === undefined) return;
  const file = /\.ya?ml$/.test(path) ? path : below(path, 'workflow.awp.yaml');
  const kind = await reading.kindAt(file, at);
  if (kind === 'file' || kind === 'refused') return;
  reading.missing({ at, folder: '', path: at.value }, 'workflow');
}

/** Checks the further files of an agent: prompts, descriptions of schemas, skills. */
export async function checkAgentFiles(
  tree: YamlMap,
  folder: string,
  reading: Reading,
): Promise<void> {
  const strategy = below(folder, textAt(tree, 'runtime', 'strategy_folder') ?? 'workflow');
  const template = scalarAt(tree, 'prompt', 'user_template');
  if (isFileName(template)) await oneOf(template, [folder, strategy], reading);
  for (const item of itemsAt(tree, 'prompt', 'additional')) {
    if (item.kind === 'scalar') await oneOf(item, [strategy, folder], reading);
  }
  const description = scalarAt(tree, 'output', 'schema_description');
  if (isFileName(description)) await oneOf(description, [folder, strategy], reading);
  for (const skill of itemsAt(tree, 'capabilities', 'skills', 'agent_specific')) {
    if (skill.kind === 'scalar') await oneOf(skill, [folder, strategy, ''], reading);
  }
}

/** A text on one line without braces is the name of a file; anything else is the text itself. */
function isFileName(node: YamlScalar | undefined): node is YamlScalar {
  return typeof node?.value === 'string' && node.value !== '' && !/[\n{}]/.test(node.value);
}

/** Looks for a file or folder in several places; texts are kept. */
async function oneOf(at: YamlScalar, folders: readonly string[], reading: Reading): Promise<void> {
  if (typeof at.value !== 'string' || at.value === '') return;
  const [first = ''] = folders;
  const wanted: FileReference = { at, folder: first, path: at.value };
  if (reading.resolve(wanted) === undefined) return;
  for (const folder of folders) {
    const path = reading.resolve({ ...wanted, folder });
    const kind = path === undefined ? undefined : await reading.kindAt(path, at);
    // An archive of a skill is no text.
    if (kind === 'file' && !/\.(?:zip|skill)$/i.test(at.value)) {
      await reading.text({ ...wanted, folder });
    }
    if (kind !== undefined) return;
  }
  reading.missing(wanted);
}

/** Most skills of one workflow. */
const MAX_SKILLS = 500;

/** Skills of the whole workflow: `skills/<name>/SKILL.md` and `skills/*.md`. */
export async function readSkills(reading: Reading): Promise<void> {
  const names = await reading.list('skills');
  if (names.length > MAX_SKILLS) {
    const message = `there are ${names.length} skills; more than ${MAX_SKILLS} are not read`;
    const help = 'split the workflow into sub-workflows';
    reading.report(S.large, { at: startOf('skills'), message, help });
  }
  for (const name of names.slice(0, MAX_SKILLS)) {
    const path = name.endsWith('.md') ? `skills/${name}` : `skills/${name}/SKILL.md`;
    const at = startOf(path);
    if ((await reading.kindAt(path, at)) === 'file') await reading.text({ at, folder: '', path });
  }
}

/** Names that prompts of an agent may use besides those that all know. */
export function variableNames(tree: YamlMap, manifest: YamlMap | undefined): string[] {
  const variables = entriesAt(tree, 'prompt', 'variables').map(({ key }) => key);
  const inputs = entriesAt(manifest, 'inputs').map(({ key }) => key);
  const ids = itemsAt(manifest, 'orchestration', 'graph').flatMap(
    (node) => textAt(node, 'id') ?? [],
  );
  return [...variables, ...inputs, ...ids];
}
