/**
 * Makes `dist/`, what the package ships: JavaScript of `src/` and the types of what it exports, the
 * programs that run in other processes as they are, the data of `awp demo`, and the data kit.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { minifySync } from 'vite';
import { reachableDeclarations } from './declarations.ts';
import { copyKit } from './kit.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
/** Files that are run or read as they are, by another interpreter or in a box. */
const AS_THEY_ARE = '**/*.{py,mjs}';
const ENTRY = join(DIST, 'cli/main.js');

rmSync(DIST, { recursive: true, force: true });
compile();
leaveOutDeclarations();
leaveOutComments();
for (const file of globSync(AS_THEY_ARE, { cwd: join(ROOT, 'src') })) {
  const target = join(DIST, file);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(ROOT, 'src', file), target);
}
cpSync(join(ROOT, 'examples/data'), join(DIST, 'examples/data'), { recursive: true });
copySchemas();
await copyKit(join(DIST, 'kit'));
if (!readFileSync(ENTRY, 'utf8').startsWith('#!/usr/bin/env node\n')) {
  throw new Error(`${ENTRY} does not begin with a line that names its interpreter`);
}
chmodSync(ENTRY, 0o755);

function compile(): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', join(ROOT, 'tsconfig.build.json')];
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`the compiler ended with status ${status}`);
}

/** Editors read them, people those of the repository: without space they take half the room. */
function copySchemas(): void {
  mkdirSync(join(DIST, 'schemas'), { recursive: true });
  for (const file of globSync('*.json', { cwd: join(ROOT, 'schemas') })) {
    const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'schemas', file), 'utf8'));
    writeFileSync(join(DIST, 'schemas', file), `${JSON.stringify(schema)}\n`);
  }
}

/** Comments and deep indents are a fifth of the code; types keep theirs, for those who import them. */
function leaveOutComments(): void {
  const asItIs = { compress: false, mangle: false, codegen: { removeWhitespace: false } } as const;
  for (const file of globSync('**/*.js', { cwd: DIST })) {
    const path = join(DIST, file);
    const { code, errors } = minifySync(path, readFileSync(path, 'utf8'), asItIs);
    if (errors.length > 0) throw new Error(`${path} cannot be read: ${JSON.stringify(errors)}`);
    writeFileSync(path, code);
  }
}

/** Types of what nobody can import are a sixth of what we make ourselves: they are not shipped. */
function leaveOutDeclarations(): void {
  const { exports: named } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = Object.values<string | { types: string }>(named).flatMap((target) =>
    typeof target === 'string' ? [] : [join(ROOT, target.types)],
  );
  const wanted = reachableDeclarations(entries);
  for (const file of globSync('**/*.d.ts', { cwd: DIST })) {
    if (!wanted.has(join(DIST, file))) rmSync(join(DIST, file));
  }
}
