import { SKILL_LIMITS } from '../../models/skill.ts';
import { skillKey, WRITTEN_CHARS } from '../agent/skills.ts';
import { hasFrontMatter, readFrontMatter, writeFrontMatter } from './front-matter.ts';
import { purposeOf, sectionProblems } from './skill-sections.ts';

/** Words of a text that is worth a worker's attention; a shorter one says nothing (spec, runtime 4.4). */
export const LEAST_WORDS = 30;

/** A skill that a manager wrote, as it is kept. */
export interface WrittenSkill {
  /** Lower-case words with `-` between them, at most 64 characters. */
  name: string;
  /** One line, at most 1,024 characters. */
  description: string;
  version: string;
  /** The whole text: front matter that is written anew, and what was below it. */
  text: string;
}

/** What became of a text with front matter. */
export type ReadWritten =
  | { ok: true; skill: WrittenSkill; leftOut: readonly string[] }
  | { ok: false; name: string; problems: readonly string[] };

/** Fields that a generated skill must have (spec, capabilities 5), and those that are kept besides. */
const NEEDED = ['name', 'domain', 'scope', 'version'] as const;
const KEPT: ReadonlySet<string> = new Set([...NEEDED, 'description', 'license', 'compatibility']);
const SCOPES: ReadonlySet<string> = new Set(['project', 'agent']);
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const VERSION = /^\d{1,6}(?:\.\d{1,6}){0,2}$/;
/** Characters of the shorter fields. */
const FIELD_CHARS = 200;
/** Control characters but tab and line end. */
const CONTROL = /[^\t\n\u0020-\u007e\u0080-\u{10ffff}]|[\u0080-\u009f]/u;

/** Whether a text of a delegation is meant as a skill of its own, with front matter. */
export function isWrittenSkill(text: string): boolean {
  return hasFrontMatter(text);
}

/**
 * Holds a text with front matter against what a generated skill must be (spec, capabilities 5): its
 * fields, its sections, its size. Tells all that is wrong at once. Pure.
 */
export function readWrittenSkill(given: string): ReadWritten {
  const text = given
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .trim()
    .toWellFormed();
  if (text.length > WRITTEN_CHARS) {
    const name = shownName(readFrontMatter(text.slice(0, WRITTEN_CHARS)).fields.get('name'));
    const problems = [`it has ${text.length} characters, and ${WRITTEN_CHARS} are allowed`];
    return { ok: false, name, problems };
  }
  const { fields, body, problems: malformed } = readFrontMatter(text);
  const problems = [
    ...malformed,
    ...(CONTROL.test(text) ? ['it has control characters'] : []),
    ...(malformed.length > 0 && fields.size === 0 ? [] : fieldProblems(fields)),
    ...sectionProblems(body),
    ...(wordsOf(body) < LEAST_WORDS ? [`it has fewer than ${LEAST_WORDS} words`] : []),
  ];
  const name = skillKey(fields.get('name') ?? '');
  if (problems.length > 0) return { ok: false, name: shownName(fields.get('name')), problems };
  const version = fields.get('version') ?? '';
  const description = fields.get('description') || purposeOf(body);
  const kept = new Map([...fields, ['name', name], ['description', description]]);
  const head = writeFrontMatter([...kept].filter(([field]) => KEPT.has(field)));
  const leftOut = [...fields.keys()].filter((field) => !KEPT.has(field));
  return {
    ok: true,
    skill: { name, description, version, text: `${head}\n\n${body}\n` },
    leftOut,
  };
}

/** The version that the text of a kept skill has. */
export function versionIn(text: string): string {
  return readFrontMatter(text).fields.get('version') ?? '';
}

/** Whether one version is above another, both as skills have them: `1`, `1.2`, `1.2.3`. */
export function isAbove(version: string, other: string): boolean {
  const [left, right] = [version, other].map((one) => one.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const by = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (by !== 0) return by > 0;
  }
  return false;
}

/** Words of a text, as it is measured. */
export function wordsOf(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function fieldProblems(fields: ReadonlyMap<string, string>): string[] {
  const problems = NEEDED.filter((field) => (fields.get(field) ?? '') === '').map(
    (field) => `its front matter has no ${field}`,
  );
  const wrong = (field: string, why: string, isRight: (value: string) => boolean): void => {
    const value = fields.get(field);
    if (value !== undefined && value !== '' && !isRight(value)) problems.push(why);
  };
  wrong(
    'name',
    `its name must be lower-case words with - between them, ${SKILL_LIMITS.nameChars} characters at most`,
    (value) => NAME.test(skillKey(value)) && skillKey(value).length <= SKILL_LIMITS.nameChars,
  );
  wrong('scope', 'its scope must be project or agent', (value) => SCOPES.has(value));
  wrong('version', 'its version must be like 1.0.0', (value) => VERSION.test(value));
  wrong(
    'description',
    `its description has more than ${SKILL_LIMITS.descriptionChars} characters`,
    (value) => value.length <= SKILL_LIMITS.descriptionChars,
  );
  for (const field of ['domain', 'license', 'compatibility']) {
    const why = `its ${field} has more than ${FIELD_CHARS} characters`;
    wrong(field, why, (value) => value.length <= FIELD_CHARS);
  }
  return problems;
}

/** A name as the log has it when the skill cannot be used. */
function shownName(name = ''): string {
  return name.slice(0, SKILL_LIMITS.nameChars).toWellFormed() || 'unnamed';
}
