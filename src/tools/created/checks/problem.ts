import type { CreationStage, DraftProblem, RefusalCategory } from '../../../events/creation.ts';

/** A place in code: both from 1; columns count characters. */
export interface CodePlace {
  line: number;
  column: number;
}

/** What a check has found. */
export interface Finding {
  category: RefusalCategory;
  error: string;
  hint: string;
}

/** Statuses of the kinds of refusal that checks make (spec, capabilities 4.4). */
const STATUS = { import: 403, forbidden_construct: 403, placeholder: 403 } as const;

/** A problem that a model may put right; everything that checks find is one, if they do not say otherwise. */
export function problemOf(stage: CreationStage, finding: Finding, repairable = true): DraftProblem {
  const { category, error, hint } = finding;
  const status = category in STATUS ? 403 : 400;
  return { stage, status, category, repairable, error, hint };
}

/** A place in words, as far as it is known. */
export function placeText({ line, column }: Partial<CodePlace>): string {
  if (line === undefined) return 'somewhere';
  return column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
}

/** The place of an offset in UTF-16 units. */
export function placeOf(code: string, offset: number): CodePlace {
  const before = code.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 };
}

/** Text of a draft as it can stand in a message: in one line, escaped, and not too long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
