import { isObject, type JsonObject } from '../../base/json.ts';
import type { ToolDraft } from '../../events/creation.ts';
import type { Checked } from '../../events/state.ts';
import { extractJson } from '../agent/extract-json.ts';

/** Bytes of code, and of the JSON of parameters, that a draft may have; and characters of a description. */
const CODE_BYTES = 65_536;
const PARAMETER_BYTES = 32_768;
const DESCRIPTION_CHARS = 1024;

/**
 * Reads what a repairer answered: other code, and other parameters or another description where it gave
 * them. Whatever else it says is left out (spec, capabilities 4.10).
 */
export function readRepair(text: string): Checked {
  const found = extractJson(text)?.value;
  const problems = found ? problemsOf(found) : ['the answer is not a JSON object'];
  const ok = found !== undefined && problems.length === 0;
  return {
    ok,
    problems,
    output: ok ? keptOf(found) : {},
    text: ok ? 'the tool was repaired' : '',
    confidence: ok ? 1 : 0,
  };
}

/** The draft with what a repairer changed; all else of it stays. */
export function repairedDraft(draft: ToolDraft, output: JsonObject): ToolDraft | undefined {
  const { code, parameters, description } = output;
  if (typeof code !== 'string') return undefined;
  return {
    ...draft,
    code,
    ...(isObject(parameters) && { parameters }),
    ...(typeof description === 'string' && { description }),
  };
}

function problemsOf({ code, parameters, description }: JsonObject): string[] {
  const problems: string[] = [];
  if (typeof code !== 'string' || code.trim() === '')
    problems.push('"code" must be the whole code');
  else if (Buffer.byteLength(code) > CODE_BYTES)
    problems.push(`"code" has more than ${CODE_BYTES} bytes`);
  if (!isNothing(parameters) && !isObject(parameters))
    problems.push('"parameters" must be a JSON Schema');
  else if (Buffer.byteLength(JSON.stringify(parameters ?? null)) > PARAMETER_BYTES)
    problems.push(`"parameters" has more than ${PARAMETER_BYTES} bytes`);
  if (!isNothing(description) && typeof description !== 'string')
    problems.push('"description" must be a text');
  return problems;
}

function isNothing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function keptOf({ code, parameters, description }: JsonObject): JsonObject {
  return {
    code: withoutFence(String(code)),
    ...(isObject(parameters) && { parameters }),
    ...(typeof description === 'string' &&
      description.trim() !== '' && {
        description: description.slice(0, DESCRIPTION_CHARS).toWellFormed(),
      }),
  };
}

/** Code that stands in a fence within its text is what is inside. */
function withoutFence(code: string): string {
  const trimmed = code.trim();
  const isFenced = /^```[a-z]*\r?\n/i.test(trimmed) && trimmed.endsWith('\n```');
  return isFenced ? trimmed.slice(trimmed.indexOf('\n') + 1, -4) : code;
}
