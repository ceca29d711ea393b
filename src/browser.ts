/**
 * `awp-agents/browser`: reading and checking workflows where there is no disk, as in a page. It
 * reaches no Node module.
 */
export type { Diagnostic } from './base/diagnostic.ts';
export type { Workflow } from './models/workflow.ts';
export type { Report, ReportOptions } from './validator/report.ts';

import type { Workflow } from './models/workflow.ts';
import { memoryFiles } from './parser/memory-files.ts';
import { parseWorkflow } from './parser/parse-workflow.ts';
import { type Report, type ReportOptions, reportOf } from './validator/report.ts';

/**
 * Holds the texts of a workflow folder, by path from its root, against the standard: what
 * `validate` does with a folder on disk.
 */
export async function validateTexts(
  texts: Readonly<Record<string, string>>,
  options: ReportOptions & { name?: string } = {},
): Promise<Report & { workflow: Workflow }> {
  const files = memoryFiles(texts, options.name);
  const { workflow, diagnostics } = await parseWorkflow(files);
  return { ...reportOf(workflow, diagnostics, options), workflow };
}
