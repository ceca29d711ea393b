import { sha256 } from '../../base/hash.ts';

/** A mark that is in none of the texts; the same for the same texts, so that prompts stay equal. */
export function markFor(texts: readonly string[]): string {
  let mark = sha256(JSON.stringify(texts)).slice(0, 12);
  while (texts.some((text) => text.includes(mark))) mark = sha256(mark).slice(0, 12);
  return mark;
}

/** Without the control words of chat templates, such as `<|im_end|>`, which some servers act on. */
export function withoutControlWords(text: string): string {
  return text.replace(/<\|(?=[\w ]{1,40}\|>)/g, '< |');
}
