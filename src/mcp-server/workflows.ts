import { join } from 'node:path';
import { toAwpError } from '../base/errors.ts';
import { type LoadedWorkflow, loadWorkflow } from '../data/load-workflow.ts';
import type { Files } from '../ports/effects.ts';
import type { McpSettings } from './settings.ts';

/** A workflow that clients can run. */
export interface ServedWorkflow {
  /** Part of its tool's name: lower case, digits and `_`, unique in the server. */
  slug: string;
  name: string;
  description: string;
  /** Absolute. */
  folder: string;
}

const MANIFEST = 'workflow.awp.yaml';
/** Folders that hold no workflows of the user, besides hidden ones. */
const SKIPPED = new Set(['node_modules', 'dist', 'build', '__pycache__', 'venv']);
/** Levels below a folder that are looked through. */
const DEPTH = 5;
/** Folders that are looked at, and workflows that are served, over all. */
const MOST_FOLDERS = 5000;
const MOST_WORKFLOWS = 100;
/** Longest slug: names of tools have at most 64 characters. */
const SLUG_CHARS = 48;
/** What comes behind `run_` in the names of other tools. */
const TAKEN = ['task', 'status', 'result'];

/**
 * The workflows at and below the folders; links are not followed. One that cannot be run is noted
 * and left out.
 */
export async function findWorkflows({
  folders,
  effects: { files },
  note,
}: Pick<McpSettings, 'folders' | 'effects' | 'note'>): Promise<ServedWorkflow[]> {
  const slugs = new Set(TAKEN);
  const found: ServedWorkflow[] = [];
  for (const folder of await manifestFolders(folders, files)) {
    if (found.length === MOST_WORKFLOWS) {
      note(`only the first ${MOST_WORKFLOWS} workflows are served`);
      break;
    }
    try {
      const { name, description } = await runnable(folder, files);
      found.push({ slug: freeSlug(name, slugs), name, description, folder });
    } catch (error) {
      note(`left out: ${folder}: ${toAwpError(error).message}`);
    }
  }
  return found;
}

async function runnable(
  folder: string,
  files: Files,
): Promise<Pick<ServedWorkflow, 'name' | 'description'>> {
  const loaded: LoadedWorkflow = await loadWorkflow(folder, files);
  const { task = '' } = loaded.options();
  return { name: loaded.name, description: task };
}

/** Folders with a manifest, in the order of their paths. */
async function manifestFolders(folders: readonly string[], files: Files): Promise<string[]> {
  const found = new Set<string>();
  const seen = new Set<string>();
  let open = folders.map((path) => ({ path, depth: 0 }));
  while (open.length > 0 && seen.size < MOST_FOLDERS) {
    const below: typeof open = [];
    for (const { path, depth } of open) {
      if (seen.has(path) || seen.size >= MOST_FOLDERS) continue;
      seen.add(path);
      const names = await files.list(path).catch((): string[] => []);
      if (names.includes(MANIFEST)) found.add(path);
      else if (depth < DEPTH) below.push(...(await foldersIn({ path, names, files, depth })));
    }
    open = below;
  }
  return [...found].sort();
}

async function foldersIn(look: {
  path: string;
  names: readonly string[];
  files: Files;
  depth: number;
}): Promise<{ path: string; depth: number }[]> {
  const found: { path: string; depth: number }[] = [];
  for (const name of look.names) {
    if (name.startsWith('.') || SKIPPED.has(name)) continue;
    const path = join(look.path, name);
    const info = await look.files.info(path).catch(() => undefined);
    if (info?.kind === 'folder') found.push({ path, depth: look.depth + 1 });
  }
  return found;
}

function freeSlug(name: string, taken: Set<string>): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, SLUG_CHARS);
  const base = plain === '' ? 'workflow' : plain;
  let slug = base;
  for (let count = 2; taken.has(slug); count++) slug = `${base}_${count}`;
  taken.add(slug);
  return slug;
}
