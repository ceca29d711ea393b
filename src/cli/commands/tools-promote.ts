import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import { askYes } from '../ask-yes.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { loadRun } from '../load-run.ts';
import { withHome } from '../open-home.ts';
import { stopOnce } from '../stop-once.ts';
import { oneLine } from '../text.ts';
import { draftText } from '../tool-text.ts';

/** `awp tools promote`: a person takes a tool of a run into the project, so that later runs have it. */
export const toolsPromoteCommand: Command = {
  name: 'tools promote',
  summary: 'Take a tool that agents made into the project, for all later runs',
  usage: 'RUN NAME [options]',
  examples: [
    'awp tools promote r-7f3a stats.mean',
    'awp tools promote r-7f3a stats.mean --to my-workflow --yes',
  ],
  options: [
    {
      name: 'to',
      value: 'DIR',
      group: 'TOOLS',
      help: 'folder of the workflow; else the one that the run was of',
    },
    { name: 'force', group: 'TOOLS', help: 'replace a tool of the same name' },
    { name: 'yes', group: 'TOOLS', help: 'ask nothing' },
  ],
  maxPositionals: 2,

  async run(args, shell) {
    const [id, name] = args.positionals;
    if (id === undefined || name === undefined) {
      throw new AwpError('usage/missing-argument', 'tools promote takes a run and a tool of it', {
        hint: 'awp tools list RUN shows what there is: awp tools promote RUN NAME',
      });
    }
    const state = await withHome(shell, args, async ({ store }) =>
      loadRun(store, (await store.find(id)).run),
    );
    const { checkTarget, promote, promotionOf } = await import('../../data/promote-tool.ts');
    const effects = await shell.effects();
    const { to, force } = { to: args.text('to'), force: args.has('force') };
    const promotion = await promotionOf(state, name, {
      to: to === undefined ? undefined : resolve(shell.cwd, to),
      effects,
    });
    await checkTarget(promotion, { effects, force });
    const { tool, path, run } = promotion;
    shell.err.write(draftText(tool, [`made by ${tool.creator} in ${run}`, `SHA-256 ${tool.hash}`]));
    shell.err.write(`\nto be written to ${oneLine(path)}\n`);
    const answer = await askYes('Read it first. May later runs have this tool?', args, shell);
    if (answer !== 'yes') {
      shell.err.write('nothing was written\n');
      return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
    }
    const stops = stopOnce(shell);
    try {
      await promote(promotion, { effects, force, signal: stops.signal });
    } catch (error) {
      if (stops.signal.aborted) return stops.status();
      throw error;
    } finally {
      stops.forget();
    }
    shell.err.write(`promoted ${tool.name}: ${oneLine(path)}\n`);
    return EXIT.complete;
  },
};
