import type { CodeLanguage, DraftProblem, ToolDraft } from '../../../events/creation.ts';
import type { DraftCheck } from '../../../ports/toolsmith.ts';
import { placeOf, placeText, problemOf, shown } from './problem.ts';
import { tokensOf } from './scan.ts';

/** Most bytes of code as UTF-8, characters of one line, and brackets that are open at once. */
const MOST_BYTES = 64 * 1024;
const MOST_LINE = 20_000;
const MOST_DEPTH = 100;

/**
 * Characters that hide what code says or that no reader sees: control characters but tab and ends of
 * lines, marks of direction, characters without width, and other separators of lines.
 */
const HIDDEN =
  /[[\p{Cc}--[\t\n\r]]\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/v;
const LONE_SURROGATE = /\p{Surrogate}/u;
const BYTE_ORDER_MARK = '\ufeff';
const COOKIE = /^[ \t]*#.*?coding[:=][ \t]*([-\w.]+)/;
const UTF8 = /^utf[-_]?8$/i;

interface Seen {
  error: string;
  hint: string;
}

type Look = (draft: ToolDraft) => Seen | undefined;

/** Cheapest first; none of them reads the code as a language. */
const LOOKS: readonly Look[] = [
  empty,
  tooLong,
  loneSurrogate,
  hiddenCharacter,
  otherCoding,
  longLine,
  deepNesting,
  lookAlike,
];

/** Whether the text can be read at all, and says what it seems to say (spec, capabilities 12.1). */
export const sourceCheck: DraftCheck = { stage: 'source', check: checkSource };

function checkSource(draft: ToolDraft): DraftProblem | undefined {
  for (const look of LOOKS) {
    const seen = look(draft);
    if (seen) return problemOf('source', { category: 'validation', ...seen });
  }
  return undefined;
}

function empty({ code, language }: ToolDraft): Seen | undefined {
  if (code.trim() !== '') return undefined;
  return { error: 'the code is empty', hint: `define ${handlerIn(language)}` };
}

/** How a handler begins in a language. */
export function handlerIn(language: CodeLanguage): string {
  return language === 'python'
    ? '`def handler(*, a, b=1):`, which returns {"ok": True, "status": 200, "data": ...}'
    : '`export function handler({ a, b = 1 })`, which returns { ok: true, status: 200, data: ... }';
}

function tooLong({ code }: ToolDraft): Seen | undefined {
  if (code.length <= MOST_BYTES && Buffer.byteLength(code) <= MOST_BYTES) return undefined;
  return {
    error: `the code has more than ${MOST_BYTES / 1024} KiB`,
    hint: 'make it shorter: data belongs into the arguments, and two things into two tools',
  };
}

function loneSurrogate({ code }: ToolDraft): Seen | undefined {
  if (code.isWellFormed()) return undefined;
  return {
    error: characterAt(code, code.search(LONE_SURROGATE), 'half of a character'),
    hint: 'leave it out',
  };
}

function hiddenCharacter({ code }: ToolDraft): Seen | undefined {
  const at = code.search(HIDDEN);
  if (at < 0) return undefined;
  const first = at === 0 && code.startsWith(BYTE_ORDER_MARK);
  return {
    error: characterAt(code, at, first ? 'a byte order mark' : 'a character that cannot be seen'),
    hint: first ? 'leave it out' : 'leave it out; in text, write it as an escape',
  };
}

function characterAt(code: string, at: number, what: string): string {
  return `${placeText(placeOf(code, at))}: ${codePoint(code, at)} is ${what}`;
}

function codePoint(code: string, at: number): string {
  return `U+${(code.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Python reads a file as the comment in one of its first two lines says. */
function otherCoding({ code, language }: ToolDraft): Seen | undefined {
  if (language !== 'python') return undefined;
  for (const [index, line] of code.split(/\r\n|\r|\n/, 2).entries()) {
    const coding = COOKIE.exec(line)?.[1];
    if (coding === undefined || UTF8.test(coding)) continue;
    return {
      error: `line ${index + 1}: the code says that it is written in ${shown(coding)}`,
      hint: 'leave the comment out: code is UTF-8',
    };
  }
  return undefined;
}

function longLine({ code }: ToolDraft): Seen | undefined {
  const index = code.split(/\r\n|\r|\n/).findIndex((line) => line.length > MOST_LINE);
  if (index < 0) return undefined;
  return {
    error: `line ${index + 1} has more than ${MOST_LINE} characters`,
    hint: 'break it; data belongs into the arguments',
  };
}

function deepNesting({ code, language }: ToolDraft): Seen | undefined {
  let depth = 0;
  for (const { text, at } of tokensOf(code, language)) {
    if ('([{'.includes(text)) depth += 1;
    else if (')]}'.includes(text)) depth = Math.max(0, depth - 1);
    if (depth <= MOST_DEPTH) continue;
    return {
      error: `${placeText(placeOf(code, at))}: more than ${MOST_DEPTH} brackets are open`,
      hint: 'give parts of the expression names of their own',
    };
  }
  return undefined;
}

const LATIN = /\p{Script=Latin}/u;
const CYRILLIC = /\p{Script=Cyrillic}/u;

/**
 * Names that look like others: Python takes letters of other shapes for the plain ones, and no reader
 * sees Cyrillic letters between Latin ones.
 */
function lookAlike({ code, language }: ToolDraft): Seen | undefined {
  for (const { text, at } of tokensOf(code, language)) {
    const plain = text.normalize('NFKC');
    if (plain !== text.normalize('NFC')) {
      const offset = at + firstOther(text);
      return {
        error: `${placeText(placeOf(code, offset))}: ${codePoint(code, offset)} in a name looks like another letter; the name reads ${shown(plain)}`,
        hint: 'write names in plain letters',
      };
    }
    if (!LATIN.test(text) || !CYRILLIC.test(text)) continue;
    const offset = at + text.search(CYRILLIC);
    return {
      error: `${placeText(placeOf(code, offset))}: ${codePoint(code, offset)} is a Cyrillic letter in a name with Latin letters`,
      hint: 'write names in letters of one alphabet',
    };
  }
  return undefined;
}

/** Where the first character is that is not its own plain form. */
function firstOther(text: string): number {
  let at = 0;
  for (const character of text) {
    if (character.normalize('NFKC') !== character.normalize('NFC')) return at;
    at += character.length;
  }
  return 0;
}
