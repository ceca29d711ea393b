import type { JsonObject } from '../base/json.ts';
import type { ToolContext, ToolResult } from '../ports/tool.ts';
import type { EndedProgram } from './box-program.ts';
import { filesThere } from './files-there.ts';
import { limitWords } from './limit-words.ts';
import { complaintOf } from './program-hints.ts';
import { failure } from './results.ts';

/** A program that ended by itself and did not work; `language`: what its language has, in words. */
export type FailedProgram = EndedProgram & { language: string };

/** What its agent is told of it, with what would help. 400 when it could not even be read, else 500. */
export async function failedProgram(
  { execution, job, language }: FailedProgram,
  data: JsonObject,
  { workspace }: Pick<ToolContext, 'workspace'>,
): Promise<ToolResult> {
  const program = { code: job.code, language, hosts: job.policy.hosts };
  const { message, syntax, hints, missingFile } = complaintOf(execution, program);
  const said = message === '' ? 'it said nothing' : message;
  const place = syntax?.line === undefined ? '' : ` in line ${syntax.line}`;
  const head = syntax
    ? `the program could not be read${place}: ${said}`
    : `the program ended with exit code ${execution.exitCode ?? 'unknown'}: ${said}`;
  const more = execution.limits.map((limit) => limitWords(limit, job.policy));
  const lines = [head, ...[...hints, ...more].map((hint) => `hint: ${hint}`)];
  if (missingFile) lines.push(`hint: ${await filesThere(workspace)}`);
  if (!syntax) return failure(500, lines.join('\n'), data);
  lines.push(`hint: ${syntax.hint}`);
  return failure(400, lines.join('\n'), { ...data, syntax_error: { ...syntax } });
}
