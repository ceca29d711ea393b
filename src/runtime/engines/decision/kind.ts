import { isObject, type JsonObject } from '../../../base/json.ts';
import type { Decision } from '../../../events/decision.ts';
import { extractJson } from '../../agent/extract-json.ts';
import { field, listOf } from './values.ts';

/** Name of a decision. */
export type Kind = Decision['decision'];

/** Words that stand for a decision, in the order they are looked for (spec, runtime 4.2, step 5). */
const WORDS: readonly (readonly [Kind, RegExp])[] = [
  ['delegate', /^(delegate|assign|dispatch|spawn)$/],
  ['complete', /^(complete|done|finali[sz]e|finish|final|synthesi[sz]e|conclude|submit)$/],
  ['plan', /^(plan|decompose|breakdown)$/],
  ['diagnose', /^(diagnose|diagnosis|hypothes\p{L}*)$/u],
  ['fail', /^(fail|abort|error|cancel|impossible)$/],
];

/** Words that turn the meaning of those behind them. */
const TURNS = new Set(
  'not no never non cannot without unable fail failed impossible isn can don won doesn didn wasn aren hasn haven couldn'.split(
    ' ',
  ),
);
/** Characters of a decision that are looked at. */
const WORDS_READ = 300;

/**
 * The decision that words name: whole words count, in the order of the table, and not those that
 * are denied, so that neither `incomplete` nor `not done yet` is a completion.
 */
export function kindInWords(words: string): Kind | undefined {
  const said = words.trim().slice(0, WORDS_READ).toLowerCase();
  // `in-complete` is one word; `task_complete` and `complete/2` are several.
  const plain = said.replace(/\b(in|un|non)[-_](?=\p{L})/gu, '$1').replace(/n['’]t\b/g, ' not');
  const kept = plain.split(/[,;.:!?()\n]|\b(?:but|so|then|instead)\b/).flatMap(affirmed);
  return WORDS.find(([, word]) => kept.some((one) => word.test(one)))?.[0];
}

/** The words of a clause that no word before them denies; what denies counts itself. */
function affirmed(clause: string): string[] {
  const words = clause.split(/[^\p{L}]+/u).filter(Boolean);
  const turn = words.findIndex((word) => TURNS.has(word));
  return turn < 0 ? words : words.slice(0, turn + 1);
}

/** Where a result may be without `final_result`. */
const CONTENT_KEYS = [
  'final_result',
  'report_md',
  'summary',
  'conclusion',
  'output',
  'deliverables',
];

/** What says something about an answer, and is no content. */
const ABOUT = new Set(['decision', 'reasoning', 'confidence', 'worker_id', 'instructions']);

/**
 * What an answer decides: what it says, else what follows from its parts in the order of the spec
 * (runtime 4.2, step 4). `enabled` are the decisions that the loop knows: where others follow from
 * parts, too, those count first.
 */
export function kindOf(answer: JsonObject, enabled: ReadonlySet<Kind>): Kind | undefined {
  const said = answer.decision;
  if (typeof said === 'string' && said.trim() !== '') {
    // An unknown word beside work that is to be done says enough; an end must be said.
    return kindInWords(said) ?? firstOf(partsOf(answer), enabled);
  }
  return firstOf(partsOf(answer), enabled) ?? (isResult(answer) ? 'complete' : undefined);
}

function firstOf(kinds: readonly Kind[], enabled: ReadonlySet<Kind>): Kind | undefined {
  return kinds.find((kind) => enabled.has(kind)) ?? kinds[0];
}

function partsOf(answer: JsonObject): Kind[] {
  const parts: (readonly [Kind, boolean])[] = [
    ['plan', listOf(field(answer, 'subtasks')).length > 0],
    ['diagnose', listOf(field(answer, 'hypotheses')).length > 0],
    ['delegate', delegationsIn(answer).length > 0],
  ];
  return parts.flatMap(([kind, isThere]) => (isThere ? [kind] : []));
}

/** A lone delegation is no result, nor is an error. */
function isResult(answer: JsonObject): boolean {
  if (CONTENT_KEYS.some((key) => field(answer, key) !== undefined)) return true;
  if (field(answer, 'worker_id') !== undefined || Object.hasOwn(answer, 'error')) return false;
  return Object.keys(answer).filter((key) => !ABOUT.has(key)).length >= 2;
}

/** The delegations of an answer, under any of their names. */
export function delegationsIn(answer: JsonObject): ReturnType<typeof listOf> {
  for (const name of ['delegations', 'workers', 'tasks']) {
    const list = listOf(field(answer, name));
    if (list.length > 0) return list;
  }
  return [];
}

/** Under these names an answer may be a text of its own; a text elsewhere is data, whatever it says. */
const WRAPPERS = ['result', 'response', 'answer', 'decision'];
const SIGNS = ['decision', 'delegations', 'final_result', 'subtasks', 'hypotheses'];

/**
 * The decision inside of a wrapping: an object alone under one key, or one under a key for answers, as
 * itself or as a text (spec, runtime 4.2, step 2).
 */
export function unwrapped(answer: JsonObject): JsonObject {
  const { decision } = answer;
  const isPlain = typeof decision === 'string' && !decision.trim().startsWith('{');
  const own = [...SIGNS.slice(1), ...CONTENT_KEYS];
  if (isPlain || own.some((sign) => Object.hasOwn(answer, sign))) return answer;
  const keys = Object.keys(answer);
  for (const key of keys.length === 1 ? keys : WRAPPERS) {
    const value = Object.hasOwn(answer, key) ? answer[key] : undefined;
    const mayBeText = typeof value === 'string' && WRAPPERS.includes(key);
    const inner = mayBeText ? extractJson(value)?.value : value;
    if (isObject(inner) && SIGNS.some((sign) => Object.hasOwn(inner, sign))) return inner;
  }
  return answer;
}
