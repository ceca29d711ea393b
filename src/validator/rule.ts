import type { Finding, Severity } from '../base/diagnostic.ts';
import type { Workflow } from '../models/workflow.ts';

/** Texts of a small workflow folder by path; a string alone is its `workflow.awp.yaml`. */
export type Example = string | Readonly<Record<string, string>>;

/** What `awp explain` and the page of the rule show. */
export interface Card {
  /** `R6`. */
  code: string;
  /** The requirement in one line. */
  title: string;
  /** Numbers of the same rule in the Python implementation. */
  aliases?: readonly string[];
  severity: Severity;
  /** Why, and what else there is to know; Markdown. */
  why: string;
  /** Has this finding and no error besides. */
  bad: Example;
  /** Does not have it, and no error. */
  good: Example;
  /** For rules about a run: where the engine enforces them, or which issue brings it. */
  enforced?: string;
}

/** One rule of the standard, as a card of its own. */
export interface Rule extends Card {
  /** Reports what breaks the rule. Works on trees whose other fields may have wrong types. */
  check(workflow: Workflow, report: (finding: Finding) => void): void;
}
