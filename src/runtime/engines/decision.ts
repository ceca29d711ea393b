import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { fileSafe } from '../../base/paths.ts';
import type { Decision, Envelope, OutputContract } from '../../events/decision.ts';
import { extractJson } from '../agent/extract-json.ts';

/** A manager's answer after reading: a decision, or why it is none. */
export type Reading = { decision: Decision; repaired: boolean } | { problem: string };

/** Most delegations of one turn that are read. */
const MOST_DELEGATIONS = 100;

const CONTENT_KEYS = [
  'final_result',
  'report_md',
  'summary',
  'conclusion',
  'output',
  'deliverables',
];

/** Words that stand for a decision, in the order they are looked for (spec, runtime 4.2, step 5). */
const WORDS: readonly (readonly [Decision['decision'], RegExp])[] = [
  ['delegate', /\b(delegate|assign|dispatch|spawn)\b/i],
  ['complete', /\b(complete|done|finali[sz]e|finish|final|synthesi[sz]e|conclude|submit)\b/i],
  ['plan', /\b(plan|decompose|breakdown)\b/i],
  ['diagnose', /\b(diagnose|diagnosis|hypothes\w*)\b/i],
  ['fail', /\b(fail|abort|error|cancel|impossible)\b/i],
];

/** Reads a manager's answer; unknown fields are tolerated and aliases resolved. Pure. */
export function readDecision(text: string): Reading {
  const extracted = extractJson(text);
  if (!extracted) return { problem: 'it is not a JSON object.' };
  const answer = unwrap(extracted.value);
  const kind = kindOf(answer);
  if (!kind) {
    return { problem: 'the field "decision" must be "delegate", "complete" or "fail".' };
  }
  const reading = READERS[kind](answer);
  if ('problem' in reading) return reading;
  return { decision: reading, repaired: extracted.repaired || answer !== extracted.value };
}

const READERS: Readonly<
  Record<Decision['decision'], (answer: JsonObject) => Decision | { problem: string }>
> = {
  delegate(answer) {
    const list = delegationsOf(answer);
    const delegations = uniqueIds(list.slice(0, MOST_DELEGATIONS).flatMap(readEnvelope));
    if (delegations.length === 0) {
      return {
        problem:
          '"delegations" must hold at least one object with "worker_id" and "instructions" texts.',
      };
    }
    return { decision: 'delegate', ...common(answer), delegations };
  },

  complete(answer) {
    return { decision: 'complete', ...common(answer), result: finalResult(answer) };
  },

  fail(answer) {
    const reason = text(answer.reason) ?? text(answer.reasoning) ?? text(answer.error);
    const partial = isObject(answer.partial_result) ? answer.partial_result : undefined;
    return {
      decision: 'fail',
      ...common(answer),
      reason: reason ?? 'the manager gave no reason',
      ...(partial && { partial }),
    };
  },

  plan: (answer) => readPlan(answer),

  diagnose: (answer) => readDiagnosis(answer),
};

function readPlan(answer: JsonObject): Decision | { problem: string } {
  const list = Array.isArray(answer.subtasks) ? answer.subtasks.filter(isObject) : [];
  const subtasks = list.flatMap(({ id, description, dependencies }) => {
    const [name, what] = [text(id), text(description)];
    if (name === undefined || what === undefined) return [];
    const before = Array.isArray(dependencies) ? dependencies.filter(isText) : [];
    return [{ id: name, description: what, dependencies: before }];
  });
  if (subtasks.length > 0) return { decision: 'plan', ...common(answer), subtasks };
  return { problem: '"subtasks" must hold at least one object with "id" and "description".' };
}

function readDiagnosis(answer: JsonObject): Decision | { problem: string } {
  const failedWorker = text(answer.failed_worker);
  const list = Array.isArray(answer.hypotheses) ? answer.hypotheses.filter(isObject) : [];
  if (failedWorker === undefined || list.length === 0) {
    return { problem: '"failed_worker" and "hypotheses" must be given.' };
  }
  const hypotheses = list.map((one, index) => ({
    id: text(one.id) ?? `h${index + 1}`,
    cause: text(one.cause) ?? '',
    test: text(one.test) ?? '',
    likelihood: fraction(one.likelihood) ?? 0.5,
  }));
  return { decision: 'diagnose', ...common(answer), failedWorker, hypotheses };
}

/** `{"result": "{\"decision\": ...}"}` and an object under a single wrapping key are looked into. */
function unwrap(answer: JsonObject): JsonObject {
  if (kindOf(answer)) return answer;
  for (const value of Object.values(answer)) {
    const inner = typeof value === 'string' ? extractJson(value)?.value : value;
    if (
      isObject(inner) &&
      (Object.hasOwn(inner, 'decision') || Object.hasOwn(inner, 'delegations'))
    )
      return inner;
  }
  return answer;
}

function kindOf(answer: JsonObject): Decision['decision'] | undefined {
  const said = answer.decision;
  if (typeof said === 'string') return WORDS.find(([, word]) => word.test(said))?.[0];
  if (delegationsOf(answer).length > 0) return 'delegate';
  if (CONTENT_KEYS.some((key) => Object.hasOwn(answer, key))) return 'complete';
  const content = Object.keys(answer).filter((key) => !['reasoning', 'confidence'].includes(key));
  return content.length >= 2 && !Object.hasOwn(answer, 'error') ? 'complete' : undefined;
}

function delegationsOf(answer: JsonObject): Json[] {
  for (const key of ['delegations', 'workers', 'tasks']) {
    const value = Object.hasOwn(answer, key) ? answer[key] : undefined;
    if (Array.isArray(value)) return value;
  }
  return [];
}

const OWN_FIELDS = new Set([
  'decision',
  'reasoning',
  'confidence',
  'delegations',
  'workers',
  'tasks',
]);

function finalResult(answer: JsonObject): JsonObject {
  const given = answer.final_result ?? answer.result;
  if (isObject(given)) return given;
  if (given !== undefined && given !== null) return { summary: given };
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !OWN_FIELDS.has(key)));
}

function common(answer: JsonObject): { reasoning?: string; confidence?: number } {
  const reasoning = text(answer.reasoning);
  const confidence = fraction(answer.confidence);
  return {
    ...(reasoning !== undefined && { reasoning }),
    ...(confidence !== undefined && { confidence }),
  };
}

const ENVELOPE_FIELDS = new Set([
  'worker_id',
  'id',
  'name',
  'instructions',
  'task',
  'tools_allowed',
  'output_contract',
  'temperature',
  'skills',
  'subtask_id',
]);

function readEnvelope(value: Json): Envelope[] {
  if (!isObject(value)) return [];
  const id = text(value.worker_id) ?? text(value.id) ?? text(value.name);
  const instructions = text(value.instructions) ?? text(value.task);
  if (id === undefined || instructions === undefined) return [];
  const temperature = number(value.temperature);
  const contract = readContract(value.output_contract);
  const subtaskId = text(value.subtask_id);
  const extra = Object.fromEntries(
    Object.entries(value).filter(([key]) => !ENVELOPE_FIELDS.has(key)),
  );
  return [
    {
      workerId: fileSafe(id),
      instructions,
      ...(Array.isArray(value.tools_allowed) && {
        toolsAllowed: value.tools_allowed.filter(isText),
      }),
      ...(contract && { contract }),
      ...(temperature !== undefined && { temperature: Math.min(2, Math.max(0, temperature)) }),
      ...(Array.isArray(value.skills) && { skills: value.skills.filter(isText) }),
      ...(subtaskId !== undefined && { subtaskId }),
      ...(Object.keys(extra).length > 0 && { extra }),
    },
  ];
}

/** Both spellings: `{required_fields, description}` and a map of fields to `{type, description}`. */
function readContract(value: Json | undefined): OutputContract | undefined {
  if (!isObject(value)) return undefined;
  const description = text(value.description);
  if (Array.isArray(value.required_fields)) {
    const schema = isObject(value.schema) ? value.schema : undefined;
    return {
      requiredFields: value.required_fields.filter(isText),
      ...(schema && { schema }),
      ...(description !== undefined && { description }),
    };
  }
  const fields = Object.entries(value).filter(([, field]) => isObject(field) || isText(field));
  if (fields.length === 0) return undefined;
  const lines = fields.map(
    ([name, field]) => `${name}: ${isText(field) ? field : JSON.stringify(field)}`,
  );
  return { requiredFields: fields.map(([name]) => name), description: lines.join('\n') };
}

function uniqueIds(envelopes: Envelope[]): Envelope[] {
  const seen = new Set<string>();
  return envelopes.map((envelope) => {
    const workerId = unused(envelope.workerId, (name) => seen.has(name));
    seen.add(workerId);
    return { ...envelope, workerId };
  });
}

/** The name itself, or with `-2`, `-3`, ... when it is taken; numbers below `from` are known to be. */
export function unused(name: string, isTaken: (name: string) => boolean, from = 2): string {
  if (!isTaken(name)) return name;
  let count = from;
  while (isTaken(`${name}-${count}`)) count += 1;
  return `${name}-${count}`;
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A number from 0 to 1; anything else is no confidence. */
function fraction(value: Json | undefined): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 && found <= 1 ? found : undefined;
}
