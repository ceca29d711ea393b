import { describe, expect, it } from 'vitest';
import { cyclesOf, type Edges } from '../../../src/base/graph.ts';
import type { YamlEntry, YamlMap, YamlNode } from '../../../src/base/yaml-node.ts';
import { memoryFiles } from '../../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../../src/parser/parse-workflow.ts';
import { validateWorkflow } from '../../../src/validator/validate.ts';
import { agentFile, folder, graph } from './write.ts';

/** Counts every look at it. */
class CountingMap<V> extends Map<string, V> {
  readonly #count: () => void;

  constructor(entries: Iterable<readonly [string, V]>, count: () => void) {
    super();
    this.#count = count;
    for (const [key, value] of entries) this.set(key, value);
  }

  override get(key: string): V | undefined {
    this.#count();
    return super.get(key);
  }

  override has(key: string): boolean {
    this.#count();
    return super.has(key);
  }

  override values(): MapIterator<V> {
    this.#count();
    return super.values();
  }
}

/** The same tree, in which every look into a map or at an item is counted. */
function counted(node: YamlNode, count: () => void): YamlNode {
  if (node.kind === 'map') return countedMap(node, count);
  if (node.kind === 'list') {
    const items = node.items.map((item) => counted(item, count));
    const look = (target: YamlNode[], key: PropertyKey): unknown => {
      if (typeof key === 'string') count();
      return Reflect.get(target, key);
    };
    return { ...node, items: new Proxy(items, { get: look }) };
  }
  return node;
}

function countedMap(map: YamlMap, count: () => void): YamlMap {
  const entries = [...map.entries].map(([key, entry]): [string, YamlEntry] => [
    key,
    { ...entry, value: counted(entry.value, count) },
  ]);
  return { ...map, entries: new CountingMap(entries, count) };
}

/** How often the rules look at something, and what they find, in a graph of `size` nodes. */
async function looks(
  size: number,
  node: (at: number, size: number) => string,
  agents: Record<string, string> = {},
): Promise<{ looks: number; found: number }> {
  const nodes = Array.from({ length: size }, (_, at) => node(at, size));
  const files = memoryFiles(folder(graph(nodes), agents), 'news-digest');
  const { workflow } = await parseWorkflow(files);
  const { manifest } = workflow;
  if (!manifest) throw new Error('the example cannot be read');
  let count = 0;
  const tree = countedMap(manifest.tree, () => {
    count++;
  });
  const found = validateWorkflow({ ...workflow, manifest: { ...manifest, tree } });
  return { looks: count, found: found.length };
}

describe('rules look at every node a few times, however many there are', () => {
  const agents = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`worker_${at}x`, agentFile({ id: `worker_${at}x` })]),
  );

  it.each<[string, (at: number, size: number) => string]>([
    [
      'a chain',
      (at) => `{ id: n${at}x, agent: a, depends_on: [${at === 0 ? '' : `n${at - 1}x`}] }`,
    ],
    ['one cycle', (at, size) => `{ id: n${at}x, agent: a, depends_on: [n${(at || size) - 1}x] }`],
    ['ids that are all the same', () => '{ id: same, agent: a }'],
    ['unknown dependencies', (at) => `{ id: n${at}x, agent: a, depends_on: [m${at}x] }`],
    ['unknown agents', (at) => `{ id: n${at}x, agent: workr_${at}x }`],
    ['unknown inputs', (at) => `{ id: n${at}x, agent: a, share_input: { m${at}x: [b] } }`],
    [
      'conditions far back',
      (at) => `{ id: n${at}x, agent: a, depends_on: [n${at - 1}x], when: state.n0x.ok }`,
    ],
  ])('%s', async (_, node) => {
    const small = await looks(250, node, agents);
    const large = await looks(1000, node, agents);
    expect(large.looks / small.looks).toBeLessThan(4.4);
    expect(large.looks).toBeLessThan(1000 * 150);
    expect(large.found).toBeLessThanOrEqual(small.found * 4 + 4);
  });
});

describe('cycles of 10,000 nodes', () => {
  const SIZE = 10_000;

  function cycles(edgesOf: (at: number) => readonly string[]): { found: number; looks: number } {
    let count = 0;
    const edges: Edges = new CountingMap(
      Array.from({ length: SIZE }, (_, at) => [`n${at}`, edgesOf(at)] as const),
      () => {
        count++;
      },
    );
    return { found: cyclesOf(edges).length, looks: count };
  }

  it.each<[string, (at: number) => readonly string[], number]>([
    ['none in a chain', (at) => [`n${at + 1}`], 0],
    ['one around', (at) => [`n${(at + 1) % SIZE}`], 1],
    [
      'one where everything hangs together',
      (at) => [`n${(at + 1) % SIZE}`, `n${(at * 7) % SIZE}`],
      1,
    ],
    ['one for each node that waits for itself', (at) => [`n${at}`], SIZE],
    ['one for each pair', (at) => [`n${at ^ 1}`], SIZE / 2],
  ])('%s', (_, edgesOf, found) => {
    const result = cycles(edgesOf);
    expect(result.found).toBe(found);
    // Each node and each edge is looked at a few times.
    expect(result.looks).toBeLessThan(SIZE * 16);
  });
});
