import { type Json, parseJson } from '../base/json.ts';

/** Names of fields that services put a model's reasoning into. */
const REASONING = /(?:^|\.)(?:reasoning|thinking|thought)/i;

/**
 * The texts in an answer as it came over the wire, put together again: a stream cuts them into pieces
 * of a few letters, one in each line of JSON. The key is where a text stands, as `choices.0.delta.content`.
 */
export function textsIn(raw: string): Map<string, string> {
  const whole = parseJson(raw);
  const values = whole === undefined ? raw.split('\n').map(lineValue) : [whole];
  const texts = new Map<string, string>();
  for (const value of values) collect(value, '', texts);
  return texts;
}

/** What a model thought before it answered, as far as its service tells; empty when it does not. */
export function reasoningIn(raw: string): string {
  const found = [...textsIn(raw)].filter(([path]) => REASONING.test(path) && !isKind(path));
  return found.map(([, text]) => text).join('\n');
}

/** The name of a kind is no text of the model's, and its signature is no text at all. */
function isKind(path: string): boolean {
  return /(?:^|\.)(?:type|format|id|signature|status|effort)$/.test(path);
}

/** One line of a stream: JSON by itself, or behind `data:`. */
function lineValue(line: string): Json | undefined {
  const said = line.replace(/^data:/, '').trim();
  return said.startsWith('{') || said.startsWith('[') ? parseJson(said) : undefined;
}

function collect(value: Json | undefined, path: string, texts: Map<string, string>): void {
  if (typeof value === 'string') texts.set(path, (texts.get(path) ?? '') + value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    collect(item, path === '' ? name : `${path}.${name}`, texts);
  }
}
