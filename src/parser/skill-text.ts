import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { isNull, plainValue } from '../base/yaml-node.ts';
import { SKILL_LIMITS } from '../models/skill.ts';
import { parseYaml } from './parse-yaml.ts';

/** What a `SKILL.md` says. */
export interface SkillText {
  /** Lower-case words with `-` between them, at most 64 characters. */
  name: string;
  /** One line; empty when nothing can be said. */
  description: string;
  /** What follows the front matter. */
  body: string;
  version: string | undefined;
  /** What it needs of its surroundings, in words. */
  compatibility: string | undefined;
  /** Tools that it speaks of; none of them is granted by that. */
  tools: readonly string[];
  /** What was changed, in sentences. */
  notes: readonly string[];
}

/** Where a text comes from. */
export interface SkillPlace {
  /** As messages name the file. */
  path: string;
  /** The name when the front matter has none: of the folder, or the file without its ending. */
  fallback: string;
}

/** C0 control characters but tab and line ends, and DEL. */
const CONTROL = /[^\t\n\f\r\u0020-\u007e\u0080-\u{10ffff}]/u;
/** Characters of a description that is taken from the text. */
const TAKEN_CHARS = 300;

/** Bytes as a text, or undefined when they are none: no UTF-8, or with control characters. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text.replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}

/**
 * Reads a skill in the format of Agent Skills (front matter with `name`, `description`, `license`,
 * `compatibility`, `metadata`, `allowed-tools`) with the fields of the protocol (`domain`, `scope`,
 * `version`; spec, capabilities 5). Other fields may be there. Throws `skill/bad` with the line.
 */
export function parseSkillText(bytes: Uint8Array, place: SkillPlace): SkillText {
  const text = textOf(bytes);
  if (text === undefined) {
    throw bad(place.path, 'it is no text in UTF-8', 'save it as UTF-8, without control characters');
  }
  const { fields, body } = split(text, place.path);
  if (body === '') {
    throw bad(place.path, 'it has no text', 'write what is to be known below the front matter');
  }
  checkTypes(fields, place.path);
  const notes: string[] = [];
  return {
    name: nameOf(fields, { ...place, text, notes }),
    description: describe(fields, body, { path: place.path, notes }),
    body,
    version: fields.version === undefined ? undefined : String(fields.version),
    compatibility: line(fields.compatibility),
    tools: toolsOf(fields['allowed-tools']),
    notes,
  };
}

/** A name that can be a folder and be told apart in a list; empty when nothing of it is left. */
export function skillSlug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SKILL_LIMITS.nameChars + 1)
    .replace(/^-+/, '')
    .slice(0, SKILL_LIMITS.nameChars)
    .replace(/-+$/, '');
}

function bad(path: string, why: string, hint: string): AwpError {
  return new AwpError('skill/bad', `the skill ${path} cannot be used: ${why}`, { hint });
}

/** The front matter stands between two lines of `---`, the first of which is the first line. */
function split(text: string, path: string): { fields: JsonObject; body: string } {
  if (!/^---[ \t]*\n/.test(text)) return { fields: {}, body: text.trim() };
  const start = text.indexOf('\n');
  const end = /^---[ \t]*(?:\n|$)/gm;
  end.lastIndex = start + 1;
  const closing = end.exec(text);
  if (!closing) {
    throw bad(path, 'its front matter has no end', 'close it with a line of three dashes: ---');
  }
  // The line break of the first line stays, so that places are those of the file.
  const fields = frontMatter(text.slice(start, closing.index), path);
  return { fields, body: text.slice(end.lastIndex).trim() };
}

function frontMatter(text: string, path: string): JsonObject {
  const { tree, diagnostics } = parseYaml(text, path);
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  if (wrong) {
    throw bad(path, `line ${wrong.range.start.line}: ${wrong.message}`, wrong.help);
  }
  if (tree === undefined || isNull(tree)) return {};
  const value = plainValue(tree);
  if (isObject(value)) return value;
  throw bad(path, 'its front matter is no map of fields', 'write fields such as name: my-skill');
}

const isText = (value: Json): boolean => typeof value === 'string';
const isScalar = (value: Json): boolean => ['string', 'number'].includes(typeof value);
const isTexts = (value: Json): boolean =>
  isText(value) || (Array.isArray(value) && value.every(isText));

/** The known fields: what each must be, in words and as a check. */
const TYPES: Readonly<Record<string, readonly [string, (value: Json) => boolean]>> = {
  name: ['a text', isText],
  description: ['a text', isText],
  license: ['a text', isText],
  compatibility: ['a text', isText],
  metadata: ['a map', isObject],
  'allowed-tools': ['a text or a list of texts', isTexts],
  domain: ['a text', isText],
  scope: ['a text', isText],
  version: ['a text or a number', isScalar],
};

function checkTypes(fields: JsonObject, path: string): void {
  for (const [name, [what, fits]] of Object.entries(TYPES)) {
    const value = fields[name];
    if (value === null) delete fields[name];
    else if (value !== undefined && !fits(value)) {
      throw bad(path, `the field ${name} must be ${what}`, `correct ${name} in its front matter`);
    }
  }
}

/** The name as it is written, or one that can be used and a note. */
function nameOf(
  { name }: JsonObject,
  { path, fallback, text, notes }: SkillPlace & { text: string; notes: string[] },
): string {
  const given = typeof name === 'string' && name.trim() !== '' ? name.trim() : fallback;
  const slug = skillSlug(given) || skillSlug(fallback) || `skill-${sha256(text).slice(0, 8)}`;
  if (slug !== given) notes.push(`the skill ${JSON.stringify(given)} (${path}) is called ${slug}`);
  return slug;
}

/** The description, else the first paragraph below the heading Purpose, else the first of all. */
function describe(
  { description }: JsonObject,
  body: string,
  { path, notes }: { path: string; notes: string[] },
): string {
  const given = line(description);
  if (given !== undefined) {
    if (given.length <= SKILL_LIMITS.descriptionChars) return given;
    notes.push(`the description of ${path} was cut to ${SKILL_LIMITS.descriptionChars} characters`);
    return given.slice(0, SKILL_LIMITS.descriptionChars).toWellFormed();
  }
  const purpose = /^#+[ \t]*purpose[ \t]*$/im.exec(body);
  const from = purpose ? body.slice(purpose.index + purpose[0].length) : body;
  const paragraph = from.split(/\n[ \t]*\n/).find((part) => !/^\s*(#|```|~~~|$)/.test(part));
  return line(paragraph)?.slice(0, TAKEN_CHARS).toWellFormed() ?? '';
}

/** A text on one line; undefined when there is nothing on it. */
function line(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.replace(/\s+/g, ' ').trim() || undefined;
}

function toolsOf(value: Json | undefined): string[] {
  const texts = Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
  return texts.flatMap((text) => String(text).split(/[\s,]+/)).filter((name) => name !== '');
}
