import { join } from 'node:path';
import { applyEdits } from '../base/apply-edits.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { nodeFiles } from '../effects/files.ts';
import { parseYaml } from '../parser/parse-yaml.ts';
import type { Files } from '../ports/effects.ts';
import { type ValidateOptions, type ValidationReport, validate } from './validate.ts';

/** Rounds after which nothing more is tried: mending one thing can show another. */
const MOST_ROUNDS = 10;

/** Something that was mended. */
export interface Fixed {
  /** Path from the folder of the workflow. */
  file: string;
  line: number;
  rule: string;
  /** What was done, such as "write `planner`". */
  title: string;
}

/** What was mended, and what is left. */
export interface FixReport extends ValidationReport {
  fixed: readonly Fixed[];
  /** Files that could have been mended and were not. */
  untouched: readonly { file: string; why: string }[];
}

/**
 * Mends what has an unambiguous remedy and writes the files; comments, order and line ends stay.
 * A file is written whole or not at all, never through a link, never when somebody else has
 * changed it meanwhile, and never when more of its syntax would be wrong than before.
 */
export async function fix(path: string, options: ValidateOptions = {}): Promise<FixReport> {
  const files = options.files ?? nodeFiles();
  const fixed: Fixed[] = [];
  let report = await validate(path, { ...options, files });
  let untouched: FixReport['untouched'] = [];
  for (let round = 0; round < MOST_ROUNDS && report.fixable > 0; round++) {
    const done = await fixRound(report, files);
    untouched = done.untouched;
    if (done.fixed.length === 0) break;
    fixed.push(...done.fixed);
    report = await validate(path, { ...options, files });
  }
  return { ...report, fixed, untouched: report.fixable > 0 ? untouched : [] };
}

async function fixRound(
  report: ValidationReport,
  files: Files,
): Promise<Pick<FixReport, 'fixed' | 'untouched'>> {
  const byFile = new Map<string, Diagnostic[]>();
  for (const one of report.diagnostics) {
    const file = one.fix?.edits[0]?.file;
    if (file !== undefined) byFile.set(file, [...(byFile.get(file) ?? []), one]);
  }
  const fixed: Fixed[] = [];
  const untouched: { file: string; why: string }[] = [];
  for (const [file, diagnostics] of byFile) {
    const done = await fixFile({ file, diagnostics, report }, files);
    if (typeof done === 'string') untouched.push({ file, why: done });
    else fixed.push(...done);
  }
  return { fixed, untouched };
}

interface FileToFix {
  file: string;
  diagnostics: readonly Diagnostic[];
  report: ValidationReport;
}

/** What was mended in a file, or why it was left as it is. */
async function fixFile(
  { file, diagnostics, report }: FileToFix,
  files: Files,
): Promise<Fixed[] | string> {
  const path = join(report.folder, file);
  const source = report.sources.get(file)?.text;
  const written = await readOwn(path, join(await files.realPath(report.folder), file), files);
  if (typeof written !== 'string') return written.why;
  // Places in diagnostics do not count a byte order mark, so it is put back by itself.
  const mark = written.startsWith('\uFEFF') ? '\uFEFF' : '';
  const before = written.slice(mark.length);
  if (before !== source) return 'it has changed meanwhile';
  const changes = diagnostics.map((one) => one.fix?.edits ?? []);
  const { text, applied } = applyEdits(before, changes);
  if (text === before) return 'nothing in it could be changed';
  if (breaksMore(before, text, file)) return 'its syntax has to be mended by hand first';
  try {
    await files.write(path, mark + text);
  } catch (error) {
    return `it cannot be written (${codeOf(error)})`;
  }
  return diagnostics
    .filter((_, index) => applied.includes(index))
    .map(({ rule, range, fix: mended }) => ({
      file,
      line: range.start.line,
      rule,
      title: mended?.title ?? '',
    }));
}

/** The text of a file that is one itself and reached over no link. */
async function readOwn(
  path: string,
  real: string,
  files: Files,
): Promise<string | { why: string }> {
  try {
    if ((await files.realPath(path)) !== real) return { why: 'it is reached over a link' };
    return await files.readText(path);
  } catch (error) {
    return { why: `it cannot be read (${codeOf(error)})` };
  }
}

/** Whether a text has errors of syntax after an edit that it did not have before, or could not be read at all. */
function breaksMore(before: string, after: string, file: string): boolean {
  const known = syntaxErrors(before, file);
  if (known.some((error) => error.startsWith('Y1:'))) return true;
  const left = [...known];
  return syntaxErrors(after, file).some((error) => {
    const at = left.indexOf(error);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function syntaxErrors(text: string, file: string): string[] {
  return parseYaml(text, file)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ rule, message }) => `${rule}: ${message}`);
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}
