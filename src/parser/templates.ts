import { placesIn } from '../base/places-in.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { Place, YamlNode, YamlScalar } from '../base/yaml-node.ts';
import { S } from './field-codes.ts';
import type { Reading } from './reading.ts';

/** Names that every template knows. */
const KNOWN = [
  ...['RUN_ID', 'TIMESTAMP', 'DATE', 'now', 'task', 'input', 'inputs', 'state', 'env', 'workflow'],
  ...['settings', 'agent', 'context', 'item', 'fan_out_item', 'fan_out_index'],
];
const PLACEHOLDER = /(?<!\{)\{\{([^{}]*)\}\}(?!\})/g;
const NAME = /^\s*([A-Za-z_][\w-]*)(?:\.[\w-]+)*\s*$/;

/** Places that are told of one file; the same name in one text is told once. */
const MAX_UNKNOWN = 200;

/** Looks at `{{ name }}` in every text of a tree: what no template knows is reported (S13). */
export function checkTemplates(tree: YamlNode, names: readonly string[], reading: Reading): void {
  const check: Check = { known: new Set([...KNOWN, ...names]), reading, left: MAX_UNKNOWN };
  for (const at of textsOf(tree)) {
    const text = String(at.value);
    if (text.includes('{{')) checkText(text, placesIn(at, text), check);
  }
}

/** The same for the text of a prompt. */
export function checkPrompt(source: SourceFile, names: readonly string[], reading: Reading): void {
  const known = new Set([...KNOWN, ...names]);
  const placeOf = (from: number, to: number): Place => ({ source, from, to, path: '' });
  checkText(source.text, placeOf, { known, reading, left: MAX_UNKNOWN });
}

interface Check {
  known: ReadonlySet<string>;
  reading: Reading;
  /** How many may still be told. */
  left: number;
}

function checkText(text: string, placeOf: (from: number, to: number) => Place, check: Check): void {
  const { known, reading } = check;
  const told = new Set<string>();
  for (const found of text.matchAll(PLACEHOLDER)) {
    const [whole, inner = ''] = found;
    const name = NAME.exec(inner)?.[1];
    // What is no name is an example of something else, such as a template in a prompt.
    if (name === undefined || known.has(name) || told.has(name) || check.left === 0) continue;
    told.add(name);
    check.left--;
    const at = placeOf(found.index, found.index + whole.length);
    const message = `\`${whole}\` stands for nothing that is known here`;
    const help = `known: ${KNOWN.slice(0, 10).join(', ')}; variables of a prompt go to \`prompt.variables\``;
    reading.report(S.placeholder, { at, message, help });
  }
}

function* textsOf(node: YamlNode): Generator<YamlScalar> {
  if (node.kind === 'scalar') {
    if (typeof node.value === 'string') yield node;
  } else if (node.kind === 'list') {
    for (const item of node.items) yield* textsOf(item);
  } else {
    for (const { value } of node.entries.values()) yield* textsOf(value);
  }
}
