import type { CreatedTool } from '../../events/creation.ts';
import type { CreationState } from '../../events/creation-state.ts';
import type { ReportLook } from './look.ts';
import { code, codes, count, counted, heading, inline, table } from './markdown.ts';

/** Rows of one table. */
const MOST_ROWS = 100;

const FROM: Readonly<Record<CreatedTool['origin'], string>> = {
  agent: 'this run',
  kept: 'an earlier run',
  project: 'the project',
};

/** Tools and skills that were made in a run, or that it began with (spec, capabilities 4.11). */
export function creationSection({ state: { creation } }: ReportLook): string[] {
  if (!creation) return [];
  const parts = [
    ...toolTable(creation),
    ...proposalLines(creation),
    ...skillLines(creation),
    ...figures(creation),
  ];
  return parts.length > 0 ? [heading(2, 'Tools and skills'), ...parts] : [];
}

function toolTable({ tools, uses, removed }: CreationState): string[] {
  const rows = [...tools.values()].slice(0, MOST_ROWS).map((tool) => {
    const { calls = 0, reuses = 0 } = uses.get(tool.name) ?? {};
    return [
      code(tool.name),
      code(tool.creator),
      FROM[tool.origin],
      inline(tool.description, 160),
      count(calls),
      count(reuses),
    ];
  });
  const head = ['Tool', 'By', 'From', 'What it does', 'Calls', 'By others'];
  const left = tools.size - rows.length;
  return [
    ...(rows.length > 0 ? [table(head, rows)] : []),
    ...(left > 0 ? [`${count(left)} more.`] : []),
    ...(removed.size > 0 ? [`Taken away again: ${codes([...removed])}.`] : []),
  ];
}

function proposalLines({ proposals }: CreationState): string[] {
  if (proposals.size === 0) return [];
  return [`Proposed, as several workers ran the same program: ${codes([...proposals.keys()])}.`];
}

function skillLines({ skills }: CreationState): string[] {
  return skills.size === 0 ? [] : [`Skills that were written: ${codes([...skills.keys()])}.`];
}

/** The counters that are not zero, on one line. */
function figures({ metrics }: CreationState): string[] {
  if (metrics.attempts === 0) return [];
  const told: [number, string][] = [
    [metrics.successes, 'made'],
    [metrics.cache_hits, 'there already'],
    [metrics.policy_failures, 'against the policy'],
    [metrics.validation_failures, 'not valid'],
    [metrics.import_failures, 'with an import that is denied'],
    [metrics.schema_mismatches, 'with a schema that does not fit'],
    [metrics.dry_run_failures, 'failed at the trial'],
  ];
  const words = told.flatMap(([number, what]) => (number > 0 ? [`${count(number)} ${what}`] : []));
  const { repair_attempts: repairs, repair_successes: mended } = metrics;
  const mending =
    repairs > 0 ? ` ${counted(repairs, 'repair')} by a model, ${count(mended)} of them well.` : '';
  return [
    `${counted(metrics.attempts, 'draft')}: ${words.join(', ') || 'nothing came of it'}.${mending}`,
  ];
}
