import type { Diagnostic } from '../base/diagnostic.ts';
import type { Level } from '../models/level.ts';
import type { Workflow } from '../models/workflow.ts';
import { autonomyDiagnostics, checkAutonomy, declaredLevel } from './autonomy/check-autonomy.ts';
import { adjusted, type RuleOptions, validateWorkflow } from './validate.ts';

/** How a workflow that was read is judged. */
export interface ReportOptions extends RuleOptions {
  /** The level that it must reach, instead of the one that it declares. */
  level?: Level;
}

/** All that is wrong with a workflow. */
export interface Report {
  /** Whether there is no error. */
  ok: boolean;
  errors: number;
  warnings: number;
  infos: number;
  /** Findings that `awp validate --fix` mends. */
  fixable: number;
  /** Sorted by file and place, each problem once. */
  diagnostics: readonly Diagnostic[];
}

/** What the parser has said of a workflow, with the rules and its level. Pure. */
export function reportOf(
  workflow: Workflow,
  parsed: readonly Diagnostic[],
  options: ReportOptions = {},
): Report {
  const said = [...parsed, ...validateWorkflow(workflow, options)];
  const level = options.level ?? declaredLevel(workflow);
  const asked = workflow.whole && level !== undefined;
  const levels = asked ? autonomyDiagnostics(checkAutonomy(workflow), level) : [];
  const diagnostics = adjusted([...said, ...unsaid(levels, said)], options);
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
  };
}

/** Requirements of levels that no error at the same place says already. */
function unsaid(levels: readonly Diagnostic[], others: readonly Diagnostic[]): Diagnostic[] {
  const placeOf = ({ file, range: { start } }: Diagnostic): string =>
    `${file}:${start.line}:${start.column}`;
  const errors = new Set(others.filter(({ severity }) => severity === 'error').map(placeOf));
  return levels.filter((one) => !errors.has(placeOf(one)));
}
