import type { z } from 'zod';
import {
  type Diagnostic,
  type DiagnosticCode,
  diagnostic,
  type Fix,
  replace,
} from '../base/diagnostic.ts';
import { choiceHelp, onlyNearest } from '../base/nearest.ts';
import { nodeAt, type Place, type YamlMap, type YamlNode } from '../base/yaml-node.ts';
import { infoOf, type Shape, shapeOf } from '../models/schema-shape.ts';
import { S } from './field-codes.ts';

type Issue = z.core.$ZodIssue;
type Step = string | number;

interface Context {
  tree: YamlMap;
  schema: z.ZodType;
}

/** What zod found. */
export interface Explained {
  said: Diagnostic[];
  /** Of fields that a rule of the standard speaks of. */
  leftToRules: Diagnostic[];
}

/** Rules that look at whole JSON Schemas by themselves. */
const THOROUGH = new Set(['R9', 'R15']);

/** What zod found, in words for people and with the place in the text. */
export function explainIssues(issues: readonly Issue[], context: Context): Explained {
  const all = issues
    .filter((issue) => !hasWrongType(issue, issues))
    .flatMap((issue) => explain(issue, { ...context, above: [] }));
  return {
    said: all.flatMap(({ said, left }) => (left ? [] : [said])),
    leftToRules: all.flatMap(({ said, left }) => (left ? [said] : [])),
  };
}

/** What has the wrong type is not measured as well. */
function hasWrongType(issue: Issue, issues: readonly Issue[]): boolean {
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return false;
  const path = issue.path.join('\0');
  return issues.some((other) => other.code === 'invalid_type' && other.path.join('\0') === path);
}

interface Explanation {
  said: Diagnostic;
  left: boolean;
}

function explain(issue: Issue, context: Context & { above: readonly Step[] }): Explanation[] {
  const path: Step[] = [...context.above, ...issue.path.map(asStep)];
  if (issue.code === 'invalid_union') {
    const node = nodeAt(context.tree, ...path);
    const branch = node && bestBranch(issue.errors, node);
    if (branch) return branch.flatMap((inner) => explain(inner, { ...context, above: path }));
  }
  const { rule, description } = infoAt(context.schema, path);
  if (rule !== undefined && THOROUGH.has(rule)) return [];
  const missing = isMissing(issue, context.tree, path);
  const said = missing
    ? missingWords(path, description)
    : words(issue, nodeAt(context.tree, ...path));
  const code: DiagnosticCode = rule === 'S15' ? S.jsonSchema : said.code;
  const left = rule !== undefined && rule !== 'S15';
  const at = placeOf(context.tree, path);
  const { message, help, fix } = said;
  return [{ said: diagnostic(code, { at, message, help, ...(fix && { fix: fix(at) }) }), left }];
}

interface Said {
  code: DiagnosticCode;
  message: string;
  help: string;
  fix?: (at: Place) => Fix;
}

function asStep(step: PropertyKey): Step {
  return typeof step === 'symbol' ? step.toString() : step;
}

/** The branch whose errors are about parts and not about the kind of the value. */
function bestBranch(branches: readonly Issue[][], node: YamlNode): Issue[] | undefined {
  const fits = branches.filter((branch) => !branch.some((issue) => isKind(issue)));
  const [best] = fits.sort((one, other) => strangeness(one) - strangeness(other));
  return best ?? (node.kind === 'map' ? branches.find((branch) => branch.length > 1) : undefined);
}

/** Keys that a branch does not know speak against it more than parts that are wrong. */
function strangeness(branch: readonly Issue[]): number {
  return branch.length + (branch.some(({ code }) => code === 'unrecognized_keys') ? 100 : 0);
}

function isKind(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type';
}

function isMissing(issue: Issue, tree: YamlMap, path: readonly Step[]): boolean {
  return issue.code === 'invalid_type' && nodeAt(tree, ...path) === undefined;
}

function missingWords(path: readonly Step[], description: string | undefined): Said {
  const name = String(path.at(-1) ?? 'it');
  const meaning = description === undefined ? '' : `: ${description}`;
  return { code: S.missing, message: `\`${name}\` is missing`, help: `add \`${name}\`${meaning}` };
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
]);

function words(issue: Issue, node: YamlNode | undefined): Said {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = KINDS.get(issue.expected) ?? issue.expected;
      const message = `this must be ${wanted}, not ${kindOf(node)}`;
      const quoted = issue.expected === 'string' && node?.kind === 'scalar' && node.value !== null;
      return {
        code: S.type,
        message,
        help: helpForKind(issue.expected, node),
        ...(quoted && { fix: inQuotes }),
      };
    }
    case 'invalid_union':
      return {
        code: S.type,
        message: `this cannot be ${kindOf(node)}`,
        help: `write ${expectedOf(issue.errors)}`,
      };
    case 'invalid_value':
      return choice(issue.values.map(String), node);
    case 'too_small':
      return bound('small', issue, node);
    case 'too_big':
      return bound('big', issue, node);
    case 'invalid_format':
      return format(issue, node);
    default:
      return { code: S.value, message: `this ${issue.message}`, help: 'see the docs of the field' };
  }
}

function inQuotes(at: Place): Fix {
  const text = JSON.stringify(at.source.text.slice(at.from, at.to));
  return { title: `write ${text}`, edits: [replace(at, text)] };
}

function helpForKind(expected: string, node: YamlNode | undefined): string {
  const quotable = node?.kind === 'scalar' && node.value !== null;
  if (expected === 'string' && quotable) return 'put it in quotes';
  if (expected === 'array') return 'write a list: [a, b]';
  if (expected === 'object' || expected === 'record') return 'write a map: { key: value }';
  return `write ${KINDS.get(expected) ?? expected}`;
}

function choice(values: readonly string[], node: YamlNode | undefined): Said {
  const text = node?.kind === 'scalar' ? String(node.value) : undefined;
  const sure = text === undefined ? undefined : onlyNearest(text, values);
  const list = values.join(', ');
  return {
    code: S.choice,
    message:
      text === undefined
        ? `this must be one of ${list}`
        : `\`${short(text)}\` is not one of ${list}`,
    help: choiceHelp(text, values),
    ...(sure !== undefined && {
      fix: (at) => ({ title: `write ${sure}`, edits: [replace(at, sure)] }),
    }),
  };
}

type BoundIssue = Extract<Issue, { code: 'too_small' | 'too_big' }>;

function bound(which: 'small' | 'big', issue: BoundIssue, node: YamlNode | undefined): Said {
  const limit = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const unit = UNITS.get(issue.origin) ?? '';
  const strict = issue.inclusive === false;
  const edge =
    which === 'small' ? (strict ? 'more than' : 'at least') : strict ? 'less than' : 'at most';
  const [few, many] = unit === '' ? ['small', 'large'] : ['short', 'long'];
  const value = node?.kind === 'scalar' && typeof node.value === 'number' ? node.value : 'this';
  return {
    code: S.value,
    message: `${value} is too ${which === 'small' ? few : many}`,
    help: `write ${edge} ${limit.toLocaleString('en')}${unit}`,
  };
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ['string', ' characters'],
  ['array', ' items'],
]);

/** Patterns of models/common.ts by what they are for. */
function format(
  issue: Extract<Issue, { code: 'invalid_format' }>,
  node: YamlNode | undefined,
): Said {
  const pattern = 'pattern' in issue ? String(issue.pattern) : '';
  const text = node?.kind === 'scalar' ? `\`${short(String(node.value))}\`` : 'this';
  if (pattern.startsWith('/^(?:0|[1-9]')) {
    const message = `${text} is not a version (SemVer 2.0.0)`;
    return { code: S.value, message, help: 'write three numbers in quotes, such as "1.0.0"' };
  }
  if (pattern.includes('\\.')) {
    const message = `${text} is not the name of a tool`;
    return { code: S.value, message, help: 'write `namespace.action` in lower case' };
  }
  if (pattern.startsWith('/^#')) {
    return {
      code: S.value,
      message: `${text} ${issue.message}`,
      help: 'nothing is fetched: copy it into `$defs`',
    };
  }
  const message = `${text} is not an id`;
  const help = 'write 2 to 48 of a-z, 0-9 and _, starting with a letter and not ending with _';
  return { code: S.value, message, help };
}

function expectedOf(branches: readonly Issue[][]): string {
  const kinds = branches.flatMap((branch) =>
    branch.flatMap((issue) =>
      issue.code === 'invalid_type' && issue.path.length === 0
        ? [KINDS.get(issue.expected) ?? issue.expected]
        : [],
    ),
  );
  return [...new Set(kinds)].join(', or ') || 'another value';
}

function kindOf(node: YamlNode | undefined): string {
  if (node?.kind === 'map') return 'a map';
  if (node?.kind === 'list') return 'a list';
  const value = node?.value;
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return `the text \`${short(value)}\``;
  return `${value}`;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** The place of a value; of the key that it should be below when it is missing. */
function placeOf(tree: YamlMap, path: readonly Step[]): Place {
  const own = nodeAt(tree, ...path);
  if (own) return own;
  for (let length = path.length - 1; length > 0; length--) {
    const parent = nodeAt(tree, ...path.slice(0, length - 1));
    const key = path[length - 1];
    if (parent?.kind === 'map' && typeof key === 'string') {
      const entry = parent.entries.get(key);
      if (entry) return entry.keyPlace;
    }
    const node = nodeAt(tree, ...path.slice(0, length));
    if (node) return { ...node, to: Math.min(node.to, node.from + 1) };
  }
  return { ...tree, to: Math.min(tree.to, tree.from + 1) };
}

/** What the schema says about the field at a path. */
function infoAt(schema: z.ZodType, path: readonly Step[]): ReturnType<typeof infoOf> {
  let at: z.ZodType | undefined = schema;
  let info = infoOf(schema);
  for (const step of path) {
    at = at && partAt(shapeOf(at), step);
    if (!at) return info;
    const own = infoOf(at);
    info = own.description === undefined ? info : own;
  }
  return info;
}

function partAt(shape: Shape, step: Step): z.ZodType | undefined {
  if (shape.kind === 'object') return typeof step === 'string' ? shape.fields.get(step) : undefined;
  if (shape.kind === 'record') return shape.value;
  if (shape.kind === 'list') return shape.item;
  if (shape.kind !== 'union') return undefined;
  for (const option of shape.options) {
    const part = partAt(shapeOf(option), step);
    if (part) return part;
  }
  return undefined;
}
