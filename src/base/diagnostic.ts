import { positionAt, type Range } from './source-file.ts';
import type { Place } from './yaml-node.ts';

/** How bad it is: an error stops a run, a warning does so under `--strict`, an info never. */
export type Severity = 'error' | 'warning' | 'info';

/** One replacement in a file; offsets in UTF-16 units, `to` behind the last one. */
export interface Edit {
  file: string;
  from: number;
  to: number;
  text: string;
}

/** How to mend it without thinking: `awp validate --fix` does it. */
export interface Fix {
  /** What it does, such as "write `planner`". */
  title: string;
  edits: readonly Edit[];
}

/** Another place that matters, such as the first of two equal names. */
export interface Related {
  message: string;
  file: string;
  range: Range;
}

/** Something about a workflow: what is wrong, where, and how to mend it (decision 25). */
export interface Diagnostic {
  /** `R6`, `Y3`, `A2-3`: `awp explain` says more. */
  rule: string;
  /** Numbers of the same rule in the Python implementation. */
  aliases: readonly string[];
  severity: Severity;
  message: string;
  /** Path from the folder of the workflow. */
  file: string;
  range: Range;
  /** Path inside the file as it is written, such as `orchestration.graph[2].id`; may be empty. */
  path: string;
  /** A few words beside the place in the text. */
  label: string | undefined;
  related: readonly Related[];
  /** What explains it, such as the whole cycle. */
  note: string | undefined;
  /** What to write instead. */
  help: string;
  fix: Fix | undefined;
  /** Page that explains the rule. */
  docs: string;
}

/** What a check says; the rest of a diagnostic follows from its code and its place. */
export interface Finding {
  at: Place;
  message: string;
  help: string;
  severity?: Severity;
  label?: string;
  note?: string;
  related?: readonly { message: string; at: Place }[];
  fix?: Fix;
}

/** A code with the numbers that it has elsewhere. */
export interface DiagnosticCode {
  code: string;
  aliases?: readonly string[];
  /** For findings that do not say it themselves. */
  severity: Severity;
}

/** A finding as a diagnostic. */
export function diagnostic(code: DiagnosticCode, finding: Finding): Diagnostic {
  const { at, message, help, label, note, related = [], fix } = finding;
  return {
    rule: code.code,
    aliases: code.aliases ?? [],
    severity: finding.severity ?? code.severity,
    message: brief(message),
    file: at.source.path,
    range: rangeOf(at),
    path: at.path,
    label,
    related: related.map((other) => ({
      message: brief(other.message),
      file: other.at.source.path,
      range: rangeOf(other.at),
    })),
    note,
    help: brief(help),
    fix,
    docs: docsOf(code.code),
  };
}

/** Characters of a message: names in it can be as long as a file. */
const MOST_SAID = 600;

/** A sentence on one line, its middle left out when it is very long. */
function brief(said: string): string {
  const line = said.replace(/[\r\n\u0085\u2028\u2029]+/g, ' ');
  if (line.length <= MOST_SAID) return line;
  return `${line.slice(0, MOST_SAID / 2)}…${line.slice(-MOST_SAID / 2)}`;
}

/** Lines and columns of a place. */
function rangeOf({ source, from, to }: Place): Range {
  return { start: positionAt(source, from), end: positionAt(source, Math.max(from, to)) };
}

/** Page of the documentation that explains a code. */
export function docsOf(code: string): string {
  return `docs/rules/${code}.md`;
}

/** An edit that puts `text` in the place of what is written there. */
export function replace({ source, from, to }: Place, text: string): Edit {
  return { file: source.path, from, to, text };
}

/** Sorted by file and place, worst first at one place; what is said twice is kept once. */
export function sortDiagnostics(diagnostics: Iterable<Diagnostic>): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const one of diagnostics) {
    const { line, column } = one.range.start;
    const key = `${one.file}\0${line}:${column}\0${one.rule}\0${one.path}\0${one.message}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()].sort(compare);
}

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

function compare(one: Diagnostic, other: Diagnostic): number {
  const [from, to] = [one.range.start, other.range.start];
  return (
    compareText(one.file, other.file) ||
    from.line - to.line ||
    from.column - to.column ||
    ORDER[one.severity] - ORDER[other.severity] ||
    compareText(one.rule, other.rule) ||
    compareText(one.message, other.message)
  );
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
