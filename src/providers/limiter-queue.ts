/** Who waits. */
export interface Waiting {
  /** The run that it belongs to. */
  run: string;
  /** The agent of that run. */
  agent: string;
}

/**
 * A queue that is fair between runs, and in each run between its agents: they take turns, and one
 * agent's calls keep their order. A run with a hundred calls does not hold up one with a single call.
 */
export class FairQueue<T extends Waiting> {
  /** In the order of their turns: a map keeps the order in which its keys came. */
  readonly #runs = new Map<string, Map<string, Set<T>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts one at the end of its agent's line. */
  add(item: T): void {
    const agents = this.#runs.get(item.run) ?? new Map<string, Set<T>>();
    const line = agents.get(item.agent) ?? new Set<T>();
    if (!line.has(item)) this.#size += 1;
    this.#runs.set(item.run, agents.set(item.agent, line.add(item)));
  }

  /** All that wait, those whose turn comes first in front. */
  *inTurn(): Generator<T> {
    for (const agents of this.#runs.values()) {
      for (const line of agents.values()) yield* line;
    }
  }

  /** Takes one out that goes: the next turn is another agent's and another run's. */
  take(item: T): void {
    if (!this.remove(item)) return;
    const agents = this.#runs.get(item.run);
    if (!agents) return;
    moveToEnd(agents, item.agent);
    moveToEnd(this.#runs, item.run);
  }

  /** Takes one out that waits no longer; false when it was not there. */
  remove(item: T): boolean {
    const agents = this.#runs.get(item.run);
    const line = agents?.get(item.agent);
    if (!agents || !line?.delete(item)) return false;
    this.#size -= 1;
    if (line.size === 0) agents.delete(item.agent);
    if (agents.size === 0) this.#runs.delete(item.run);
    return true;
  }
}

function moveToEnd<V>(map: Map<string, V>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
