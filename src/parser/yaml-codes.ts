import type { DiagnosticCode } from '../base/diagnostic.ts';

const error = (code: string): DiagnosticCode => ({ code, severity: 'error' });

/** Codes of what can be wrong with a YAML text before anything of AWP is looked at. */
export const Y = {
  syntax: error('Y1'),
  large: error('Y2'),
  deep: error('Y3'),
  aliases: error('Y4'),
  duplicate: error('Y5'),
  tag: error('Y6'),
  forbiddenKey: error('Y7'),
  documents: error('Y8'),
  encoding: error('Y9'),
  cycle: error('Y10'),
  number: error('Y11'),
  key: error('Y12'),
  noMap: error('Y13'),
} as const;
