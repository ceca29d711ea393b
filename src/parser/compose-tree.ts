import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { type Diagnostic, diagnostic } from '../base/diagnostic.ts';
import type { SourceFile } from '../base/source-file.ts';
import {
  type Place,
  stepInto,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../base/yaml-node.ts';
import { Y } from './yaml-codes.ts';

/** Deepest nesting, aliases expanded. */
const MAX_DEPTH = 64;
/** Nodes that aliases and merges may add to what is written. */
const MAX_EXPANDED = 50_000;
/** Longest key, as YAML itself has it for keys without `?`. */
const MAX_KEY = 1_024;
/** Problems that are told of one file; who has more has made the same mistake many times. */
const MAX_PROBLEMS = 200;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Where the walk is: the path as it is written, how deep, and inside of which alias. */
interface At {
  path: string;
  depth: number;
  /** Offset of the outermost alias whose value is being put in. */
  alias: number | undefined;
}

/** The library's nodes as ours: aliases and `<<` put in, keys checked, values of JSON only. */
export function composeTree(
  root: Node,
  source: SourceFile,
): { tree: YamlNode; problems: Diagnostic[] } {
  const walk = new Walk(source);
  const tree = walk.node(root, { path: '', depth: 0, alias: undefined });
  return { tree, problems: walk.problems };
}

class Walk {
  readonly problems: Diagnostic[] = [];
  readonly #source: SourceFile;
  /** Anchors seen so far, as aliases behind them see them. */
  readonly #anchors = new Map<string, Node>();
  /** What aliases stand for, which an anchor of the same name further down does not change. */
  readonly #targets = new Map<Alias, Node | undefined>();
  /** Anchored nodes whose content is being read. */
  readonly #open = new Set<unknown>();
  #expanded = 0;
  #stopped = false;

  constructor(source: SourceFile) {
    this.#source = source;
  }

  node(node: Node, at: At): YamlNode {
    return isAlias(node) ? this.#alias(node, at) : this.#anchored(node, at);
  }

  #anchored(node: Node, at: At): YamlNode {
    if (at.alias !== undefined && ++this.#expanded > MAX_EXPANDED) return this.#tooMany(node, at);
    if (at.depth > MAX_DEPTH) return this.#tooDeep(node, at);
    const anchor = isAlias(node) ? undefined : (node as { anchor?: string }).anchor;
    if (anchor === undefined) return this.#value(node, at);
    if (at.alias === undefined) this.#anchors.set(anchor, node);
    this.#open.add(node);
    const value = this.#value(node, at);
    this.#open.delete(node);
    return value;
  }

  #value(node: Node, at: At): YamlNode {
    if (isMap(node)) return this.#map(node, at);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#child(item, inside(at, index)));
      return { kind: 'list', items, ...this.#place(node, at) };
    }
    return this.#scalar(node as Scalar, at);
  }

  /** An item or a value; one that is left out is null. */
  #child(node: unknown, at: At): YamlNode {
    if (isNode(node)) return this.node(node, at);
    return {
      kind: 'scalar',
      value: null,
      plain: true,
      source: this.#source,
      from: 0,
      to: 0,
      path: at.path,
    };
  }

  #map(node: YAMLMap, at: At): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merges: Pair[] = [];
    for (const pair of node.items) {
      if (isMerge(pair)) merges.push(pair);
      else this.#entry(pair, { at, entries });
    }
    for (const merge of merges) this.#merge(merge, { at, entries });
    return { kind: 'map', entries, ...this.#place(node, at) };
  }

  #entry(pair: Pair, { at, entries }: { at: At; entries: Map<string, YamlEntry> }): void {
    const key = this.#key(pair.key, at);
    if (key === undefined) return;
    const keyPlace = { ...key.place, path: stepInto(at.path, key.text) };
    const first = entries.get(key.text);
    if (first) {
      this.#report(Y.duplicate, keyPlace, {
        message: `the key \`${key.text}\` stands here for the second time`,
        help: 'keep one of the two',
        related: [{ message: 'the first one', at: first.keyPlace }],
      });
      return;
    }
    if (FORBIDDEN.has(key.text)) {
      const message = `\`${key.text}\` cannot be a key`;
      this.#report(Y.forbiddenKey, keyPlace, { message, help: 'choose another name' });
      return;
    }
    const inner = inside(at, key.text);
    const value = isNode(pair.value)
      ? this.node(pair.value, inner)
      : this.#empty(key.place.to, inner);
    entries.set(key.text, { key: key.text, keyPlace, value });
  }

  #key(node: unknown, at: At): { text: string; place: Place } | undefined {
    const target = isAlias(node) ? this.#target(node) : node;
    const place = this.#place(isNode(node) ? node : undefined, at);
    if (!isScalar(target) || target.value === null) {
      const help = 'write `name: value`; quote what is no plain text';
      this.#report(Y.key, place, { message: 'a key must be a name', help });
      return undefined;
    }
    if (target === node && target.anchor !== undefined && at.alias === undefined) {
      this.#anchors.set(target.anchor, target);
    }
    const { value, source } = target;
    const text = typeof value === 'string' ? value : (source ?? String(value));
    if (text.length <= MAX_KEY) return { text, place };
    const message = 'a key is longer than 1,024 characters';
    this.#report(Y.key, { ...place, to: place.from + 1 }, { message, help: 'shorten it' });
    return undefined;
  }

  /** `<<`: the entries of another map that this one does not have itself. */
  #merge(pair: Pair, { at, entries }: { at: At; entries: Map<string, YamlEntry> }): void {
    const told = this.problems.length;
    const value = this.#child(pair.value, { ...inside(at, '<<'), alias: startOf(pair) });
    const sources = value.kind === 'list' ? value.items : [value];
    for (const source of sources) {
      if (source.kind === 'map') {
        for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
      } else if (this.problems.length === told) {
        const help = 'write `<<: *name` where `&name` stands at a map';
        this.#report(Y.syntax, source, { message: '`<<` takes a map or a list of maps', help });
      }
    }
  }

  #alias(node: Alias, at: At): YamlNode {
    const place = this.#place(node, at);
    const target = this.#target(node);
    if (!target) {
      const message = `there is no anchor \`&${node.source}\` before this`;
      const help = 'define it first, or quote the text if it is none: "*name"';
      this.#report(Y.syntax, place, { message, help });
      return { kind: 'scalar', value: null, plain: true, ...place };
    }
    if (this.#open.has(target)) {
      const message = `\`*${node.source}\` stands inside of what it stands for`;
      this.#report(Y.cycle, place, { message, help: 'write the value out once' });
      return { kind: 'scalar', value: null, plain: true, ...place };
    }
    return this.#anchored(target, { ...at, alias: at.alias ?? place.from });
  }

  #target(alias: Alias): Node | undefined {
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source));
    return this.#targets.get(alias);
  }

  #scalar(node: Scalar, at: At): YamlScalar {
    const place = this.#place(node, at);
    const { value } = node;
    const plain = node.type === 'PLAIN';
    if (typeof value === 'number' && !isExact(value)) {
      const message = `${short(node.source)} is not a number that JSON can hold exactly`;
      this.#report(Y.number, place, {
        message,
        help: 'write a finite number up to 2^53, or a text in quotes',
      });
      return { kind: 'scalar', value: null, plain, ...place };
    }
    const known = typeof value === 'object' && value !== null ? String(value) : value;
    return { kind: 'scalar', value: known as YamlScalar['value'], plain, ...place };
  }

  #empty(offset: number, { path }: At): YamlScalar {
    const place = { source: this.#source, from: offset, to: offset, path };
    return { kind: 'scalar', value: null, plain: true, ...place };
  }

  #tooMany(node: Node, at: At): YamlNode {
    if (!this.#stopped) {
      const from = at.alias ?? 0;
      const message = `aliases add more than ${MAX_EXPANDED.toLocaleString('en')} values`;
      const place = { source: this.#source, from, to: from + 1, path: at.path };
      this.#report(Y.aliases, place, { message, help: 'write out what is needed, and only that' });
    }
    this.#stopped = true;
    return { kind: 'scalar', value: null, plain: true, ...this.#place(node, at) };
  }

  #tooDeep(node: Node, at: At): YamlNode {
    const place = this.#place(node, at);
    if (!this.#stopped) {
      const message = `with its aliases the file nests deeper than ${MAX_DEPTH} levels`;
      const from = at.alias ?? place.from;
      this.#report(Y.deep, { ...place, from, to: from + 1 }, { message, help: 'take levels away' });
    }
    this.#stopped = true;
    return { kind: 'scalar', value: null, plain: true, ...place };
  }

  #place(node: { range?: readonly number[] | null } | undefined, { path }: At): Place {
    const [from = 0, to = from] = node?.range ?? [];
    const written = this.#source.text.slice(from, to);
    return { source: this.#source, from, to: from + written.trimEnd().length, path };
  }

  #report(
    code: (typeof Y)[keyof typeof Y],
    at: Place,
    said: { message: string; help: string; related?: { message: string; at: Place }[] },
  ): void {
    if (this.#stopped || this.problems.length >= MAX_PROBLEMS) return;
    this.problems.push(diagnostic(code, { at, ...said }));
  }
}

function inside(at: At, step: string | number): At {
  return { ...at, path: stepInto(at.path, step), depth: at.depth + 1 };
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function startOf({ key }: Pair): number {
  return isNode(key) ? (key.range?.[0] ?? 0) : 0;
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function short(text = 'this'): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
