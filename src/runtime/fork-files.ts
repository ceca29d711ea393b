import { AwpError } from '../base/errors.ts';
import { writeError } from '../base/write-error.ts';
import type { Plan } from '../events/plan.ts';
import type { RunState } from '../events/state.ts';
import type { Files } from '../ports/effects.ts';

/** From which folder to which, both of runs. */
export interface ForkFolders {
  from: string;
  to: string;
}

/**
 * Copies what a fork needs of the old run's files: its inputs, texts of skills, contents of files that
 * agents wrote so far, and what agents were handed besides their prompts. Names in `artifacts/` are
 * made again from the log. Each file must be the one that the log knows. Throws `store/damaged` when
 * one is gone or was changed, `store/full` and the like.
 */
export async function copyRunFiles(
  files: Files,
  { from, to }: ForkFolders,
  { plan, state }: { plan: Plan; state: RunState },
): Promise<void> {
  const copier = new Copier(files, { from, to });
  await copier.folder('inputs');
  await copier.folder('skills');
  // Others of the old run were handed theirs after the point.
  for (const id of state.frames.keys()) await copier.folder(`workspace/context/${id}`);
  for (const { path, sha256 } of plan.inputs) {
    if (path !== undefined) await copier.check(`inputs/${path}`, sha256);
  }
  for (const sha256 of blobsOf(state)) await copier.blob(sha256);
}

/** Contents of files that the log names. */
function blobsOf({ artifacts, sessions = new Map() }: RunState): Set<string> {
  return new Set([...[...artifacts.values()].map(({ sha256 }) => sha256), ...sessions.values()]);
}

class Copier {
  readonly #files: Files;
  readonly #folders: ForkFolders;

  constructor(files: Files, folders: ForkFolders) {
    this.#files = files;
    this.#folders = folders;
  }

  /** Copies a folder with all below it; nothing there is nothing to copy. */
  async folder(path: string): Promise<void> {
    for (const name of await this.#files.list(`${this.#folders.from}/${path}`)) {
      const one = `${path}/${name}`;
      const kind = (await this.#files.info(`${this.#folders.from}/${one}`))?.kind;
      if (kind === 'folder') await this.folder(one);
      else if (kind === 'file') await this.#copy(one);
    }
  }

  async blob(sha256: string): Promise<void> {
    const path = `blobs/${sha256}`;
    await this.#copy(path);
    await this.check(path, sha256);
  }

  /** Throws `store/damaged` when a copy is not what the log knows. */
  async check(path: string, sha256: string | undefined): Promise<void> {
    if (sha256 === undefined) return;
    const target = `${this.#folders.to}/${path}`;
    const hash = await this.#files.hash(target).catch(() => undefined);
    if (hash === sha256) return;
    const what = hash === undefined ? 'is gone' : 'was changed';
    throw damaged(path, what);
  }

  async #copy(path: string): Promise<void> {
    const { from, to } = this.#folders;
    const target = `${to}/${path}`;
    if (!(await this.#files.info(`${from}/${path}`))) throw damaged(path, 'is gone');
    try {
      await this.#files.makeFolder(target.slice(0, target.lastIndexOf('/')));
      await this.#files.copy(`${from}/${path}`, target);
    } catch (error) {
      throw writeError(error, 'a file of the fork could not be kept');
    }
  }
}

function damaged(path: string, what: string): AwpError {
  return new AwpError('store/damaged', `${path} of the run ${what}: it cannot be forked there`, {
    hint: 'start a new run, or fork from a point before the file was written',
  });
}
