import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import type { Example } from '../../src/validator/rule.ts';
import { adjusted, type RuleOptions, validateWorkflow } from '../../src/validator/validate.ts';

/** All that is said of an example: a text alone, or a single file, is looked at by itself. */
export async function findingsOf(
  example: Example,
  options: RuleOptions & { name?: string } = {},
): Promise<Diagnostic[]> {
  const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
  const [only, ...others] = Object.keys(files);
  const single = others.length === 0 && (typeof example === 'string' || only === 'agent.awp.yaml');
  const { workflow, diagnostics } = await parseWorkflow(
    memoryFiles(files, options.name ?? 'news-digest'),
    single ? { file: only ?? '' } : {},
  );
  return adjusted([...diagnostics, ...validateWorkflow(workflow)], options);
}

/** One line for each finding, for messages of tests. */
export function lines(findings: readonly Diagnostic[]): string[] {
  return findings.map(
    ({ rule, severity, file, range, message }) =>
      `${file}:${range.start.line}:${range.start.column} ${severity} ${rule}: ${message}`,
  );
}
