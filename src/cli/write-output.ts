import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Shell } from './shell.ts';

/** Text to a file, named from the working directory, or to standard output. Throws `usage/not-writable`. */
export async function writeOutput(
  text: string,
  output: string | undefined,
  shell: Shell,
): Promise<void> {
  if (output === undefined) {
    shell.out.write(text);
    return;
  }
  const { files } = await shell.effects();
  try {
    await files.write(resolve(shell.cwd, output), text);
  } catch (error) {
    throw new AwpError('usage/not-writable', `${output} cannot be written`, {
      cause: error,
      hint: 'choose a folder that is there and that you may write to',
    });
  }
}
