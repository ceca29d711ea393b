import type { Diagnostic } from '../base/diagnostic.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { Level } from '../models/level.ts';
import type { Workflow } from '../models/workflow.ts';
import type { Files } from '../ports/effects.ts';
import { autonomyDiagnostics, checkAutonomy } from '../validator/autonomy/check-autonomy.ts';
import { adjusted, type RuleOptions, validateWorkflow } from '../validator/validate.ts';
import { type ReadWorkflow, readWorkflow } from './read-workflow.ts';

/** How a workflow is validated. */
export interface ValidateOptions extends RuleOptions {
  /** The level that it must reach, instead of the one that it declares. */
  level?: Level;
  /** Files instead of the machine's. */
  files?: Files;
}

/** What `validate` has found. */
export interface ValidationReport {
  /** Whether there is no error. */
  ok: boolean;
  errors: number;
  warnings: number;
  infos: number;
  /** Findings that `awp validate --fix` mends. */
  fixable: number;
  /** Sorted by file and place. */
  diagnostics: readonly Diagnostic[];
  /** Absolute path of the folder that paths in diagnostics start from. */
  folder: string;
  /** Texts of the files that diagnostics are about, by path. */
  sources: ReadonlyMap<string, SourceFile>;
  workflow: Workflow;
}

/**
 * Holds a workflow (folder, manifest or agent file) against the standard: syntax, fields,
 * expressions, rules R1 to R32 and its autonomy level, all problems in one pass. Throws
 * `spec/no-workflow` when there is nothing at `path`.
 */
export async function validate(
  path: string,
  options: ValidateOptions = {},
): Promise<ValidationReport> {
  return reportOn(await readWorkflow(path, options.files), options);
}

/** The report on a workflow that was read already. */
export function reportOn(
  { workflow, diagnostics: parsed, folder, sources }: ReadWorkflow,
  options: ValidateOptions = {},
): ValidationReport {
  const ruled = validateWorkflow(workflow, options);
  const levels = workflow.whole ? autonomyDiagnostics(checkAutonomy(workflow), options.level) : [];
  const diagnostics = adjusted(
    [...parsed, ...ruled, ...unsaid(levels, [...parsed, ...ruled])],
    options,
  );
  const count = (severity: Diagnostic['severity']): number =>
    diagnostics.filter((one) => one.severity === severity).length;
  const errors = count('error');
  return {
    ok: errors === 0,
    errors,
    warnings: count('warning'),
    infos: count('info'),
    fixable: diagnostics.filter(({ fix }) => fix !== undefined).length,
    diagnostics,
    folder,
    sources,
    workflow,
  };
}

/** Requirements of levels that no error at the same place says already. */
function unsaid(levels: readonly Diagnostic[], others: readonly Diagnostic[]): Diagnostic[] {
  const placeOf = ({ file, range: { start } }: Diagnostic): string =>
    `${file}:${start.line}:${start.column}`;
  const errors = new Set(others.filter(({ severity }) => severity === 'error').map(placeOf));
  return levels.filter((one) => !errors.has(placeOf(one)));
}
