import { join } from 'node:path';
import type { Files } from '../ports/effects.ts';
import { P } from './codes.ts';
import { nameProblem, TakenNames } from './entry-name.ts';
import { type Exclusion, exclusions, IGNORE_FILE } from './exclude.ts';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.ts';
import { MANIFEST } from './manifest.ts';
import type { Problems } from './problems.ts';

/** Bytes of `.awpignore` that are read. */
const IGNORE_BYTES = 64 * 1024;

/** What of a folder is packed, and what is not. */
export interface CollectedFiles {
  /** Contents by path. */
  files: Map<string, Uint8Array>;
  /** Files and whole folders (with `/`) that stay out. */
  excluded: { path: string; why: Exclusion }[];
}

/** Where files are collected from. */
export interface CollectOptions {
  files: Files;
  /** Real path of the folder. */
  root: string;
  problems: Problems;
  limits?: PackageLimits;
}

/** Reads all files of a folder that belong into its package; what cannot be packed is reported. */
export async function collectFiles(options: CollectOptions): Promise<CollectedFiles> {
  const { files, root } = options;
  const ignoreFile = await files.info(join(root, IGNORE_FILE));
  const text =
    ignoreFile?.kind === 'file' ? await files.readBytes(join(root, IGNORE_FILE), IGNORE_BYTES) : [];
  const why = await exclusions(new TextDecoder().decode(Uint8Array.from(text)));
  const walk = new Walk(options, why);
  await walk.folder('');
  return { files: walk.found, excluded: walk.excluded };
}

/** One walk through a folder. It never follows a link. */
class Walk {
  readonly found = new Map<string, Uint8Array>();
  readonly excluded: { path: string; why: Exclusion }[] = [];
  readonly #names = new TakenNames();
  readonly #options: CollectOptions;
  readonly #limits: PackageLimits;
  readonly #why: (path: string) => Exclusion | undefined;
  #total = 0;
  /** Set when there is too much to go on. */
  #full = false;

  constructor(options: CollectOptions, why: (path: string) => Exclusion | undefined) {
    this.#options = options;
    this.#limits = options.limits ?? PACKAGE_LIMITS;
    this.#why = why;
  }

  async folder(folder: string): Promise<void> {
    const { files, root } = this.#options;
    for (const name of await files.list(join(root, folder))) {
      if (this.#full) return;
      await this.#entry(folder === '' ? name : `${folder}/${name}`);
    }
  }

  async #entry(path: string): Promise<void> {
    const { files, root } = this.#options;
    const kind = (await files.info(join(root, path)))?.kind;
    if (kind === undefined) return; // it was removed in the meantime
    const shown = kind === 'folder' ? `${path}/` : path;
    const why = this.#why(shown);
    if (why !== undefined) {
      this.excluded.push({ path: shown, why });
      return;
    }
    const bad = nameProblem(path);
    if (bad !== undefined) this.#refuseName(path, bad);
    else if (kind === 'folder') await this.folder(path);
    else if (kind === 'file') await this.#file(path);
    else this.#refuseKind(path, kind === 'link' ? 'it is a link' : 'it is no regular file');
  }

  async #file(path: string): Promise<void> {
    if (path === MANIFEST) {
      const message = `\`${MANIFEST}\` is the name of the package's own manifest`;
      const help = `rename it, or list it in ${IGNORE_FILE}`;
      this.#options.problems.report({ code: P.reserved, file: path, message, help });
      return;
    }
    const clash = this.#names.take(path, 'file');
    if (clash !== undefined) {
      const message = `on some machines its name is the same as \`${clash}\``;
      const help = 'rename one of them';
      this.#options.problems.report({ code: P.collision, file: path, message, help });
      return;
    }
    const data = await this.#read(path);
    if (data) this.found.set(path, data);
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    const { files, root } = this.#options;
    const { entries, fileBytes, totalBytes } = this.#limits;
    const data = await files.readBytes(join(root, path), fileBytes + 1);
    // A link that was put in its place since it was looked at leads somewhere else.
    if ((await files.realPath(join(root, path))) !== join(root, path)) {
      return this.#refuseKind(path, 'it became a link while it was read');
    }
    this.#total += data.length;
    if (data.length > fileBytes) {
      return this.#refuseLimit(path, `it has more than ${fileBytes} bytes`);
    }
    // One entry is the manifest.
    if (this.found.size + 2 > entries) {
      this.#full = true;
      return this.#refuseLimit('', `the folder has more than ${entries - 1} files to pack`);
    }
    if (this.#total > totalBytes) {
      this.#full = true;
      return this.#refuseLimit('', `the files have more than ${totalBytes} bytes`);
    }
    return data;
  }

  #refuseName(path: string, why: string): void {
    const message = `this name cannot be in a package: ${why}`;
    const help = `rename it, or list it in ${IGNORE_FILE}`;
    this.#options.problems.report({ code: P.name, file: path, message, help });
  }

  #refuseKind(path: string, message: string): undefined {
    const help = `put a copy of what is meant in its place, or list it in ${IGNORE_FILE}`;
    this.#options.problems.report({ code: P.kind, file: path, message, help });
  }

  #refuseLimit(file: string, message: string): undefined {
    const help = `list what is not needed in ${IGNORE_FILE}`;
    this.#options.problems.report({ code: P.limit, file, message, help });
  }
}
