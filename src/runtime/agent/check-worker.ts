import type { JsonObject } from '../../base/json.ts';
import { isObject } from '../../base/json.ts';
import type { ResultCheck } from '../../events/plan-policy.ts';
import type { Checked, Frame, RunState } from '../../events/state.ts';
import { uncalledTools } from '../worker-tools.ts';
import { checkOutput } from './check-output.ts';
import { clip } from './clip.ts';
import { mostAllowed, UNSAID_CONFIDENCE, uncalledReason, weighed } from './confidence.ts';
import { missingFiles, placeholdersIn } from './report-facts.ts';
import { type MadeInRun, withRegistered } from './tools-created.ts';

/** Characters of a report that go into the log, as JSON: more than a model says in one answer. */
const REPORT_CHARS = 200_000;

/**
 * Tier 1 of validation (spec, runtime 4.5): a worker's report is held against its contract and against
 * what is known of its work. `checks` say what counts: `schema` and `required_fields` of the contract,
 * `confidence` (it must be one, and facts bound it; left out, its own word counts) and `budget` (work
 * that a limit ended counts less). A tool that had to be called and was not is a problem that lowers the
 * confidence alone. What is too large is cut.
 */
export async function checkWorker(
  state: Pick<RunState, 'artifacts'> & MadeInRun,
  { frame, text, checks }: { frame: Frame; text: string; checks: readonly ResultCheck[] },
): Promise<Checked> {
  const { output, ...held } = await checkOutput(text, { contract: frame.contract, checks });
  const whole = withRegistered(state, frame, output);
  const uncalled = uncalledTools(frame);
  const missing = uncalledReason(uncalled);
  const met = held.problems.length === 0;
  const kept = { output: cutOutput(whole), text: cutText(held.text) };
  const problems = missing === undefined ? held.problems : [...held.problems, missing];
  const basic = { ok: problems.length === 0, problems, ...kept };
  const mayStand = met && missing !== undefined && { acceptable: true as const };
  if (!checks.includes('confidence')) {
    return { ...basic, confidence: held.said ?? UNSAID_CONFIDENCE, ...mayStand };
  }
  const facts = {
    said: held.said,
    hasTools: frame.tools.length > 0,
    calls: callsOf(frame),
    unmet: !met,
    repaired: wasSentBack(frame),
    uncalled,
    missingFiles: missingFiles(state, kept.output),
    placeholders: placeholdersIn(kept.output),
    cutShort: checks.includes('budget') && frame.purpose === 'summary',
    cutChars: cutChars(whole, kept.output),
  };
  const { confidence, reasons } = weighed(facts);
  const most = mostAllowed(facts);
  const isOther = held.said !== undefined && held.said !== confidence;
  return {
    ...basic,
    confidence,
    ...(isOther && { said: held.said }),
    ...(reasons.length > 0 && { reasons }),
    ...(most < 1 && { most }),
    ...mayStand,
  };
}

function callsOf({ returned }: Frame): { ok: number; failed: number } {
  const calls = { ok: 0, failed: 0 };
  for (const { ok, failed } of returned?.values() ?? []) {
    calls.ok += ok;
    calls.failed += failed;
  }
  return calls;
}

/** Whether the report before this one broke its contract. */
function wasSentBack({ checked }: Frame): boolean {
  return checked !== undefined && !checked.ok && !checked.acceptable;
}

function cutOutput(output: JsonObject): JsonObject {
  const kept = clip(output, REPORT_CHARS);
  return isObject(kept) ? kept : { result: kept };
}

function cutText(text: string): string {
  return text.length > REPORT_CHARS ? text.slice(0, REPORT_CHARS).toWellFormed() : text;
}

/** What is small enough is the same object. */
function cutChars(whole: JsonObject, kept: JsonObject): number {
  return whole === kept ? 0 : JSON.stringify(whole).length - JSON.stringify(kept).length;
}
