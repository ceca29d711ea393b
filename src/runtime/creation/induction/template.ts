import type { Token } from './token.ts';

/** What stands around a value in a template, and around a piece of a text with expressions. */
const VALUE = ['⟦', '⟧'] as const;
const PIECE = ['⦃', '⦄'] as const;
const PLACE = /⟦([^⟧]*)⟧|⦃([^⦄]*)⦄/g;

/** The program with a mark around each of its values; undefined for one that has such marks. */
export function placed(source: string, tokens: readonly Token[]): string | undefined {
  if (/[⟦⟧⦃⦄]/.test(source)) return undefined;
  const parts: string[] = [];
  let from = 0;
  for (const { literal, start, end } of tokens) {
    if (!literal) continue;
    const [open, close] = literal.kind === 'piece' ? PIECE : VALUE;
    parts.push(source.slice(from, start), open, source.slice(start, end), close);
    from = end;
  }
  return [...parts, source.slice(from)].join('');
}

/** A value in its place. */
export interface Place {
  /** Its number, from 0. */
  index: number;
  /** As it is written in the program. */
  text: string;
  isPiece: boolean;
  /** Where its mark begins in the template. */
  at: number;
}

/** The values of a template, in their order. */
export function placesOf(template: string): Place[] {
  return [...template.matchAll(PLACE)].map((found, index) => ({
    index,
    text: found[1] ?? found[2] ?? '',
    isPiece: found[2] !== undefined,
    at: found.index,
  }));
}

/** The program with other text for values: `put` gives it, or undefined for one that stays. */
export function filledIn(template: string, put: (place: Place) => string | undefined): string {
  const places = placesOf(template);
  let next = 0;
  return template.replace(PLACE, () => {
    const place = places[next];
    next += 1;
    return place ? (put(place) ?? place.text) : '';
  });
}
