import { dirname, join, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { tools as shipped } from '../builtins.ts';
import { type KeptProblem, type KeptTool, PROMOTED_FOLDER } from '../events/kept-tool.ts';
import type { Files } from '../ports/effects.ts';
import type { Tool } from '../ports/tool.ts';
import { type KeptFile, type KeptPlace, readKeptFiles } from '../runtime/creation/kept-files.ts';
import { keptKey } from '../runtime/creation/kept-places.ts';

/** Most workflows whose kept tools are listed. */
const MOST_WORKFLOWS = 500;

/** A tool that a run could begin with. */
export type ToolEntry =
  | { from: 'ships'; name: string; tool: Tool }
  | ({ from: 'project' | 'kept'; name: string; path: string } & (
      | { tool: KeptTool }
      | { problem: KeptProblem }
    ));

/** Where tools are looked for. */
export interface ToolPlaces {
  files: Files;
  /** Folder of the workflow, if there is one. */
  workflow: string | undefined;
  /** The `.awp` folder. */
  home: string;
}

/** What was found, with what cannot be told of a single file, in sentences. */
export interface FoundTools {
  entries: readonly ToolEntry[];
  notes: readonly string[];
}

/**
 * Tools that ship, those that a person promoted for the workflow, and those that its runs have kept;
 * without a workflow those of all. Nothing of them is executed or trusted.
 */
export async function findTools(places: ToolPlaces): Promise<FoundTools> {
  const { files, workflow: root } = places;
  const entries: ToolEntry[] = [...shipped.values()].map((tool) => ({
    ...{ from: 'ships' as const, name: tool.name, tool },
  }));
  const notes: string[] = [];
  const take = async (from: 'project' | 'kept', place: KeptPlace): Promise<void> => {
    const found = await readKeptFiles(place);
    // Files of kept tools are named by their content: by name they are easier to find.
    const all = found.files.map((one) => entryOf(from, one));
    entries.push(...all.sort((a, b) => (a.name < b.name ? -1 : 1)));
    notes.push(...found.notes);
  };
  if (root !== undefined) await take('project', { files, root, below: PROMOTED_FOLDER });
  for (const place of await keptPlaces(places)) await take('kept', place);
  return { entries, notes };
}

/** Folders of kept tools: that of the workflow, or of all. */
async function keptPlaces({ files, workflow, home }: ToolPlaces): Promise<KeptPlace[]> {
  const root = join(home, 'tools');
  const all = workflow === undefined ? await files.list(root) : [keptKey(workflow, '')];
  return all.slice(0, MOST_WORKFLOWS).map((below) => ({ files, root, below }));
}

function entryOf(from: 'project' | 'kept', { file, path, read }: KeptFile): ToolEntry {
  if ('draft' in read) return { from, path, name: read.draft.name, tool: read };
  return { from, path, name: read.name ?? file.replace(/\.json$/, ''), problem: read };
}

/** The entries of a name, those of the project first. Throws `tool/unknown` with the nearest name. */
export function entriesOf(name: string, entries: readonly ToolEntry[]): ToolEntry[] {
  const order = ['project', 'kept', 'ships'];
  const found = entries.filter((one) => one.name === name);
  if (found.length > 0) {
    return found.sort((a, b) => order.indexOf(a.from) - order.indexOf(b.from));
  }
  throw unknownTool(
    name,
    entries.map((one) => one.name),
    'awp tools list shows what there is',
  );
}

/** The error that there is no tool of a name. */
export function unknownTool(name: string, names: Iterable<string>, other: string): AwpError {
  const near = nearest(name, names);
  return new AwpError('tool/unknown', `there is no tool ${JSON.stringify(name.slice(0, 120))}`, {
    hint: near === undefined ? other : `did you mean ${near}?`,
  });
}

/**
 * The folder of a workflow: the named one, else the nearest upward from the working directory that has
 * a manifest, else undefined. Throws `spec/no-workflow` when the named one has none.
 */
export async function workflowRoot(
  named: string | undefined,
  { files, cwd }: { files: Files; cwd: string },
): Promise<string | undefined> {
  const start = resolve(cwd, named ?? '.');
  for (let folder = start; ; folder = dirname(folder)) {
    if (await hasManifest(folder, files)) return realFolder(folder, files);
    if (named !== undefined) {
      throw new AwpError('spec/no-workflow', `there is no workflow in ${named}`, {
        hint: 'name a folder with a workflow.awp.yaml',
      });
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** A link to the folder of a workflow is followed, as it is when the workflow is run. */
async function realFolder(folder: string, files: Files): Promise<string> {
  const isLink = (await files.info(folder))?.kind === 'link';
  return isLink ? files.realPath(folder) : folder;
}

async function hasManifest(folder: string, files: Files): Promise<boolean> {
  const info = await files.info(join(folder, 'workflow.awp.yaml')).catch(() => undefined);
  return info?.kind === 'file';
}
