import { wordsOf } from './repo-paragraphs.ts';

/** A paragraph that has a word of the question. */
export interface Hit {
  path: string;
  /** Where the paragraph starts and ends in the text of its file, in characters. */
  offset: number;
  end: number;
}

/** A hit and how well it fits. */
export interface RankedHit extends Hit {
  score: number;
}

/** Hits that have the words of the question equally often, so that all have the same score. */
interface Group {
  counts: readonly number[];
  hits: Hit[];
}

/**
 * Ranks paragraphs by TF-IDF (spec, capabilities 1.5): 1 + ln(tf) of each word of the question times
 * ln((N + 1) / (df + 1)) + 1, where N counts paragraphs and df those with the word. How much is kept
 * does not grow with the number of paragraphs: of equals only the first can be asked for.
 */
export class Ranking {
  /** Words of the question and their places. */
  readonly #words: ReadonlyMap<string, number>;
  readonly #most: number;
  readonly #frequencies: number[];
  readonly #groups = new Map<string, Group>();
  #paragraphs = 0;

  constructor(words: readonly string[], most: number) {
    this.#words = new Map(words.map((word, at) => [word, at]));
    this.#most = most;
    this.#frequencies = words.map(() => 0);
  }

  /** Takes the next paragraph; they come in the order in which equals are listed. */
  add(text: string, hit: Hit): void {
    this.#paragraphs++;
    const counts = this.#count(text);
    if (counts.every((count) => count === 0)) return;
    for (const [at, count] of counts.entries()) {
      if (count > 0) this.#frequencies[at] = (this.#frequencies[at] ?? 0) + 1;
    }
    const key = counts.join(' ');
    const group = this.#groups.get(key) ?? { counts, hits: [] };
    this.#groups.set(key, group);
    if (group.hits.length < this.#most) group.hits.push(hit);
  }

  /** The best, with the best first; of equals the one that came first. */
  best(): RankedHit[] {
    const ranked = [...this.#groups.values()].flatMap(({ counts, hits }) => {
      const score = Math.round(this.#scoreOf(counts) * 10_000) / 10_000;
      return hits.map((hit) => ({ ...hit, score }));
    });
    return ranked.sort((a, b) => b.score - a.score || order(a, b)).slice(0, this.#most);
  }

  /** How rare a word of the question is: the weight that it has in a score; 0 of other words. */
  weightOf(word: string): number {
    const at = this.#words.get(word);
    if (at === undefined) return 0;
    const frequency = this.#frequencies[at] ?? 0;
    return Math.log((this.#paragraphs + 1) / (frequency + 1)) + 1;
  }

  #count(text: string): number[] {
    const counts = this.#frequencies.map(() => 0);
    for (const word of wordsOf(text)) {
      const at = this.#words.get(word);
      if (at !== undefined) counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  }

  #scoreOf(counts: readonly number[]): number {
    let score = 0;
    for (const [word, at] of this.#words) {
      const count = counts[at] ?? 0;
      if (count > 0) score += (1 + Math.log(count)) * this.weightOf(word);
    }
    return score;
  }
}

function order(a: Hit, b: Hit): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.offset - b.offset;
}
