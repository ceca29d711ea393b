/** Controls, text-direction marks, line and paragraph separators, tags and lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029\u{E0000}-\u{E007F}]/gu;

/**
 * Text from models, files, names and services on one line of the terminal: everything that could
 * move the cursor, change colours, turn the direction of writing or hide is written as an escape;
 * line breaks and tabs become spaces.
 */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(UNSAFE, escaped);
}

/** Like `oneLine`, but line breaks and tabs stay. */
export function block(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNSAFE, (mark) => (mark === '\n' || mark === '\t' ? mark : escaped(mark)));
}

function escaped(mark: string): string {
  const code = mark.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
}
