import { nearest, onlyNearest } from '../base/nearest.ts';

/** Comparisons of names that one check may make. */
const MOST_COMPARISONS = 200_000;

/**
 * Names of which one may have been meant. The work is bounded, so that a workflow of any size is
 * checked in linear time: where there are thousands of names, only the first findings get one.
 */
export class Suggestions {
  readonly #names: ReadonlySet<string>;
  #left = MOST_COMPARISONS;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** The name most like `word`, if one is near enough. */
  near(word: string): string | undefined {
    return this.#look() ? nearest(word, this.#names) : undefined;
  }

  /** The same, if no other name is as near: sure enough to be written by itself. */
  sure(word: string): string | undefined {
    return this.#look() ? onlyNearest(word, this.#names) : undefined;
  }

  #look(): boolean {
    if (this.#left < this.#names.size) return false;
    this.#left -= this.#names.size;
    return true;
  }
}

/** The first names as a list for people: `known ids: planner, writer, …`. */
export function listed(title: string, names: Iterable<string>, most = 10): string {
  const first: string[] = [];
  for (const name of names) {
    if (first.length === most) return `${title}: ${first.join(', ')}, …`;
    first.push(name);
  }
  return `${title}: ${first.join(', ') || 'none'}`;
}
