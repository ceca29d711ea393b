import type { ResultEvaluation, Score } from '../events/scoring.ts';
import type { Style, Tone } from './style.ts';
import { oneLine } from './text.ts';

/** Characters of a metric's reason in a line. */
const REASON_CHARS = 160;

type Thresholds = { retry: number; fail: number };

const ACTIONS: Readonly<Record<ResultEvaluation['action'], string>> = {
  accept: 'accepted',
  accept_with_warning: 'accepted with a warning',
  retry_with_repair: 'to be repaired',
  fail_workflow: 'failed',
  none: 'no verdict',
};

/** A score as it is shown, `0.8750`; `none` without one. */
export function scoreWord(score: number | null): string {
  return score === null ? 'none' : score.toFixed(4);
}

/** What a score led to, in words. */
export function actionWords(action: ResultEvaluation['action']): string {
  return ACTIONS[action];
}

/** `[ok]` from the threshold of retry on, `[WARN]` from that of failure on, else `[FAIL]`; `[ - ]` for none. */
export function scoreMark(score: number | null, { retry, fail }: Thresholds, style: Style): string {
  const [tone, mark] = markOf(score, { retry, fail });
  return style.paint(tone, mark);
}

function markOf(score: number | null, { retry, fail }: Thresholds): [Tone, string] {
  if (score === null) return ['dim', '[ - ]'];
  if (score >= retry) return ['ok', '[ok]'];
  return score >= fail ? ['warn', '[WARN]'] : ['bad', '[FAIL]'];
}

/** One line for each metric: mark, score, weight, and why it is not 1. */
export function metricLines(
  metrics: Score['metrics'],
  thresholds: Thresholds,
  style: Style,
): string[] {
  const width = Math.max(0, ...metrics.map(({ name }) => oneLine(name).length));
  return metrics.map(({ name, score, weight, reason = '' }) => {
    const isWhole = score === 1 || reason === '';
    const why = isWhole ? '' : `  ${style.paint('dim', shortened(reason))}`;
    const mark = scoreMark(score, thresholds, style);
    return `  ${mark} ${oneLine(name).padEnd(width)}  ${scoreWord(score)} x ${weight}${why}\n`;
  });
}

/** The lines about its score at the end of a run; the metrics where it is not simply good. */
export function endScoreLines(
  evaluation: ResultEvaluation,
  thresholds: Thresholds,
  style: Style,
): string[] {
  const { score, action, repairs, metrics, steps } = evaluation;
  const mark = scoreMark(score, thresholds, style);
  const repaired = repairs > 0 ? `, ${repairs} repair${repairs === 1 ? '' : 's'}` : '';
  const scored = steps > 0 ? `, ${steps} step${steps === 1 ? '' : 's'} scored` : '';
  const head = `score   ${mark} ${scoreWord(score)}, ${actionWords(action)}${repaired}${scored}\n`;
  return action === 'accept' ? [head] : [head, ...metricLines(metrics, thresholds, style)];
}

function shortened(reason: string): string {
  const line = oneLine(reason);
  return line.length > REASON_CHARS ? `${line.slice(0, REASON_CHARS)}...` : line;
}
