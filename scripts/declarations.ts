import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Where a declaration names another one: `from './x.ts'`, `import './x.ts'`, `import('./x.ts')`. */
const NAMED = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/**
 * The declarations that a program can see through these entries, all by absolute path. The compiler
 * makes one for each file; those that no entry leads to describe what cannot be imported.
 */
export function reachableDeclarations(entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    // Comments may name files, too, which need not be there.
    if (reached.has(path) || !existsSync(path)) continue;
    reached.add(path);
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(NAMED)) {
      open.push(resolve(dirname(path), name.replace(/(?:\.d)?\.(m?)[jt]s$/, '.d.$1ts')));
    }
  }
  return reached;
}
