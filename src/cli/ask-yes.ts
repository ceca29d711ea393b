import { AwpError } from '../base/errors.ts';
import type { Arguments } from './command.ts';
import type { Shell } from './shell.ts';

/**
 * Whether a person wants it: `--yes`, or a yes at the terminal; `interrupted` by Ctrl-C. Throws
 * `usage/missing-option` where nobody can be asked.
 */
export async function askYes(
  question: string,
  args: Arguments,
  shell: Shell,
): Promise<'yes' | 'no' | 'interrupted'> {
  if (args.has('yes')) return 'yes';
  if (!shell.attended) {
    throw new AwpError('usage/missing-option', 'nobody is there to say yes', {
      hint: 'look at it first (awp tools show), then say --yes',
    });
  }
  const answer = await shell.askLine(`${question} y / N `, new AbortController().signal);
  if (answer === 'interrupted') return 'interrupted';
  return typeof answer === 'object' && /^y(es)?$/i.test(answer.text.trim()) ? 'yes' : 'no';
}
