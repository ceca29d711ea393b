import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Shell } from './shell.ts';

/** Longest program, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text of a program that was named on the command line; `-` is standard input. Throws
 * `usage/bad-argument` for what is no file, no text or longer than 4 MiB.
 */
export async function readProgram(name: string, shell: Shell): Promise<string> {
  const bytes =
    name === '-' ? new TextEncoder().encode(await shell.readInput()) : await fileBytes(name, shell);
  if (bytes.length > MAX_BYTES) throw wrong(name, 'is longer than 4 MiB');
  const text = utf8(bytes);
  if (text === undefined || text.includes('\0')) throw wrong(name, 'is no text, so no program');
  return text;
}

async function fileBytes(name: string, shell: Shell): Promise<Uint8Array> {
  const { files } = await shell.effects();
  try {
    const path = await files.realPath(resolve(shell.cwd, name));
    const kind = (await files.info(path))?.kind;
    if (kind === 'folder') throw wrong(name, 'is a folder');
    if (kind !== 'file') throw wrong(name, 'is no regular file');
    return await files.readBytes(path, MAX_BYTES + 1);
  } catch (cause) {
    if (cause instanceof AwpError) throw cause;
    throw wrong(name, 'cannot be read', cause);
  }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function wrong(name: string, what: string, cause?: unknown): AwpError {
  const source = name === '-' ? 'standard input' : name;
  return new AwpError('usage/bad-argument', `${source} ${what}`, {
    hint: 'name one source file, or - to read it from standard input',
    cause,
  });
}
