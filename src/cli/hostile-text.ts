import type { HostileReport, HostileResult } from '../sandboxes/hostile/run.ts';
import { counted } from './diagnostics/summary.ts';
import type { Style } from './style.ts';
import { cut, oneLine, pad } from './text.ts';

/** Columns of a program's name and of what it tries. */
const ID_COLUMNS = 6;
const TITLE_COLUMNS = 52;

/** A table of programs with a column for each box, what is not as it should be, and the sums. */
export function reportsText(reports: readonly HostileReport[], style: Style): string {
  const rows = new Map<string, HostileResult>();
  for (const result of reports.flatMap(({ results }) => results)) rows.set(result.id, result);
  const widths = reports.map(({ kind }) => Math.max(kind.length, 'contained'.length) + 4);
  const head = reports.map(({ kind }, index) => pad(kind, widths[index] ?? 0)).join('');
  const lines = [
    `${' '.repeat(ID_COLUMNS + TITLE_COLUMNS)}${head}`.trimEnd(),
    ...[...rows.values()].map(({ id, title }) => {
      const cells = reports.map(({ results }, index) => {
        const result = results.find((one) => one.id === id);
        return cellOf(result, widths[index] ?? 0, style);
      });
      const name = cut(oneLine(title), TITLE_COLUMNS - 2, style.symbols.ellipsis);
      return `${pad(id, ID_COLUMNS)}${pad(name, TITLE_COLUMNS)}${cells.join('')}`.trimEnd();
    }),
    '',
    ...reports.flatMap((report) => wrongLines(report, style)),
    ...reports.map((report) => sumLine(report, style)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as one object. */
export function reportsJson(reports: readonly HostileReport[]): object {
  return {
    ok: reports.every(({ ok }) => ok),
    boxes: reports.map(({ kind, ok, results, skipped }) => ({ box: kind, ok, results, skipped })),
  };
}

function cellOf(result: HostileResult | undefined, width: number, style: Style): string {
  if (!result) return pad(style.symbols.unknown, width);
  const mark = result.ok ? style.symbols.ok : style.symbols.bad;
  return style.paint(result.ok ? 'ok' : 'bad', pad(`${mark} ${result.verdict}`, width));
}

function wrongLines({ kind, results }: HostileReport, style: Style): string[] {
  return results
    .filter(({ ok }) => !ok)
    .map(({ id, verdict, expected, words }) => {
      const what = `${kind} ${id}: ${verdict}, not ${expected.join(' or ')}`;
      return `${style.paint('bad', `${style.symbols.bad} ${what}`)}: ${oneLine(words)}`;
    });
}

function sumLine({ kind, ok, results, skipped }: HostileReport, style: Style): string {
  const good = results.filter((result) => result.ok).length;
  const verdicts = new Map<string, number>();
  for (const { verdict } of results) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  const counts = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  const left = skipped.length > 0 ? `; ${skipped.length} in languages that it does not run` : '';
  const mark = ok ? style.symbols.ok : style.symbols.bad;
  const title = `${mark} ${kind}: ${good} of ${counted(results.length, 'program')} as expected`;
  return `${style.paint(ok ? 'ok' : 'bad', title)} (${counts || 'none was run'}${left})`;
}
