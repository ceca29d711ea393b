import type { z } from 'zod';
import {
  type Diagnostic,
  type DiagnosticCode,
  diagnostic,
  type Finding,
  type Severity,
} from '../base/diagnostic.ts';
import { type SourceFile, sourceFile } from '../base/source-file.ts';
import type { Place, YamlMap, YamlNode } from '../base/yaml-node.ts';
import type { AliasScope } from '../models/aliases/alias.ts';
import type { WorkflowDocument } from '../models/workflow.ts';
import type { WorkflowFiles } from '../ports/workflow-files.ts';
import { checkFields } from './check-fields.ts';
import { S } from './field-codes.ts';
import { normalise } from './normalise.ts';
import { MAX_YAML_BYTES, parseYaml } from './parse-yaml.ts';
import { resolvePath } from './resolve-path.ts';
import { Y } from './yaml-codes.ts';

/** Most bytes of all files of one workflow together. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** A file that another one names, and where it does. */
export interface FileReference {
  at: Place;
  /** Folder from which the path is to be read, from the root. */
  folder: string;
  path: string;
}

/** What is read of one workflow folder, and what is wrong with it. Never throws on content. */
export class Reading {
  readonly diagnostics: Diagnostic[] = [];
  /** Texts that the workflow refers to, by path. */
  readonly texts = new Map<string, SourceFile>();
  /** Folders of agents that could not be read, for reasons that were reported. */
  readonly unreadAgents = new Set<string>();
  /** Texts of the YAML and JSON files that were looked at, also of those that could not be read. */
  readonly sources = new Map<string, SourceFile>();
  readonly files: WorkflowFiles;
  /** Whether the whole folder is there; otherwise what is missing is only worth an info. */
  readonly whole: boolean;
  /** Bytes read so far. */
  #total = 0;

  constructor(files: WorkflowFiles, whole: boolean) {
    this.files = files;
    this.whole = whole;
  }

  report(code: DiagnosticCode, finding: Finding): void {
    this.diagnostics.push(diagnostic(code, finding));
  }

  /** Reads a YAML file of the workflow and holds it against its schema. */
  async document<T>(
    path: string,
    kind: { schema: z.ZodType<T>; scope: AliasScope },
  ): Promise<(WorkflowDocument & { value: T | undefined }) | undefined> {
    const raw = await this.tree(path, startOf(path));
    return raw && this.documentOf(raw, kind);
  }

  /** The same for a tree that was read already. */
  documentOf<T>(
    raw: YamlNode,
    kind: { schema: z.ZodType<T>; scope: AliasScope },
  ): (WorkflowDocument & { value: T | undefined }) | undefined {
    if (raw.kind !== 'map') {
      const message = `this file must be a map of fields, not ${raw.kind === 'list' ? 'a list' : 'a single value'}`;
      this.report(Y.noMap, { at: raw, message, help: 'start with `awp: "1.0.0"`' });
      return undefined;
    }
    return this.checked(raw, kind);
  }

  checked<T>(
    raw: YamlMap,
    { schema, scope }: { schema: z.ZodType<T>; scope: AliasScope },
  ): WorkflowDocument & { value: T | undefined } {
    const normal = normalise(raw, scope);
    const { tree, value, diagnostics, leftToRules } = checkFields(normal.tree, schema);
    this.diagnostics.push(...normal.diagnostics, ...diagnostics);
    return { source: raw.source, raw, tree, value, leftToRules };
  }

  /** The tree of a YAML or JSON file; problems are reported at its own places or at `at`. */
  async tree(path: string, at: Place): Promise<YamlNode | undefined> {
    const bytes = await this.bytes(path, at);
    if (!bytes) return undefined;
    const { tree, source, diagnostics } = parseYaml(bytes, path);
    this.sources.set(path, source);
    this.diagnostics.push(...diagnostics);
    if (tree === undefined && diagnostics.length === 0) {
      const start = { source, from: 0, to: 0, path: '' };
      this.report(Y.noMap, {
        at: start,
        message: 'this file is empty',
        help: 'write its fields, or take it away',
      });
    }
    // With wrong syntax nobody knows what belongs to what: fields would be looked for in vain.
    return diagnostics.some(({ rule }) => rule === Y.syntax.code) ? undefined : tree;
  }

  /** The text that a file names; kept with the workflow. Undefined, and reported, when it cannot be had. */
  async text(reference: FileReference): Promise<SourceFile | undefined> {
    const path = this.resolve(reference);
    if (path === undefined) return undefined;
    const known = this.texts.get(path);
    if (known) return known;
    const bytes = await this.bytes(path, reference.at);
    if (!bytes) return undefined;
    const text = this.#decoded(bytes, path, reference.at);
    if (text === undefined) return undefined;
    const source = sourceFile(path, text);
    this.texts.set(path, source);
    return source;
  }

  /** The path from the root, or undefined when it leads out, which is reported. */
  resolve({ at, folder, path }: FileReference): string | undefined {
    const resolved = resolvePath(folder, path);
    if ('path' in resolved) return resolved.path;
    const message = `\`${path}\` cannot be used: ${resolved.problem}`;
    this.report(S.outside, { at, message, help: 'put the file into the folder of the workflow' });
    return undefined;
  }

  /** Reports a file that is named and not there. */
  missing(reference: FileReference, what = 'file'): void {
    const message = `there is no ${what} \`${reference.path}\``;
    const help = `add it${reference.folder === '' ? '' : ` to \`${reference.folder}\``}, or correct the path`;
    this.report(S.file, { at: reference.at, message, help, severity: this.severity() });
  }

  /** How bad it is when something of the folder is missing. */
  severity(): Severity {
    return this.whole ? 'error' : 'info';
  }

  async bytes(path: string, at: Place): Promise<Uint8Array | undefined> {
    const info = await this.files.info(path).catch(() => undefined);
    if (info?.kind !== 'file') {
      this.#notAFile(path, at, info?.kind);
      return undefined;
    }
    if (this.#total > MAX_TOTAL_BYTES) return undefined;
    try {
      const bytes = await this.files.readBytes(path, MAX_YAML_BYTES + 1);
      this.#total += bytes.length;
      if (this.#total > MAX_TOTAL_BYTES) this.#tooMuch(at);
      return bytes;
    } catch {
      this.#unreadable(path, at);
      return undefined;
    }
  }

  #tooMuch(at: Place): void {
    const message =
      'the files of the workflow are larger than 64 MiB together; the rest is not read';
    this.report(S.large, { at, message, help: 'split the workflow into sub-workflows' });
  }

  /** What is at a path; `refused`, and reported, when it is neither a file nor a folder. */
  async kindAt(path: string, at: Place): Promise<'file' | 'folder' | 'refused' | undefined> {
    const kind = (await this.files.info(path))?.kind;
    if (kind === undefined || kind === 'file' || kind === 'folder') return kind;
    this.#notAFile(path, at, kind);
    return 'refused';
  }

  /** A text that is neither too long nor something else. */
  #decoded(bytes: Uint8Array, path: string, at: Place): string | undefined {
    if (bytes.length > MAX_YAML_BYTES) {
      const message = `\`${path}\` is larger than 1 MiB`;
      this.report(S.large, { at, message, help: 'shorten it: no model reads so much' });
      return undefined;
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      const message = `\`${path}\` is not UTF-8`;
      this.report(S.unreadable, { at, message, help: 'save the file as UTF-8' });
      return undefined;
    }
  }

  /** Names in a folder; none, and reported, when they cannot be had. */
  async list(path: string): Promise<string[]> {
    const at = startOf(path);
    if ((await this.kindAt(path, at)) !== 'folder') return [];
    try {
      return await this.files.list(path);
    } catch {
      this.#unreadable(path, at);
      return [];
    }
  }

  #unreadable(path: string, at: Place): void {
    const message = `\`${path}\` cannot be read`;
    this.report(S.unreadable, { at, message, help: 'look at its permissions' });
  }

  #notAFile(path: string, at: Place, kind: string | undefined): void {
    if (kind === undefined) {
      this.missing({ at, folder: '', path });
    } else if (kind === 'link') {
      const message = `\`${path}\` is a link that leads out of the folder of the workflow, or to nothing`;
      this.report(S.outside, { at, message, help: 'copy the file into the folder' });
    } else {
      const message = `\`${path}\` is ${kind === 'folder' ? 'a folder' : 'no regular file'}`;
      this.report(S.unreadable, { at, message, help: 'put a file in its place' });
    }
  }
}

/** The start of a file of which nothing is known yet. */
export function startOf(path: string): Place {
  return { source: sourceFile(path, ''), from: 0, to: 0, path: '' };
}
