import { withoutControlWords } from '../../base/control-words.ts';
import { sha256 } from '../../base/hash.ts';

/** A mark that is in none of the texts; the same for the same texts, so that prompts stay equal. */
export function markFor(texts: readonly string[]): string {
  let mark = shortHash(JSON.stringify(texts));
  while (texts.some((text) => text.includes(mark))) mark = shortHash(mark);
  return mark;
}

function shortHash(text: string): string {
  return sha256(text).slice(0, 12);
}

/** Stands for the mark while a message is made; no text has it. */
const PLACE = '\0';

/**
 * Texts from elsewhere in one message: each between marks that none of them has, so that no text can
 * end its own place (threat T15). The mark follows from this message alone, so that conversations grow
 * by appending; and from its first text, so that messages which begin alike stay alike: caches of
 * services find them again. Whoever guesses a mark and writes it gets another one.
 */
export class Marks {
  readonly #texts: string[] = [];

  /** A text as a block of its own; `from` says in our own words where it comes from. */
  block(text: string, from: string, name = 'data'): string {
    const clean = withoutControlWords(text).replaceAll(PLACE, '');
    this.#texts.push(clean);
    return `<${name}-${PLACE} from="${from}">\n${clean}\n</${name}-${PLACE}>`;
  }

  /** The message with its mark, and a line that names it where there is a block. */
  finish(message: string): string {
    if (this.#texts.length === 0) return message.replaceAll(PLACE, '');
    const first = shortHash(this.#texts[0] ?? '');
    const mark = message.includes(first) ? markFor([message]) : first;
    return `The mark of this message is ${mark}.\n\n${message.replaceAll(PLACE, mark)}`;
  }
}
