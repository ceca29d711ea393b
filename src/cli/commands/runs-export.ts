import { AwpError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { withHome } from '../open-home.ts';
import { theRun } from '../the-run.ts';

/** `awp runs export ID --ndjson`: the log of a run, one event per line, as it was written. */
export const runsExportCommand: Command = {
  name: 'runs export',
  summary: 'Write the log of a run to standard output',
  usage: 'ID --ndjson',
  examples: ['awp runs export r-7f3a --ndjson > run.ndjson'],
  options: [{ name: 'ndjson', group: 'OUTPUT', help: 'one event per line, as in the log' }],
  maxPositionals: 1,

  async run(args, shell) {
    const id = theRun(args, 'runs export');
    if (!args.has('ndjson')) {
      throw new AwpError('usage/bad-option', 'the format of the export is missing', {
        hint: `write awp runs export ${id} --ndjson`,
      });
    }
    return withHome(shell, args, async ({ store }) => {
      const { run } = await store.find(id);
      let after = 0;
      while (!shell.out.closed()) {
        const events = await store.read(run, after);
        const last = events.at(-1);
        if (last === undefined) break;
        after = last.seq;
        shell.out.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        await shell.out.flush();
      }
      return 0;
    });
  },
};
