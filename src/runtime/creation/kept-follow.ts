import type { CreatedTool } from '../../events/creation.ts';
import type { RunEvent } from '../../events/event.ts';
import { keptToolText } from '../../events/kept-tool.ts';
import type { RunState } from '../../events/state.ts';
import { type KeptPlace, readKeptFiles } from './kept-files.ts';
import { keptFile } from './kept-places.ts';

/**
 * Keeps the tools of a run for later ones (spec, capabilities 4.13). The files follow the log, so what a
 * process that was killed had made is kept when the run is taken up again. A file that cannot be written
 * is missing later on, and nothing else: a run does not fail because another one has to do without it.
 */
export class KeptTools {
  readonly #place: KeptPlace | undefined;
  readonly #state: RunState;

  /** `place` is undefined where nothing is to be kept. */
  constructor(state: RunState, place: KeptPlace | undefined) {
    this.#state = state;
    this.#place = place;
  }

  /** Writes and takes away the files that an earlier process did not come to; nothing of a run that was complete. */
  async repair(): Promise<void> {
    const { creation, status } = this.#state;
    if (!this.#place || status === 'complete') return;
    for (const tool of creation?.tools.values() ?? []) {
      if (tool.origin !== 'agent') continue;
      const known = await this.#place.files.info(this.#pathOf(tool.name)).catch(() => undefined);
      if (known === undefined) await this.#write(tool);
    }
    for (const name of creation?.removed ?? []) await this.#remove(name);
  }

  /** Brings the files in line with events that are in the log; undefined when there is nothing to do. */
  follow(events: readonly RunEvent[]): Promise<void> | undefined {
    if (!this.#place) return undefined;
    const due = events.filter(({ type }) => type === 'tool.created' || type === 'tool.removed');
    return due.length === 0 ? undefined : this.#followAll(due);
  }

  async #followAll(events: readonly RunEvent[]): Promise<void> {
    for (const { type, data } of events) {
      if (type === 'tool.created' && data.tool.origin === 'agent') await this.#write(data.tool);
      if (type === 'tool.removed') await this.#remove(data.name);
    }
  }

  async #write(tool: CreatedTool): Promise<void> {
    if (!this.#place) return;
    const { files, root, below } = this.#place;
    try {
      await files.makeFolder(`${root}/${below}`, 0o700);
      await files.write(this.#pathOf(tool.name), keptToolText(tool, this.#state.run));
    } catch {
      // It is told when a run begins that nothing can be kept.
    }
  }

  /** Takes a tool away if it is this run's: another one may have made one of the same name meanwhile. */
  async #remove(name: string): Promise<void> {
    if (!this.#place) return;
    const { files } = await readKeptFiles(this.#place);
    const path = this.#pathOf(name);
    const own = files.find((one) => one.path === path)?.read;
    if (!own || !('draft' in own) || own.run !== this.#state.run) return;
    await this.#place.files.remove(path).catch(() => {});
  }

  #pathOf(name: string): string {
    return `${this.#place?.root}/${this.#place?.below}/${keptFile(name)}`;
  }
}
