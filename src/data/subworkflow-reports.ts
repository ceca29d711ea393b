import { relative, resolve } from 'node:path';
import { type Diagnostic, diagnostic, type Finding } from '../base/diagnostic.ts';
import { AwpError } from '../base/errors.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { Workflow } from '../models/workflow.ts';
import { insideItself, s18NotInsideItself } from '../validator/checks/s18-not-inside-itself.ts';
import { fieldCards } from '../validator/codes/fields.ts';
import { type ReportOptions, reportOf } from '../validator/report.ts';
import { type SubworkflowUse, subworkflowsOf } from '../validator/view.ts';
import type { ReadWorkflow } from './read-workflow.ts';
import { MAX_DEPTH, MAX_SUBWORKFLOWS, TOO_MANY } from './subworkflow-limits.ts';

/** What was found in sub-workflows; files are named from the folder of the whole workflow. */
interface BelowReport {
  diagnostics: Diagnostic[];
  sources: Map<string, SourceFile>;
}

/** Reads a workflow at an absolute path, its folder or its manifest. Throws `spec/no-workflow`. */
type ReadBelow = (path: string) => Promise<ReadWorkflow>;

/**
 * Holds the sub-workflows of a workflow against the standard, each once, with those inside of them.
 * A level that is asked for is one of the whole; they are held to the levels that they declare.
 */
export async function reportBelow(
  root: ReadWorkflow,
  read: ReadBelow,
  options: ReportOptions = {},
): Promise<BelowReport> {
  const { level: _, ...own } = options;
  const looking = new Looking(root, read, own);
  await looking.below(root, [root.folder]);
  return looking.found;
}

const [large] = fieldCards.filter(({ code }) => code === 'S11');

class Looking {
  readonly found: BelowReport = { diagnostics: [], sources: new Map() };
  readonly #root: string;
  readonly #read: ReadBelow;
  readonly #options: ReportOptions;
  readonly #known = new Map<string, ReadWorkflow>();
  #count = 0;

  constructor({ folder }: ReadWorkflow, read: ReadBelow, options: ReportOptions) {
    this.#root = folder;
    this.#read = read;
    this.#options = options;
  }

  /** `around` are the folders around it and its own, outermost first. */
  async below({ folder, workflow }: Place, around: readonly string[]): Promise<void> {
    for (const use of subworkflowsOf(workflow)) {
      this.#count += 1;
      if (this.#count > MAX_SUBWORKFLOWS || around.length > MAX_DEPTH) {
        this.#tell(folder, large, tooMany(use));
        return;
      }
      const path = resolve(folder, use.path);
      // No workflow reads what is beside it (S7), even where the whole is around both.
      const sub = isOutside(folder, path) ? undefined : await this.#open(path);
      if (!sub) continue;
      if (around.includes(sub.folder)) this.#tell(folder, s18NotInsideItself, insideItself(use));
      else await this.below(sub, [...around, sub.folder]);
    }
  }

  /** One that is in the folder of the whole; undefined when it is not there, which S6 tells. */
  async #open(path: string): Promise<ReadWorkflow | undefined> {
    const known = this.#known.get(path);
    if (known) return known;
    const sub = await this.#read(path).catch((error: unknown) => {
      if (error instanceof AwpError && error.code === 'spec/no-workflow') return undefined;
      throw error;
    });
    if (!sub || isOutside(this.#root, sub.folder)) return undefined;
    const seen = [...this.#known.values()].some(({ folder }) => folder === sub.folder);
    this.#known.set(path, sub);
    if (!seen && sub.folder !== this.#root) this.#take(sub);
    return sub;
  }

  #take({ folder, workflow, diagnostics, sources }: ReadWorkflow): void {
    const name = this.#nameIn(folder);
    const { diagnostics: all } = reportOf(workflow, diagnostics, this.#options);
    this.found.diagnostics.push(...all.map((one) => renamed(one, name)));
    for (const [file, source] of sources) this.found.sources.set(name(file), source);
  }

  #tell(folder: string, code: typeof large, finding: Finding): void {
    if (code) this.found.diagnostics.push(renamed(diagnostic(code, finding), this.#nameIn(folder)));
  }

  /** What a file of a sub-workflow is called in the whole. */
  #nameIn(folder: string): (file: string) => string {
    const prefix = relative(this.#root, folder).replaceAll('\\', '/');
    return (file) => (prefix === '' ? file : `${prefix}/${file}`);
  }
}

function isOutside(folder: string, path: string): boolean {
  return relative(folder, path).split(/[/\\]/)[0] === '..';
}

interface Place {
  folder: string;
  workflow: Workflow;
}

function tooMany({ at }: SubworkflowUse): Finding {
  return {
    at,
    message: TOO_MANY,
    help: 'put parts of them into one workflow',
  };
}

function renamed(one: Diagnostic, name: (file: string) => string): Diagnostic {
  const { fix } = one;
  return {
    ...one,
    file: name(one.file),
    related: one.related.map((other) => ({ ...other, file: name(other.file) })),
    fix: fix && {
      ...fix,
      edits: fix.edits.map((edit) => ({ ...edit, file: name(edit.file) })),
    },
  };
}
