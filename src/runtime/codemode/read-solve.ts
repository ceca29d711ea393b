import type { Json, JsonObject } from '../../base/json.ts';
import { isObject } from '../../base/json.ts';
import type { PlanCodemode } from '../../events/creation.ts';
import type { EventData, Fact } from '../../events/event.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Checked, Frame } from '../../events/state.ts';
import { extractJson } from '../agent/extract-json.ts';
import { programIn } from './code-block.ts';
import { SOLVES } from './codemode.ts';

/** Characters of an error, and of the end of what a program printed, that its agent is told. */
const ERROR_CHARS = 2000;
const PRINTED_CHARS = 1500;

/** The text of an answer, once its program has run, or why there is none. */
export type Solved = { text: string } | { problem: string };

/**
 * The call that follows from an answer in code mode: its program. Undefined when the answer has none and
 * is read as it is: one that has to sum up, and one that is a JSON object.
 */
export function solveCall(
  { language, timeoutMs, console }: PlanCodemode,
  frame: Frame,
  text: string,
): Fact | undefined {
  if (frame.derived || frame.purpose === 'summary') return undefined;
  const code = programIn(text, language);
  if (code === undefined) return undefined;
  const call = frame.call ?? '';
  const args = { code, language, timeout: timeoutMs / 1000, console };
  const calls = [{ id: `${call}.p1`, name: SOLVES, args }];
  return { type: 'calls.derived', agent: frame.id, data: { call, from: 'code_block', calls } };
}

/** What an answer in code mode comes to: what its program returned, or the answer itself. */
export function solvedText(
  { language, timeoutMs }: PlanCodemode,
  frame: Frame,
  { text, format }: { text: string; format: PlanAgent['output']['format'] },
): Solved {
  const [result] = frame.derived?.from === 'code_block' ? frame.derived.results : [];
  if (result) return resultText(result, { timeoutMs, format });
  if (frame.purpose === 'summary') return { text };
  if (format === 'json' && extractJson(text)) return { text };
  const solve = language === 'python' ? 'async def solve(sdk)' : 'export async function solve(sdk)';
  const wanted = `write one fenced code block in ${language} that defines ${solve}`;
  return { problem: `the answer has no program: ${wanted}` };
}

/** An answer whose program brought nothing, as it is checked. */
export function unsolved(problem: string): Checked {
  const output = { result: '', confidence: 0 };
  return { ok: false, problems: [problem], output, text: '', confidence: 0 };
}

function resultText(
  { ok, data, error = '' }: EventData['tool.returned'],
  { timeoutMs, format }: { timeoutMs: number; format: PlanAgent['output']['format'] },
): Solved {
  if (!ok) return { problem: failure(error, data, timeoutMs) };
  const value = isObject(data) && Object.hasOwn(data, 'value') ? data.value : undefined;
  if (typeof value === 'string') return { text: value };
  if (value === undefined) return { problem: 'what solve returned could not be kept' };
  if (format !== 'json') return { problem: `solve returned ${kindOf(value)}, not a text` };
  if (!isObject(value)) return { problem: `solve returned ${kindOf(value)}, not an object` };
  return { text: JSON.stringify(value) };
}

function kindOf(value: Json): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** What went wrong, and the end of what the program said, as data. */
function failure(error: string, data: Json, timeoutMs: number): string {
  const said = isObject(data) && isObject(data.console) ? data.console : {};
  const words = error.trim() === '' ? `it did not end well in ${timeoutMs / 1000} s` : error.trim();
  return [
    cut(words, ERROR_CHARS),
    ...(['stderr', 'stdout'] as const).flatMap((stream) => printed(said, stream)),
  ].join('\n');
}

function printed(said: JsonObject, stream: 'stderr' | 'stdout'): string[] {
  const text = said[stream];
  if (typeof text !== 'string' || text.trim() === '') return [];
  const end = text.trimEnd().slice(-PRINTED_CHARS).toWellFormed();
  return [`The end of its ${stream}: ${JSON.stringify(end)}`];
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars).toWellFormed()} ...`;
}
