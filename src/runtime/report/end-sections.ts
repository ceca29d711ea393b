import type { Approval } from '../../events/state.ts';
import { budgetTable, bytesText, namedScopes } from './figures.ts';
import type { ReportLook } from './look.ts';
import { code, count, fenced, heading, inline, table } from './markdown.ts';

/** Rows of one table. */
const MOST_ROWS = 200;

/** Who was asked for what, and what came of it. */
export function approvalSection({ state }: ReportLook): string[] {
  const all = [...state.approvals.values()];
  if (all.length === 0) return [];
  const rows = all
    .slice(0, MOST_ROWS)
    .map((one) => [
      one.id,
      code(one.agentName),
      code(one.tool),
      inline(JSON.stringify(one.args), 160),
      inline(one.reason, 160),
      answerOf(one),
    ]);
  const head = ['Request', 'Agent', 'Of', 'Arguments', 'Why', 'Answer'];
  return [heading(2, 'Approvals'), table(head, rows), ...leftOut(all.length - rows.length)];
}

function answerOf({ resolution }: Approval): string {
  if (!resolution) return 'none so far';
  const { decision, by, reason, args } = resolution;
  const changed = args === undefined ? '' : ', with other arguments';
  const why = reason === undefined ? '' : `: ${inline(reason, 160)}`;
  return `${decision} (${inline(by)})${changed}${why}`;
}

/** The files that the run handed out. */
export function fileSection({ state }: ReportLook): string[] {
  const all = [...state.artifacts.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (all.length === 0) return [];
  const rows = all
    .slice(0, MOST_ROWS)
    .map(({ path, agentName, type, bytes, sha256 }) => [
      code(path, 200),
      code(agentName),
      inline(type),
      bytesText(bytes),
      code(sha256),
    ]);
  const head = ['File', 'By', 'Type', 'Size', 'SHA-256'];
  return [heading(2, 'Files'), table(head, rows), ...leftOut(all.length - rows.length)];
}

/** What was used of each budget. */
export function budgetSection({ state }: ReportLook): string[] {
  const scopes = namedScopes(state, (id) => code(state.frames.get(id)?.name ?? id));
  const shown = scopes.slice(0, MOST_ROWS);
  return [
    heading(2, 'Budget'),
    budgetTable(state, shown),
    ...leftOut(scopes.length - shown.length),
  ];
}

/** What went wrong, in its order, with the active time at which it did. */
export function wrongSection({ chronicle }: ReportLook): string[] {
  const lines = chronicle.wrong.list();
  const body = lines.length > 0 ? lines.join('\n') : 'Nothing.';
  return [heading(2, 'What went wrong'), body];
}

/** What happened to the run as a whole. */
export function processSection({ chronicle }: ReportLook): string[] {
  const lines = chronicle.run.list();
  return lines.length > 0 ? [heading(2, 'Course of the run'), lines.join('\n')] : [];
}

/** The state that a graph ended with. */
export function stateSection({ state }: ReportLook): string[] {
  const root = state.graphs.get('0');
  if (!root || state.ending) return [];
  return [
    heading(2, 'State so far'),
    fenced(JSON.stringify(root.state, undefined, 2), 8000, 'json'),
  ];
}

function leftOut(rows: number): string[] {
  return rows > 0 ? [`${count(rows)} more.`] : [];
}
