import type { DiagnosticCode } from '../base/diagnostic.ts';

/** Codes of what can be wrong with fields and the files that they name. */
export const S = {
  type: { code: 'S1', severity: 'error' },
  missing: { code: 'S2', severity: 'error' },
  unknown: { code: 'S3', severity: 'warning' },
  choice: { code: 'S4', severity: 'error' },
  value: { code: 'S5', severity: 'error' },
  file: { code: 'S6', severity: 'error' },
  outside: { code: 'S7', severity: 'error' },
  unreadable: { code: 'S8', severity: 'error' },
  noWorkflow: { code: 'S10', severity: 'error' },
  large: { code: 'S11', severity: 'error' },
  idle: { code: 'S12', severity: 'info' },
  placeholder: { code: 'S13', severity: 'warning' },
  jsonSchema: { code: 'S15', severity: 'error' },
  pythonAgent: { code: 'S17', severity: 'info' },
  promoted: { code: 'S22', severity: 'warning' },
} as const satisfies Record<string, DiagnosticCode>;

/** YAML 1.1's `yes` and `no`. */
export const D7: DiagnosticCode = { code: 'D7', severity: 'info' };
