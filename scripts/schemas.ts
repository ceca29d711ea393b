/** Writes `schemas/`: JSON Schemas of files, events and results, from the models (decision 35). */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { jsonSchema, SCHEMA_NAMES } from '../src/data/json-schema.ts';

/** All schemas by file name, as they are written. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    SCHEMA_NAMES.map((name) => [
      `${name}.schema.json`,
      `${JSON.stringify(jsonSchema(name), undefined, 2)}\n`,
    ]),
  );
}

if (import.meta.main) {
  const folder = resolve(import.meta.dirname, '../schemas');
  const files = schemaFiles();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}
