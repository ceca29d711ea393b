import { sha256 } from '../../base/hash.ts';
import type { Frame } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';

/** Files of one run that only one agent sees: what its prompt had no room for (runtime 2.9). */
export class ContextFiles {
  readonly #files: Files;
  readonly #folder: string;
  readonly #inputs = new Map<string, Promise<string>>();
  /** Agents that have files of their own; those of an earlier process are looked up once. */
  #owners: Promise<Set<string>> | undefined;
  /** Texts that this process has kept, by their hash; others may be there from an earlier one. */
  readonly #kept = new Map<string, Promise<string>>();

  /** `folder` is the run's. */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * Keeps files for an agent, before the question is written down that names them. Texts are kept
   * once by their hash, however many agents are given them. Throws what the file system says.
   */
  async keep(
    { id }: Pick<Frame, 'id'>,
    files: readonly { name: string; text: string }[],
  ): Promise<void> {
    if (files.length === 0) return;
    const folder = this.#contextOf(id);
    // What was kept before is shown there already; the next look makes it again with all of it.
    this.#inputs.delete(id);
    (await this.#allOwners()).add(id);
    await this.#files.makeFolder(folder);
    await Promise.all(
      files.map(async ({ name, text }) => this.#put(await this.#blobOf(text), `${folder}/${name}`)),
    );
  }

  /** The file of a text, written once. What could not be written is tried again the next time. */
  #blobOf(text: string): Promise<string> {
    const hash = sha256(text);
    const kept = this.#kept.get(hash) ?? this.#writeBlob(hash, text);
    this.#kept.set(hash, kept);
    kept.catch(() => this.#kept.delete(hash));
    return kept;
  }

  async #writeBlob(hash: string, text: string): Promise<string> {
    const folder = `${this.#folder}/blobs`;
    const blob = `${folder}/${hash}`;
    const known = await this.#files.info(blob);
    if (known?.bytes === Buffer.byteLength(text)) return blob;
    await this.#files.makeFolder(folder);
    await this.#files.write(blob, text);
    return blob;
  }

  /** Shows a file under a name that may be taken: what was there is no other name of it any more. */
  async #put(from: string, to: string): Promise<void> {
    try {
      await this.#files.link(from, to);
    } catch {
      await this.#files.remove(to);
      await this.#show(from, to);
    }
  }

  /**
   * Host folder of an agent's `inputs/`: the run's, or one with the same files and its own below
   * `context/`.
   */
  async inputsOf({ id }: Pick<Frame, 'id'>): Promise<string> {
    const inputs = `${this.#folder}/inputs`;
    const hasOwn = (await this.#allOwners()).has(id);
    if (!hasOwn) return inputs;
    const made = this.#inputs.get(id) ?? this.#makeInputs(inputs, id);
    this.#inputs.set(id, made);
    return made;
  }

  async #makeInputs(inputs: string, id: string): Promise<string> {
    const context = this.#contextOf(id);
    const view = `${this.#folder}/workspace/inputs/${id}`;
    await this.#files.remove(view);
    await this.#showAll(inputs, view);
    await this.#showAll(context, `${view}/context`);
    return view;
  }

  async #showAll(from: string, to: string): Promise<void> {
    await this.#files.makeFolder(to);
    for (const name of await this.#files.list(from)) {
      const kind = (await this.#files.info(`${from}/${name}`))?.kind;
      if (kind === 'folder') await this.#showAll(`${from}/${name}`, `${to}/${name}`);
      else if (kind === 'file') await this.#show(`${from}/${name}`, `${to}/${name}`);
    }
  }

  /** Another name for a file, or a copy where the file system has no such names. */
  async #show(from: string, to: string): Promise<void> {
    await this.#files.link(from, to).catch(() => this.#files.copy(from, to));
  }

  #allOwners(): Promise<Set<string>> {
    this.#owners ??= this.#files.list(this.#contexts).then((names) => new Set(names));
    return this.#owners;
  }

  get #contexts(): string {
    return `${this.#folder}/workspace/context`;
  }

  #contextOf(id: string): string {
    return `${this.#contexts}/${id}`;
  }
}
