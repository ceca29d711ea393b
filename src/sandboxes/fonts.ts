import { cacheFolder } from './cache-folder.ts';
import { runCommand } from './commands.ts';
import type { Frame } from './frames.ts';
import type { PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';

/** Programs that will draw: matplotlib itself and what draws with it. */
const DRAWS = /matplotlib|pyplot|seaborn|\.plot\b|\.hist\b/;

/**
 * matplotlib's list of fonts as frames for a program that draws, else none. Making the list takes
 * matplotlib about a second, so it is made once for the machine and kept in our cache folder; where
 * there is no such folder, every program makes its own.
 */
export class FontList {
  readonly #machine: Machine;
  readonly #python: PythonRuntime;
  #made: Promise<readonly Frame[]> | undefined;

  constructor(machine: Machine, python: PythonRuntime) {
    this.#machine = machine;
    this.#python = python;
  }

  /** The frames for a program's text. Never rejects: a chart without the list is only slower. */
  async framesFor(code: string): Promise<readonly Frame[]> {
    if (!this.#python.libraries.has('matplotlib') || !DRAWS.test(code)) return [];
    return await this.all();
  }

  /** The frames for whatever is going to be drawn. Never rejects. */
  async all(): Promise<readonly Frame[]> {
    if (!this.#python.libraries.has('matplotlib')) return [];
    this.#made ??= this.#make().catch(() => []);
    return await this.#made;
  }

  async #make(): Promise<readonly Frame[]> {
    const folder = this.#folder();
    if (folder === undefined) return [];
    const there = await this.#read(folder);
    if (there.length > 0) return there;
    await this.#machine.effects.files.makeFolder(folder, 0o755);
    await runCommand(this.#machine.effects, {
      command: this.#python.path,
      args: ['-I', '-c', 'import matplotlib.font_manager'],
      env: { MPLCONFIGDIR: folder, HOME: folder, PATH: '/usr/bin:/bin', MPLBACKEND: 'Agg' },
    });
    return await this.#read(folder);
  }

  #folder(): string | undefined {
    const folder = cacheFolder(this.#machine.effects);
    const key = `fonts-${this.#python.version}-${this.#python.libraries.get('matplotlib')}`;
    return folder === undefined ? undefined : `${folder}/${key}`;
  }

  async #read(folder: string): Promise<Frame[]> {
    const { files } = this.#machine.effects;
    const names = (await files.list(folder)).filter((name) => /^fontlist-.*\.json$/.test(name));
    return await Promise.all(
      names.map(async (name) => ({
        ...{ kind: 'M', name },
        payload: await files.readBytes(`${folder}/${name}`),
      })),
    );
  }
}
