/** What a worker's report is weighed with: all of it is counted, none is judged. */
export interface ConfidenceFacts {
  /** What it said of itself, from 0 to 1; undefined when it said nothing that is a confidence. */
  said: number | undefined;
  /** Whether it had tools. */
  hasTools: boolean;
  /** Calls of tools that brought something, and that did not. */
  calls: { ok: number; failed: number };
  /** Whether its report does not meet its contract; whether an earlier one did not. */
  unmet: boolean;
  repaired: boolean;
  /** Tools that it had to call, and no call of which worked. */
  uncalled: readonly string[];
  /** Files that it names as there, and that are not. */
  missingFiles: readonly string[];
  /** Words that stand for something that is still to come, such as TODO. */
  placeholders: number;
  /** Whether a limit ended its work before it was done. */
  cutShort: boolean;
  /** Characters of its report that were cut. */
  cutChars: number;
}

/** How sure one may be of a report, and why that is not what was said. */
export interface Weighed {
  /** 0 to 1. */
  confidence: number;
  reasons: readonly string[];
}

/** Confidence of a report that says none, of a worker without tools. */
export const UNSAID_CONFIDENCE = 0.3;
/** What is taken off for each placeholder, and for all of them at most. */
const PLACEHOLDER_COST = 0.05;
const MOST_COST = 0.3;
/** Placeholders and a confidence that was derived go no lower than that. */
const FLOOR = 0.1;
/** Confidence that is derived from calls: with none of them, and what all of them bring on top. */
const DERIVED = { none: 0.1, all: 0.6 };

type Cap = readonly [most: number, applies: (facts: ConfidenceFacts) => string | undefined];

/** Facts that bound the confidence, whatever was said. */
const CAPS: readonly Cap[] = [
  [0.2, ({ unmet }) => (unmet ? 'the report does not meet its contract' : undefined)],
  [0.3, ({ uncalled }) => uncalledReason(uncalled)],
  [0.4, ({ calls }) => failedReason(calls)],
  [0.5, ({ missingFiles }) => missingReason(missingFiles)],
  [0.5, ({ cutShort }) => (cutShort ? 'a limit ended the work before it was done' : undefined)],
  [0.5, ({ cutChars }) => (cutChars > 0 ? `${cutChars} characters were cut` : undefined)],
  [
    0.8,
    ({ repaired }) => (repaired ? 'the report met its contract only when asked again' : undefined),
  ],
];

/**
 * How sure one may be of a worker's report (spec, runtime 4.4 "Confidence", and 11 point 19): what it
 * says, or, when it says nothing, what its calls of tools are worth:
 *
 * - nothing said, with tools: 0.1 + 0.6 x (calls that worked / calls), 0.1 without a call;
 * - nothing said, without tools: 0.3;
 * - each placeholder takes 0.05 off, 0.3 at most, and leaves 0.1;
 * - the least of these caps counts: 0.2 when the contract is not met, 0.3 when a tool that had to be
 *   called was not, 0.4 when every call of a tool failed, 0.5 when a file that is named is not there,
 *   when a limit ended the work or when the report was cut, 0.8 when it was sent back before.
 *
 * It never rises above what was said. Pure.
 */
export function weighed(facts: ConfidenceFacts): Weighed {
  const reasons: string[] = [];
  let confidence = facts.said ?? unsaid(facts, reasons);
  const cost = Math.min(MOST_COST, facts.placeholders * PLACEHOLDER_COST);
  if (cost > 0 && confidence > FLOOR) {
    confidence = Math.max(FLOOR, rounded(confidence - cost));
    reasons.push(`${facts.placeholders} placeholders in the report`);
  }
  for (const [most, applies] of CAPS) {
    const reason = applies(facts);
    if (reason === undefined || confidence <= most) continue;
    reasons.push(reason);
  }
  const least = Math.min(confidence, ...CAPS.map((cap) => capOf(cap, facts)));
  return { confidence: least, reasons };
}

/**
 * The confidence that facts allow at most, whatever the worker or a reviewer says of the report: what
 * `weighed` gives to one that says 1. Pure.
 */
export function mostAllowed(facts: ConfidenceFacts): number {
  return weighed({ ...facts, said: 1 }).confidence;
}

function rounded(share: number): number {
  return Math.round(share * 100) / 100;
}

function capOf([most, applies]: Cap, facts: ConfidenceFacts): number {
  return applies(facts) === undefined ? 1 : most;
}

function unsaid({ hasTools, calls }: ConfidenceFacts, reasons: string[]): number {
  if (!hasTools) return UNSAID_CONFIDENCE;
  const total = calls.ok + calls.failed;
  reasons.push(`no confidence was said; ${calls.ok} of ${total} tool calls worked`);
  return rounded(DERIVED.none + (total === 0 ? 0 : (DERIVED.all * calls.ok) / total));
}

/** Why a report cannot be trusted whose worker did not call what it had to; undefined when it did. */
export function uncalledReason(uncalled: readonly string[]): string | undefined {
  if (uncalled.length === 0) return undefined;
  const names = uncalled.map((name) => JSON.stringify(name)).join(', ');
  return `no call of ${names} worked, and there had to be one`;
}

function failedReason({ ok, failed }: ConfidenceFacts['calls']): string | undefined {
  return ok === 0 && failed > 0 ? `all ${failed} tool calls failed` : undefined;
}

function missingReason(files: readonly string[]): string | undefined {
  return files.length === 0 ? undefined : `files that do not exist: ${files.join(', ')}`;
}
