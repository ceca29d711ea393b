import { AwpError } from '../base/errors.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import type { ToolContext, ToolResult } from '../ports/tool.ts';
import { failure } from './results.ts';

/** What every message about a place that may not be changed says. */
const ONLY_OUTPUT = 'only files below output/ can be changed';

/**
 * Where a tool may change something: the path relative to `output/`, which a bare name is below of
 * as well; or, in words, why it may not (spec, capabilities 12.4).
 */
export function outputPath(path: string): { inOutput: string } | { problem: string } {
  const problem = pathProblem(path);
  if (problem !== undefined) return { problem };
  const [first = '', ...rest] = normalPath(path).split('/');
  if (first === 'inputs' || first === 'shared') return { problem: ONLY_OUTPUT };
  const inOutput = (first === 'output' ? rest : [first, ...rest]).join('/');
  return inOutput === '' ? { problem: ONLY_OUTPUT } : { inOutput };
}

/** The answer to a path that may not be used; the refusal is noted in the log. */
export function refusedPath({ denied }: ToolContext, sentence: string): ToolResult {
  denied(sentence, 'acl.tool.denied');
  return failure(403, sentence);
}

/** Notes in the log what the workspace refused; other errors are none of this. */
export function noteDenied({ denied }: ToolContext, error: unknown): void {
  if (!(error instanceof AwpError) || error.code !== 'tool/denied') return;
  denied(error.message, 'acl.tool.denied');
}
