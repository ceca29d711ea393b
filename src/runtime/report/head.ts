import { formatDuration } from '../../base/time.ts';
import type { Plan } from '../../events/plan.ts';
import { finalScore } from '../../events/scoring.ts';
import type { RunState } from '../../events/state.ts';
import { askers } from '../plan-parts.ts';
import { bytesText, dollars } from './figures.ts';
import { code, counted, fenced, heading, inline, quote, table } from './markdown.ts';

/** Characters of texts of the run. */
const TASK_CHARS = 4000;
const RESULT_CHARS = 8000;
/** Models and inputs that are listed. */
const MOST_ROWS = 50;

/** How a run stands besides what its log says. */
export interface Standing {
  /** Whether a process works on it. */
  alive: boolean;
}

/** What run it is and how it ended. */
export function headSection(state: RunState, plan: Plan, standing: Standing): string {
  const rows: (readonly [string, string])[] = [
    ['Status', statusText(state, standing)],
    ['Began', timeText(state.startedAt)],
    ['Last event', `${timeText(state.lastAt)}, number ${state.seq}`],
    ['Active time', formatDuration(state.activeMs)],
    ['Engine', plan.engine === 'dag' ? 'graph' : 'delegation loop'],
    ...modelRows(plan),
    ...costRow(state),
    ...(state.simulated ? [['Models asked', 'none: all answers are simulated'] as const] : []),
    ...(plan.replay ? [['Replayed', code(plan.replay.file)] as const] : []),
    ...(state.resumes > 0 ? [['Resumed', counted(state.resumes, 'time')] as const] : []),
    ...scoreRow(state),
  ];
  const title = `Run ${inline(state.run)}: ${inline(plan.name === 'task' ? plan.task : plan.name, 120)}`;
  return [heading(1, title), '', table(['', ''], rows)].join('\n');
}

function statusText(state: RunState, { alive }: Standing): string {
  const { status, ending, stopReason } = state;
  if (status === 'running') {
    return alive ? 'running' : 'interrupted: no process works on it; it can be resumed';
  }
  if (status === 'waiting') return 'waiting for a person';
  const reason = ending?.reason === undefined ? '' : ` (${code(ending.reason)})`;
  const message = ending?.message ?? stopReason;
  return `${status}${reason}${message === undefined ? '' : `: ${inline(message, 600)}`}`;
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Who asks which model; those that ask the same one together. */
function modelRows(plan: Plan): (readonly [string, string])[] {
  const users = new Map<string, string[]>();
  for (const { name, settings } of askers(plan)) {
    const { model, fallback = [] } = settings;
    const models = [model, ...fallback].map((one) => code(one)).join(', else ');
    users.set(models, [...(users.get(models) ?? []), name]);
  }
  const named = [...users].map(([models, names]) => `${models} (${inline(names.join(', '), 600)})`);
  if (named.length === 0) return [];
  const left = named.length - MOST_ROWS;
  const shown = [...named.slice(0, MOST_ROWS), ...(left > 0 ? [`${left} more`] : [])];
  return [['Models', shown.join('; ')]];
}

function costRow({ ledger }: RunState): (readonly [string, string])[] {
  const { used, unpriced } = ledger;
  if (used.cost === 0 && unpriced === 0) return [];
  const more = unpriced > 0 ? `, and ${counted(unpriced, 'call')} of unknown price` : '';
  return [['Cost', `${dollars(used.cost)}${more}`]];
}

function scoreRow(state: RunState): (readonly [string, string])[] {
  const score = finalScore(state);
  if (!score) return [];
  const metrics = score.metrics.map(({ name, score: own }) => `${inline(name)} ${own ?? 'none'}`);
  return [['Score', `${score.score ?? 'none'}, ${score.verdict} (${metrics.join(', ')})`]];
}

/** What the run was to do, and from what. */
export function taskSection(plan: Plan): string {
  const inputs = plan.inputs
    .slice(0, MOST_ROWS)
    .map(({ name, kind, path, bytes, sha256 }) => [
      code(name),
      kind,
      path === undefined ? '' : code(path),
      bytes === undefined ? '' : bytesText(bytes),
      sha256 === undefined ? '' : code(sha256),
    ]);
  const left = plan.inputs.length - inputs.length;
  const more = left > 0 ? ['', counted(left, 'more input')] : [];
  const listed = table(['Input', 'Kind', 'File', 'Size', 'SHA-256'], inputs);
  return [
    heading(2, 'Task'),
    '',
    quote(plan.task || '(none)', TASK_CHARS),
    ...(inputs.length > 0 ? ['', listed, ...more] : []),
  ].join('\n');
}

/** What came of the run; undefined while nothing did. */
export function resultSection({ ending }: RunState): string | undefined {
  if (!ending) return undefined;
  const { text, result, output } = ending;
  const isSaid = text.trim() !== '' && !text.trimStart().startsWith('{');
  const { summary: _, ...rest } = result;
  const more = isSaid && result.summary === text ? rest : result;
  const parts = [
    ...(isSaid ? [quote(text, RESULT_CHARS)] : []),
    ...(output === undefined
      ? []
      : [fenced(JSON.stringify(output, undefined, 2), RESULT_CHARS, 'json')]),
    ...(Object.keys(more).length > 0
      ? [fenced(JSON.stringify(more, undefined, 2), RESULT_CHARS, 'json')]
      : []),
  ];
  return [heading(2, 'Result'), ...(parts.length > 0 ? parts : ['Nothing.'])].join('\n\n');
}
