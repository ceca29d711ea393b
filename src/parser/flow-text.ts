import type { YamlNode } from '../base/yaml-node.ts';

/** Longest text that an edit writes on one line. */
const LONGEST = 80;
/** Texts that need no quotes in `[a, b]` and `{ a: b }`. */
const BARE = /^[A-Za-z_][\w./-]*$/;
const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

/** A value on one line, as `{ max_attempts: 2 }` or `[a, b]`; undefined when it is too long. */
export function flowText(node: YamlNode): string | undefined {
  const text = written(node);
  return text.length <= LONGEST ? text : undefined;
}

function written(node: YamlNode): string {
  if (node.kind === 'list') return `[${node.items.map(written).join(', ')}]`;
  if (node.kind === 'map') {
    if (node.entries.size === 0) return '{}';
    const fields = [...node.entries].map(([key, { value }]) => `${scalar(key)}: ${written(value)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return scalar(node.value);
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return BARE.test(value) && !WORDS.has(value.toLowerCase()) ? value : JSON.stringify(value);
}
