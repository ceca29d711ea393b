import { withoutControlWords } from '../../base/control-words.ts';

/** A part of a prompt under its heading. */
export function section(title: string, body: string): string {
  return `## ${title}\n${body}`;
}

/** Parts of a prompt, those left out that are not there. */
export function sections(parts: readonly (string | undefined | false)[]): string {
  return parts.filter(Boolean).join('\n\n');
}

/** A text from elsewhere within a line of ours: on one line, `chars` long at most, no control words. */
export function oneLine(text: string, chars: number): string {
  const line = withoutControlWords(text.replace(/[\s\u0085\u2028\u2029]+/g, ' ').trim());
  return line.length > chars ? `${line.slice(0, chars).toWellFormed()} ...` : line;
}
