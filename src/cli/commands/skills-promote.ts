import { relative } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { PromotedSkill, Promotion } from '../../data/promote-skill.ts';
import type { Arguments, Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { withHome } from '../open-home.ts';
import type { Shell } from '../shell.ts';
import { block, oneLine } from '../text.ts';
import { theRun } from '../the-run.ts';
import { personAt } from '../tool-flags.ts';
import { theSkill } from './skills-show.ts';

/** `awp skills promote`: a person takes a skill over that a manager wrote, for all later runs. */
export const skillsPromoteCommand: Command = {
  name: 'skills promote',
  summary: 'Take a skill that a manager wrote over into skills/ of the workflow',
  usage: 'RUN NAME [options]',
  examples: [
    'awp skills promote r-7f3a fair-rates',
    'awp skills promote r-7f3a fair-rates --to my-workflow',
  ],
  options: [
    {
      name: 'to',
      value: 'DIR',
      group: 'WRITE',
      help: 'folder of the workflow that gets it; else that of the run',
    },
    { name: 'yes', group: 'WRITE', help: 'ask nothing; needed without a terminal' },
    { name: 'force', group: 'WRITE', help: 'replace another text that is there' },
  ],
  maxPositionals: 2,

  async run(args, shell) {
    const id = theRun(args, 'skills promote');
    const name = theSkill(args, 'skills promote');
    const to = args.text('to');
    const effects = await shell.effects();
    return withHome(shell, args, async ({ store }) => {
      const { preparePromotion } = await import('../../data/promote-skill.ts');
      const { run } = await store.find(id);
      const promotion = await preparePromotion(
        { store, effects },
        { ...{ run, name, force: args.has('force'), cwd: shell.cwd }, ...(to && { to }) },
      );
      if (promotion.done !== 'unchanged') {
        shell.err.write(whatText(promotion, shell));
        const answer = await asked(args, shell);
        if (answer !== 'yes') {
          shell.err.write('nothing was written\n');
          return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
        }
      }
      doneText(await promotion.write(), promotion.folder, shell);
      return EXIT.complete;
    });
  },
};

/** All that a person must know before: the text, who wrote it, where it goes. */
function whatText(promotion: Promotion, shell: Shell): string {
  const { name, version, creator, run, text, file, done } = promotion;
  const hidden = text.match(/\p{Cf}/gu)?.length ?? 0;
  return [
    oneLine(`${name} ${version}, written by ${creator} in ${run}:`),
    '',
    ...block(text)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
    '',
    ...(hidden > 0 ? [`it has ${hidden} characters that are not seen on a screen`] : []),
    oneLine(`${done === 'replaced' ? 'replaces' : 'goes to'} ${shownPath(file, shell)}`),
    '',
  ].join('\n');
}

/** Only a yes is one. Throws `usage/missing-option` where nobody can be asked. */
async function asked(args: Arguments, shell: Shell): Promise<'yes' | 'no' | 'interrupted'> {
  if (args.has('yes')) return 'yes';
  const person = personAt(shell, args);
  if (!person) {
    throw new AwpError('usage/missing-option', 'nobody is there to say yes', {
      hint: 'read the text (awp skills show), then say --yes',
    });
  }
  const question = 'Every later run of the workflow has it then. Is it to be? y / N ';
  const answer = await person.line(question, new AbortController().signal);
  if (answer === 'interrupted') return 'interrupted';
  return typeof answer === 'object' && /^y(es)?$/i.test(answer.text.trim()) ? 'yes' : 'no';
}

function doneText({ file, done }: PromotedSkill, folder: string, shell: Shell): void {
  shell.out.write(`${done.padEnd(9)}  ${oneLine(shownPath(file, shell))}\n`);
  const list = oneLine(shownPath(folder, shell));
  shell.err.write(`what the workflow has now: awp skills list ${list}\n`);
}

/** A path as it is shorter, from the working directory or from the root. */
function shownPath(path: string, { cwd }: Shell): string {
  const near = relative(cwd, path) || '.';
  return near.startsWith('..') ? path : near;
}
