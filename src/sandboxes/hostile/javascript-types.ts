import { type Draft, names, programsOf } from './javascript-shape.ts';

const NOT_RESOLVED = 'types are taken away and files that they name are never opened';

const DRAFTS: readonly Draft[] = [
  {
    ...{ id: 'T01', title: 'names a host file in its types', escape: 'secret-read' },
    ...{ covers: ['12.2-50'], needsNothing: NOT_RESOLVED },
    text: (bait) => `/// <reference path=${JSON.stringify(bait.file)} />
/// <reference types=${JSON.stringify(bait.file)} />
import type { secret } from ${JSON.stringify(bait.file)};
${names(bait)}
declare module 'host' { export const key: string; }
type Key = typeof import(${JSON.stringify(bait.file)});
declare const key: string | undefined;
let found: Key | typeof secret | undefined;
try { found = key as never; } catch { /* it is only a type */ }
console.log(found === undefined ? 'CONTAINED: names of types stay names' : 'ESCAPED: ' + String(found));
`,
  },
  {
    ...{ id: 'T02', title: 'requires a host file in the way of TypeScript', escape: 'secret-read' },
    ...{ covers: ['12.2-50'] },
    needsNothing: 'stripping types refuses this form',
    text: (bait) => `import fs = require('fs');
${names(bait)}
const text: string = fs.readFileSync(FILE, 'utf8');
console.log('ESCAPED: ' + text.slice(text.indexOf(MARK)));
`,
  },
  {
    ...{ id: 'T03', title: 'runs calls where a list of names is made', escape: 'secret-read' },
    ...{ covers: ['12.2-50'] },
    needsNothing: 'stripping types refuses this form',
    text: (bait) => `${names(bait)}
enum Keys {
  one = (globalThis as any).process.getBuiltinModule('node:fs').readFileSync(FILE, 'utf8').indexOf(MARK),
}
console.log((Keys.one as number) < 0 ? 'CONTAINED: nothing' : 'ESCAPED: it is at ' + Keys.one);
`,
  },
  {
    ...{ id: 'T04', title: 'reads a host file where a class is decorated', escape: 'secret-read' },
    ...{ covers: ['12.2-50'] },
    needsNothing: 'Node has no decorators',
    text: (bait) => `${names(bait)}
const read = (_target: unknown, _context: unknown): void => {
  const text: string = (globalThis as any).process.getBuiltinModule('node:fs').readFileSync(FILE, 'utf8');
  console.log('ESCAPED: ' + text.slice(text.indexOf(MARK)));
};
@read
class Key {}
void Key;
`,
  },
  {
    ...{ id: 'T05', title: 'reads a host file between its types', escape: 'secret-read' },
    ...{ covers: ['12.2-50', 'J02'], language: 'typescript' },
    body: `type Read = { readFileSync(path: string, encoding: 'utf8'): string };
const fs = (await import('node:fs')) as Read satisfies Read;
const ask = <T extends string>(path: T): string => fs.readFileSync(path, 'utf8');
return find(ask<string>(FILE as string)!);`,
  },
];

/** Programs in TypeScript, which must be read without being understood. */
export const TYPESCRIPT = programsOf(
  DRAFTS.map((draft) => ({ ...draft, language: 'typescript' as const })),
);
