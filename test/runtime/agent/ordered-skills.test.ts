import { describe, expect, it } from 'vitest';
import type { PlanSkill } from '../../../src/events/plan.ts';
import { type MadeSkills, orderedSkills } from '../../../src/runtime/agent/ordered-skills.ts';
import { readWrittenSkill } from '../../../src/runtime/skills/written-skill.ts';
import { testPlan } from '../../make.ts';
import { BODY, skillText } from '../skills/skill-texts.ts';

const names = ['data-cleaning', 'style'];
const skills = names.map(
  (name): PlanSkill => ({
    ...{ name, description: '', files: [], chars: 1, sha256: '', path: '' },
    origin: 'shared',
  }),
);
const plan = testPlan({}, { skills });
const root = { agentKey: undefined };
const words = (count: number, more = ''): string => `${'word '.repeat(count - 1)}last${more}`;

describe('the skills that a delegation asks for', () => {
  it.each<[string, readonly string[] | undefined, readonly string[], readonly string[]]>([
    ['none', undefined, [], []],
    ['an empty list', [], [], []],
    ['names in any spelling, each once', ['Data cleaning', 'style', 'STYLE'], names, []],
    ['blanks', [' ', 'style '], ['style'], []],
    [
      'a name that is nearly one',
      ['stile'],
      [],
      ['there is no skill "stile", did you mean style?'],
    ],
    ['a name like no other', ['physics'], [], ['there is no skill "physics"']],
    ['a text of thirty words', [words(30)], [words(30)], []],
    [
      'texts that are too short',
      [words(29), 'be short and clear'],
      [],
      ['2 skill texts of fewer than 30 words were left out'],
    ],
  ])('%s', (_, asked, kept, notes) => {
    expect(orderedSkills(plan, root, { asked })).toMatchObject({ skills: kept, notes });
  });

  it('are bounded in number and size, and the manager is told', () => {
    const texts = Array.from({ length: 12 }, (_, n) => words(30, `${n}${'x'.repeat(9000)}`));
    const many = Array.from({ length: 25 }, (_, n) => `s${n}`);
    const known = many.map((name) => ({ ...skills[0]!, name }));
    const found = orderedSkills(testPlan({}, { skills: known }), root, {
      asked: [...many, ...texts],
    });
    expect(found.notes).toEqual(['only 10 skill texts were taken', 'only 20 skills were taken']);
    expect(found.skills).toHaveLength(30);
    expect(found.skills.at(-1)).toMatch(/x\n\(\d+ characters were cut\)$/);
    expect(Math.max(...found.skills.map(({ length }) => length))).toBeLessThan(8100);
  });

  it('are not taken where the manager may not choose', () => {
    const fixed = testPlan({ managerControls: ['instructions'] }, { skills });
    expect(orderedSkills(fixed, root, { asked: ['style'] })).toMatchObject({
      skills: [],
      notes: ['skills are not yours to choose'],
    });
  });
});

/** A skill as it is kept. */
function kept(text: string): string {
  const read = readWrittenSkill(text);
  if (!read.ok) throw new Error(read.problems.join());
  return read.skill.text;
}

const made: MadeSkills = {
  texts: new Map([['rates', kept(skillText('rates'))]]),
  kept: 1,
};
const newer = skillText('rates', {
  fields: { version: '1.1' },
  body: `${BODY}\n3. Say where each number is from.`,
});
const other = skillText('rates', { body: `${BODY}\n3. Say where each number is from.` });

describe('skills that a delegation brings', () => {
  it.each<[string, string[], string[], string[]]>([
    ['are named, and kept for others', [skillText('gaps')], ['gaps'], ['gaps']],
    ['are named by others', ['Rates'], ['rates'], []],
    ['are kept once', [skillText('gaps'), skillText('Gaps')], ['gaps'], ['gaps']],
    ['are not kept again', [skillText('rates')], ['rates'], []],
    ['replace an earlier version', [newer], ['rates'], ['rates']],
  ])('%s', (_, asked, skills, created) => {
    const found = orderedSkills(plan, root, { asked, made });
    expect(found).toMatchObject({ skills, notes: [], refused: [] });
    expect(found.created.map(({ name }) => name)).toEqual(created);
  });

  it.each<[string, string, string, string]>([
    [
      'another text with the same version',
      other,
      'rates',
      'there is one of this name: another text needs a version above 1.0.0',
    ],
    [
      'the name of a skill of the author',
      skillText('style'),
      'style',
      'the run began with a skill of this name',
    ],
    [
      'a form that is wrong',
      skillText('gaps', { fields: { scope: 'all' }, body: BODY.replace('## Rules', '## Hints') }),
      'gaps',
      'its scope must be project or agent; it has no section Rules',
    ],
  ])('are texts for this worker alone with %s', (_, text, name, why) => {
    const found = orderedSkills(plan, root, { asked: [text], made });
    const notes = [`the skill "${name}" is not kept for others: ${why}`];
    expect(found).toEqual({
      ...{ skills: [text], notes, created: [] },
      refused: [{ name, problems: why.split('; ') }],
    });
  });

  it('are left out when they are wrong and say nothing', () => {
    const asked = ['---\nname: x\n---\nBe good.'];
    const { skills: given, refused, notes } = orderedSkills(plan, root, { asked, made });
    expect([given, refused.length, notes.length]).toEqual([[], 1, 2]);
  });

  it('cannot have the name of a skill that an agent of a graph has', () => {
    const agents = { writer: { skills: [{ ...skills[0]!, name: 'tone' }] } };
    const graph = { ...plan, agents } as unknown as typeof plan;
    const { refused } = orderedSkills(graph, root, { asked: [skillText('tone')] });
    expect(refused).toEqual([
      { name: 'tone', problems: ['the run began with a skill of this name'] },
    ]);
  });

  it('are ten in a delegation and twenty in a run', () => {
    const asked = Array.from({ length: 12 }, (_, n) => skillText(`gap-${n}`));
    const ten = orderedSkills(plan, root, { asked, made });
    expect(ten.created).toHaveLength(10);
    expect(ten.notes).toEqual(['only 10 skill texts were taken']);
    const full = orderedSkills(plan, root, {
      asked: asked.slice(0, 3),
      made: { ...made, kept: 18 },
    });
    expect(full.created.map(({ name }) => name)).toEqual(['gap-0', 'gap-1']);
    expect(full.refused).toEqual([
      {
        name: 'gap-2',
        problems: ['20 skills were written in this run, and more are not kept'],
      },
    ]);
  });

  it('are near to names that are nearly theirs', () => {
    const { notes } = orderedSkills(plan, root, { asked: ['rate'], made });
    expect(notes).toEqual(['there is no skill "rate", did you mean rates?']);
  });
});
