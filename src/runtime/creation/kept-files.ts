import {
  KEPT_TOOL_BYTES,
  type KeptProblem,
  type KeptTool,
  readKeptTool,
} from '../../events/kept-tool.ts';
import type { FileInfo, Files } from '../../ports/effects.ts';

/** Files of one folder that are looked at, and bytes of all of them; what is beyond is only counted. */
const MOST_FILES = 1000;
const MOST_BYTES = 32 * 1024 * 1024;

const KINDS: Readonly<Record<FileInfo['kind'], string>> = {
  ...{ file: 'a file', folder: 'a folder', link: 'a link', other: 'no regular file' },
};

/** A file that is to be a tool. */
export interface KeptFile {
  /** Its name in the folder. */
  file: string;
  /** Absolute. */
  path: string;
  /** The tool, or why it is none. */
  read: KeptTool | KeptProblem;
}

/** What a folder has. */
export interface KeptFiles {
  /** In the order of their names. */
  files: readonly KeptFile[];
  /** What cannot be told of a single file, in sentences. */
  notes: readonly string[];
}

/** A folder of tools. */
export interface KeptPlace {
  files: Files;
  /** Absolute path of a folder that is what it is. */
  root: string;
  /** Path of the tools below it, of real folders only. */
  below: string;
}

/**
 * Reads the tools in a folder. Nothing of it is trusted: links are not followed, only regular files of
 * at most 256 KiB are read, at most 1,000 of them and 32 MiB in all. A folder that is not there has
 * none. Never throws for what is there.
 */
export async function readKeptFiles(place: KeptPlace): Promise<KeptFiles> {
  const { files } = place;
  const folder = `${place.root}/${place.below}`;
  const problem = await folderProblem(place);
  if (problem !== undefined) return { files: [], notes: problem === '' ? [] : [problem] };
  const names = await namesIn(files, folder);
  if (!names) return { files: [], notes: [`${folder} cannot be read`] };
  const found: KeptFile[] = [];
  let bytes = 0;
  for (const file of names.slice(0, MOST_FILES)) {
    const path = `${folder}/${file}`;
    const text = await textOf(files, path);
    bytes += typeof text === 'string' ? text.length : 0;
    if (bytes > MOST_BYTES) break;
    found.push({ file, path, read: typeof text === 'string' ? readKeptTool(text) : text });
  }
  const left = names.length - found.length;
  const more = left > 0 ? [`${folder}: ${left} more files were not looked at`] : [];
  return { files: found, notes: more };
}

/** Why nothing is read from a folder; empty when it is simply not there. */
async function folderProblem({ files, root, below }: KeptPlace): Promise<string | undefined> {
  let path = root;
  for (const part of below.split('/')) {
    path = `${path}/${part}`;
    const kind = (await files.info(path).catch(() => undefined))?.kind;
    if (kind === undefined) return '';
    if (kind !== 'folder') return `${path} is ${KINDS[kind]}, no folder: no tool of it is there`;
  }
  return undefined;
}

/** Names of what may be a tool; undefined when they cannot be had. */
async function namesIn(files: Files, folder: string): Promise<string[] | undefined> {
  const names = await files.list(folder).catch(() => undefined);
  // A file that is being written has a name that begins with a dot.
  return names?.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
}

/** The text of a file, or why it is none that may be read. */
async function textOf(files: Files, path: string): Promise<string | KeptProblem> {
  const hint = 'put a regular file in its place, or take it away';
  try {
    const info = await files.info(path);
    if (info === undefined) return { error: 'it is gone', hint };
    if (info.kind !== 'file') return { error: `it is ${KINDS[info.kind]}`, hint };
    if (info.bytes > KEPT_TOOL_BYTES) return tooLarge();
    const bytes = await files.readBytes(path, KEPT_TOOL_BYTES + 1);
    if (bytes.length > KEPT_TOOL_BYTES) return tooLarge();
    // A link that was put in its place since it was looked at leads somewhere else.
    const slash = path.lastIndexOf('/');
    const real = `${await files.realPath(path.slice(0, slash))}${path.slice(slash)}`;
    if ((await files.realPath(path)) !== real) return { error: 'it is a link', hint };
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { error: 'it cannot be read, or is not UTF-8', hint };
  }
}

function tooLarge(): KeptProblem {
  const error = `it has more than ${KEPT_TOOL_BYTES / 1024} KiB`;
  return { error, hint: 'a tool is a small program; split it, or take the file away' };
}
