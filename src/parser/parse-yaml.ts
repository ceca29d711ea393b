import { Composer, CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import { type Diagnostic, diagnostic } from '../base/diagnostic.ts';
import { type SourceFile, sourceFile } from '../base/source-file.ts';
import type { Place, YamlNode } from '../base/yaml-node.ts';
import { composeTree } from './compose-tree.ts';
import { Y } from './yaml-codes.ts';
import { yamlWords } from './yaml-words.ts';

/** Most bytes of one file (validation: Y checks). */
export const MAX_YAML_BYTES = 1024 * 1024;
/** Deepest nesting. */
const MAX_YAML_DEPTH = 64;
/** Syntax errors that are told of one file; the later ones mostly follow from the first. */
const MAX_ERRORS = 20;
/** Most names and values of one file: what people write in 1 MiB has fewer. */
const MAX_VALUES = 200_000;

/** A YAML or JSON text as a tree; no tree when it cannot be read at all. */
export interface ParsedYaml {
  source: SourceFile;
  tree: YamlNode | undefined;
  diagnostics: Diagnostic[];
}

/**
 * Reads a YAML 1.2 (core schema) or JSON text. Nothing of it is executed or fetched, and nothing
 * is thrown: what is wrong is in the diagnostics (Y1 to Y12). Its size and nesting are measured
 * before it is composed, which could end the process otherwise (reliability-security 5.1).
 */
export function parseYaml(input: string | Uint8Array, path: string): ParsedYaml {
  const { text, problem } = decode(input);
  const source = sourceFile(path, text);
  const bad = problem ?? textProblem(source);
  if (bad) {
    const { code, at = 0, ...said } = bad;
    return {
      source,
      tree: undefined,
      diagnostics: [diagnostic(code, { ...said, at: placeAt(source, at) })],
    };
  }
  return compose(source);
}

interface TextProblem {
  code: (typeof Y)[keyof typeof Y];
  message: string;
  help: string;
  at?: number;
}

function decode(input: string | Uint8Array): { text: string; problem?: TextProblem } {
  if (typeof input === 'string') return { text: input.replace(/^\uFEFF/, '') };
  if (input.length > MAX_YAML_BYTES) return { text: '', problem: tooLarge() };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(input) };
  } catch {
    const text = new TextDecoder().decode(input);
    const at = Math.max(0, text.indexOf('\uFFFD'));
    const help = 'save the file as UTF-8';
    return { text, problem: { code: Y.encoding, message: 'the file is not UTF-8', help, at } };
  }
}

function tooLarge(): TextProblem {
  const help = 'move long texts into files of their own and refer to them';
  return { code: Y.large, message: 'the file is larger than 1 MiB', help };
}

/** C0 controls but tab and line ends, and DEL: YAML has none of them. */
const CONTROL = /[^\t\n\r\u0020-\u007e\u0080-\u{10ffff}]/u;

function textProblem({ text }: SourceFile): TextProblem | undefined {
  if (text.length > MAX_YAML_BYTES || new TextEncoder().encode(text).length > MAX_YAML_BYTES) {
    return tooLarge();
  }
  const at = text.search(CONTROL);
  if (at === -1) return undefined;
  const number = text.charCodeAt(at).toString(16).padStart(4, '0').toUpperCase();
  const message = `the file has a control character (U+${number})`;
  const help = 'take it away; inside of double quotes it can be written as an escape';
  return { code: Y.encoding, message, help, at };
}

function compose(source: SourceFile): ParsedYaml {
  const { tokens, excess } = tokensOf(source.text);
  if (excess) {
    const finding = { at: placeAt(source, excess.at), ...EXCESS[excess.of] };
    return { source, tree: undefined, diagnostics: [diagnostic(Y[excess.of], finding)] };
  }
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = withoutTraces(() => [...composer.compose(tokens, true, source.text.length)]);
  return fromDocuments(source, documents);
}

/** The library makes an `Error` for each of what may be 500,000 problems; traces take seconds. */
function withoutTraces<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** What a text has too much of, and where. */
interface Excess {
  of: 'deep' | 'large';
  at: number;
}

const EXCESS: Readonly<Record<Excess['of'], { message: string; help: string }>> = {
  deep: {
    message: `the file nests deeper than ${MAX_YAML_DEPTH} levels`,
    help: 'no part of the protocol nests so deep: take levels away',
  },
  large: {
    message: `the file has more than ${MAX_VALUES.toLocaleString('en')} names and values`,
    help: 'move parts into files of their own, or split the workflow',
  },
};

/** Documents that are looked at; from the second one on they are only said to be too many. */
const MAX_DOCUMENTS = 2;

/**
 * The tokens of a text up to its second document, or until it has too much of something. That is
 * watched while the tokens are put together: nothing that is too deep is ever finished.
 */
function tokensOf(text: string): { tokens: CST.Token[]; excess?: Excess } {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  let documents = 0;
  let values = 0;
  /** Takes tokens in; says where one is too deep. */
  const take = (found: Iterable<CST.Token>): number | undefined => {
    for (const token of found) {
      if (token.type === 'document') documents++;
      tokens.push(token);
      const deep = deepest(token, MAX_YAML_DEPTH);
      if (deep !== undefined) return deep;
    }
    // Besides collections there are the document and a scalar on the stack; `deepest` is exact.
    return parser.stack.length > MAX_YAML_DEPTH + 2 ? parser.offset : undefined;
  };
  for (const lexeme of new Lexer().lex(text)) {
    if (VALUES.has(CST.tokenType(lexeme) ?? '')) values++;
    const at = take(parser.next(lexeme));
    if (at !== undefined) return { tokens, excess: { of: 'deep', at } };
    if (values > MAX_VALUES) return { tokens, excess: { of: 'large', at: parser.offset } };
    if (documents >= MAX_DOCUMENTS) return { tokens };
  }
  const at = take(parser.end());
  return at === undefined ? { tokens } : { tokens, excess: { of: 'deep', at } };
}

/** Tokens that are counted as a name or value. */
const VALUES = new Set([
  ...['scalar', 'single-quoted-scalar', 'double-quoted-scalar', 'alias'],
  ...['anchor', 'tag', 'flow-map-start', 'flow-seq-start'],
]);

function fromDocuments(source: SourceFile, documents: readonly Document.Parsed[]): ParsedYaml {
  const [first, second] = documents;
  const diagnostics = documents.flatMap((document) => problemsOf(document, source));
  // After an error the library may begin a document that nobody has written.
  if (second && first?.errors.length === 0) {
    const at = placeAt(source, second.contents?.range[0] ?? second.range[0]);
    const message = 'a second document begins here';
    diagnostics.push(diagnostic(Y.documents, { at, message, help: 'keep one document a file' }));
  }
  const contents = first?.contents;
  if (!contents) return { source, tree: undefined, diagnostics };
  const { tree, problems } = composeTree(contents, source);
  return { source, tree, diagnostics: [...diagnostics, ...problems] };
}

function problemsOf({ errors, warnings }: Document.Parsed, source: SourceFile): Diagnostic[] {
  const found = errors.slice(0, MAX_ERRORS).map((error) => syntaxProblem(error, source));
  const tags = warnings.slice(0, MAX_ERRORS).map((warning) => {
    const { code, pos } = warning;
    if (code !== 'TAG_RESOLVE_FAILED') return syntaxProblem(warning, source);
    const at = { source, from: pos[0], to: pos[1], path: '' };
    const tag = source.text.slice(pos[0], pos[1]).split(/\s/)[0] ?? '';
    const message = `the tag \`${tag.slice(0, 80)}\` is not one of YAML's core schema`;
    return diagnostic(Y.tag, { at, message, help: 'take the tag away and write a plain value' });
  });
  return [...found, ...tags];
}

function syntaxProblem({ code, message, pos }: YAMLError, source: SourceFile): Diagnostic {
  const at = { source, from: pos[0], to: Math.max(pos[1], pos[0] + 1), path: '' };
  return diagnostic(Y.syntax, { at, ...yamlWords(code, message) });
}

function placeAt(source: SourceFile, offset: number): Place {
  return { source, from: offset, to: Math.min(offset + 1, source.text.length), path: '' };
}

/** What of a token of the library's concrete syntax tree, or of an item, can hold tokens. */
interface Token {
  offset?: number;
  items?: readonly Token[];
  key?: Token | null;
  /** The text of a directive, for instance. */
  value?: Token | string | null;
}

/**
 * Where a token stands that nests deeper than `limit`, if any does. Walks with a stack of its own;
 * every collection inside of another is one level.
 */
function deepest(root: CST.Token, limit: number): number | undefined {
  const stack: { token: Token; depth: number }[] = [{ token: root as Token, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { token, depth } = next;
    const { items = [], key, value } = token;
    if (depth > limit) return offsetOf(token);
    for (const item of items) stack.push({ token: item, depth: depth + 1 });
    for (const part of [key, value]) {
      if (part && typeof part === 'object') stack.push({ token: part, depth });
    }
  }
  return undefined;
}

/** An item has no place of its own. */
function offsetOf({ offset, key, value }: Token): number {
  const inner = key ?? value;
  return offset ?? (typeof inner === 'object' ? inner?.offset : undefined) ?? 0;
}
