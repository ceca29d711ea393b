import { type FSWatcher, lstatSync, readdirSync, realpathSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What programs keep for themselves: it changes all the time and means nothing here. */
const OWN = new Set(['.git', '.awp', 'node_modules']);
/** Folders that are watched, the nearest first; what is farther below is not. */
const MOST_FOLDERS = 2000;

/**
 * Tells of every change of a file, or below a folder, until the returned function is called. A
 * file is watched through its folder, and each folder by itself: editors put a new file in the
 * place of the old one, and Node's recursive watching loses sight of it then. Links below it are
 * not followed. Throws Node's errors when there is nothing at `path` or it cannot be watched.
 */
export function watchPath(path: string, changed: () => void): () => void {
  const real = realpathSync(path);
  const root = isFolder(real) ? real : dirname(real);
  const watchers = new Map([[root, watch(root, happenedIn(root))]]);
  follow(foldersIn(root));
  // The folder itself can be put aside and come back, as when another branch is checked out.
  const above = tryToWatch(dirname(root), (event, name) => {
    if (name === basename(root)) happened(event, root);
  });

  function happenedIn(folder: string) {
    return (event: string, name: string | null): void => {
      if (name === null || !OWN.has(name)) happened(event, join(folder, name ?? ''));
    };
  }

  function happened(event: string, at: string): void {
    if (event === 'rename') {
      forget(at); // another folder may have taken its place
      follow([at]);
    }
    changed();
  }

  /** Watches folders and what is below them, as far as the system allows. */
  function follow(folders: string[]): void {
    for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
      if (watchers.has(next) || watchers.size >= MOST_FOLDERS || !isFolder(next)) continue;
      const watcher = tryToWatch(next, happenedIn(next));
      if (!watcher) continue;
      watchers.set(next, watcher);
      folders.push(...foldersIn(next));
    }
  }

  function forget(folder: string): void {
    for (const [known, watcher] of watchers) {
      if (known !== folder && !known.startsWith(join(folder, '/'))) continue;
      watcher.close();
      watchers.delete(known);
    }
  }

  return () => {
    above?.close();
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** Undefined when the folder has gone, or the system has no more watches to give. */
function tryToWatch(
  folder: string,
  listener: (event: string, name: string | null) => void,
): FSWatcher | undefined {
  try {
    const watcher = watch(folder, listener);
    // Windows says so when a watched folder goes; the one above tells of it.
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !OWN.has(entry.name))
      .map(({ name }) => join(folder, name));
  } catch {
    return []; // it has gone, or is not for us to read: then neither are its files
  }
}
