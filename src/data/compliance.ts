import type { Level } from '../models/level.ts';
import type { Files } from '../ports/effects.ts';
import {
  type AutonomyReport,
  checkAutonomy,
  reaches,
} from '../validator/autonomy/check-autonomy.ts';
import { adjusted, validateWorkflow } from '../validator/validate.ts';
import { readWorkflow } from './read-workflow.ts';

/** Which level a workflow is held against. */
export interface ComplianceOptions {
  /** Instead of the level that it declares. */
  level?: Level;
  /** Files instead of the machine's. */
  files?: Files;
}

/** Which level a workflow reaches, and what it lacks. */
export interface ComplianceReport extends AutonomyReport {
  name: string;
  /** The level that was asked for, else the declared one, else A0. */
  target: Level;
  /** Whether every must of the target, and of the levels below it, holds. */
  compliant: boolean;
  /** Errors of `validate`, which come first: a workflow with errors is not run at any level. */
  errors: number;
}

/**
 * Holds a workflow against the autonomy levels A0 to A4 (validation 2), on what is written.
 * Throws `spec/no-workflow`.
 */
export async function compliance(
  path: string,
  { level, files }: ComplianceOptions = {},
): Promise<ComplianceReport> {
  const read = await readWorkflow(path, files);
  const report = checkAutonomy(read.workflow);
  const target = level ?? report.declared ?? 'A0';
  // What the levels lack is told by their own requirements, not as errors.
  const ruled = adjusted([...read.diagnostics, ...validateWorkflow(read.workflow)], {});
  const errors = ruled.filter(({ severity }) => severity === 'error').length;
  const name = read.workflow.manifest?.value?.workflow.name ?? read.workflow.folderName ?? path;
  return { ...report, name, target, compliant: reaches(report, target), errors };
}
