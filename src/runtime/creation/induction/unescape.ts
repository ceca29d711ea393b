const SHORT: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"', '`': '`', '\n': '', '\r\n': '' },
};

const ESCAPE =
  /\\(?:(\r\n|[nrtbfv\\'"`\n])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;

/** How a language writes characters that cannot stand for themselves. */
export type Escapes = 'python' | 'script';

/** Stands for what is not known while a text is made; no text that is kept has it. */
const UNKNOWN = '\0';

/**
 * The text that a string stands for, from what is written between its quotes. Undefined when it has
 * something that is not known here, or is no text that can be kept.
 */
export function unescaped(inside: string, escapes: Escapes): string | undefined {
  const text = inside.replace(ESCAPE, (whole, ...groups: (string | undefined)[]) => {
    const [short, hex, unicode, braces, long, octal, other] = groups;
    const own = escapes === 'script' ? braces : long;
    const code = hex ?? unicode ?? own;
    if (short !== undefined) return SHORT[short] ?? '';
    if (code !== undefined) return character(code) ?? UNKNOWN;
    if (octal !== undefined) return octalOf(octal, escapes) ?? UNKNOWN;
    return (other !== undefined && otherOf(other, escapes, whole)) || UNKNOWN;
  });
  return text.isWellFormed() && !text.includes(UNKNOWN) ? text : undefined;
}

function character(hex: string): string | undefined {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

function octalOf(digits: string, escapes: Escapes): string | undefined {
  return escapes === 'python' ? String.fromCodePoint(Number.parseInt(digits, 8)) : undefined;
}

/** Python keeps the stroke before what it does not know, others drop it. */
function otherOf(character: string, escapes: Escapes, whole: string): string | undefined {
  if (escapes === 'script') return /[xu]/.test(character) ? undefined : character;
  if (character === 'a') return '\u0007';
  return /[NxuU]/.test(character) ? undefined : whole;
}
