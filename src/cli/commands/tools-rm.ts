import { AwpError } from '../../base/errors.ts';
import type { ToolEntry } from '../../data/kept-tools.ts';
import type { Files } from '../../ports/effects.ts';
import { askYes } from '../ask-yes.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { oneLine } from '../text.ts';
import { withPlaces } from '../tool-text.ts';

/** `awp tools rm`: takes a promoted or a kept tool away, so that later runs do not have it. */
export const toolsRmCommand: Command = {
  name: 'tools rm',
  summary: 'Take a tool away that was promoted, or that runs have kept',
  usage: 'NAME [options]',
  examples: ['awp tools rm stats.mean', 'awp tools rm stats.mean --kept --yes'],
  options: [
    {
      name: 'dir',
      value: 'DIR',
      group: 'TOOLS',
      help: 'folder of the workflow; else the nearest one upward from here',
    },
    { name: 'kept', group: 'TOOLS', help: 'the one that runs have kept, not the promoted one' },
    { name: 'yes', group: 'TOOLS', help: 'ask nothing' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const [name] = args.positionals;
    if (name === undefined) {
      throw new AwpError('usage/missing-argument', 'tools rm takes the name of a tool', {
        hint: 'awp tools list shows them',
      });
    }
    const { entriesOf, findTools } = await import('../../data/kept-tools.ts');
    const places = await withPlaces(args, shell);
    const { entries } = await findTools(places);
    const from = args.has('kept') ? 'kept' : 'project';
    const files = filesOf(entriesOf(name, entries), from);
    if (files.length === 0) throw notThere(name, from);
    for (const path of files) shell.err.write(`${oneLine(path)}\n`);
    const answer = await askYes(`Take ${oneLine(name)} away?`, args, shell);
    if (answer !== 'yes') {
      shell.err.write('nothing was removed\n');
      return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
    }
    await removeAll(files, places.files);
    shell.err.write(`took ${oneLine(name)} away\n`);
    return EXIT.complete;
  },
};

function filesOf(entries: readonly ToolEntry[], from: 'project' | 'kept'): string[] {
  return entries.flatMap((one) => (one.from === from ? [one.path] : []));
}

function notThere(name: string, from: 'project' | 'kept'): AwpError {
  const where = from === 'kept' ? 'no run has kept it' : 'it is no tool of the project';
  return new AwpError('tool/unknown', `${name} cannot be taken away: ${where}`, {
    hint: from === 'kept' ? 'leave --kept out for a promoted one' : 'a kept one: --kept',
  });
}

async function removeAll(paths: readonly string[], files: Files): Promise<void> {
  for (const path of paths) {
    try {
      // A folder of such a name is none of ours; what is in it could be anything.
      if ((await files.info(path))?.kind === 'folder') throw new Error('it is a folder');
      await files.remove(path);
    } catch (cause) {
      throw new AwpError('usage/not-writable', `${path} cannot be removed`, {
        cause,
        hint: 'look at what it is, and at the permissions of its folder',
      });
    }
  }
}
