import { type Json, jsonProblem } from '../../base/json.ts';
import type { Tool, ToolResult } from '../../ports/tool.ts';
import type { Redact } from '../redact.ts';
import { schemaProblems } from '../schema.ts';

/** Characters of a result's data that are kept in the log. */
const DATA_CHARS = 1_000_000;
/** Characters of an error and of a log text that are kept. */
const TEXT_CHARS = 20_000;
/** Deepest nesting of a result, and most values in it. */
const LIMITS = { depth: 64, nodes: 500_000 };

/**
 * What a tool gave back, if it is the standard envelope (spec, capabilities 1.1) with data that JSON
 * can hold and that fits `returns`; else a failure that says what is wrong. Secrets are
 * taken out before long texts are cut: half of one would not be found.
 */
export async function checkedResult(
  tool: Tool,
  result: ToolResult,
  redact: Redact,
): Promise<ToolResult> {
  const problem = envelopeProblem(result) ?? dataProblem(result.data);
  if (problem !== undefined) return bad(tool, problem);
  const { ok, status } = result;
  if (ok && tool.returns) {
    const problems = await schemaProblems(tool.returns, result.data);
    if (problems.length > 0) return bad(tool, problems.join('; '));
  }
  const { data, error, log } = redact(result);
  const text = JSON.stringify(data);
  return {
    ...{ ok, status },
    data: text.length <= DATA_CHARS ? data : { cut: text.slice(0, DATA_CHARS) },
    ...(error !== undefined && { error: cut(error) }),
    ...(log !== undefined && { log: cut(log) }),
  };
}

function envelopeProblem(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null) return 'it is no envelope';
  const { ok, status, error, log } = result as { [key: string]: unknown };
  if (typeof ok !== 'boolean') return '`ok` is not true or false';
  if (!Number.isInteger(status) || Number(status) < 100 || Number(status) > 599) {
    return '`status` is no number from 100 to 599';
  }
  if (ok !== Number(status) < 400) return `\`ok\` is ${ok}, and \`status\` is ${status}`;
  if (error !== undefined && typeof error !== 'string') return '`error` is no text';
  if (log !== undefined && typeof log !== 'string') return '`log` is no text';
  return undefined;
}

function dataProblem(data: Json): string | undefined {
  const problem = jsonProblem(data, LIMITS);
  return problem === undefined ? undefined : `the data ${problem}`;
}

function bad({ name }: Tool, problem: string): ToolResult {
  const error = `tool/bad-result: what ${name} gave back cannot be used: ${problem}`;
  return { ok: false, status: 500, data: {}, error };
}

function cut(text: string): string {
  return text.length <= TEXT_CHARS ? text : `${text.slice(0, TEXT_CHARS)} ...`;
}
