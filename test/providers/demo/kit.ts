import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATES } from '../../../src/providers/demo/programs/kit-dates.ts';
import { FIGURES, WORDS } from '../../../src/providers/demo/programs/kit-figures.ts';
import {
  SIMPLE_NUMBERS,
  TOLERANT_NUMBERS,
} from '../../../src/providers/demo/programs/kit-numbers.ts';
import { READ } from '../../../src/providers/demo/programs/kit-read.ts';
import { temporaryFolder } from '../../make.ts';
import { runNode } from './play.ts';

/** Runs pieces of the demo's programs as a program of its own; `main` prints with `console.log`. */
export async function runKit(
  reading: 'simple' | 'tolerant',
  main: string,
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<{ printed: unknown; stderr: string }> {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'inputs'));
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(folder.path, 'inputs', name), bytes);
  }
  const numbers = reading === 'simple' ? SIMPLE_NUMBERS : TOLERANT_NUMBERS;
  const head = "import { readFileSync } from 'node:fs';\n";
  writeFileSync(
    join(folder.path, 'main.mjs'),
    [head, READ, numbers, DATES, FIGURES, WORDS, main].join(''),
  );
  const { stdout, stderr } = await runNode(folder.path);
  return { printed: stdout === '' ? undefined : JSON.parse(stdout), stderr };
}
