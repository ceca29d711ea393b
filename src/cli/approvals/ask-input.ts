import type { Approval } from '../../events/state.ts';
import { block } from '../text.ts';
import { argsText, requestLine } from './approval-text.ts';
import type { Asking, Verdict } from './verdict.ts';

/** The word that ends a loop; behind it stands why. */
const END = '/end';

/**
 * Asks what the next round of a loop is told: a line of text is that, an empty one lets it go on
 * without any, `/end` ends the loop.
 */
export async function askInput(approval: Approval, asking: Asking): Promise<Verdict> {
  const { person, signal } = asking;
  const { paint, symbols } = person.style;
  person.say(paint('warn', `${symbols.warn} waits for you: ${requestLine(approval)}`));
  const { text, left } = shownPrompt(approval, false);
  person.say(text);
  if (left !== undefined) person.say(paint('warn', `${symbols.ellipsis} ${left}; /show shows all`));
  for (;;) {
    const answer = await person.line('Your answer (/end ends it, ? helps): ', signal);
    if (typeof answer === 'string') return answer;
    const line = answer.text.trim();
    if (line === '?') person.say(HELP);
    else if (line === '/show') person.say(shownPrompt(approval, true).text);
    else return heard(line);
  }
}

function heard(line: string): Verdict {
  if (line === '') return { decision: 'approve', similar: false };
  if (line !== END && !line.startsWith(`${END} `)) {
    return { decision: 'approve', args: { input: line }, similar: false };
  }
  const reason = line.slice(END.length).trim();
  return { decision: 'reject', ...(reason !== '' && { reason }) };
}

/** A text is shown as it is, line by line; anything else as JSON. */
function shownPrompt({ args }: Approval, all: boolean): ReturnType<typeof argsText> {
  const { prompt } = args;
  if (typeof prompt !== 'string') return argsText(args, all);
  return argsText(block(prompt), all);
}

const HELP = [
  'TEXT       what the next round is told',
  'return     go on without saying anything',
  `${END}       ends the loop with the result it has; the words behind it are the reason`,
  '/show      show all of what it asks',
  'Ctrl-D     leave it open: the run waits, and can be answered with awp runs approve',
  'Ctrl-C     stop the run; it can be resumed',
].join('\n');
