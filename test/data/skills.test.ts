import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { type WorkflowSkills, workflowSkills } from '../../src/data/skill-sources.ts';
import { type ResolvedSkills, resolveSkills } from '../../src/data/skills.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { SKILL_LIMITS } from '../../src/models/skill.ts';
import { temporaryFolder } from '../make.ts';
import { writeTestZip } from '../packager/zip-writer.ts';

let folder: ReturnType<typeof temporaryFolder>;
let workflow: string;
let runFolder: string;

beforeEach(() => {
  folder = temporaryFolder();
  workflow = join(folder.path, 'sales');
  runFolder = join(folder.path, 'run');
  mkdirSync(workflow);
});
afterEach(() => folder[Symbol.dispose]());

function put(path: string, data: string | Uint8Array = 'Know this.'): string {
  const full = join(folder.path, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, data);
  return full;
}

const skill = (name: string, text = 'Know this.', more = ''): string =>
  `---\nname: ${name}\ndescription: About ${name}.\n${more}---\n${text}\n`;

function found(
  given: readonly string[],
  settings?: Partial<WorkflowSkills['settings']>,
): Promise<ResolvedSkills> {
  const { settings: defaults } = workflowSkills(workflow, undefined);
  const agentFolders = ['agents/manager', 'agents/manager/workflow'];
  const of = { folder: workflow, agentFolders, settings: { ...defaults, ...settings } };
  const real = nodeEffects();
  const home = { get: (name: string) => (name === 'AWP_CONFIG_HOME' ? folder.path : undefined) };
  return resolveSkills({
    given,
    workflow: settings && of,
    runFolder,
    effects: { ...real, secrets: { ...real.secrets, ...home } },
  });
}

const originsOf = ({ skills }: ResolvedSkills): string[] =>
  skills.map(({ name, origin }) => `${name} ${origin}`);
const textOf = (name: string): string => readFileSync(join(runFolder, `skills/${name}.md`), 'utf8');

describe('a skill that a run is given', () => {
  it.each<[string, () => string]>([
    ['a file', () => put('cleaning.md')],
    ['a folder', () => dirname(put('cleaning/SKILL.md'))],
    [
      'an archive',
      () => put('cleaning.zip', writeTestZip([{ name: 'SKILL.md', data: 'Know this.' }])),
    ],
    [
      'an archive of a folder',
      () => put('cleaning.skill', writeTestZip([{ name: 'c/SKILL.md', data: 'Know this.' }])),
    ],
    ['a file *.skill', () => put('cleaning.skill')],
    ['a folder of skills', () => dirname(dirname(put('many/cleaning/SKILL.md')))],
    [
      'a link',
      () => {
        symlinkSync(put('elsewhere.md', skill('cleaning')), join(folder.path, 'link.md'));
        return join(folder.path, 'link.md');
      },
    ],
  ])('may be %s', async (_, make) => {
    const { skills, notes } = await found([make()]);
    expect(skills).toEqual([
      {
        name: 'cleaning',
        description: expect.stringMatching(/^(Know this|About cleaning)\.$/),
        origin: 'given',
        chars: 10,
        sha256: sha256('Know this.'),
        path: 'skills/cleaning.md',
        files: ['skills/cleaning/SKILL.md'],
      },
    ]);
    expect(notes).toEqual([]);
    expect(textOf('cleaning')).toBe('Know this.');
    expect(existsSync(join(runFolder, 'inputs/skills/cleaning/SKILL.md'))).toBe(true);
  });

  it('has its files copied byte by byte and listed in its text, the short texts shown', async () => {
    const picture = new Uint8Array([0x89, 0x50, 0, 255]);
    put(
      'cleaning/SKILL.md',
      skill('cleaning', 'Know.', 'compatibility: Python 3\nallowed-tools: a.b\n'),
    );
    put('cleaning/references/rules.md', 'Rule one.');
    put('cleaning/references/long.md', 'x'.repeat(5000));
    put('cleaning/scripts/run.py', 'print(1)');
    put('cleaning/assets/a.png', picture);
    const { skills } = await found([join(folder.path, 'cleaning')]);
    expect(textOf('cleaning')).toBe(
      [
        'Know.',
        'Needs: Python 3',
        'Tools that it speaks of: a.b',
        [
          '## References',
          'Paths in this text start from inputs/skills/cleaning/. There is:',
          '- inputs/skills/cleaning/assets/a.png (4 bytes)',
          '- inputs/skills/cleaning/references/long.md (5000 bytes)',
          '- inputs/skills/cleaning/references/rules.md (9 bytes)',
          '- inputs/skills/cleaning/scripts/run.py (8 bytes)',
        ].join('\n'),
        '### references/rules.md\nRule one.',
      ].join('\n\n'),
    );
    for (const path of skills[0]?.files ?? []) {
      expect(existsSync(join(runFolder, 'inputs', path)), path).toBe(true);
    }
    const copied = readFileSync(join(runFolder, 'inputs/skills/cleaning/assets/a.png'));
    expect(new Uint8Array(copied)).toEqual(picture);
  });

  it('is cut where it is longer than a prompt may have, with the whole in a file', async () => {
    put('long/SKILL.md', 'x'.repeat(40_000));
    put('long/references/a.md', 'A.');
    const { skills, notes } = await found([join(folder.path, 'long')]);
    const text = textOf('long');
    expect(text.length).toBeLessThanOrEqual(SKILL_LIMITS.textChars);
    expect(skills[0]?.chars).toBe(text.length);
    expect(text).toMatch(
      /x\n\n\(\d+ characters more are in inputs\/skills\/long\/SKILL\.md\)\n\n## Ref/,
    );
    expect(notes).toEqual([
      expect.stringMatching(/^the text of the skill long was cut by \d+ char/),
    ]);
  });

  it('lists some of many files, and shows references only as long as they fit', async () => {
    put('many/SKILL.md', 'x'.repeat(20_000));
    for (let n = 10; n < 90; n++)
      put(`many/references/${n}-${'n'.repeat(60)}.md`, 'y'.repeat(3000));
    await found([join(folder.path, 'many')]);
    const text = textOf('many');
    expect(text).toMatch(/\n- and \d+ more\n/);
    expect(text.match(/^### /gm)?.length).toBeLessThan(5);
    expect(text.length).toBeLessThanOrEqual(SKILL_LIMITS.textChars);
  });

  it.each<[string, string, () => string]>([
    ['is nowhere', 'skill/not-found', () => join(folder.path, 'nothing')],
    [
      'is a link to nothing',
      'skill/not-found',
      () => {
        symlinkSync('gone', join(folder.path, 'link'));
        return join(folder.path, 'link');
      },
    ],
    [
      'is an empty folder',
      'skill/not-found',
      () => {
        mkdirSync(join(folder.path, 'empty'));
        return join(folder.path, 'empty');
      },
    ],
    ['is a program', 'skill/bad', () => put('a.py')],
    [
      'is an archive of something else',
      'skill/not-found',
      () => put('a.zip', writeTestZip([{ name: 'README.md', data: 'x' }])),
    ],
    ['is no archive', 'skill/bad', () => put('a.zip', 'x')],
    [
      'has a file beside it that leads out',
      'skill/bad',
      () => {
        put('x/SKILL.md');
        symlinkSync('/etc/passwd', join(folder.path, 'x/a'));
        return join(folder.path, 'x');
      },
    ],
  ])('that %s ends the run before it starts', async (_, code, make) => {
    await expect(found([make()])).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(existsSync(runFolder)).toBe(false);
  });
});

describe('a skill that cannot be read', () => {
  it.each(['list', 'readBytes', 'info'] as const)('is named when %s fails', async (door) => {
    const real = nodeEffects();
    put('x/SKILL.md');
    const files = {
      ...real.files,
      [door]: () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })),
    };
    const given = [join(folder.path, 'x')];
    await expect(
      resolveSkills({ given, runFolder, effects: { ...real, files } }),
    ).rejects.toMatchObject({ code: 'skill/bad', message: expect.stringContaining(given[0]!) });
  });
});

describe('a folder of skills', () => {
  it('gives each of them, also those of folders within it, and leaves out what is none', async () => {
    put('all/a/SKILL.md');
    put('all/b.md');
    put('all/README.md');
    put('all/tool.py');
    put('all/.hidden/SKILL.md');
    put('all/team/c/SKILL.md');
    put('all/team/notes.md');
    put('all/drafts/skill.md');
    const { skills, notes } = await found([join(folder.path, 'all')]);
    expect(skills.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(notes).toEqual([`${join(folder.path, 'all')}/drafts has no SKILL.md and was left out`]);
  });

  it('is refused when one of its skills is a link that leads out', async () => {
    put('all/a/SKILL.md');
    put('secret/SKILL.md');
    symlinkSync('../secret', join(folder.path, 'all/b'));
    await expect(found([join(folder.path, 'all')])).rejects.toMatchObject({ code: 'skill/bad' });
  });

  it('has at most fifty', async () => {
    for (let n = 0; n <= SKILL_LIMITS.skills; n++) put(`all/s${n}.md`);
    await expect(found([join(folder.path, 'all')])).rejects.toMatchObject({
      code: 'skill/too-large',
      message: 'there are 51 skills; 50 are allowed',
    });
  });
});

describe('the skills of a workflow', () => {
  beforeEach(() => {
    put('given/SKILL.md', skill('given'));
    put('sales/agents/manager/extra.md', skill('extra'));
    put('sales/agents/manager/workflow/skills/own.md', skill('own'));
    put('sales/skills/team/SKILL.md', skill('team'));
    put('sales/skills_basis/basis.md', skill('basis'));
    put('skills/outside/SKILL.md', skill('outside', 'Know this.', 'version: 1.2.0\n'));
    put('skills/unnamed/SKILL.md', skill('unnamed'));
  });

  it('come from all sources, best first', async () => {
    const given = [join(folder.path, 'given')];
    const settings = { agent_specific: ['extra.md'], external: ['outside'] };
    expect(originsOf(await found(given, settings))).toEqual([
      'given given',
      'extra agent',
      'own agent',
      'team shared',
      'basis foundation',
      'outside external',
    ]);
  });

  it.each([
    ['foundation', { foundation: false }, ['own agent', 'team shared']],
    ['shared', { shared: false }, ['own agent', 'basis foundation']],
  ])('leave %s out when it is switched off', async (_, settings, names) => {
    expect(originsOf(await found([], settings))).toEqual(names);
  });

  it('of equal names are those of the better source, which is noted', async () => {
    put('same/SKILL.md', skill('own', 'Given.'));
    put('sales/skills/own/SKILL.md', skill('own', 'Shared.'));
    put('sales/skills_basis/team.md', skill('team', 'Basis.'));
    const result = await found([join(folder.path, 'same')], {});
    expect(originsOf(result)).toEqual(['own given', 'team shared', 'basis foundation']);
    expect(textOf('own')).toBe('Given.');
    expect(result.notes).toEqual([
      `agents/manager/workflow/skills/own.md is not used: ${join(folder.path, 'same')} has the name own, too`,
      `skills/own is not used: ${join(folder.path, 'same')} has the name own, too`,
      'skills_basis/team.md is not used: skills/team has the name team, too',
    ]);
  });

  it.each([
    [['foundation', 'shared', 'agent_specific'], 'Agent.'],
    [['agent_specific', 'foundation', 'shared'], 'Shared.'],
    [['agent_specific', 'shared', 'foundation'], 'Basis.'],
    [['foundation'], 'Basis.'],
  ])('of equal names are, in the order %j, those loaded last', async (load_order, text) => {
    put('sales/agents/manager/workflow/skills/one.md', skill('one', 'Agent.'));
    put('sales/skills/one.md', skill('one', 'Shared.'));
    put('sales/skills_basis/one.md', skill('one', 'Basis.'));
    await found([], { load_order });
    expect(textOf('one')).toBe(text);
  });

  it('say what of an order is no source', async () => {
    const { notes } = await found([], { load_order: ['team'] });
    expect(notes).toEqual(['load_order names "team", which is no source of skills']);
  });

  it('of an agent are found from its folders and from the root, and named twice are one', async () => {
    put('sales/agents/manager/workflow/deep.md', skill('deep'));
    const settings = { agent_specific: ['deep.md', 'skills/team', '../../skills/team'] };
    const result = await found([], settings);
    expect(originsOf(result)).toEqual([
      'deep agent',
      'team agent',
      'own agent',
      'basis foundation',
    ]);
    expect(result.notes).toEqual([]);
  });

  it('of the user have the version that is wanted', async () => {
    const at = (version: string) => ({ external: [{ name: 'outside', version }] });
    expect(originsOf(await found([], at('1.2.0')))).toContain('outside external');
    await expect(found([], at('2.0.0'))).rejects.toMatchObject({
      code: 'skill/not-found',
      message: 'external: outside has the version 1.2.0, and 2.0.0 is wanted',
    });
  });

  it('need no folder of the user when none of it is named', async () => {
    const effects = { ...nodeEffects(), secrets: { get: () => undefined } };
    const of = workflowSkills(workflow, undefined);
    const { skills } = await resolveSkills({ workflow: of, runFolder, effects });
    expect(skills.map(({ name }) => name)).toEqual(['team', 'basis']);
  });

  it.each<[string, Partial<WorkflowSkills['settings']>, string]>([
    ['an agent names and there is none', { agent_specific: ['gone.md'] }, 'skill/not-found'],
    ['an agent names outside', { agent_specific: ['../../../given'] }, 'skill/bad'],
    ['an agent names by an absolute path', { agent_specific: ['/etc/passwd'] }, 'skill/bad'],
    ['the user does not have', { external: ['gone'] }, 'skill/not-found'],
    ['is a path', { external: ['../given'] }, 'skill/bad'],
    ['is a path, with a version', { external: [{ name: 'a/b', version: '1' }] }, 'skill/bad'],
  ])('that %s ends the run before it starts', async (_, settings, code) => {
    await expect(found([], settings)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(existsSync(runFolder)).toBe(false);
  });

  it.each([
    ['skills', '../given'],
    ['skills_basis', '/etc'],
    ['agents/manager/workflow/skills', '../../../../given'],
  ])('are refused when %s is a link that leads out', async (path, target) => {
    execFileSync('rm', ['-r', join(workflow, path)]);
    symlinkSync(target, join(workflow, path));
    await expect(found([], {})).rejects.toMatchObject({ code: 'skill/bad' });
  });

  it('leave nothing behind when there are none', async () => {
    const result = await found([]);
    expect(result).toEqual({ skills: [], agentSkills: new Map(), notes: [] });
    expect(existsSync(runFolder)).toBe(false);
  });
});

describe('skills in the folder of a run', () => {
  it('end the run when the disk is full, after the last write', async () => {
    const real = nodeEffects();
    put('x/SKILL.md');
    for (let n = 0; n < 20; n++) put(`x/assets/${n}`);
    let open = 0;
    const write = async (path: string, data: string | Uint8Array): Promise<void> => {
      open += 1;
      await real.files.write(path, data).finally(() => (open -= 1));
      if (path.endsWith('/3')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    const effects = { ...real, files: { ...real.files, write } };
    const given = [join(folder.path, 'x')];
    await expect(resolveSkills({ given, runFolder, effects })).rejects.toMatchObject({
      code: 'store/full',
    });
    expect(open).toBe(0);
  });

  it('do not take the place of an input', async () => {
    const input = put('run/inputs/skills', 'an input of this name');
    const { skills } = await found([put('a.md')]);
    expect(skills[0]?.files).toEqual(['skills-2/a/SKILL.md']);
    expect(readFileSync(input, 'utf8')).toBe('an input of this name');
    expect(readdirSync(join(runFolder, 'inputs/skills-2'))).toEqual(['a']);
  });
});

describe('the example', () => {
  const EXAMPLE = resolve(import.meta.dirname, '../../examples/skills');

  it('has skills of the workflow and of its manager', async () => {
    const loaded = await loadWorkflow(EXAMPLE);
    const of = workflowSkills(EXAMPLE, loaded.workflow.agents.get('agents/manager'));
    const result = await resolveSkills({ workflow: of, runFolder, effects: nodeEffects() });
    expect(originsOf(result)).toEqual([
      'comparing-groups agent',
      'data-cleaning shared',
      'report-style shared',
    ]);
    expect(result.notes).toEqual([]);
    expect(textOf('data-cleaning')).toContain('### references/gaps.md\n');
  });
});
