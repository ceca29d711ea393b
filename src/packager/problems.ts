import { type Diagnostic, type DiagnosticCode, diagnostic } from '../base/diagnostic.ts';
import { type SourceFile, sourceFile } from '../base/source-file.ts';

/** Most problems that are told; a hostile archive can have thousands. */
const MOST = 100;
const NAME_CHARS = 200;

/** One thing that is wrong. */
export interface Problem {
  code: DiagnosticCode;
  /** Entry or file; empty for the archive itself. */
  file: string;
  message: string;
  help: string;
  /** Line of the file, counted from 1. */
  line?: number;
}

/** Collects what is wrong with a package: each thing once, in the order in which it was found. */
export class Problems {
  readonly diagnostics: Diagnostic[] = [];
  readonly #archive: string;

  /** `archive` stands for problems that no entry has. */
  constructor(archive: string) {
    this.#archive = archive;
  }

  get found(): boolean {
    return this.diagnostics.length > 0;
  }

  report({ code, file, message, help, line = 1 }: Problem): void {
    if (this.diagnostics.length >= MOST) return;
    const source = lineSource(shownName(file === '' ? this.#archive : file), line);
    const at = { source, from: source.text.length, to: source.text.length, path: '' };
    this.diagnostics.push(diagnostic(code, { at, message, help }));
  }
}

/** A name as it can be shown: not longer than a line or two. */
function shownName(name: string): string {
  return name.length > NAME_CHARS ? `${name.slice(0, NAME_CHARS)}…` : name;
}

/** A text that has its end in this line; what else is in the file stays unsaid. */
function lineSource(path: string, line: number): SourceFile {
  return sourceFile(path, '\n'.repeat(line - 1));
}
