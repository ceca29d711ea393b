import { resolve, sep } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { file, type InputValue } from '../data/inputs.ts';
import type { Files } from '../ports/effects.ts';

/** Where inputs of clients may come from. */
export interface InputPlaces {
  /** Folders that files may be in, absolute. */
  folders: readonly string[];
  files: Files;
  /** The file of an artifact, by its address `awp://runs/...`. */
  artifact(address: string): Promise<string>;
}

/** Inputs of one run, and characters of a name. */
const MOST_INPUTS = 100;
const NAME_CHARS = 200;
/** Longest text that is looked at as a path, as in the library. */
const PATH_CHARS = 4096;

/**
 * What a client gave as inputs, as the library takes them. A text that is the path of a file below
 * the folders, or the address of an artifact, is that file; `@PATH` must be one; everything else is
 * data. Nothing else on the machine can be handed in: the client may be steered by a text that it
 * read. Throws `source/not-allowed`, `source/unreachable`, `usage/bad-value`.
 */
export async function givenInputs(
  inputs: JsonObject,
  places: InputPlaces,
): Promise<Record<string, InputValue>> {
  const entries = Object.entries(inputs);
  if (entries.length > MOST_INPUTS) {
    throw new AwpError('usage/bad-value', `there are more than ${MOST_INPUTS} inputs`, {
      hint: 'hand in one table or one archive instead of many files',
    });
  }
  const given = new Map<string, InputValue>();
  for (const [name, value] of entries) {
    if (name.trim() === '' || name.length > NAME_CHARS) {
      throw new AwpError(
        'usage/bad-value',
        `an input has no name of 1 to ${NAME_CHARS} characters`,
      );
    }
    given.set(name, await givenInput(value, places));
  }
  return Object.fromEntries(given);
}

async function givenInput(value: Json, places: InputPlaces): Promise<InputValue> {
  // The library's own mark of a file is data here like anything else: it must not open one.
  if (isObject(value) && value.kind === 'awp:file') {
    throw new AwpError('usage/bad-value', 'an object of the kind awp:file is no input', {
      hint: 'hand in a file as a text: its path',
    });
  }
  if (typeof value !== 'string') return value;
  if (value.startsWith('awp://')) return file(await places.artifact(value));
  if (value.startsWith('@')) return file(await fileBelow(value.slice(1), places));
  if (value.length > PATH_CHARS || !/[\\/]|\.\w{1,8}$/.test(value)) return value;
  const found = await firstBelow(value, places);
  if (found !== undefined) return file(found);
  // The library takes a text that is the path of a file as that file, wherever it is.
  if (await isFile(resolve(value), places.files)) throw outside(value);
  return value;
}

/** The real path of a file that must be there. */
async function fileBelow(path: string, places: InputPlaces): Promise<string> {
  const found = await firstBelow(path, places);
  if (found !== undefined) return found;
  if (!places.folders.some((folder) => isBelow(resolve(folder, path), folder))) throw outside(path);
  throw new AwpError('source/unreachable', `there is no such file: ${path}`, {
    hint: 'paths are relative to the folders that the server was started for',
  });
}

/** The real path of a file below one of the folders; a link that leads out of them is refused. */
async function firstBelow(
  path: string,
  { folders, files }: InputPlaces,
): Promise<string | undefined> {
  const roots = await Promise.all(folders.map((folder) => files.realPath(folder)));
  let leads = false;
  for (const folder of folders) {
    const real = await files.realPath(resolve(folder, path)).catch(() => undefined);
    if (real === undefined || !(await isFile(real, files))) continue;
    const root = roots.find((one) => isBelow(real, one));
    if (root === undefined) leads = true;
    else if (isHidden(real.slice(root.length))) throw hidden(path);
    else return real;
  }
  if (leads) throw outside(path);
  return undefined;
}

async function isFile(path: string, files: Files): Promise<boolean> {
  const info = await files.info(path).catch(() => undefined);
  return info?.kind === 'file' || info?.kind === 'link';
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Hidden files are those of tools and keys: `.env`, `.git`. */
function isHidden(below: string): boolean {
  return below.split(sep).some((part) => part.startsWith('.'));
}

function outside(path: string): AwpError {
  return new AwpError('source/not-allowed', `the path leaves the served folders: ${path}`, {
    hint: 'only files below the folders that the server was started for can be handed in',
  });
}

function hidden(path: string): AwpError {
  return new AwpError('source/not-allowed', `hidden files are not handed in: ${path}`, {
    hint: 'copy it under a name without a leading dot, if its content may go into a run',
  });
}
