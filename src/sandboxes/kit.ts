import { fileURLToPath } from 'node:url';
import type { Effects } from '../ports/effects.ts';
import { lookAtMachine, readableInterpreter } from './machine.ts';

/** The modules for data that JavaScript and TypeScript programs may import (docs/data-kit.md). */
export interface DataKit {
  /**
   * Absolute path of the folder, to be shown read-only. `import-map.json` in it says which bare name
   * is which file; its modules import each other by relative paths.
   */
  folder: string;
  /** For the prompt, to stand behind the name of the language. */
  description: string;
}

/** Where it is in the package, and where in a checkout that has not been built. */
const PLACES = ['../kit/', '../../node_modules/.cache/awp-kit/'];

const CALLS = [
  "with the data kit: import { readCsv, toCsv, describe, regress, chart, save } from 'kit'",
  '(readCsv(path) gives records with typed values; describe(rows) one record per column;',
  'regress(rows, { y, x: [...] }) r2 and terms with coefficient, standardError, t and p;',
  'await chart(vegaLiteSpec, name) draws output/<name>.svg and .png;',
  'save(name, rowsOrText) writes output/<name> as its ending says)',
].join(' ');
const GAPS = 'There are no mixed models, time-series models or trees.';

interface Manifest {
  /** Tells one build of it from another. */
  hash: string;
  modules: readonly string[];
  packages: readonly { name: string; version: string }[];
}

/**
 * Finds the data kit: its folder, or a copy of it that the box's user can read. Undefined where it
 * has not been built, or cannot be made readable.
 */
export async function kitFolder(effects: Effects): Promise<DataKit | undefined> {
  for (const place of PLACES) {
    const folder = fileURLToPath(new URL(place, import.meta.url)).replace(/[/\\]$/, '');
    try {
      const manifest: Manifest = JSON.parse(
        await effects.files.readText(`${folder}/manifest.json`),
      );
      const machine = await lookAtMachine(effects);
      const readable = await readableInterpreter(machine, folder, manifest.hash);
      return { folder: readable, description: describeKit(manifest) };
    } catch {
      // Not there, or not complete: boxes then offer the language alone.
    }
  }
  return undefined;
}

function describeKit({ modules, packages }: Manifest): string {
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  const others = modules.filter((name) => versions.has(name));
  const named = others.map((name) => `${name} ${versions.get(name)}`);
  return `${CALLS}; also ${named.join(', ')}. ${GAPS}`;
}
