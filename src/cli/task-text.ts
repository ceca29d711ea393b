import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Shell } from './shell.ts';

/**
 * The task that `--task` means: the text itself, standard input for `-`, a file's text for `@FILE`.
 * Throws `source/unreachable` and `usage/bad-value` for an empty one.
 */
export async function taskText(value: string, shell: Shell): Promise<string> {
  const text = (await rawText(value, shell)).trim();
  if (text !== '') return text;
  throw new AwpError('usage/bad-value', 'the task is empty', {
    hint: 'write awp run -t "what to do"',
  });
}

async function rawText(value: string, shell: Shell): Promise<string> {
  if (value === '-') return shell.readInput();
  if (!value.startsWith('@')) return value;
  const path = resolve(shell.cwd, value.slice(1));
  const { files } = await shell.effects();
  try {
    return await files.readText(path);
  } catch (cause) {
    throw new AwpError('source/unreachable', `the task file ${path} cannot be read`, {
      cause,
      hint: 'check the path; a text that begins with @ can be given on standard input: -t -',
    });
  }
}
