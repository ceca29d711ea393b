import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { Arguments, Command } from '../command.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { oneLine } from '../text.ts';
import { theRun } from '../the-run.ts';
import { writeOutput } from '../write-output.ts';

/** `awp runs report ID`: a run as one Markdown text, from its log alone. */
export const runsReportCommand: Command = {
  name: 'runs report',
  summary: 'Write a readable report of a run, in Markdown',
  usage: 'ID [options]',
  examples: ['awp runs report r-7f3a', 'awp runs report r-7f3a --out report.md'],
  options: [
    {
      name: 'out',
      short: 'o',
      value: 'FILE',
      group: 'OUTPUT',
      help: 'write it to a file instead of standard output',
    },
    { name: 'force', group: 'OUTPUT', help: 'replace a file that is there' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const id = theRun(args, 'runs report');
    const out = args.text('out');
    await checkFree(out, args, shell);
    const { clock } = await shell.effects();
    const { writeReport } = await import('../../runtime/report/write-report.ts');
    const text = await withHome(shell, args, async ({ store }) => {
      const { run, owner } = await store.find(id);
      return writeReport(store, run, { alive: (owner?.until ?? 0) > clock.now() });
    });
    await writeOutput(text, out, shell);
    if (out !== undefined) shell.err.write(`report  ${oneLine(out)}\n`);
    return 0;
  },
};

/** A file that is there is only replaced when that was asked for. */
async function checkFree(out: string | undefined, args: Arguments, shell: Shell): Promise<void> {
  if (args.has('force') && out === undefined) {
    throw new AwpError('usage/bad-option', '--force is for a file', { hint: 'name it with --out' });
  }
  if (out === undefined || args.has('force')) return;
  const { files } = await shell.effects();
  if ((await files.info(resolve(shell.cwd, out))) === undefined) return;
  throw new AwpError('usage/exists', `${oneLine(out)} is there`, {
    hint: 'give another name, or --force to replace it',
  });
}
