import { isObject, type Json, type JsonObject, listedTexts } from '../../../base/json.ts';
import type { Analysis, HandlerForm, HandlerInput, Used } from './analysis.ts';
import type { CodePlace } from './problem.ts';

const FORMS: readonly HandlerForm['kind'][] = ['function', 'async', 'generator', 'other'];
const USES: readonly Used['kind'][] = ['name', 'field', 'call', 'text', 'module'];

/** An analysis as it came out of a box; undefined when it is none. Whatever comes from there may be anything. */
export function readAnalysis(answer: Json | undefined): Analysis | undefined {
  if (!isObject(answer) || !isObject(answer.input)) return undefined;
  const { handlers, returns, texts, throws, imports, used } = answer;
  return {
    handlers: placed(handlers, ({ kind }) => {
      const known = FORMS.find((form) => form === kind);
      return known && { kind: known };
    }),
    input: readInput(answer.input),
    returns: placed(returns, ({ constant }) => ({ ...(constant !== undefined && { constant }) })),
    texts: placed(texts, ({ text }) => ({ text: textOf(text) })),
    throws: placed(throws, ({ name, text }) => ({ name: textOf(name), text: textOf(text) })),
    imports: placed(imports, ({ module, names }) => {
      return { module: textOf(module), names: listedTexts(names) };
    }),
    used: placed(used, ({ kind, name }) => {
      const known = USES.find((use) => use === kind);
      return known && { kind: known, name: textOf(name) };
    }),
  };
}

function readInput({ reads, open, used, problem }: JsonObject): HandlerInput {
  const error = isObject(problem) && typeof problem.error === 'string' ? problem.error : undefined;
  return {
    reads: listedTexts(reads),
    open: open !== false,
    used: used !== false,
    ...(isObject(problem) && error !== undefined && { problem: { ...placeIn(problem), error } }),
  };
}

function placed<T>(
  list: Json | undefined,
  read: (entry: JsonObject) => T | undefined,
): (T & CodePlace)[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).flatMap((entry) => {
    const value = read(entry);
    return value === undefined ? [] : [{ ...placeIn(entry), ...value }];
  });
}

function placeIn({ line, column }: JsonObject): CodePlace {
  return { line: wholeOf(line), column: wholeOf(column) };
}

function wholeOf(value: Json | undefined): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 1;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
