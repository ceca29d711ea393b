import { AwpError } from '../base/errors.ts';
import { pathProblem } from '../base/paths.ts';
import { SKILL_FILE, SKILL_LIMITS } from '../models/skill.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';
import { parseSkillText, type SkillPlace, type SkillText, textOf } from './skill-text.ts';

/** A file of a skill. */
export interface SkillFile {
  /** Path from the skill's folder. */
  path: string;
  bytes: number;
}

/** A skill that was read, and what came with it. */
export interface ReadSkill extends SkillText {
  /** All files, `SKILL.md` first, then by path. */
  files: readonly SkillFile[];
  /** Text files of `references/` and `examples/` that are short enough to be shown, by path. */
  shown: ReadonlyMap<string, string>;
}

/** Not copied with a skill: what programs and people keep for themselves. */
const LEFT_OUT = /^(\..*|__pycache__|__MACOSX|node_modules|Thumbs\.db|secrets\.ya?ml)$/i;
/** Folders whose texts are shown. */
const SHOWN = /^(references|examples)\//;

/**
 * Reads the folder of one skill. Links may lead to what is inside of it only. Throws
 * `skill/not-found` without a `SKILL.md`, `skill/bad`, `skill/too-large`.
 */
export async function readSkill(files: WorkflowFiles, place: SkillPlace): Promise<ReadSkill> {
  const main = await files.info(SKILL_FILE);
  if (main === undefined) {
    throw new AwpError('skill/not-found', `there is no ${SKILL_FILE} in ${place.path}`, {
      hint: `a skill is a folder with a ${SKILL_FILE}, an archive of one, or a file *.md`,
    });
  }
  const listed = await new Walk(files, place.path).all();
  const text = parseSkillText(await readMain(files, SKILL_FILE, place.path), {
    ...place,
    path: `${place.path}/${SKILL_FILE}`,
  });
  const shown = new Map<string, string>();
  for (const { path, bytes } of listed) {
    if (!SHOWN.test(path) || bytes > SKILL_LIMITS.shownBytes) continue;
    const content = textOf(await files.readBytes(path, SKILL_LIMITS.shownBytes));
    if (content !== undefined && content.trim() !== '') shown.set(path, content.trim());
  }
  return { ...text, files: listed, shown };
}

/** Reads a skill that is one Markdown file, `name` of `files`. Throws as `readSkill` does. */
export async function readSkillFile(
  files: WorkflowFiles,
  name: string,
  place: SkillPlace,
): Promise<ReadSkill> {
  const bytes = await readMain(files, name, place.path);
  const main = { path: SKILL_FILE, bytes: bytes.length };
  return { ...parseSkillText(bytes, place), files: [main], shown: new Map() };
}

async function readMain(files: WorkflowFiles, name: string, shown: string): Promise<Uint8Array> {
  const info = await files.info(name);
  if (info?.kind !== 'file') throw notPlain(shown, name, info?.kind);
  if (info.bytes > SKILL_LIMITS.mainBytes) {
    throw tooLarge(shown, `${name} has ${info.bytes} bytes; ${SKILL_LIMITS.mainBytes} are allowed`);
  }
  const bytes = await files.readBytes(name, SKILL_LIMITS.mainBytes + 1);
  if (bytes.length <= SKILL_LIMITS.mainBytes) return bytes;
  throw tooLarge(shown, `${name} has more than ${SKILL_LIMITS.mainBytes} bytes`);
}

/** Goes through a folder within the limits. */
class Walk {
  readonly #files: WorkflowFiles;
  readonly #shown: string;
  readonly #found: SkillFile[] = [];
  #bytes = 0;
  #entries = 0;

  constructor(files: WorkflowFiles, shown: string) {
    this.#files = files;
    this.#shown = shown;
  }

  async all(): Promise<SkillFile[]> {
    await this.#folder('', 1);
    const main = (path: string): number => (path === SKILL_FILE ? 0 : 1);
    return this.#found.sort(
      (a, b) => main(a.path) - main(b.path) || (a.path < b.path ? -1 : Number(a.path > b.path)),
    );
  }

  async #folder(folder: string, level: number): Promise<void> {
    if (level > SKILL_LIMITS.levels) {
      throw tooLarge(this.#shown, `it has folders more than ${SKILL_LIMITS.levels} levels deep`);
    }
    for (const name of await this.#files.list(folder)) {
      if (LEFT_OUT.test(name)) continue;
      this.#entries += 1;
      if (this.#entries > SKILL_LIMITS.entries) {
        throw tooLarge(this.#shown, `it has more than ${SKILL_LIMITS.entries} files and folders`);
      }
      await this.#entry(folder === '' ? name : `${folder}/${name}`, level);
    }
  }

  async #entry(path: string, level: number): Promise<void> {
    const problem = pathProblem(path);
    if (problem !== undefined) throw badSkill(this.#shown, `${JSON.stringify(path)}: ${problem}`);
    const info = await this.#files.info(path);
    if (info?.kind === 'folder') await this.#folder(path, level + 1);
    else if (info?.kind === 'file') this.#take({ path, bytes: info.bytes });
    else throw notPlain(this.#shown, path, info?.kind);
  }

  #take(file: SkillFile): void {
    this.#found.push(file);
    this.#bytes += file.bytes;
    if (this.#found.length > SKILL_LIMITS.files) {
      throw tooLarge(this.#shown, `it has more than ${SKILL_LIMITS.files} files`);
    }
    if (this.#bytes > SKILL_LIMITS.bytes) {
      throw tooLarge(this.#shown, `its files have more than ${SKILL_LIMITS.bytes} bytes`);
    }
  }
}

function badSkill(shown: string, why: string): AwpError {
  return new AwpError('skill/bad', `the skill ${shown} cannot be used: ${why}`, {
    hint: 'put a copy of the file in its place, or take it out of the folder of the skill',
  });
}

function notPlain(shown: string, path: string, kind: string | undefined): AwpError {
  const what =
    kind === 'link' ? 'a link that leads out of it, or to nothing' : 'no file that can be read';
  return badSkill(shown, `${path} is ${what}`);
}

function tooLarge(shown: string, why: string): AwpError {
  return new AwpError('skill/too-large', `the skill ${shown} is too large: ${why}`, {
    hint: 'shorten it, or hand large files in as inputs of the run',
  });
}
