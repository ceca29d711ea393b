import { AwpError } from '../base/errors.ts';
import { positionAt, type SourceFile } from '../base/source-file.ts';
import { entriesAt, mapAt, type YamlScalar } from '../base/yaml-node.ts';
import { parseYaml } from './parse-yaml.ts';

/** A value as a file of secrets has it, not yet filled in. */
export interface FileSecret {
  text: string;
  /** Where it is written, as `file:line`. */
  place: string;
}

/** `{{ env.NAME }}` in a value of `secrets.yaml`. */
const VARIABLE = /\{\{\s*env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/**
 * Reads the `secrets:` map of a `secrets.yaml` (spec, capabilities 1.8). Numbers and words are taken
 * as they are written; what has no value is left out. `path` is what messages call the file. Throws
 * `secret/bad-file` with the line and never with what is written there.
 */
export function parseSecretsFile(input: Uint8Array, path: string): Map<string, FileSecret> {
  const { source, tree, diagnostics } = parseYaml(input, path);
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  if (wrong) {
    // What the YAML library says about an error may repeat a part of the text.
    throw badFile(`${path}:${wrong.range.start.line}`, `this cannot be read (${wrong.rule})`);
  }
  if (tree === undefined) return new Map();
  if (!mapAt(tree, 'secrets')) throw badFile(`${path}:1`, 'there is no map `secrets:`');
  const found = new Map<string, FileSecret>();
  for (const { key, keyPlace, value } of entriesAt(tree, 'secrets')) {
    const place = placeOf(source, keyPlace.from);
    if (value.kind !== 'scalar') throw badFile(place, `the value of ${key} is no text`);
    const text = textOf(source, value);
    if (text !== '') found.set(key, { text, place });
  }
  return found;
}

/**
 * Puts variables in the place of `{{ env.NAME }}`, once: what a variable holds is not looked at again.
 * Throws `secret/bad-file` when a variable is not set.
 */
export function fillFromEnvironment(
  { text, place }: FileSecret,
  variable: (name: string) => string | undefined,
): string {
  return text.replace(VARIABLE, (_, name: string) => {
    const value = variable(name);
    if (value === undefined) throw badFile(place, `the variable ${name} is not set`);
    return value;
  });
}

/** An error about a file of secrets, with its place; the message must not repeat what is written. */
export function badFile(place: string, what: string): AwpError {
  return new AwpError('secret/bad-file', `${place}: ${what}`, {
    hint: 'secrets.yaml is a map `secrets:` of NAME: "value"; .env has lines NAME=value',
  });
}

/** `007` stays `007`, whatever number YAML makes of it. */
function textOf({ text }: SourceFile, { value, plain, from, to }: YamlScalar): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  const written = text.slice(from, to).trim();
  return plain && !written.startsWith('*') ? written : String(value);
}

function placeOf(source: SourceFile, offset: number): string {
  return `${source.path}:${positionAt(source, offset).line}`;
}
