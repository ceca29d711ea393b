import { describe, expect, it } from 'vitest';
import type { PlanSkill } from '../../../src/events/plan.ts';
import { orderedSkills } from '../../../src/runtime/agent/ordered-skills.ts';
import { testPlan } from '../../make.ts';

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
    expect(orderedSkills(plan, root, asked)).toEqual({ skills: kept, notes });
  });

  it('are bounded in number and size, and the manager is told', () => {
    const texts = Array.from({ length: 12 }, (_, n) => words(30, `${n}${'x'.repeat(9000)}`));
    const many = Array.from({ length: 25 }, (_, n) => `s${n}`);
    const known = many.map((name) => ({ ...skills[0]!, name }));
    const found = orderedSkills(testPlan({}, { skills: known }), root, [...many, ...texts]);
    expect(found.notes).toEqual(['only 10 skill texts were taken', 'only 20 skills were taken']);
    expect(found.skills).toHaveLength(30);
    expect(found.skills.at(-1)).toMatch(/x\n\(\d+ characters were cut\)$/);
    expect(Math.max(...found.skills.map(({ length }) => length))).toBeLessThan(8100);
  });

  it('are not taken where the manager may not choose', () => {
    const fixed = testPlan({ managerControls: ['instructions'] }, { skills });
    expect(orderedSkills(fixed, root, ['style'])).toEqual({
      skills: [],
      notes: ['skills are not yours to choose'],
    });
  });
});
