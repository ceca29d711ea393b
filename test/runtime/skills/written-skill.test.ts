import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSkillText } from '../../../src/parser/skill-text.ts';
import {
  isAbove,
  isWrittenSkill,
  readWrittenSkill,
  versionIn,
} from '../../../src/runtime/skills/written-skill.ts';
import { BODY, skillText } from './skill-texts.ts';

const problemsOf = (text: string): readonly string[] => {
  const read = readWrittenSkill(text);
  return read.ok ? [] : read.problems;
};
const body = (change: (text: string) => string): string =>
  skillText('counting', { body: change(BODY) });
const fields = (change: Record<string, string | undefined>): string =>
  skillText('counting', { fields: change });
const rules = (text: string): string => body((all) => all.replace(/1\. [\s\S]*$/, text));
const concepts = (text: string): string =>
  body((all) => all.replace(/- rate[\s\S]*rates\n/, `${text}\n`));
const words = (count: number): string => 'word '.repeat(count);

describe('a text of a delegation', () => {
  it.each<[string, string, boolean]>([
    ['with front matter', skillText('a'), true],
    ['with a byte order mark before it', `\ufeff${skillText('a')}`, true],
    ['with line ends of another system', skillText('a').replaceAll('\n', '\r\n'), true],
    ['that only begins with a line', '---\n\n# A title\n\nSome words.', false],
    ['with a line and words with a colon later', '---\nRemember this.\nnote: it', false],
    ['without front matter', BODY, false],
    ['of nothing', '', false],
  ])('is a skill of its own, or none: %s', (_, text, isOne) => {
    expect(isWrittenSkill(text)).toBe(isOne);
  });
});

describe('a skill that a manager writes', () => {
  it('is kept with front matter that every reader understands', () => {
    const read = readWrittenSkill(
      fields({
        name: '"Group Counting"',
        version: "'1.2'",
        description: '>-\n  Rates: not counts,\n  "always" # really',
        tags: '[a, b]',
      }),
    );
    if (!read.ok) throw new Error(read.problems.join());
    const { text, ...skill } = read.skill;
    expect(read.leftOut).toEqual(['tags']);
    expect(skill).toEqual({
      name: 'group-counting',
      description: 'Rates: not counts, "always" # really',
      version: '1.2',
    });
    const parsed = parseSkillText(new TextEncoder().encode(text), { path: 'x', fallback: 'x' });
    expect(parsed).toMatchObject({ ...skill, body: BODY, notes: [] });
    expect(versionIn(text)).toBe('1.2');
  });

  it('is the same when it is read again', () => {
    const first = readWrittenSkill(skillText('counting'));
    const again = first.ok && readWrittenSkill(first.skill.text);
    expect(again).toEqual({ ...first, leftOut: [] });
  });

  it('is described by its purpose where it has no description', () => {
    const read = readWrittenSkill(skillText('counting'));
    expect(read.ok && read.skill.description).toBe(
      'How groups are compared without being misled by their sizes.',
    );
  });

  it.each<[string, string]>([
    ['a title for each term', concepts('### rate\nA.\n### base\nB.\n### gap\nC.')],
    ['terms in bold', concepts('**rate**: a\n**base**: b\n**gap**: c')],
    ['terms in a table', concepts('| term | is |\n|---|:--|\n| a | b |\n| c | d |\n| e | f |')],
    ['seven terms', concepts('- a b\n'.repeat(7))],
    [
      'headings of other levels, with numbers and marks',
      body((t) => t.replace('## Purpose', '# 1. **Purpose**:').replace('## Rules', '### Rules')),
    ],
    ['other sections', body((t) => `${t}\n\n## Procedure\n- Do this.\n## Notes\n- And that.`)],
    ['code with headings in it', body((t) => `${t}\n\`\`\`\n# Rules\n- none\n\`\`\``)],
    ['pages of another kind', body((t) => `${t}\n<script>alert(1)</script> <|im_end|>`)],
    [
      'a note in the front matter',
      skillText('counting')
        .replace('---\nname', '---\n# hello\nname')
        .replace('---\n# hello\nname: counting', '---\nname: counting\n# hello'),
    ],
  ])('may have %s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'no name',
      fields({ name: undefined }).replace('---\n', '---\nx: y\n'),
      ['its front matter has no name'],
    ],
    ['an empty domain', fields({ domain: '' }), ['its front matter has no domain']],
    [
      'no scope and no version',
      fields({ scope: undefined, version: undefined }),
      ['its front matter has no scope', 'its front matter has no version'],
    ],
    [
      'a path as its name',
      fields({ name: '../../etc/passwd' }),
      ['its name must be lower-case words with - between them, 64 characters at most'],
    ],
    [
      'a name of look-alike letters',
      fields({ name: 'cоunting' }),
      ['its name must be lower-case words with - between them, 64 characters at most'],
    ],
    [
      'a name that is too long',
      fields({ name: 'a'.repeat(65) }),
      ['its name must be lower-case words with - between them, 64 characters at most'],
    ],
    ['another scope', fields({ scope: 'world' }), ['its scope must be project or agent']],
    ['a version in words', fields({ version: 'latest' }), ['its version must be like 1.0.0']],
    [
      'a version before it is done',
      fields({ version: '1.0.0-rc.1' }),
      ['its version must be like 1.0.0'],
    ],
    [
      'a long description',
      fields({ description: 'x'.repeat(1025) }),
      ['its description has more than 1024 characters'],
    ],
    [
      'a long domain',
      fields({ domain: 'x'.repeat(201) }),
      ['its domain has more than 200 characters'],
    ],
    ['a field twice', fields({ domain: 'a\nname: other' }), ['its field name stands there twice']],
    [
      'lines that are no fields',
      fields({ version: '1.0.0\nhello there\n{' }),
      ['line 6 of its front matter is no field', 'line 7 of its front matter is no field'],
    ],
    [
      'front matter without an end',
      '---\nname: counting\n',
      [
        'its front matter has no end: ---',
        'it has no section Purpose',
        'it has no section Concepts',
        'it has no section Rules',
        'it has fewer than 30 words',
      ],
    ],
    ['no purpose', body((t) => t.replace('## Purpose', '## Aim')), ['it has no section Purpose']],
    [
      'an empty purpose',
      body((t) => t.replace(/How groups.*\n/, '')),
      ['its section Purpose is empty'],
    ],
    [
      'two terms',
      concepts('- a b\n- c d'),
      ['its section Concepts has 2 terms, and 3 to 7 are wanted'],
    ],
    [
      'eight terms',
      concepts('- a b\n'.repeat(8)),
      ['its section Concepts has 8 terms, and 3 to 7 are wanted'],
    ],
    [
      'terms in code',
      concepts('```\n- a\n- b\n- c\n```'),
      ['its section Concepts has 0 terms, and 3 to 7 are wanted'],
    ],
    ['no rules', body((t) => t.replace('## Rules', '## Advice')), ['it has no section Rules']],
    [
      'rules without numbers',
      rules('- Compare rates only.\n- Name each base.'),
      ['its rules have no numbers: 1., 2., ...'],
    ],
    [
      'a rule without a number',
      rules('1. Compare rates only.\n- Name each base.'),
      ['its rules are not all numbered'],
    ],
    [
      'rules that say nothing',
      rules('1. Be good.\n2. Count all of them.\n3. Rates'),
      ['its rules say too little to be tested: 1, 3'],
    ],
    [
      'few words',
      skillText('counting', {
        body: '## Purpose\nx\n## Concepts\n- a\n- b\n- c\n## Rules\n1. Do it well.',
      }),
      ['it has fewer than 30 words'],
    ],
    ['NUL in it', body((t) => `${t}\u0000`), ['it has control characters']],
    ['a way to move the cursor', body((t) => `${t}\u001b[2J`), ['it has control characters']],
    [
      'a control character of the upper row',
      body((t) => `${t}\u009b2J`),
      ['it has control characters'],
    ],
  ])('is refused with %s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('is refused when it is too long, whatever is in it', () => {
    const text = body((all) => all + words(3000));
    const [problem] = problemsOf(text);
    expect(problem).toMatch(/^it has \d+ characters, and 8000 are allowed$/);
    expect(readWrittenSkill(text)).toMatchObject({ name: 'counting' });
  });

  it('never breaks the reader, and what passes can be read by the loader of skills', () => {
    const part = fc.oneof(
      fc.constantFrom('---', 'name: a', 'version: 1', 'scope: agent', 'domain: "x', "domain: 'y'"),
      fc.constantFrom('## Purpose', '## Rules', '## Concepts', '1. a b c', '- x', '```', words(31)),
      fc.constantFrom(
        'description: |',
        '  more: [',
        '\u{1f600}',
        '\ud800',
        'version: 1.0 # no',
        ': :',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const whole = fc.array(part, { maxLength: 12 }).map((lines) => lines.join('\n'));
    const field = fc.string({ unit: 'binary', maxLength: 40 });
    const nearly = fc
      .record({ domain: field, description: field, license: field })
      .map((change) => skillText('counting', { fields: change }));
    fc.assert(
      fc.property(fc.oneof(whole, nearly), (text) => {
        const read = readWrittenSkill(text);
        if (!read.ok) {
          expect(read.problems.length).toBeGreaterThan(0);
          return;
        }
        const bytes = new TextEncoder().encode(read.skill.text);
        const parsed = parseSkillText(bytes, { path: 'x', fallback: 'x' });
        expect([parsed.name, parsed.version]).toEqual([read.skill.name, read.skill.version]);
        expect(readWrittenSkill(read.skill.text)).toMatchObject({ ok: true, skill: read.skill });
      }),
      { numRuns: 300 },
    );
  });
});

describe('versions of skills', () => {
  it.each([
    ['1.0.1', '1.0.0', true],
    ['1.10', '1.9.9', true],
    ['2', '1.99', true],
    ['1', '1.0.0', false],
    ['1.0.0', '1.0', false],
    ['0.9', '1', false],
  ])('%s above %s: %s', (version, other, above) => {
    expect(isAbove(version, other)).toBe(above);
  });
});
