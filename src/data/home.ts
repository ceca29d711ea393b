import { dirname, join, resolve } from 'node:path';
import type { Effects } from '../ports/effects.ts';
import type { Store } from '../ports/store.ts';

/** Where runs are kept. */
export interface Home {
  store: Store;
  /** The `.awp` folder, absolute. */
  folder: string;
  /** Gives it back; the last user closes the store. */
  close(): Promise<void>;
}

/** How the place is found. */
export interface HomeOptions {
  /** The `.awp` folder itself. */
  home?: string;
  /** Working directory, for the search upward. */
  cwd: string;
  effects: Pick<Effects, 'files' | 'secrets'>;
}

interface Shared {
  store: Promise<Store>;
  users: number;
}

/** Open stores of this process: one writer for each folder, however many runs use it. */
const open = new Map<string, Shared>();

/**
 * Opens the store (decision 15): the given folder, else `AWP_HOME`, else the nearest `.awp/`
 * upward, else `.awp/` in the working directory. Throws `store/damaged`, `store/newer`,
 * `store/read-only`.
 */
export async function openHome(options: HomeOptions): Promise<Home> {
  const folder = await findHome(options);
  const shared = open.get(folder) ?? { store: openStore(folder), users: 0 };
  open.set(folder, shared);
  shared.users += 1;
  const leave = async (): Promise<void> => {
    shared.users -= 1;
    if (shared.users > 0) return;
    open.delete(folder);
    await (await shared.store).close();
  };
  try {
    const store = await shared.store;
    return { store, folder, close: once(leave) };
  } catch (error) {
    open.delete(folder);
    throw error;
  }
}

async function openStore(folder: string): Promise<Store> {
  const { openSqliteStore } = await import('../stores/sqlite-store.ts');
  return openSqliteStore({ folder });
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return async () => {
    done ??= action();
    await done;
  };
}

/** Where the `.awp` folder is, or would be made. */
export async function findHome({ home, cwd, effects }: HomeOptions): Promise<string> {
  const named = home ?? effects.secrets.get('AWP_HOME');
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const info = await effects.files.info(join(folder, '.awp'));
    if (info?.kind === 'folder') return join(folder, '.awp');
    if (dirname(folder) === folder) return join(resolve(cwd), '.awp');
  }
}
