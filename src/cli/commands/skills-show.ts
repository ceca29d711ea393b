import { AwpError } from '../../base/errors.ts';
import type { RunSkill } from '../../data/run-skills.ts';
import type { Arguments, Command } from '../command.ts';
import { withHome } from '../open-home.ts';
import { block, oneLine } from '../text.ts';
import { theRun } from '../the-run.ts';

/** `awp skills show`: the text of a skill of a run, and where it is from. */
export const skillsShowCommand: Command = {
  name: 'skills show',
  summary: 'Show the text of a skill of a run',
  usage: 'RUN NAME [options]',
  examples: ['awp skills show r-7f3a fair-rates'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'the skill as one JSON object' }],
  maxPositionals: 2,

  async run(args, shell) {
    const id = theRun(args, 'skills show');
    const name = theSkill(args, 'skills show');
    const { files } = await shell.effects();
    return withHome(shell, args, async ({ store }) => {
      const { skillNamed, skillsOfRun, textOfSkill } = await import('../../data/run-skills.ts');
      const { run } = await store.find(id);
      const skill = skillNamed((await skillsOfRun(store, run)).skills, name, run);
      const text = await textOfSkill(files, store.folder(run), skill);
      if (args.has('json')) {
        shell.out.write(`${JSON.stringify({ ...asJson(skill, run), text }, undefined, 2)}\n`);
        return 0;
      }
      shell.err.write(`${oneLine(sourceWords(skill, run))}\n`);
      shell.out.write(`${block(text).trimEnd()}\n`);
      return 0;
    });
  },
};

/** The skill that a command is about. Throws `usage/missing-argument`. */
export function theSkill(args: Arguments, command: string): string {
  const [, name] = args.positionals;
  if (name !== undefined && name !== '') return name;
  throw new AwpError('usage/missing-argument', `awp ${command} needs the name of a skill`, {
    hint: 'awp skills list RUN shows them',
  });
}

function sourceWords({ name, origin, written }: RunSkill, run: string): string {
  return written
    ? `${name}, written by ${written.by} in ${run}, ${written.at}`
    : `${name}, from the beginning of ${run} (${origin})`;
}

function asJson({ name, description, origin, written, chars, sha256 }: RunSkill, run: string) {
  const by = { creator: written?.by ?? null, created_at: written?.at ?? null };
  return { run, name, description, origin, ...by, chars, sha256 };
}
