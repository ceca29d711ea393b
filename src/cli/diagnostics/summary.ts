import type { ValidationReport } from '../../data/validate.ts';
import type { Style } from '../style.ts';

/** The last line: how much of what. */
export function summaryLine(report: ValidationReport, style: Style): string {
  const { errors, warnings, infos, fixable } = report;
  const files = new Set(report.diagnostics.map(({ file }) => file)).size;
  const counts = [
    counted(errors, 'error'),
    counted(warnings, 'warning'),
    ...(infos > 0 ? [counted(infos, 'note')] : []),
  ].join(', ');
  const where = files > 0 ? ` in ${counted(files, 'file')}` : '';
  const parts = [`${counts}${where}`, ...(fixable > 0 ? [`${fixable} fixable with --fix`] : [])];
  const text = parts.join(` ${style.symbols.dot} `);
  const tone = errors > 0 ? 'bad' : warnings > 0 ? 'warn' : 'ok';
  const mark = errors > 0 ? style.symbols.bad : style.symbols.ok;
  return `${style.paint(tone, `${mark} ${text}`)}\n`;
}

/** A number of things in words. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
