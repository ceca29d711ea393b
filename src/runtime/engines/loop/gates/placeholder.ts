import type { Json } from '../../../../base/json.ts';
import { isObject, parseJson } from '../../../../base/json.ts';
import { suffixOf } from '../../../../base/paths.ts';
import type { Gate, SeenFile } from './gate.ts';
import { codeProblem, looseValue, proseProblem, STATUS_FIELDS } from './stub-text.ts';

/** Longest text file that is searched, in characters (spec, runtime 4.9). */
const TEXT_CHARS = 200_000;

const PROSE = new Set(['md', 'markdown', 'txt', 'rst', 'html', 'htm']);
const CODE = new Set(
  'py js mjs cjs ts jsx tsx r sql sh rb go java c h cpp cs rs yaml yml toml'.split(' '),
);

/** Nothing in the result, or in texts that are handed out, was left to be filled in. */
export const placeholderGate: Gate = {
  name: 'placeholder',
  check(_look, { result, files }) {
    const own = stubsIn(result, 'final_result');
    const others = files.flatMap((file) => {
      const stub = stubInFile(file);
      return stub === undefined ? [] : [`${file.path}: ${stub}`];
    });
    const defects = [...own, ...others];
    if (defects.length === 0) return undefined;
    return { reason: 'something was left to be filled in', defects };
  },
};

/** Placeholders among the values of a result, one line each, with where they are. */
function stubsIn(value: Json, at: string): string[] {
  if (typeof value === 'string') {
    const field = at.slice(at.lastIndexOf('.') + 1);
    const stub = looseValue(value);
    if (stub !== undefined && STATUS_FIELDS.test(field)) return [];
    const problem = stub ?? proseProblem(value, 'md');
    return problem === undefined ? [] : [`${at}: ${problem}`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => stubsIn(item, `${at}[${index}]`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => stubsIn(item, `${at}.${key}`));
}

function stubInFile({ name, bytes, head }: SeenFile): string | undefined {
  const suffix = suffixOf(name);
  if (!head || head.length < bytes) return undefined;
  const isProse = PROSE.has(suffix);
  if (!isProse && suffix !== 'json' && !CODE.has(suffix)) return undefined;
  const text = new TextDecoder().decode(head);
  if (text.length > TEXT_CHARS) return undefined;
  if (isProse) return looseValue(text) ?? proseProblem(text, suffix);
  if (suffix !== 'json') return codeProblem(text);
  const value = parseJson(text);
  return value === undefined ? undefined : stubsIn(value, 'value')[0];
}
