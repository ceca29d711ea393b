import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOnly } from './sqlite-errors.ts';

/** Path of the database in a `.awp` folder. */
export function databasePath(home: string): string {
  return join(home, 'awp.db');
}

/** Folder of a run's files in a `.awp` folder. */
export function runFolder(home: string, run: string): string {
  return join(home, 'runs', run);
}

/** Makes the `.awp` folder, kept out of git but for `schema/` (decision 15). */
export function makeHome(home: string): void {
  mkdirSync(join(home, 'runs'), { recursive: true });
  const ignore = join(home, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n!schema/\n!schema/**\n');
}

/** Throws `store/read-only` when the folder, or a file of the database in it, cannot be written. */
export function checkWritable(home: string): void {
  const database = databasePath(home);
  for (const path of [home, database, `${database}-wal`, `${database}-shm`]) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw readOnly(path, error);
    }
  }
}
