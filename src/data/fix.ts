import { join } from 'node:path';
import { applyEdits } from '../base/apply-edits.ts';
import type { Diagnostic, Edit } from '../base/diagnostic.ts';
import { nodeFiles } from '../effects/files.ts';
import type { Files } from '../ports/effects.ts';
import { type ValidateOptions, type ValidationReport, validate } from './validate.ts';

/** Rounds after which nothing more is tried: mending one thing can show another. */
const MOST_ROUNDS = 10;

/** What was mended, and what is left. */
export interface FixReport extends ValidationReport {
  /** Titles of what was done, by file. */
  fixed: readonly { file: string; title: string; rule: string; line: number }[];
}

/**
 * Mends what has an unambiguous remedy and writes the files; comments, order and line ends stay.
 * A file is written whole or not at all, never through a link, and never when it could be read
 * before and could not after.
 */
export async function fix(path: string, options: ValidateOptions = {}): Promise<FixReport> {
  const files = options.files ?? nodeFiles();
  const fixed: FixReport['fixed'][number][] = [];
  let report = await validate(path, { ...options, files });
  for (let round = 0; round < MOST_ROUNDS && report.fixable > 0; round++) {
    const done = await fixRound(report, files);
    if (done.length === 0) break;
    fixed.push(...done);
    report = await validate(path, { ...options, files });
  }
  return { ...report, fixed };
}

async function fixRound(
  report: ValidationReport,
  files: Files,
): Promise<FixReport['fixed'][number][]> {
  const byFile = new Map<string, Diagnostic[]>();
  for (const one of report.diagnostics) {
    if (one.fix) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  }
  const done: FixReport['fixed'][number][] = [];
  for (const [file, diagnostics] of byFile) {
    if (await fixFile(join(report.folder, file), diagnostics, files)) {
      for (const { rule, range, fix: mended } of diagnostics) {
        done.push({ file, title: mended?.title ?? '', rule, line: range.start.line });
      }
    }
  }
  return done;
}

/** Places in diagnostics do not count a byte order mark, so it is put back by itself. */
async function fixFile(
  path: string,
  diagnostics: readonly Diagnostic[],
  files: Files,
): Promise<boolean> {
  if ((await files.info(path))?.kind !== 'file') return false;
  const written = await files.readText(path);
  const mark = written.startsWith('\uFEFF') ? '\uFEFF' : '';
  const edits: Edit[] = diagnostics.flatMap(({ fix: mended }) => mended?.edits ?? []);
  const { text, applied } = applyEdits(written.slice(mark.length), edits);
  if (applied === 0) return false;
  const { parseYaml } = await import('../parser/parse-yaml.ts');
  if (parseYaml(text, path).diagnostics.some(({ severity }) => severity === 'error')) return false;
  await files.write(path, mark + text);
  return true;
}
