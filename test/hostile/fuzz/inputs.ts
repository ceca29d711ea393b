import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { bytes } from '../../packager/zip-writer.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';
import { EXPRESSION_PIECES } from './words.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What is tried. */
export type Input =
  | { kind: 'workflow'; name: string; files: ReadonlyMap<string, Uint8Array> }
  | { kind: 'archive'; name: string; archive: Uint8Array }
  | { kind: 'expression'; name: string; text: string };

/** What inputs are made from: workflow folders by name, and their packages. */
export interface Corpus {
  workflows: readonly { name: string; files: ReadonlyMap<string, Uint8Array> }[];
  archives: readonly { name: string; archive: Uint8Array }[];
}

/** The workflows of the repository: examples, and what stands for other dialects. */
export function workflowsHere(): Corpus['workflows'] {
  return ['examples', 'test/fixtures/dialects'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ name: `${folder}/${name}`, files: filesIn(join(ROOT, folder, name)) }))
      .filter(({ files }) => files.has('workflow.awp.yaml')),
  );
}

function filesIn(folder: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((one, other) => (pathOf(one) < pathOf(other) ? -1 : 1))) {
    if (!entry.isFile()) continue;
    const content = readFileSync(pathOf(entry));
    if (content.length <= 200_000) files.set(relative(folder, pathOf(entry)), content);
  }
  return files;
}

const pathOf = (entry: { parentPath: string; name: string }): string =>
  join(entry.parentPath, entry.name);

/** The input of a number; the same seed, number and corpus give the same one. */
export function inputOf(seed: number, number: number, corpus: Corpus): Input {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  // The first draws of near seeds are near to each other.
  for (let skipped = 0; skipped < 4; skipped++) random.unit();
  const kind = random.below(20);
  if (kind === 0 && corpus.archives.length > 0) return archiveInput(random, corpus);
  return kind <= 3 ? expressionInput(random) : workflowInput(random, corpus);
}

function workflowInput(random: Random, { workflows }: Corpus): Input {
  const { name, files } = random.pick(workflows);
  const changed = new Map(files);
  const texts = [...files.keys()].filter((path) => /\.(ya?ml|json|md)$/.test(path));
  for (let left = 1 + random.size(3); left > 0; left--) {
    const path = random.once(2) ? 'workflow.awp.yaml' : random.pick(texts);
    const other = textOf(random.pick([...random.pick(workflows).files.values()]));
    if (random.once(12)) moveFile(changed, path, random);
    else
      changed.set(path, atMost(bytes(mutated(textOf(changed.get(path)), random, other)), random));
  }
  return { kind: 'workflow', name, files: changed };
}

const NAMES = [
  'agent.yaml',
  'Agent.awp.yaml',
  'agents/x',
  'agents/x/agent.awp.yaml',
  'skills/x.md',
];

/** A file away, at another place, or there a second time. */
function moveFile(files: Map<string, Uint8Array>, path: string, random: Random): void {
  const content = files.get(path);
  const own = path.slice(0, path.lastIndexOf('/') + 1);
  if (content && !random.once(3))
    files.set(`${random.pick([own, ''])}${random.pick(NAMES)}`, content);
  if (random.once(2)) files.delete(path);
}

/** Now and then with bytes that are no UTF-8. */
function atMost(content: Uint8Array, random: Random): Uint8Array {
  const limited = content.slice(0, 1024 * 1024);
  if (random.once(30) && limited.length > 0) {
    limited[random.below(limited.length)] = 0x80 + random.below(0x80);
  }
  return limited;
}

function textOf(content: Uint8Array | undefined): string {
  return new TextDecoder().decode(content);
}

function expressionInput(random: Random): Input {
  const pieces = Array.from({ length: 1 + random.size(400) }, () => random.pick(EXPRESSION_PIECES));
  const text = random.once(10)
    ? random.pick(EXPRESSION_PIECES).repeat(random.size(3000))
    : pieces.join('');
  return { kind: 'expression', name: 'expression', text };
}

/** Numbers that headers of archives do not like. */
const NUMBERS = [0, 1, 2, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

function archiveInput(random: Random, { archives }: Corpus): Input {
  const { name, archive } = random.pick(archives);
  let changed = Uint8Array.from(archive);
  for (let left = random.size(6); left > 0; left--) {
    const at = random.below(changed.length);
    const view = new DataView(changed.buffer);
    const kind = random.below(5);
    if (kind === 0) changed[at] = random.below(256);
    else if (kind === 1 && at + 4 <= changed.length) view.setUint32(at, random.pick(NUMBERS), true);
    else if (kind === 2 && at + 2 <= changed.length) {
      view.setUint16(at, random.pick(NUMBERS) & 0xffff, true);
    } else if (kind === 3) {
      const [from, to] = [random.below(changed.length), at + random.size(500)];
      const parts = [changed.subarray(0, at), changed.subarray(from, to), changed.subarray(at)];
      changed = Uint8Array.from(Buffer.concat(parts));
    } else {
      const rest = changed.subarray(at + random.size(100));
      changed = Uint8Array.from(Buffer.concat([changed.subarray(0, at), rest]));
    }
    if (changed.length === 0) break;
  }
  return { kind: 'archive', name, archive: changed };
}
