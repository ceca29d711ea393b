import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pack, verify } from '../../../src/data/packages.ts';
import { type Corpus, workflowsHere } from './inputs.ts';

/** Workflows that are packed: small ones, since every byte should have its turn. */
const PACKED = ['examples/hello', 'examples/fan-out'];

/**
 * What inputs are made from, its packages written to a folder; `known` tells the files of each
 * package as text.
 */
export async function corpusIn(
  folder: string,
): Promise<{ corpus: Corpus; known: ReadonlyMap<string, string> }> {
  const workflows = workflowsHere();
  const archives: { name: string; archive: Uint8Array }[] = [];
  const known = new Map<string, string>();
  for (const name of PACKED) {
    const root = join(folder, name);
    for (const [path, content] of workflows.find((one) => one.name === name)?.files ?? []) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    const { file } = await pack(root, { output: join(folder, 'packed.awp.zip') });
    archives.push({ name, archive: readFileSync(file) });
    known.set(name, JSON.stringify((await verify(file)).files));
  }
  return { corpus: { workflows, archives }, known };
}
