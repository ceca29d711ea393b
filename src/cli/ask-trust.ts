import type { TrustOption } from '../data/trust.ts';
import type { Person } from './person.ts';
import { oneLine } from './text.ts';

/** Most files that are listed. */
const MAX_FILES = 40;

/**
 * Asks the person at the terminal whether new files of a workflow may run, and where its secrets may
 * go; only a yes is one.
 */
export function askTrust(person: Person): Extract<TrustOption, (...args: never) => unknown> {
  const never = new AbortController();
  return ({ folder, files, grants = [], hash }) =>
    person.talk(async () => {
      const { paint, symbols } = person.style;
      const programs = files.length > 0;
      const wants = programs ? 'has programs of its own' : 'wants secrets to be sent';
      const title = `this workflow ${wants}, which nobody has trusted yet:`;
      const listed = files.slice(0, MAX_FILES).map(({ path, bytes }) => `${path} (${bytes} bytes)`);
      const more = files.length - listed.length;
      person.say(paint('warn', `${symbols.warn} ${title}`));
      for (const line of [...listed, ...grants]) person.say(oneLine(`  ${line}`));
      if (more > 0) person.say(`  and ${more} more`);
      person.say(oneLine(`in ${folder}; SHA-256 ${hash}`));
      const question = programs
        ? 'Read them first. May they run from now on, as they are? y / N '
        : 'May this be from now on? y / N ';
      const answer = await person.line(question, never.signal);
      return typeof answer === 'object' && /^y(es)?$/i.test(answer.text.trim());
    });
}
