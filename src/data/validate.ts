import type { SourceFile } from '../base/source-file.ts';
import type { Workflow } from '../models/workflow.ts';
import type { Files } from '../ports/effects.ts';
import { type Report, type ReportOptions, reportOf } from '../validator/report.ts';
import { type ReadWorkflow, readWorkflow } from './read-workflow.ts';

/** How a workflow is validated. */
export interface ValidateOptions extends ReportOptions {
  /** Files instead of the machine's. */
  files?: Files;
}

/** What `validate` has found. */
export interface ValidationReport extends Report {
  /** Absolute path of the folder that paths in diagnostics start from. */
  folder: string;
  /** Texts of the files that diagnostics are about, by path. */
  sources: ReadonlyMap<string, SourceFile>;
  workflow: Workflow;
}

/**
 * Holds a workflow (folder, manifest or agent file) against the standard: syntax, fields,
 * expressions, rules R1 to R32 and its autonomy level, with its sub-workflows, all problems in one
 * pass. Files of sub-workflows are named with their folders. Throws
 * `spec/no-workflow` when there is nothing at `path`.
 */
export async function validate(
  path: string,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  const { files } = options;
  const read = await readWorkflow(path, files);
  return reportOnWhole(read, (sub) => readWorkflow(sub, files), options);
}

/** The report on a workflow that was read already, with its sub-workflows, which `readSub` reads. */
export async function reportOnWhole(
  read: ReadWorkflow,
  readSub: (path: string) => Promise<ReadWorkflow>,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  // A file by itself is looked at by itself.
  if (!read.workflow.whole) return reportOn(read, options);
  const { reportBelow } = await import('./subworkflow-reports.ts');
  const below = await reportBelow(read, readSub, options);
  return reportOn(
    {
      ...read,
      diagnostics: [...read.diagnostics, ...below.diagnostics],
      sources: new Map([...read.sources, ...below.sources]),
    },
    options,
  );
}

/** The report on a workflow that was read already, without its sub-workflows. */
export function reportOn(
  { workflow, diagnostics, folder, sources }: ReadWorkflow,
  options: ValidateOptions = {},
): ValidationReport {
  return { ...reportOf(workflow, diagnostics, options), folder, sources, workflow };
}
