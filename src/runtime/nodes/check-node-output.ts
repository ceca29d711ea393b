import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Checked } from '../../events/state.ts';
import { textField } from '../../events/text-field.ts';
import { confidenceIn, isMissing, said } from '../agent/check-output.ts';
import { extractJson } from '../agent/extract-json.ts';
import { exceptFields, schemaProblems } from '../schema.ts';
import { isReserved } from './hide-fields.ts';

/** Confidence of an answer that says none (spec, runtime 2.10). */
const UNSAID_CONFIDENCE = 0.5;

/** An answer of a node's agent, held against what its agent file asks for. */
export interface NodeChecked extends Checked {
  /** Keys of the answer that belong to the runtime and were left out (R13). */
  refused: readonly string[];
}

/**
 * Holds an answer against `output` of the agent's file (surfaces 7.9). `json`: an object; `strict`
 * wants required fields, the schema and a confidence from 0 to 1, `lenient` the required fields,
 * `none` nothing: a text becomes `{result, confidence}`. `text` and `markdown`: the answer is the
 * result, and the one text that the contract has; a fence around all of it is taken off. A confidence that is not said is 0.5. `hidden` are
 * fields whose values were redacted before, so that their types no longer count.
 */
export async function checkNodeOutput(
  { output: { format, ...rules } }: Pick<PlanAgent, 'output'>,
  text: string,
  hidden: ReadonlySet<string> = new Set(),
): Promise<NodeChecked> {
  if (text.trim() === '') return empty(rules.validation);
  if (format !== 'json') return plain(withoutFence(text), textField({ format, ...rules }));
  const found = extractJson(text)?.value;
  if (!found) return noObject(text, rules);
  const { confidence, problem } = confidenceIn(found, UNSAID_CONFIDENCE);
  const isStrict = rules.validation === 'strict';
  const missing = rules.validation === 'none' ? [] : missingFields(found, rules.required);
  const isUnsure = isStrict && problem !== undefined;
  const problems = [
    ...missing.map((field) => `the field ${JSON.stringify(field)} is missing`),
    ...(isUnsure ? [problem] : []),
  ];
  if (isStrict && rules.schema) {
    const schema = exceptFields(rules.schema, [...missing, ...(isUnsure ? ['confidence'] : [])]);
    problems.push(...(await misfits(found, { schema, hidden })));
  }
  const kept = Object.entries(found).filter(([key]) => !isReserved(key));
  return {
    ok: problems.length === 0,
    problems,
    output: { ...Object.fromEntries(kept), confidence },
    text: said(found, text),
    confidence,
    refused: Object.keys(found).filter(isReserved),
  };
}

type Rules = Omit<PlanAgent['output'], 'format'>;

function empty(validation: Rules['validation']): NodeChecked {
  const problems = validation === 'none' ? [] : ['the answer is empty'];
  const output = { result: '', confidence: 0 };
  return {
    ...{ ok: problems.length === 0, problems, output, text: '' },
    confidence: 0,
    refused: [],
  };
}

/** A text is the result, and the field that the contract has for it. */
function plain(text: string, field?: string): NodeChecked {
  const confidence = UNSAID_CONFIDENCE;
  const output = { result: text, ...(field !== undefined && { [field]: text }), confidence };
  return { ok: true, problems: [], output, text, confidence, refused: [] };
}

function noObject(text: string, { validation, required }: Rules): NodeChecked {
  const mayBeText = validation === 'none' || (validation === 'lenient' && required.length === 0);
  const problems = mayBeText ? [] : ['the answer is not a JSON object'];
  return { ...plain(text), ok: mayBeText, problems };
}

/** The text inside of a code fence that is around the whole answer. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const fence = /^(`{3,})[\w-]*[ \t]*\n([\s\S]*)\n\1[ \t]*$/.exec(trimmed);
  const inner = fence?.[2];
  return inner === undefined || inner.includes(`\n${fence?.[1]}`) ? trimmed : inner.trim();
}

function missingFields(found: JsonObject, required: readonly string[]): string[] {
  return required.filter((field) => field !== 'confidence' && isMissing(found, field));
}

interface Expected {
  schema: JsonObject;
  hidden: ReadonlySet<string>;
}

/** What of an answer does not fit its schema; `confidence` is ours (R9) unless the schema has it. */
function misfits(found: JsonObject, { schema, hidden }: Expected): Promise<string[]> {
  const { confidence, ...rest } = found;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const isTheirs = Object.hasOwn(properties, 'confidence') || required.includes('confidence');
  const value = isTheirs ? { ...rest, confidence: confidence ?? UNSAID_CONFIDENCE } : rest;
  const isOpen = hidden.size === 0;
  return schemaProblems(isOpen ? schema : (loosened(schema, hidden) as JsonObject), value);
}

/** A schema that takes anything in the place of fields that were redacted. */
function loosened(schema: Json, hidden: ReadonlySet<string>): Json {
  if (Array.isArray(schema)) return schema.map((item) => loosened(item, hidden));
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' && isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([name, one]) => [
              name,
              hidden.has(name) ? {} : loosened(one, hidden),
            ]),
          )
        : loosened(value, hidden),
    ]),
  );
}
