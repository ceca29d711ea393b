import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyEdits } from '../../../src/base/apply-edits.ts';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { evaluate } from '../../../src/base/expression/evaluate.ts';
import { ExpressionFailure } from '../../../src/base/expression/failure.ts';
import { parseExpression } from '../../../src/base/expression/parse.ts';
import { referencesOf } from '../../../src/base/expression/references.ts';
import type { Json } from '../../../src/base/json.ts';
import { lineAt } from '../../../src/base/source-file.ts';
import { githubReport, jsonReport, unixReport } from '../../../src/cli/diagnostics/machine.ts';
import { prettyDiagnostic } from '../../../src/cli/diagnostics/pretty.ts';
import { sarifReport } from '../../../src/cli/diagnostics/sarif.ts';
import { styleFor } from '../../../src/cli/style.ts';
import { cardOf } from '../../../src/data/explain.ts';
import { verify } from '../../../src/data/packages.ts';
import { reportOn, type ValidationReport } from '../../../src/data/validate.ts';
import { memoryFiles } from '../../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../../src/parser/parse-workflow.ts';
import { parseYaml } from '../../../src/parser/parse-yaml.ts';
import { checkAutonomy } from '../../../src/validator/autonomy/check-autonomy.ts';
import { toAscii } from '../../../src/visualizer/ascii.ts';
import { toMermaid } from '../../../src/visualizer/mermaid.ts';
import type { Input } from './inputs.ts';

/** Seconds of the processor that one input of at most 1 MiB may take to be read and validated. */
const MOST_SECONDS = 5;
/** Findings that are shown in every format. */
const SHOWN = 60;

/** What is wrong with how an input was taken; `folder` is for archives, `known` for what they hold. */
export async function problemsWith(
  input: Input,
  { folder, known }: { folder: string; known: ReadonlyMap<string, string> },
): Promise<string[]> {
  try {
    if (input.kind === 'expression') return expressionProblems(input.text);
    if (input.kind === 'workflow') return await workflowProblems(input.files);
    return await archiveProblems(input.archive, folder, known.get(input.name));
  } catch (error) {
    return [`thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

type Texts = ReadonlyMap<string, Uint8Array>;

async function workflowProblems(files: Texts): Promise<string[]> {
  const before = process.cpuUsage();
  const report = await validated(files);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  // A folder of several such files may take as many times longer.
  const large = [...files.values()].reduce((sum, { length }) => sum + length, 0) / 1024 ** 2;
  return [
    ...(seconds > MOST_SECONDS * Math.max(1, large) ? [`slow: ${seconds.toFixed(1)} s`] : []),
    ...report.diagnostics.flatMap((one) => diagnosticProblems(one, report)).slice(0, 5),
    ...shownProblems(report),
    ...(await fixProblems(files, report)),
  ];
}

async function validated(files: Texts): Promise<ValidationReport> {
  const parsed = await parseWorkflow(memoryFiles(Object.fromEntries(files), 'flow'));
  return reportOn({ ...parsed, folder: '/flow' });
}

/** Every finding has a code with a card, a place in a file, and a way to mend it. */
function diagnosticProblems(one: Diagnostic, { sources }: ValidationReport): string[] {
  const { rule, message, help, file, range, fix } = one;
  const { start, end } = range;
  const source = sources.get(file);
  const line = source && lineAt(source, start.line);
  const edits = fix?.edits ?? [];
  const held: readonly [string, boolean][] = [
    ['no card', cardOf(rule) !== undefined],
    ['no message', message !== ''],
    ['a message of many lines', !message.includes('\n')],
    ['a very long message', message.length < 700 && help.length < 700],
    ['no help', help !== ''],
    ['no file', file !== ''],
    ['starts nowhere', start.line >= 1 && start.column >= 1],
    [
      'ends before it starts',
      end.line > start.line || (end.line === start.line && end.column >= start.column),
    ],
    ['starts behind its line', line === undefined || start.column <= line.length + 2],
    ['a fix of no file', edits.every((edit) => sources.has(edit.file))],
    ['a fix outside of its file', edits.every((edit) => edit.from >= 0 && edit.from <= edit.to)],
  ];
  return held.flatMap(([what, ok]) =>
    ok ? [] : [`${what}: ${JSON.stringify(one).slice(0, 600)}`],
  );
}

/** What could change a terminal. */
const CONTROL = /[^\n\u0020-\u007e\u00a0-\u{10ffff}]/u;

/** Every format can show it, and drawings are made of whatever could be read. */
function shownProblems(report: ValidationReport): string[] {
  const told = { ...report, diagnostics: report.diagnostics.slice(0, SHOWN) };
  const shown = (file: string): string => file;
  const style = styleFor({ terminal: false, env: () => undefined, noColor: true, os: 'linux' });
  const { sources, workflow } = report;
  const pretty = told.diagnostics.map((one) => prettyDiagnostic(one, { sources, style, shown }));
  checkAutonomy(workflow);
  toMermaid(workflow);
  JSON.parse(jsonReport(told));
  JSON.parse(sarifReport(told, { shown, version: '0' }));
  const texts = {
    pretty: pretty.join(''),
    unix: unixReport(told, shown),
    github: githubReport(told, shown),
    drawing: toAscii(workflow) ?? '',
  };
  return Object.entries(texts).flatMap(([format, text]) => {
    const at = text.search(CONTROL);
    return at === -1 ? [] : [`${format} has a control character: ${context(text, at)}`];
  });
}

const context = (text: string, at: number): string =>
  JSON.stringify(text.slice(Math.max(0, at - 60), at + 20));

/** Fixes leave what could be read readable, and come to an end. */
async function fixProblems(files: Texts, report: ValidationReport): Promise<string[]> {
  let now = new Map(files);
  let last = report;
  for (let round = 0; round < 10 && last.fixable > 0; round++) {
    const next = new Map(now);
    for (const [file, source] of last.sources) {
      const fixes = last.diagnostics.flatMap(({ fix }) => (fix ? [fix.edits] : []));
      const own = fixes.filter((edits) => edits.some((edit) => edit.file === file));
      if (own.length === 0 || hasErrors(source.text, file)) continue;
      const { text } = applyEdits(source.text, own);
      if (hasErrors(text, file)) {
        const what = last.diagnostics.flatMap(({ rule, fix }) =>
          fix ? [`${rule} ${fix.title}`] : [],
        );
        return [`a fix breaks the syntax of ${file}: ${what.slice(0, 20).join('; ')}`];
      }
      next.set(file, new TextEncoder().encode(text));
    }
    now = next;
    last = await validated(now);
  }
  return [];
}

function hasErrors(text: string, file: string): boolean {
  return parseYaml(text, file).diagnostics.some(({ severity }) => severity === 'error');
}

const VALUES: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['a', 1],
  ['b', 'text'],
  ['state', { x: [1, 2.5, 'x', null, { y: true }] }],
]);

function expressionProblems(text: string): string[] {
  const parsed = parseExpression(text);
  if (!parsed.ok) {
    const { code, message, help, from, to } = parsed.error;
    const held = /^X[1-4]$/.test(code) && message !== '' && help !== '';
    const inside = from >= 0 && from <= to && to <= text.length + 1;
    return held && inside ? [] : [`a bad error: ${JSON.stringify(parsed.error)}`];
  }
  referencesOf(parsed.expression);
  try {
    evaluate(parsed.expression, VALUES);
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
  }
  return [];
}

/** An archive is refused with reasons, or it holds what it held before it was changed. */
async function archiveProblems(
  archive: Uint8Array,
  folder: string,
  known: string | undefined,
): Promise<string[]> {
  const file = join(folder, 'x.awp.zip');
  writeFileSync(file, archive);
  const { ok, diagnostics, files } = await verify(file);
  if (ok) return JSON.stringify(files) === known ? [] : ['a changed package is accepted'];
  const silent = diagnostics.filter(
    ({ message, help, rule }) => !(message && help && cardOf(rule)),
  );
  if (diagnostics.length === 0) return ['refused without a reason'];
  return silent.length === 0 ? [] : [`no help: ${JSON.stringify(silent[0])}`];
}
