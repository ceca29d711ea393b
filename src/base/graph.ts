/** Edges of a directed graph by node: what each node leads to. */
export type Edges = ReadonlyMap<string, readonly string[]>;

/**
 * One cycle for each group of nodes that can all reach each other, as its nodes in order, the
 * first one again at the end. Linear; does not recurse. Edges to unknown nodes do not count.
 */
export function cyclesOf(edges: Edges): string[][] {
  const cycles: string[][] = [];
  for (const group of stronglyConnected(edges)) {
    const [first = ''] = group;
    const alone = group.length === 1 && !(edges.get(first) ?? []).includes(first);
    if (!alone) cycles.push(cycleIn(new Set(group), first, edges));
  }
  return cycles;
}

/** A way from `start` back to it inside of a group: shortest first, so that it reads well. */
function cycleIn(group: ReadonlySet<string>, start: string, edges: Edges): string[] {
  const before = new Map<string, string>();
  const queue = [start];
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at] ?? '';
    for (const next of edges.get(node) ?? []) {
      if (next === start) return [...pathTo(node, before), start];
      if (!group.has(next) || before.has(next)) continue;
      before.set(next, node);
      queue.push(next);
    }
  }
  return [start, start];
}

function pathTo(node: string, before: ReadonlyMap<string, string>): string[] {
  const path = [node];
  for (let at = before.get(node); at !== undefined; at = before.get(at)) path.push(at);
  return path.reverse();
}

function stronglyConnected(edges: Edges): string[][] {
  const search = new ComponentSearch(edges);
  for (const root of edges.keys()) search.from(root);
  return search.groups;
}

interface Visit {
  node: string;
  next: number;
}

/** Tarjan's algorithm with a stack of its own. */
class ComponentSearch {
  readonly groups: string[][] = [];
  readonly #edges: Edges;
  readonly #index = new Map<string, number>();
  readonly #low = new Map<string, number>();
  readonly #onStack = new Set<string>();
  readonly #stack: string[] = [];

  constructor(edges: Edges) {
    this.#edges = edges;
  }

  from(root: string): void {
    if (this.#index.has(root)) return;
    const visits = [this.#enter(root)];
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const next = this.#edges.get(visit.node)?.[visit.next++];
      if (next !== undefined) this.#follow(visit.node, next, visits);
      else {
        visits.pop();
        this.#leave(visit.node);
        const parent = visits.at(-1);
        if (parent) this.#lower(parent.node, this.#low.get(visit.node));
      }
    }
  }

  #follow(node: string, next: string, visits: Visit[]): void {
    if (!this.#edges.has(next)) return;
    if (!this.#index.has(next)) visits.push(this.#enter(next));
    else if (this.#onStack.has(next)) this.#lower(node, this.#index.get(next));
  }

  #enter(node: string): Visit {
    const index = this.#index.size;
    this.#index.set(node, index);
    this.#low.set(node, index);
    this.#stack.push(node);
    this.#onStack.add(node);
    return { node, next: 0 };
  }

  #leave(node: string): void {
    if (this.#low.get(node) !== this.#index.get(node)) return;
    const group: string[] = [];
    for (let top = this.#stack.pop(); top !== undefined; top = this.#stack.pop()) {
      this.#onStack.delete(top);
      group.push(top);
      if (top === node) break;
    }
    this.groups.push(group.reverse());
  }

  #lower(node: string, value = 0): void {
    this.#low.set(node, Math.min(this.#low.get(node) ?? 0, value));
  }
}
