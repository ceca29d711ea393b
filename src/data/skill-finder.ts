import { basename, dirname, extname, join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { SKILL_FILE, SKILL_LIMITS } from '../models/skill.ts';
import { readSkillArchive, SKILL_ARCHIVE_BYTES } from '../packager/read-skill-archive.ts';
import { folderFiles } from '../parser/folder-files.ts';
import { memoryFiles } from '../parser/memory-files.ts';
import { type ReadSkill, readSkill, readSkillFile } from '../parser/skill-folder.ts';
import type { Files } from '../ports/effects.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';

/** A skill that was found and read; its other files are read when they are copied. */
export interface FoundSkill extends ReadSkill {
  /** The path that it was found at, as messages show it. */
  from: string;
  /** The bytes of one of its files. */
  open(path: string): Promise<Uint8Array>;
}

/** Something on the disk: where it is, and how messages name it. */
export interface SkillPath {
  /** Absolute, without links. */
  path: string;
  shown: string;
}

const MARKDOWN = new Set(['.md', '.markdown']);
const ARCHIVE = new Set(['.zip', '.skill']);
/** In a folder of skills, but none. */
const NO_SKILL = /^(\..*|readme\.(md|markdown)|__MACOSX)$/i;

/** Finds skills at paths: files, folders, archives, and folders of these. */
export class SkillFinder {
  /** What was left out and why, in sentences. */
  readonly notes: string[] = [];
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  /**
   * The skill at a path that somebody named, or those of a folder of skills. Throws
   * `skill/not-found`, `skill/bad`, `skill/too-large`.
   */
  async named(place: SkillPath): Promise<FoundSkill[]> {
    return readable(place, () => this.#named(place));
  }

  /**
   * The skills of a folder, sorted by name; an empty list when there is no folder. Throws `skill/bad`,
   * `skill/too-large`.
   */
  async folderOf(place: SkillPath): Promise<FoundSkill[]> {
    return readable(place, () => this.#children(place, 1));
  }

  async #named(place: SkillPath): Promise<FoundSkill[]> {
    const info = await this.#files.info(place.path);
    if (info?.kind === 'file') return [await this.#file(place, info.bytes)];
    if (info?.kind !== 'folder') throw notFound(`there is no skill at ${place.shown}`);
    if (await this.#isSkill(place.path)) return [await this.#folder(place)];
    const found = await this.#children(place, 1);
    if (found.length > 0) return found;
    throw notFound(`there is no ${SKILL_FILE} in ${place.shown}, and no skill below it`);
  }

  async #children({ path, shown }: SkillPath, level: 1 | 2): Promise<FoundSkill[]> {
    const inside = folderFiles(this.#files, path);
    const names = (await inside.list('')).filter((name) => !NO_SKILL.test(name));
    if (names.length > SKILL_LIMITS.entries) {
      throw new AwpError(
        'skill/too-large',
        `${shown} has more than ${SKILL_LIMITS.entries} files`,
        {
          hint: 'name the skills that are needed, one by one',
        },
      );
    }
    const found: FoundSkill[] = [];
    for (const name of names) {
      const child = { path: join(path, name), shown: `${shown}/${name}` };
      found.push(...(await this.#child(child, level, inside)));
    }
    return found;
  }

  /** What a folder of skills has under one name; in folders within it only folders and archives count. */
  async #child(place: SkillPath, level: 1 | 2, inside: WorkflowFiles): Promise<FoundSkill[]> {
    const name = basename(place.path);
    const info = await inside.info(name);
    if (info?.kind === 'link') {
      throw new AwpError('skill/bad', `${place.shown} is a link that leads out of its folder`, {
        hint: 'put a copy in its place, or name what it leads to as a skill of the run',
      });
    }
    if (info?.kind === 'file') {
      const ending = extname(name).toLowerCase();
      const counts = ARCHIVE.has(ending) || (level === 1 && MARKDOWN.has(ending));
      return counts ? [await this.#file(place, info.bytes)] : [];
    }
    if (info?.kind !== 'folder') return [];
    if (await this.#isSkill(place.path)) return [await this.#folder(place)];
    const found = level === 1 ? await this.#children(place, 2) : [];
    if (found.length === 0) this.notes.push(`${place.shown} has no ${SKILL_FILE} and was left out`);
    return found;
  }

  async #isSkill(path: string): Promise<boolean> {
    return (await this.#files.info(join(path, SKILL_FILE))) !== undefined;
  }

  async #folder({ path, shown }: SkillPath): Promise<FoundSkill> {
    return found(folderFiles(this.#files, path), { shown, fallback: basename(path) });
  }

  /** An archive, or a Markdown file; `.skill` is used for both, and its first bytes tell which. */
  async #file({ path, shown }: SkillPath, bytes: number): Promise<FoundSkill> {
    const ending = extname(path).toLowerCase();
    const fallback = basename(path, extname(path));
    const folder = folderFiles(this.#files, dirname(path));
    if (ARCHIVE.has(ending) && (ending === '.zip' || (await startsLikeZip(folder, path)))) {
      if (bytes > SKILL_ARCHIVE_BYTES) throw tooLarge(shown);
      const data = await folder.readBytes(basename(path), SKILL_ARCHIVE_BYTES + 1);
      const entries = Object.fromEntries(await readSkillArchive(data, shown));
      return found(memoryFiles(entries), { shown, fallback });
    }
    if (!MARKDOWN.has(ending) && ending !== '.skill') {
      throw new AwpError('skill/bad', `${shown} is no skill`, {
        hint: `a skill is a folder with a ${SKILL_FILE}, an archive of one (.zip, .skill), or a file *.md`,
      });
    }
    const skill = await readSkillFile(folder, basename(path), { path: shown, fallback });
    const open = (): Promise<Uint8Array> =>
      folder.readBytes(basename(path), SKILL_LIMITS.mainBytes);
    return { ...skill, from: shown, open };
  }
}

/** What the machine refuses is an error of the skill. */
async function readable<T>({ shown }: SkillPath, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof AwpError) throw cause;
    throw new AwpError('skill/bad', `the skill ${shown} cannot be read`, {
      hint: 'look at its permissions',
      cause,
    });
  }
}

async function found(
  files: WorkflowFiles,
  { shown, fallback }: { shown: string; fallback: string },
): Promise<FoundSkill> {
  const skill = await readSkill(files, { path: shown, fallback });
  const sizes = new Map(skill.files.map(({ path, bytes }) => [path, bytes]));
  // Never more than was measured: a file that has grown since then is cut, not followed.
  const open = (path: string): Promise<Uint8Array> => files.readBytes(path, sizes.get(path) ?? 0);
  return { ...skill, from: shown, open };
}

async function startsLikeZip(files: WorkflowFiles, path: string): Promise<boolean> {
  const start = await files.readBytes(basename(path), 2);
  return start[0] === 0x50 && start[1] === 0x4b;
}

function notFound(message: string): AwpError {
  return new AwpError('skill/not-found', message, {
    hint: `a skill is a folder with a ${SKILL_FILE}, an archive of one (.zip, .skill), or a file *.md`,
  });
}

function tooLarge(shown: string): AwpError {
  return new AwpError('skill/too-large', `the archive ${shown} is larger than 11 MiB`, {
    hint: 'hand large files in as inputs of the run',
  });
}
