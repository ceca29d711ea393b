import { isObject, type Json } from '../../base/json.ts';

/** Shortest piece that a long text is cut to. */
const LEAST = 40;

/**
 * The same value with its long texts and lists cut, so that its JSON has about `chars` characters
 * at most; what was cut says how much is missing.
 */
export function clip(value: Json, chars: number): Json {
  if (JSON.stringify(value).length <= chars) return value;
  for (let each = Math.floor(chars / 2); each >= LEAST; each = Math.floor(each / 2)) {
    const shorter = cut(value, each, Math.max(3, Math.floor(each / 20)));
    if (JSON.stringify(shorter).length <= chars) return shorter;
  }
  return `${JSON.stringify(value).slice(0, chars)} ... cut`;
}

function cut(value: Json, chars: number, items: number): Json {
  if (typeof value === 'string') {
    const left = value.length - chars;
    return left > 0 ? `${value.slice(0, chars)} ... ${left} characters more` : value;
  }
  if (Array.isArray(value)) {
    const kept = value.slice(0, items).map((item) => cut(item, chars, items));
    const left = value.length - kept.length;
    return left > 0 ? [...kept, `... ${left} items more`] : kept;
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, cut(item, chars, items)]),
    );
  }
  return value;
}
