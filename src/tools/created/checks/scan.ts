import type { CodeLanguage } from '../../../events/creation.ts';

/** A word or a bracket of code, outside of text and comments. */
export interface Token {
  text: string;
  /** Offset in UTF-16 units. */
  at: number;
}

const PYTHON =
  /(?<skip>#[^\r\n]*|"""(?:[^\\]|\\[\s\S])*?(?:"""|$)|'''(?:[^\\]|\\[\s\S])*?(?:'''|$)|"(?:[^"\\\r\n]|\\[\s\S])*"?|'(?:[^'\\\r\n]|\\[\s\S])*'?)|(?<word>[\p{L}\p{M}\p{N}\p{Pc}$]+)|(?<mark>\S)/gu;
const SCRIPT =
  /(?<skip>\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\r\n]|\\[\s\S])*"?|'(?:[^'\\\r\n]|\\[\s\S])*'?|`(?:[^`\\]|\\[\s\S])*`?)|(?<word>[\p{L}\p{M}\p{N}\p{Pc}$]+)|(?<mark>\S)/gu;
const REGULAR = /\/(?:[^/\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*\])+\/[a-z]*/uy;
/** After these a slash begins a pattern; after anything else it divides. */
const BEFORE_PATTERN = /^(?:[-(,=:[!&|?{};+*%<>~^]|return|typeof|case|in|of|await|yield|void)$/;

/** Slashes that may turn out to begin no pattern; each is looked for to the end of its line. */
const MOST_TRIES = 500;

/**
 * Words and marks of code, as far as they can be seen without reading it: text, comments and
 * patterns are skipped. Linear in the length of the code, whatever it is.
 */
export function* tokensOf(code: string, language: CodeLanguage): Generator<Token> {
  const python = language === 'python';
  const scanner = new RegExp(python ? PYTHON : SCRIPT);
  const slash = new SlashReader(code, python ? 0 : MOST_TRIES);
  for (let match = scanner.exec(code); match !== null; match = scanner.exec(code)) {
    const [text] = match;
    const end = slash.endOfPattern(text, match.index);
    const skipped = end > 0 || match.groups?.skip !== undefined;
    if (end > 0) scanner.lastIndex = end;
    if (!skipped) yield { text, at: match.index };
    slash.passed(text, skipped);
  }
}

/** Tells slashes that begin a pattern from those that divide. */
class SlashReader {
  readonly #code: string;
  #tries: number;
  /** The last word or mark; comments are none. */
  #before = '';

  constructor(code: string, tries: number) {
    this.#code = code;
    this.#tries = tries;
  }

  /** Where the pattern ends that begins with this text; 0 when none does. */
  endOfPattern(text: string, at: number): number {
    if (text !== '/' || this.#tries === 0) return 0;
    if (this.#before !== '' && !BEFORE_PATTERN.test(this.#before)) return 0;
    REGULAR.lastIndex = at;
    if (REGULAR.test(this.#code)) return REGULAR.lastIndex;
    this.#tries -= 1;
    return 0;
  }

  /** After text and patterns a slash divides; a comment changes nothing. */
  passed(text: string, skipped: boolean): void {
    if (!skipped) this.#before = text;
    else if (!isComment(text)) this.#before = 'text';
  }
}

function isComment(text: string): boolean {
  return text.length > 1 && /^(?:\/[/*]|#)/.test(text);
}
