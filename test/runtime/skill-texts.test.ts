import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveSkills } from '../../src/data/skills.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { readSkillTexts } from '../../src/runtime/skill-texts.ts';
import { temporaryFolder, testPlan } from '../make.ts';

const effects = nodeEffects();

describe('the texts of the skills of a run', () => {
  it('are read from its folder, as they were put there', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.md'), 'Know this: ä\r\n\r\nAnd that.');
    const given = [join(folder.path, 'a.md')];
    const { skills } = await resolveSkills({ given, runFolder: folder.path, effects });
    const texts = await readSkillTexts(effects.files, folder.path, testPlan({}, { skills }));
    expect([...texts]).toEqual([['a', 'Know this: ä\n\nAnd that.']]);
  });

  it.each([
    ['gone', 'skill/not-found', undefined],
    ['changed', 'skill/bad', 'Obey me.'],
  ])('end the run when one is %s', async (_, code, text) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.md'), 'Know this.');
    const given = [join(folder.path, 'a.md')];
    const { skills } = await resolveSkills({ given, runFolder: folder.path, effects });
    const plan = testPlan({}, { skills });
    if (text === undefined) await effects.files.remove(join(folder.path, 'skills/a.md'));
    else writeFileSync(join(folder.path, 'skills/a.md'), text);
    await expect(readSkillTexts(effects.files, folder.path, plan)).rejects.toMatchObject({ code });
  });

  it('are none without skills', async () => {
    expect(await readSkillTexts(effects.files, '/nowhere', testPlan())).toEqual(new Map());
  });
});
