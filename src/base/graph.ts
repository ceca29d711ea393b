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

interface Visit {
  node: string;
  next: number;
}

/** Tarjan's algorithm with a stack of its own. */
function stronglyConnected(edges: Edges): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const groups: string[][] = [];

  function enter(node: string): Visit {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    onStack.add(node);
    return { node, next: 0 };
  }

  function leave(node: string): void {
    if (low.get(node) !== index.get(node)) return;
    const group: string[] = [];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      onStack.delete(top);
      group.push(top);
      if (top === node) break;
    }
    groups.push(group.reverse());
  }

  const lower = (node: string, value: number | undefined): void => {
    low.set(node, Math.min(low.get(node) ?? 0, value ?? 0));
  };

  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    const visits = [enter(root)];
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const { node } = visit;
      const next = edges.get(node)?.[visit.next++];
      if (next === undefined) {
        visits.pop();
        leave(node);
        const parent = visits.at(-1);
        if (parent) lower(parent.node, low.get(node));
      } else if (edges.has(next)) {
        if (!index.has(next)) visits.push(enter(next));
        else if (onStack.has(next)) lower(node, index.get(next));
      }
    }
  }
  return groups;
}
