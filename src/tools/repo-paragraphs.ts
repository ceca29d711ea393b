/** Words of a text, in lower case: letters, digits and `_`. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFC').toLowerCase().match(WORD) ?? [];
}

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
/** One or more empty lines; blanks in them do not count. */
const BETWEEN = /\r?\n[^\S\n]*\r?\n\s*/g;

/** A part of a text that empty lines separate from the rest. */
export interface Paragraph {
  text: string;
  /** Where it starts, in characters (UTF-16) from the start of the text. */
  offset: number;
}

/** The paragraphs of a text, one after the other. */
export function* paragraphsOf(text: string): Generator<Paragraph> {
  let start = text.length - text.trimStart().length;
  for (const gap of text.matchAll(BETWEEN)) {
    if (gap.index > start) yield { text: text.slice(start, gap.index), offset: start };
    start = Math.max(start, gap.index + gap[0].length);
  }
  const rest = text.slice(start).trimEnd();
  if (rest !== '') yield { text: rest, offset: start };
}

/** Where the first of the words that weigh most starts in a text; 0 when none weighs anything. */
export function wordStart(text: string, weightOf: (word: string) => number): number {
  let best = { weight: 0, at: 0 };
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const weight = weightOf(word.normalize('NFC').toLowerCase());
    if (weight > best.weight) best = { weight, at: index };
  }
  return best.at;
}
