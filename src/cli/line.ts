import type { Style, Tone } from './style.ts';
import { cut, widthOf } from './text.ts';

/** A piece of a line: safe text and what it means. */
export type Span = string | readonly [tone: Tone, text: string];

/** The spans as one coloured line of at most `columns`; what does not fit is cut off. */
export function drawLine(spans: readonly Span[], columns: number, style: Style): string {
  let room = columns;
  let line = '';
  for (const span of spans) {
    if (room <= 0) break;
    const [tone, text] = typeof span === 'string' ? [undefined, span] : span;
    const shown = cut(text, room, style.symbols.ellipsis);
    room -= shown === text ? widthOf(text) : room;
    line += tone === undefined || shown === '' ? shown : style.paint(tone, shown);
  }
  return line.trimEnd();
}

/** Columns that the spans take. */
export function spansWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + widthOf(typeof span === 'string' ? span : span[1]), 0);
}
