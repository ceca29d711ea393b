/** The graphs that all engines run, and the work that each of their nodes does. */

/** A node: what it needs, and how long its model thinks. */
export interface ShapeNode {
  id: string;
  /** Ids of the nodes whose values it reads. */
  needs: readonly string[];
  /** Milliseconds; 0 answers at once. */
  ms: number;
  /** Nodes of a layer need only nodes of layers before it. */
  layer: number;
}

/** A graph in an order in which each node stands behind all that it needs. */
export interface Shape {
  name: string;
  nodes: readonly ShapeNode[];
}

/** One node after another. */
export function chain(count: number): Shape {
  const nodes = Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    needs: index === 0 ? [] : [`n${index - 1}`],
    ms: 0,
    layer: index,
  }));
  return { name: `chain of ${shownCount(count)}`, nodes };
}

/** So many nodes that need nothing, and one that needs all of them. */
export function fan(count: number): Shape {
  const nodes = Array.from({ length: count }, (_, index) => ({
    ...{ id: `n${index}`, needs: [], ms: 0, layer: 0 },
  }));
  const join = { id: `n${count}`, needs: nodes.map(({ id }) => id), ms: 0, layer: 1 };
  return { name: `fan-out of ${shownCount(count)}`, nodes: [...nodes, join] };
}

/** Layers at random: one to four needs, the first of them in the layer before, as most of the others. */
export function layers(count: number, { wide, seed }: { wide: number; seed: number }): Shape {
  const random = generator(seed);
  const nodes = Array.from({ length: count }, (_, index) => {
    const layer = Math.floor(index / wide);
    return { id: `n${index}`, needs: needsOf(random, layer, wide), ms: 0, layer };
  });
  return { name: `random layers of ${shownCount(count)}`, nodes };
}

/** The same with a model that takes 1 to 30 ms, and 150 ms for one node in ten. */
export function skewed(count: number): Shape {
  const { nodes } = layers(count, { wide: 10, seed: 7 });
  const random = generator(7);
  const ms = (): number => (random() < 0.1 ? 150 : 1 + Math.floor(random() * 30));
  return { name: `skewed graph of ${count}`, nodes: nodes.map((node) => ({ ...node, ms: ms() })) };
}

function shownCount(count: number): string {
  return count.toLocaleString('en');
}

function needsOf(random: () => number, layer: number, wide: number): string[] {
  if (layer === 0) return [];
  const needs = new Set<number>();
  const wanted = 1 + Math.floor(random() * 4);
  for (let one = 0; one < wanted; one++) {
    const isNear = one === 0 || random() < 0.8;
    const from = isNear ? layer - 1 : Math.floor(random() * layer);
    needs.add(from * wide + Math.floor(random() * wide));
  }
  return [...needs].map((index) => `n${index}`);
}

/** Numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let last = seed;
  return () => {
    last = (Math.imul(last, 1_664_525) + 1_013_904_223) >>> 0;
    return last / 2 ** 32;
  };
}

/** The longest way through the graph, in milliseconds. */
export function criticalPath({ nodes }: Shape): number {
  const ends = new Map<string, number>();
  for (const { id, needs, ms } of nodes) {
    ends.set(id, ms + Math.max(0, ...needs.map((one) => ends.get(one) ?? 0)));
  }
  return Math.max(...ends.values());
}

/** Nodes by layer. */
export function byLayer({ nodes }: Shape): ShapeNode[][] {
  const all: ShapeNode[][] = [];
  for (const node of nodes) {
    const layer = all[node.layer] ?? [];
    layer.push(node);
    all[node.layer] = layer;
  }
  return all;
}

/** Nodes that no other needs. */
export function sinks({ nodes }: Shape): ShapeNode[] {
  const needed = new Set(nodes.flatMap(({ needs }) => needs));
  return nodes.filter(({ id }) => !needed.has(id));
}

/** What nodes do: they await a model and add one to the largest of their inputs. */
export class Work {
  readonly #expected: number;
  readonly #count: number;
  #calls = 0;
  #total = 0;

  constructor({ nodes }: Shape) {
    const values = new Map<string, number>();
    for (const { id, needs } of nodes) {
      values.set(id, 1 + Math.max(0, ...needs.map((one) => values.get(one) ?? 0)));
    }
    this.#count = nodes.length;
    this.#expected = [...values.values()].reduce((sum, value) => sum + value, 0);
  }

  /** The value of a node. */
  async of({ ms }: ShapeNode, inputs: readonly number[]): Promise<number> {
    const { add } = await (ms === 0 ? atOnce() : after(ms));
    let most = 0;
    for (const input of inputs) most = Math.max(most, input);
    this.#calls += 1;
    this.#total += most + add;
    return most + add;
  }

  /** Throws unless each node ran once, on the right inputs, since the last time. */
  check(): void {
    const [calls, total] = [this.#calls, this.#total];
    this.#calls = 0;
    this.#total = 0;
    if (calls === this.#count && total === this.#expected) return;
    throw new Error(`${calls} of ${this.#count} nodes, sum ${total} instead of ${this.#expected}`);
  }
}

async function atOnce(): Promise<{ add: number }> {
  return { add: 1 };
}

async function after(ms: number): Promise<{ add: number }> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { add: 1 };
}

/** The nodes of a fan-out, and the one that needs all of them. */
export function splitFan({ nodes }: Shape): { wide: ShapeNode[]; join: ShapeNode } {
  const wide = nodes.slice(0, -1);
  const join = nodes.at(-1);
  if (!join) throw new Error('a fan-out has a join');
  return { wide, join };
}
