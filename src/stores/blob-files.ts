import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { sha256 } from '../base/hash.ts';
import type { Blob } from './event-row.ts';

/** The folder of a run's large strings, each in a file named by its SHA-256. */
function blobFolder(runFolder: string): string {
  return join(runFolder, 'blobs');
}

/** Writes a large string and syncs it, unless it is there. It is whole or not there at all. */
export function writeBlob(runFolder: string, { hash, content }: Blob): void {
  const folder = blobFolder(runFolder);
  const path = join(folder, hash);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.size === Buffer.byteLength(content)) return;
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(runFolder);
  const draft = join(folder, `${hash}.${process.pid}-${threadId}.tmp`);
  writeFileSync(draft, content, { flush: true });
  renameSync(draft, path);
  syncFolder(folder);
}

/** The string with this SHA-256, or undefined when its file is missing or holds something else. */
export async function readBlob(runFolder: string, hash: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(join(blobFolder(runFolder), hash));
    return sha256(bytes) === hash ? bytes.toString('utf8') : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the names in a folder safe. Windows has no such call and does without. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
