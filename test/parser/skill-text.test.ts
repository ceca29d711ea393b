import { describe, expect, it } from 'vitest';
import { SKILL_LIMITS } from '../../src/models/skill.ts';
import { parseSkillText, type SkillText, skillSlug } from '../../src/parser/skill-text.ts';

const place = { path: 'skills/x/SKILL.md', fallback: 'x' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): SkillText => parseSkillText(bytes(text), place);
const front = (fields: string, body = 'Know this.'): string => `---\n${fields}\n---\n\n${body}\n`;

describe('the text of a skill', () => {
  it('has the fields of Agent Skills and of the protocol, and others beside them', () => {
    const text = read(
      front(
        [
          'name: pdf-forms',
          'description: Fills in forms.',
          'license: Apache-2.0',
          'compatibility: Needs Python 3.11',
          'metadata: { author: example, version: "1.0" }',
          'allowed-tools: file.read code.execute',
          'domain: documents',
          'scope: project',
          'version: 1.2',
          'anything: [else]',
        ].join('\n'),
        '# Forms\n\nRead the form first.',
      ),
    );
    expect(text).toEqual({
      name: 'pdf-forms',
      description: 'Fills in forms.',
      body: '# Forms\n\nRead the form first.',
      version: '1.2',
      compatibility: 'Needs Python 3.11',
      tools: ['file.read', 'code.execute'],
      notes: [],
    });
  });

  it.each([
    ['a list of tools', 'allowed-tools: [a.b, c.d]', ['a.b', 'c.d']],
    ['tools between commas', 'allowed-tools: a.b, c.d', ['a.b', 'c.d']],
    ['no tools', 'allowed-tools:', []],
  ])('may have %s', (_, fields, tools) => {
    expect(read(front(fields)).tools).toEqual(tools);
  });

  it.each([
    ['no front matter', '# Know\n\nThis.', '# Know\n\nThis.'],
    ['an empty front matter', '---\n---\nThis.', 'This.'],
    ['one of comments', '---\n# nothing\n---\nThis.', 'This.'],
    ['line ends of Windows', '---\r\nname: x\r\n---\r\nThis.\r\nAnd that.', 'This.\nAnd that.'],
    ['a byte order mark', '\uFEFF---\nname: x\n---\nThis.', 'This.'],
    ['a rule in its body', '---\nname: x\n---\nThis.\n\n---\n\nThat.', 'This.\n\n---\n\nThat.'],
    ['the end of its front matter at its end', '---\nname: x\n---\nThis.\n---', 'This.\n---'],
  ])('may have %s', (_, text, body) => {
    expect(read(text)).toMatchObject({ name: 'x', body });
  });

  it.each([
    [
      'the paragraph below Purpose',
      '# A\n\nFirst.\n\n## Purpose\n\nTurn a\nto b.\n\nMore.',
      'Turn a to b.',
    ],
    ['else the first paragraph', '# A\n\n```js\n1\n```\n\nFirst.', 'First.'],
    ['else nothing', '# A', ''],
  ])('is described by %s when it says nothing itself', (_, body, description) => {
    expect(read(front('name: x', body)).description).toBe(description);
  });

  it('has a description on one line, cut where it is longer than allowed', () => {
    expect(read(front('description: >-\n  one\n\n  two')).description).toBe('one two');
    const { description, notes } = read(front(`description: ${'x'.repeat(2000)}`));
    expect(description).toHaveLength(SKILL_LIMITS.descriptionChars);
    expect(notes).toEqual(['the description of skills/x/SKILL.md was cut to 1024 characters']);
  });

  it.each([
    ['Data Cleaning', 'data-cleaning'],
    ['Übersicht_für Käufer', 'ubersicht-fur-kaufer'],
    ['../../etc/passwd', 'etc-passwd'],
    ['a--b', 'a-b'],
    ['"\\u0007;rm -rf"', 'rm-rf'],
    ['x'.repeat(80), 'x'.repeat(64)],
    ['データ', 'x'],
  ])('with the name %j is called %s, which is noted', (given, name) => {
    const text = read(front(`name: ${given}`));
    expect(text.name).toBe(name);
    expect(text.notes).toEqual([expect.stringContaining(`(skills/x/SKILL.md) is called ${name}`)]);
  });

  it('gets a name from its content when it has none that can be used', () => {
    const text = parseSkillText(bytes('Know this.'), { path: 'データ.md', fallback: 'データ' });
    expect(text.name).toMatch(/^skill-[0-9a-f]{8}$/);
    expect(skillSlug('---')).toBe('');
  });

  it.each([
    ['no text below the front matter', '---\nname: x\n---\n \n', 'it has no text'],
    ['nothing at all', '', 'it has no text'],
    ['a front matter without an end', '---\nname: x\n', 'its front matter has no end'],
    ['a front matter that is a list', '---\n- x\n---\nThis.', 'its front matter is no map'],
    ['wrong YAML', '---\nname: x\ndescription: a: b\n---\nThis.', 'line 3: '],
    ['a key twice', '---\nname: x\nname: y\n---\nThis.', 'line 3: '],
    ['a NUL', 'Know \0 this.', 'it is no text in UTF-8'],
    ['an escape sequence', 'Know \u001b[2J this.', 'it is no text in UTF-8'],
    ['a name that is a list', front('name: [a]'), 'the field name must be a text'],
    ['a description that is a number', front('description: 1'), 'description must be a text'],
    ['a license that is a map', front('license: {a: b}'), 'license must be a text'],
    ['a compatibility that is a list', front('compatibility: [a]'), 'compatibility must be a text'],
    ['metadata that is a text', front('metadata: a'), 'metadata must be a map'],
    ['tools that are numbers', front('allowed-tools: [1]'), 'must be a text or a list of texts'],
    ['a version that is a list', front('version: [1]'), 'version must be a text or a number'],
    ['a scope that is true', front('scope: true'), 'scope must be a text'],
    ['a domain that is a map', front('domain: {a: b}'), 'domain must be a text'],
  ])('is refused with %s', (_, text, message) => {
    const why = expect.stringContaining(`the skill skills/x/SKILL.md cannot be used: `);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'skill/bad', message: why }));
    expect(() => read(text)).toThrow(message);
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => parseSkillText(new Uint8Array([0x41, 0xff]), place)).toThrow(/no text in UTF-8/);
  });
});
