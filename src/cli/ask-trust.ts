import type { TrustOption } from '../data/trust.ts';
import type { Person } from './person.ts';
import { oneLine } from './text.ts';

/** Most files that are listed. */
const MAX_FILES = 40;

/** Asks the person at the terminal whether new files of a workflow may run; only a yes is one. */
export function askTrust(person: Person): Extract<TrustOption, (...args: never) => unknown> {
  const never = new AbortController();
  return ({ folder, files, hash }) =>
    person.talk(async () => {
      const { paint, symbols } = person.style;
      const title = 'this workflow has programs of its own, which nobody has trusted yet:';
      const listed = files.slice(0, MAX_FILES);
      const more = files.length - listed.length;
      person.say(paint('warn', `${symbols.warn} ${title}`));
      for (const { path, bytes } of listed) person.say(oneLine(`  ${path} (${bytes} bytes)`));
      if (more > 0) person.say(`  and ${more} more`);
      person.say(oneLine(`in ${folder}; SHA-256 ${hash}`));
      const question = 'Read them first. May they run from now on, as they are? y / N ';
      const answer = await person.line(question, never.signal);
      return typeof answer === 'object' && /^y(es)?$/i.test(answer.text.trim());
    });
}
