import type { JsonObject } from '../../base/json.ts';
import type { DataFile } from './data-files.ts';

/** What the program draws. */
export interface Drawing {
  spec: JsonObject;
  files: readonly DataFile[];
  format: 'svg' | 'png';
  /** Name of the files below `output/`, without suffix. */
  name: string;
}

/** What the program says in its last line. */
export type Said = { warnings: string[] } | { error: string };

/** A program for the box: it draws with the data kit and says what it warns of or why it failed. */
export function drawingProgram(drawing: Drawing): string {
  // As a text within a text it is data, whatever stands in it.
  const text = JSON.stringify(JSON.stringify(drawing));
  return `const { spec, files, format, name } = JSON.parse(${text});\n${PROGRAM}`;
}

const PROGRAM = `
import { readFileSync } from 'node:fs';
import { chart, readCsv } from 'kit';

const plain = (value) =>
  value instanceof Date ? value.toISOString().replace('T00:00:00.000Z', '') : value;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function columns(value) {
  const lists = isObject(value) ? Object.values(value) : [];
  if (lists.length === 0 || !lists.every(Array.isArray)) return undefined;
  if (lists.some((list) => list.length !== lists[0].length || list.some(isObject))) return undefined;
  const names = Object.keys(value);
  return lists[0].map((_, row) => Object.fromEntries(names.map((key) => [key, value[key][row]])));
}

const READERS = {
  text: (path) =>
    readCsv(path).map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])),
    ),
  lines: (path) =>
    readFileSync(path, 'utf8').split('\\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line)),
  json: (path) => {
    const value = JSON.parse(readFileSync(path, 'utf8').replace(/^\\uFEFF/, ''));
    return columns(value) ?? value;
  },
};

function read({ path, kind }) {
  try {
    return READERS[kind](path);
  } catch (error) {
    throw new Error(path + ' cannot be read: ' + (error?.message ?? error));
  }
}

// A name that no row has is an empty chart; who wrote it is told. With transforms nobody can say.
function strangeFields() {
  const data = spec.data ?? {};
  const rows = data.values ?? (spec.datasets ?? {})[data.name];
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isObject)) return [];
  const fields = new Set();
  const isPlain = (field) => typeof field === 'string' && !/[.[]\\]/.test(field);
  const look = (value, inEncoding) => {
    if (typeof value !== 'object' || value === null) return true;
    return Object.entries(value).every(([key, inner]) => {
      if (['transform', 'repeat', 'params'].includes(key)) return false;
      if (inEncoding && key === 'field' && isPlain(inner)) fields.add(inner);
      if (key === 'data' && value !== spec) return false;
      return ['values', 'datasets'].includes(key) || look(inner, inEncoding || key === 'encoding');
    });
  };
  if (!look(spec, false)) return [];
  const columns = new Set(rows.slice(0, 1000).flatMap(Object.keys));
  const shown = [...columns].slice(0, 40).join(', ');
  return [...fields]
    .filter((field) => !columns.has(field))
    .map((field) => 'there is no field ' + JSON.stringify(field) + ' in the data; it has ' + shown);
}

let said;
try {
  const sets = files.map((file) => [file.name, read(file)]);
  if (sets.length > 0) spec.datasets = { ...spec.datasets, ...Object.fromEntries(sets) };
  // The kit draws both; what is not wanted costs nothing.
  if (format === 'svg') globalThis.__renderPng = () => new Uint8Array();
  const strange = strangeFields();
  const { warnings } = await chart(spec, name);
  said = { warnings: [...strange, ...warnings] };
} catch (error) {
  said = { error: String(error?.message ?? error) };
}
console.log(JSON.stringify(said));
`;
