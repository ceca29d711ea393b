import { suffixOf } from '../../base/paths.ts';
import type { WorkspaceFile } from '../../ports/tool.ts';
import { RESERVED_WORDS } from './reserved-words.ts';

/** How the bytes of a file are read: separated values, JSON, JSON lines, an SQLite database. */
export type TableKind = 'text' | 'json' | 'lines' | 'database';

/** A file that can be asked as a table, or a database whose tables can. */
export interface TableFile {
  /** Its name in SQL; of a database, what stands before the name of a table. */
  table: string;
  kind: TableKind;
  path: string;
  bytes: number;
}

const KINDS: ReadonlyMap<string, TableKind> = new Map([
  ...['csv', 'tsv', 'tab', 'psv'].map((suffix) => [suffix, 'text'] as const),
  ...['json', 'geojson'].map((suffix) => [suffix, 'json'] as const),
  ...['ndjson', 'jsonl'].map((suffix) => [suffix, 'lines'] as const),
  ...['db', 'sqlite', 'sqlite3'].map((suffix) => [suffix, 'database'] as const),
]);

const FOLDERS = ['inputs', 'shared', 'output'];
const NAME_CHARS = 60;
/** Tables that a message lists. */
const LISTED = 40;

/**
 * The tables of a workspace. They have the names of their files, as words that need no quotes; of
 * files with one name, those of `inputs/` come first and the others are numbered from 2.
 */
export function tablesOf(files: readonly WorkspaceFile[]): TableFile[] {
  const taken = new Set<string>(['main', 'temp']);
  const rank = (path: string): number => FOLDERS.indexOf(path.slice(0, path.indexOf('/')));
  return [...files]
    .sort((a, b) => rank(a.path) - rank(b.path) || (a.path < b.path ? -1 : 1))
    .flatMap(({ path, bytes }) => {
      const kind = KINDS.get(suffixOf(path));
      return kind === undefined ? [] : [{ table: freeName(path, taken), kind, path, bytes }];
    });
}

function freeName(path: string, taken: Set<string>): string {
  const wanted = wordOf(path);
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
  taken.add(name);
  return name;
}

function wordOf(path: string): string {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const letters = stem.normalize('NFC').toLowerCase().slice(0, NAME_CHARS);
  const word = letters.replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '') || 'table';
  return /^\p{N}|^sqlite_/u.test(word) || RESERVED_WORDS.has(word) ? `t_${word}` : word;
}

/** The files whose names a query speaks of. */
export function tablesNamed(tables: readonly TableFile[], names: ReadonlySet<string>): TableFile[] {
  return tables.filter(({ table }) => names.has(table));
}

/** A sentence that names the tables that there are, so that a wrong name can be put right. */
export function tablesThere(tables: readonly TableFile[]): string {
  if (tables.length === 0) return 'there are no tables: no CSV, TSV, JSON or SQLite file';
  const shown = tables.slice(0, LISTED).map(({ table, kind, path }) => {
    return `${kind === 'database' ? `${table}.<its table>` : table} (${path})`;
  });
  const more = tables.length > LISTED ? ` and ${tables.length - LISTED} more` : '';
  return `there are: ${shown.join(', ')}${more}`;
}
