/** Fewest and most terms of the section Concepts (spec, capabilities 5). */
const TERMS = { least: 3, most: 7 } as const;
/** Words without which a rule says nothing that could be tested. */
const RULE_WORDS = 3;
/** Characters of a description that is taken from the text. */
const TAKEN_CHARS = 300;

type Needed = 'purpose' | 'concepts' | 'rules';

/** The lines of the sections that a skill must have; a section that is not there has none. */
type Sections = ReadonlyMap<Needed, readonly string[]>;

const TITLES: Readonly<Record<Needed, string>> = {
  purpose: 'Purpose',
  concepts: 'Concepts',
  rules: 'Rules',
};
/** Other sections that end one of these whatever their level: a skill may have them. */
const OTHERS: ReadonlySet<string> = new Set(['procedure', 'examples', 'references']);

const NUMBERED = /^ {0,3}\d{1,3}[.)][ \t]+(\S.*)$/;
const BULLET = /^ ?[-*+][ \t]+\S/;
const BOLD = /^ ?\*\*[^*\n]{1,200}\*\*/;
const ROW = /^ ?\|(?![\s:|-]*$)/;

/**
 * What is wrong with the sections of a skill's text: Purpose, Concepts with 3 to 7 terms, and Rules
 * with numbers are needed (spec, capabilities 5). All of it at once, in sentences; pure.
 */
export function sectionProblems(body: string): string[] {
  const sections = sectionsOf(body);
  const problems: string[] = [];
  for (const [key, title] of Object.entries(TITLES) as [Needed, string][]) {
    const lines = sections.get(key);
    if (!lines) problems.push(`it has no section ${title}`);
    else if (lines.every((line) => line.trim() === '')) {
      problems.push(`its section ${title} is empty`);
    } else if (key === 'concepts') problems.push(...conceptProblems(lines));
    else if (key === 'rules') problems.push(...ruleProblems(lines));
  }
  return problems;
}

/** The first paragraph of the section Purpose on one line; empty without one. */
export function purposeOf(body: string): string {
  const text = (sectionsOf(body).get('purpose') ?? []).join('\n').trim();
  const [paragraph = ''] = text.split(/\n[ \t]*\n/, 1);
  return paragraph.replace(/\s+/g, ' ').trim().slice(0, TAKEN_CHARS).toWellFormed();
}

function conceptProblems(lines: readonly string[]): string[] {
  const count = termsIn(lines);
  if (count >= TERMS.least && count <= TERMS.most) return [];
  return [
    `its section Concepts has ${count} terms, and ${TERMS.least} to ${TERMS.most} are wanted`,
  ];
}

/** Items of a list, headings, rows of a table, or lines that begin in bold: one form counts. */
function termsIn(lines: readonly string[]): number {
  const count = (form: RegExp): number => lines.filter((line) => form.test(line)).length;
  const items = count(BULLET) + count(NUMBERED);
  if (items > 0) return items;
  return Math.max(count(/^#{2,6}[ \t]+\S/), count(BOLD), count(ROW) - 1);
}

function ruleProblems(lines: readonly string[]): string[] {
  const rules = lines.flatMap((line) => NUMBERED.exec(line)?.[1] ?? []);
  if (rules.length === 0) return ['its rules have no numbers: 1., 2., ...'];
  const others = lines.some((line) => BULLET.test(line)) ? ['its rules are not all numbered'] : [];
  const thin = rules.flatMap((rule, index) =>
    rule.trim().split(/\s+/).length < RULE_WORDS ? [index + 1] : [],
  );
  if (thin.length === 0) return others;
  const which = thin.slice(0, 5).join(', ');
  return [...others, `its rules say too little to be tested: ${which}`];
}

/** Reads the sections; what is between marks of code is no heading. */
function sectionsOf(body: string): Sections {
  const sections = new Map<Needed, string[]>();
  let open: { lines: string[]; level: number } | undefined;
  for (const { line, isCode } of linesOf(body)) {
    const heading = isCode ? undefined : headingOf(line);
    if (heading && isNeeded(heading.word)) {
      const lines = sections.get(heading.word) ?? [];
      sections.set(heading.word, lines);
      open = { lines, level: heading.level };
    } else if (open && heading && endsAt(open, heading)) open = undefined;
    // Numbers and bullets in code are no rules and no terms.
    else open?.lines.push(isCode ? `\u00a0${line}` : line);
  }
  return sections;
}

function endsAt(open: { level: number }, { level, word }: Heading): boolean {
  return level <= open.level || OTHERS.has(word);
}

/** Each line, and whether it is code: between two lines of the same marks, or one of these. */
function linesOf(body: string): { line: string; isCode: boolean }[] {
  let fence: string | undefined;
  return body.split('\n').map((line) => {
    const mark = /^ {0,3}(```|~~~)/.exec(line)?.[1];
    const isCode = fence !== undefined || mark !== undefined;
    if (fence === undefined) fence = mark;
    else if (fence === mark) fence = undefined;
    return { line, isCode };
  });
}

interface Heading {
  /** 1 is the highest. */
  level: number;
  /** The first word of its title. */
  word: string;
}

function isNeeded(word: string): word is Needed {
  return Object.hasOwn(TITLES, word);
}

/** Level and first word of a heading: `## 2. **Rules**:` is `rules`. */
function headingOf(line: string): Heading | undefined {
  const match = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/.exec(line);
  if (!match) return undefined;
  const title = (match[2] ?? '').toLowerCase().replace(/^(?:\d{1,3}[.)][ \t]*)?[*_`]*/, '');
  return { level: match[1]?.length ?? 1, word: /^[a-z]+/.exec(title)?.[0] ?? '' };
}
