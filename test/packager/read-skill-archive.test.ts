import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SKILL_LIMITS } from '../../src/models/skill.ts';
import { readSkillArchive } from '../../src/packager/read-skill-archive.ts';
import { temporaryFolder } from '../make.ts';
import { type TestEntry, writeTestZip } from './zip-writer.ts';

const MAIN: TestEntry = { name: 'SKILL.md', data: 'Know this.' };
const withMain = (...entries: TestEntry[]): Uint8Array => writeTestZip([MAIN, ...entries]);
const LINK = 0o120777 * 0x10000;
const zeros = (count: number): Uint8Array => new Uint8Array(count);

/** The archive that is all zeros inside, layer by layer: 42 kB that would become petabytes. */
function nested(layers: number): Uint8Array {
  let inner: Uint8Array = zeros(1_000_000);
  for (let layer = 0; layer < layers; layer++) {
    inner = writeTestZip([{ name: 'SKILL.md', data: inner, method: 8 }]);
  }
  return inner;
}

describe('the archive of a skill', () => {
  it.each([
    ['its files', ['SKILL.md', 'references/a.md'], ['SKILL.md', 'references/a.md']],
    [
      'one folder around them',
      ['x/SKILL.md', 'x/references/a.md'],
      ['SKILL.md', 'references/a.md'],
    ],
    ['what macOS adds', ['x/SKILL.md', '__MACOSX/x/._SKILL.md', 'x/.DS_Store'], ['SKILL.md']],
    ['two folders', ['x/SKILL.md', 'y/a.md'], ['x/SKILL.md', 'y/a.md']],
    ['a folder in a folder', ['x/y/SKILL.md'], ['y/SKILL.md']],
    ['nothing', [], []],
  ])('has %s', async (_, names, paths) => {
    const archive = writeTestZip(names.map((name) => ({ name, data: 'x' })));
    expect([...(await readSkillArchive(archive, 'x.zip')).keys()]).toEqual(paths);
  });

  it('can be written by the zip program', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'cleaning/references'), { recursive: true });
    writeFileSync(join(folder.path, 'cleaning/SKILL.md'), 'Know this. '.repeat(100));
    writeFileSync(join(folder.path, 'cleaning/references/a.md'), 'A.');
    execFileSync('zip', ['-qr', 'cleaning.skill', 'cleaning'], { cwd: folder.path });
    const files = await readSkillArchive(
      new Uint8Array(readFileSync(join(folder.path, 'cleaning.skill'))),
      'cleaning.skill',
    );
    expect([...files.keys()].sort()).toEqual(['SKILL.md', 'references/a.md']);
  });

  it.each<[string, Uint8Array]>([
    ['a name that leads up', withMain({ name: '../x' })],
    ['a name that leads up further down', withMain({ name: 'a/../../x' })],
    ['an absolute name', withMain({ name: '/etc/cron.d/x' })],
    ['a drive', withMain({ name: 'C:/x' })],
    ['a NUL in a name', withMain({ name: 'a\0.md' })],
    ['a link', withMain({ name: 'references/a.md', data: '/etc/passwd', attributes: LINK })],
    ['a device', withMain({ name: 'a', attributes: 0o020666 * 0x10000 })],
    ['one name twice', withMain(MAIN)],
    ['names that differ in case', withMain({ name: 'skill.md' })],
    ['names that differ in coding', withMain({ name: '\u00e9' }, { name: 'e\u0301' })],
    ['an encrypted entry', withMain({ name: 'a', flags: 1, data: 'x' })],
    ['another method', withMain({ name: 'a', method: 12, data: 'x' })],
    ['a size that is a lie', withMain({ name: 'a', data: zeros(9999), method: 8, size: 10 })],
    ['a wrong checksum', withMain({ name: 'a', data: 'x', crc: 1 })],
    ['bytes before it', writeTestZip([MAIN], { before: zeros(4) })],
    ['bytes behind it', writeTestZip([MAIN], { behind: zeros(4) })],
    ['no archive in it', new TextEncoder().encode('PK nothing of the kind')],
    ['nothing in it', zeros(0)],
  ])('is refused with %s', async (_, archive) => {
    await expect(readSkillArchive(archive, 'x.zip')).rejects.toMatchObject({
      code: 'skill/bad',
      message: expect.stringMatching(/^the skill x\.zip cannot be used: /),
    });
  });

  it.each<[string, Uint8Array]>([
    ['a file that grows a thousand times', nested(1)],
    ['a SKILL.md of 50 MB', writeTestZip([{ ...MAIN, data: zeros(50_000_000), method: 8 }])],
    [
      'more bytes than a skill may have',
      withMain(...['a', 'b'].map((name) => ({ name, data: zeros(6_000_000) }))),
    ],
    [
      'more entries than are looked at',
      withMain(...Array.from({ length: SKILL_LIMITS.entries }, (_, n) => ({ name: `${n}` }))),
    ],
    [
      '65,000 entries',
      writeTestZip(Array.from({ length: 65_000 }, (_, n) => ({ name: `a/${n}` }))),
    ],
    ['more bytes than are read', zeros(SKILL_LIMITS.bytes + 1024 * 1024 + 1)],
  ])('is too large with %s', async (_, archive) => {
    await expect(readSkillArchive(archive, 'x.zip')).rejects.toMatchObject({
      code: 'skill/too-large',
    });
  });

  it('within an archive is a file like any other', async () => {
    const files = await readSkillArchive(nested(2), 'x.zip');
    expect(files.get('SKILL.md')?.length).toBeLessThan(10_000);
  });
});
