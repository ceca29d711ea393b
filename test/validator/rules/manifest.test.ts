import { describe, expect, it } from 'vitest';
import { folder, manifest, mended, said } from './write.ts';

describe('R1: the version', () => {
  const written = (awp: string): string => manifest().replace('"1.0.0"', awp);

  it.each(['"1.0.0"', "'1.0.0'", '1.0.0', '"1.2.3"', '"1.0.0-rc.1"', '"1.0.0+build.5"'])(
    'accepts %s',
    async (awp) => {
      expect(await said('R1', written(awp), { strict: true })).toEqual([]);
    },
  );

  it.each([
    ['1', '`awp` must be a text, not the number 1'],
    ['1.0', '`awp` must be a text, not the number 1.0'],
    ['true', '`awp` must be a text, not the boolean true'],
    ['[1, 0]', '`awp` must be a text, not a list'],
    ['{ major: 1 }', '`awp` must be a text, not a map'],
    ['"v1.0.0"', '`v1.0.0` is not a SemVer 2.0.0 version'],
    ['"1"', '`1` is not a SemVer 2.0.0 version'],
    ['"1.0.0.0"', '`1.0.0.0` is not a SemVer 2.0.0 version'],
    ['"01.0.0"', '`01.0.0` is not a SemVer 2.0.0 version'],
    ['"1.0.0-01"', '`1.0.0-01` is not a SemVer 2.0.0 version'],
    ['" 1.0.0"', '` 1.0.0` is not a SemVer 2.0.0 version'],
    ['"2.0.0"', 'version 2.0.0 of the protocol is not supported'],
    ['"0.9.0"', 'version 0.9.0 of the protocol is not supported'],
    ['"10.0.0"', 'version 10.0.0 of the protocol is not supported'],
  ])('refuses %s', async (awp, message) => {
    expect(await said('R1', written(awp))).toEqual([`error at ${awp}: ${message}`]);
  });

  it.each([
    ['no value', 'awp:\n'],
    ['null', 'awp: null\n'],
    ['no key', ''],
  ])('says that it is missing with %s', async (_, first) => {
    const text = `${first}workflow: { name: news-digest, version: 1.0.0, description: d }\n`;
    const [only, ...others] = await said('R1', text);
    expect(only).toMatch(/^error at .*: `awp` is missing$/);
    expect(others).toEqual([]);
  });

  it('reads "1.0" with a warning, which is an error under strict', async () => {
    const message = '`"1.0"` has two numbers; it is read as `"1.0.0"`';
    expect(await said('R1', written('"1.0"'))).toEqual([`warning at "1.0": ${message}`]);
    expect(await said('R1', written('"1.0"'), { strict: true })).toEqual([
      `error at "1.0": ${message}`,
    ]);
  });

  it.each(['1', '1.0', '"1.0"', '"v1.0.0"', '"v1"'])('mends %s', async (awp) => {
    expect(await mended('R1', written(awp))).toBe(manifest());
  });

  it.each(['"2.0.0"', '2', '"latest"'])('does not guess what %s was to be', async (awp) => {
    expect(await mended('R1', written(awp))).toBe(written(awp));
  });
});

describe('R2: the name of a workflow', () => {
  const long = `a${'b'.repeat(62)}c`;
  it.each(['ab', 'news-digest', 'news_digest2', 'constructor', long])(
    'accepts %s',
    async (name) => {
      expect(await said('R2', manifest('', name))).toEqual([]);
    },
  );

  it.each(['a', 'News', '2news', '-news', 'news-', 'news_', 'news digest', 'néws', `${long}d`])(
    'refuses %s',
    async (name) => {
      expect(await said('R2', manifest('', name))).toEqual([
        `error at ${name}: \`${name}\` cannot be the name of a workflow`,
      ]);
    },
  );

  it('refuses what is no text', async () => {
    expect(await said('R2', manifest('', '[news]'))).toHaveLength(1);
    expect(await said('R2', manifest('', '12'))).toHaveLength(1);
  });

  it('says once that it is missing', async () => {
    const text = 'awp: "1.0.0"\nworkflow: { version: 1.0.0, description: d }\n';
    expect(await said('R2', text)).toEqual(['error at workflow: `name` is missing']);
  });

  it.each([
    ['news-digest', 'news_digest'],
    ['news_digest', 'News-Digest'],
    ['news-digest', '01-news-digest'],
    ['news-digest', '7_news_digest'],
  ])('takes %s for the name of the folder %s', async (name, folderName) => {
    expect(
      await said('R2', folder(manifest('', name), { writer: '' }), { name: folderName }),
    ).toEqual([]);
  });

  it.each([
    ['news-digest', 'News Digest'],
    ['uberblick', 'Überblick'],
    ['report', '2024 report'],
    ['news-digest', 'n'],
  ])('notes that %s is as near as it can be to %s', async (name, folderName) => {
    const files = folder(manifest('', name), { writer: '' });
    const message = `at ${name}: the workflow is called \`${name}\`, its folder \`${folderName}\``;
    expect(await said('R2', files, { name: folderName })).toEqual([`info ${message}`]);
    expect(await said('R2', files, { name: folderName, profile: 'reference' })).toEqual([
      `error ${message}`,
    ]);
  });

  it('warns of another folder; the reference refuses it', async () => {
    const files = folder(manifest(), { writer: '' });
    const message = 'at news-digest: the workflow is called `news-digest`, its folder `weather`';
    expect(await said('R2', files, { name: 'weather' })).toEqual([`warning ${message}`]);
    expect(await said('R2', files, { name: 'weather', profile: 'reference' })).toEqual([
      `error ${message}`,
    ]);
  });
});
