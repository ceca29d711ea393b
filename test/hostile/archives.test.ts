import { describe, expect, it } from 'vitest';
import { PACKAGE_LIMITS } from '../../src/packager/limits.ts';
import { check } from '../packager/make-package.ts';
import {
  bytes,
  type TestArchive,
  type TestEntry,
  words,
  writeTestZip,
} from '../packager/zip-writer.ts';

const OK: TestEntry = { name: 'top/workflow.awp.yaml', data: 'awp: 1.0.0\n' };
const LINK = 0o120777 * 0x10000;
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const LIMITS = {
  ...PACKAGE_LIMITS,
  entries: 4,
  fileBytes: 1000,
  totalBytes: 2000,
  ratioFrom: 100,
  ratio: 10,
};

/** Every hostile archive has this entry first, so that there is something that could be written. */
const withOk = (...entries: TestEntry[]): Uint8Array => writeTestZip([OK, ...entries]);
const alone = (entry: Partial<TestEntry>, archive: TestArchive = {}): Uint8Array =>
  writeTestZip([{ ...OK, ...entry }], archive);
const NAME = 'top/workflow.awp.yaml';

describe('names that lead elsewhere are refused', () => {
  it.each([
    ['..', '../evil.txt'],
    ['.. further down', 'top/../../evil.txt'],
    ['an absolute path', '/etc/cron.d/evil'],
    ['a drive', 'C:/evil.txt'],
    ['a backslash', 'top\\..\\evil.txt'],
    ['NUL', 'top/evil\u0000.txt'],
    ['a line break', 'top/evil\n.txt'],
    ['a device of Windows', 'top/aux.md'],
    ['a stream of NTFS', 'top/a.md:hidden'],
    ['a dot at the end', 'top/workflow.awp.yaml.'],
    ['a space at the end', 'top/workflow.awp.yaml '],
    ['a mark of text direction', 'top/\u202Etxt.exe'],
    ['a name of 300 bytes', `top/${'x'.repeat(300)}`],
    ['40 folders', `${'d/'.repeat(40)}x`],
    ['an empty name', ''],
    ['only a slash', '/'],
  ])('%s', async (_, name) => {
    const { said, content } = await check(withOk({ name, data: 'x' }));
    expect(said[0]).toMatch(/^P2 .*this name cannot be used/s);
    expect(content).toBeUndefined();
  });

  it('a name that is no UTF-8', async () => {
    const name = new Uint8Array([0x74, 0x2f, 0xff, 0xfe]);
    expect((await check(withOk({ name }))).said).toEqual([
      'P2 t/ÿþ: its name is not written in UTF-8',
    ]);
  });

  it('tells all of them at once, and no more than a hundred', async () => {
    const names = Array.from({ length: 300 }, (_, index) => ({ name: `../${index}` }));
    expect((await check(withOk(...names))).said).toHaveLength(100);
  });
});

describe('what is no plain file is refused', () => {
  it.each<[string, Partial<TestEntry>]>([
    ['a link', { attributes: LINK, data: '/etc/passwd' }],
    ['a link, on another system', { attributes: LINK, madeBy: 0x0014 }],
    ['a device', { attributes: 0o020666 * 0x10000 }],
    ['a pipe', { attributes: 0o010666 * 0x10000 }],
    ['a socket', { attributes: 0o140666 * 0x10000 }],
    ['a folder with the name of a file', { attributes: 0o040755 * 0x10000 }],
    ['a file with the name of a folder', { name: 'top/a/', attributes: 0o100644 * 0x10000 }],
    ['a program that runs as its owner', { attributes: 0o104755 * 0x10000 }],
  ])('%s', async (_, entry) => {
    const name = 'top/evil';
    expect((await check(withOk({ name, ...entry }))).said).toEqual([
      expect.stringMatching(/^P3 top\/(evil|a\/): it /),
    ]);
  });

  it('a link and a file of the same name', async () => {
    const link = { name: 'top/a', data: '/etc', attributes: LINK };
    const { said } = await check(withOk(link, { name: 'top/a/passwd', data: 'x' }));
    expect(said).toEqual(['P3 top/a: it is a link']);
  });
});

describe('names that are the same somewhere are refused', () => {
  it.each([
    ['twice', 'top/a', 'top/a'],
    ['in another case', 'top/Readme', 'top/README'],
    ['in another coding', 'top/\u00e9', 'top/e\u0301'],
    ['a file and a folder', 'top/a', 'top/a/b'],
    ['folders in another case', 'top/A/x', 'top/a/y'],
    ['a folder twice', 'top/a/', 'top/a/'],
  ])('%s', async (_, one, other) => {
    const kind = (name: string) => ({
      name,
      attributes: (name.endsWith('/') ? 0o040755 : 0o100644) * 0x10000,
    });
    expect((await check(withOk(kind(one), kind(other)))).said).toEqual([
      expect.stringMatching(/^P4 top\/.*: its name is taken already, by `top\//),
    ]);
  });
});

describe('bombs are refused before they go off', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'too many entries',
      withOk(...'abcd'.split('').map((name) => ({ name }))),
      'P5 x.awp.zip: the archive has 5 entries',
    ],
    [
      'a file that is too large',
      withOk({ name: 'top/a', data: zeros(1001) }),
      'P5 top/a: it has 1001 bytes',
    ],
    [
      'a file that claims to be too large',
      withOk({ name: 'top/a', data: 'x', method: 8, size: 2 ** 31 }),
      'P5 top/a: it has 2147483648 bytes',
    ],
    [
      'a file that grows too much',
      withOk({ name: 'top/a', data: zeros(999), method: 8 }),
      'P5 top/a: it would grow',
    ],
    [
      'a file that claims to grow too much',
      withOk({ name: 'top/a', data: 'x', method: 8, size: 900 }),
      'P5 top/a: it would grow',
    ],
    [
      'too much together',
      withOk({ name: 'a', data: zeros(995) }, { name: 'b', data: zeros(995) }),
      'P5 x.awp.zip: the files have 2001 bytes',
    ],
    [
      'more than it claims',
      withOk({ name: 'top/a', data: zeros(5000), method: 8, size: 90 }),
      'P6 top/a: it has more than the 90 bytes',
    ],
    [
      'more than nothing',
      withOk({ name: 'top/a', data: 'xyz', method: 8, size: 0 }),
      'P6 top/a: it has more than the 0 bytes',
    ],
  ])('%s', async (_, archive, said) => {
    const { said: lines, content } = await check(archive, LIMITS);
    expect(lines[0]).toContain(said);
    expect(content).toBeUndefined();
  });

  it('accepts what is just within the limits', async () => {
    const files = [
      { name: 'top/a', data: zeros(1000) },
      { name: 'top/b', data: zeros(989) },
    ];
    const { said } = await check(withOk(...files), LIMITS);
    expect(said).toEqual(['P8 manifest.json: there is no manifest.json in the folder `top`']);
  });

  it('entries that share one piece of data', async () => {
    const shared = { name: 'top/b', data: zeros(100), offset: 0 };
    const { said } = await check(withOk({ name: 'top/a', data: zeros(100) }, shared));
    expect(said[0]).toMatch(/^P6 top\/b: the entry does not start where/);
  });
});

describe('archives that say two things are refused', () => {
  it.each<[string, Uint8Array, string]>([
    ['two names', alone({ local: { name: 'top/workflow.awp.yamx' } }), 'name different files'],
    ['two lengths of the name', alone({ local: { name: 'top/w' } }), 'name different files'],
    ['two sets of flags', alone({ local: { flags: 0x800 } }), 'differ in flags'],
    ['two methods', alone({ local: { method: 8 } }), 'differ in method'],
    ['two sums', alone({ local: { crc: 1 } }), 'differ in size or checksum'],
    ['two sizes', alone({ local: { size: 1 } }), 'differ in size or checksum'],
    ['two compressed sizes', alone({ local: { compressed: 1 } }), 'differ in size or checksum'],
    ['a wrong sum in both', alone({ crc: 1 }), 'another CRC'],
    ['a wrong size in both', alone({ method: 8, size: 20 }), 'has 11 bytes where 20 are claimed'],
    ['stored with two sizes', alone({ size: 12 }), 'claims 12 bytes, and 11 in the archive'],
    ['a folder with data', withOk({ name: 'top/a/', data: 'x', attributes: 0 }), 'claims 1 bytes'],
    ['no local header', alone({ offset: 1 }), 'does not start where'],
    [
      'a second name',
      alone({ extra: words([0x7075, 2], [1, 2], [0, 2]).subarray(0, 5) }),
      'second name',
    ],
    [
      'a second name in the local header',
      alone({ local: { extra: words([0x7075, 2], [0, 2]) } }),
      'second name',
    ],
    ['ZIP64 in the local header', alone({ local: { extra: words([1, 2], [0, 2]) } }), 'ZIP64'],
    ['a cut extra field', alone({ local: { extra: words([0x5455, 2], [9, 2]) } }), 'cut off'],
    ['a rest of an extra field', alone({ local: { extra: words([0x5455, 2]) } }), 'cut off'],
    [
      'something before the entries',
      alone({ offset: 0 }, { before: zeros(4) }),
      'has no local header',
    ],
    ['a program before the entries', alone({}, { before: zeros(4) }), 'does not start where'],
    [
      'something behind the entries',
      alone({}, { gap: zeros(4) }),
      'between the entries and the directory',
    ],
    [
      'something between entries',
      writeTestZip([{ ...OK, behind: zeros(3) }, { name: 'top/a' }]),
      'does not start where',
    ],
    [
      'something behind the end',
      alone({}, { behind: bytes('evil') }),
      'behind the end of the archive',
    ],
    ['a comment', alone({}, { comment: 'hello' }), 'behind the end of the archive'],
    ['a directory elsewhere', alone({}, { end: { directory: 3 } }), 'not where its end says'],
    [
      'something behind compressed data',
      alone({ method: 8, compressed: 16, behind: zeros(3) }),
      'behind its data',
    ],
    [
      'data that reaches into the directory',
      alone({ method: 8, compressed: 400 }),
      'reaches into the directory',
    ],
    ['a descriptor that is missing', alone({ flags: 8 }), 'behind its data does not fit'],
    [
      'a descriptor that differs',
      alone({ flags: 8, behind: zeros(16) }),
      'behind its data does not fit',
    ],
    [
      'a descriptor and other sizes before',
      alone({ flags: 8, local: { size: 4 }, behind: zeros(16) }),
      'differ in size',
    ],
  ])('%s', async (_, archive, said) => {
    const { said: lines, content } = await check(archive);
    expect(lines[0]).toMatch(/^P6 /);
    expect(lines[0]).toContain(said);
    expect(content).toBeUndefined();
  });

  it('an entry of which only the directory knows', async () => {
    const both = withOk({ name: 'top/b' });
    const first = writeTestZip([OK]).length - 22 - 46 - NAME.length;
    const second = 30 + 'top/b'.length;
    const archive = Buffer.concat([both.subarray(0, first), both.subarray(first + second)]);
    archive.writeUInt32LE(first, archive.length - 6);
    expect((await check(archive)).said).toEqual(['P6 top/b: its local header is cut off']);
  });
});

describe('features that nobody needs are refused', () => {
  it.each<[string, Uint8Array, string]>([
    ['encryption', alone({ flags: 1 }), 'it is encrypted'],
    ['strong encryption', alone({ flags: 0x41 }), 'encrypt'],
    ['patched data', alone({ flags: 0x20 }), 'a feature that is not known'],
    ['masked headers', alone({ flags: 0x2000 }), 'a feature that is not known'],
    ['bzip2', alone({ method: 12 }), 'method 12'],
    ['ZIP64 sizes', alone({ extra: words([1, 2], [0, 2]) }), 'ZIP64'],
    ['ZIP64 by the number of entries', alone({}, { end: { entries: 0xffff } }), 'ZIP64'],
    ['ZIP64 by the offset', alone({}, { end: { directory: 0xffffffff } }), 'ZIP64'],
    ['several disks', alone({}, { end: { disk: 1 } }), 'several disks'],
    ['entries on another disk', alone({}, { end: { here: 0, entries: 1 } }), 'several disks'],
  ])('%s', async (_, archive, said) => {
    const { said: lines } = await check(archive);
    expect(lines[0]).toMatch(/^P7 /);
    expect(lines[0]).toContain(said);
  });

  it('a ZIP64 locator at the end', async () => {
    const locator = words([0x07064b50, 4], [0, 4], [0, 4], [0, 4], [1, 4]);
    const archive = alone({});
    const end = archive.subarray(-22);
    const whole = new Uint8Array(Buffer.concat([archive.subarray(0, -22), locator, end]));
    expect((await check(whole)).said).toEqual(['P7 x.awp.zip: the archive is of the ZIP64 kind']);
  });
});

describe('what is no archive is refused', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', zeros(0), 'too short'],
    ['text', bytes('this is not an archive at all, only some text'), 'no ZIP archive'],
    ['an archive that was cut', alone({}).subarray(0, -30), 'cut short'],
    ['a directory that was overwritten', alone({}).with(52 + 11, 0x51), 'cannot be read'],
    [
      'data that does not inflate',
      alone({ method: 8 }).with(30 + NAME.length, 0xff),
      'it cannot be inflated',
    ],
    ['more entries than there are', alone({}, { end: { entries: 2 } }), 'cannot be read'],
  ])('%s', async (_, archive, said) => {
    const { said: lines } = await check(archive);
    expect(lines).toEqual([expect.stringMatching(/^P1 /)]);
    expect(lines[0]).toContain(said);
  });
});

describe('harmless differences are accepted', () => {
  const noManifest = 'P8 manifest.json: there is no manifest.json in the folder `top`';
  it.each<[string, Uint8Array]>([
    ['names marked as UTF-8', alone({ flags: 0x800 })],
    ['times in extra fields', alone({ extra: words([0x5455, 2], [1, 2], [0, 2]).subarray(0, 5) })],
    ['folders of their own', withOk({ name: 'top/', attributes: 0o040755 * 0x10000 })],
    ['no mode at all', alone({ attributes: 0, madeBy: 20 })],
    ['stored and deflated', withOk({ name: 'top/a', data: 'aaaaaaaaaa', method: 8 })],
    ['an empty deflated file', withOk({ name: 'top/a', data: '', method: 8 })],
  ])('%s', async (_, archive) => {
    expect((await check(archive)).said).toEqual([noManifest]);
  });

  it.each([true, false])('sizes behind the data, with a signature: %s', async (signed) => {
    const entry = { ...OK, flags: 8, local: { crc: 0, compressed: 0, size: 0 } };
    const crc = new DataView(writeTestZip([OK]).buffer).getUint32(14, true);
    const behind = words(
      ...(signed ? ([[0x08074b50, 4]] as [number, 4][]) : []),
      [crc, 4],
      [11, 4],
      [11, 4],
    );
    expect((await check(writeTestZip([{ ...entry, behind }, { name: 'top/b' }]))).said).toEqual([
      noManifest,
    ]);
  });
});
