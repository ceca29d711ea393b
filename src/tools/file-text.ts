import { isUtf8, utf16Mark } from './binary.ts';

/** How a text without a label is most likely encoded: by its mark, as UTF-8, else as Latin-1. */
export function encodingOf(bytes: Uint8Array): string {
  return utf16Mark(bytes) ?? (isUtf8(bytes) ? 'utf-8' : 'latin1');
}

/** A text cut to so many characters at most; a surrogate pair is kept or dropped as a whole. */
export function cutText(text: string, most: number): { text: string; cut: boolean } {
  if (text.length <= most) return { text, cut: false };
  const last = text.codePointAt(most - 1) ?? 0;
  return { text: text.slice(0, last > 0xffff ? most - 1 : most), cut: true };
}
