import { describe, expect, it } from 'vitest';
import type { SandboxJob, SandboxLimit } from '../../src/ports/sandbox.ts';
import type { BoxEnd } from '../../src/sandboxes/box.ts';
import type { Frame } from '../../src/sandboxes/frames.ts';
import { neverStarted, toExecution } from '../../src/sandboxes/outcome.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const launch = { spec: { command: '/the/box', args: [], env: {} }, watchTasks: false };
const policy = { ...POLICY, files: 3, fileBytes: 100, filesBytes: 150 };
const frame = (kind: string, name = '', payload = ''): Frame => ({
  ...{ kind, name },
  payload: Buffer.from(payload),
});
const DONE = frame('D');

/** What becomes of an end; everything that is not said is as after a good program. */
function told(end: Partial<BoxEnd>, job: Partial<SandboxJob> = {}) {
  const whole: BoxEnd = {
    ...{ code: 0, started: true, stopped: undefined, stdout: '', stderr: '' },
    ...{ frames: [DONE], hit: [], requests: undefined },
    ...end,
  };
  const rest = { code: '', timeoutMs: 1000, inputs: undefined, shared: undefined, output: [] };
  const all: SandboxJob = { language: 'python', policy, ...rest, ...job };
  return toExecution(whole, { launch, job: all, signal: new AbortController().signal }, 5);
}

describe('the outcome of a program', () => {
  it('is its own exit code, texts and time, when nothing stopped it', () => {
    const done = told({ code: 3, stdout: 'out', stderr: 'err' });
    expect(done).toEqual({
      ...{ exitCode: 3, stdout: 'out', stderr: 'err', ms: 5 },
      ...{ limits: [], files: [], notes: [] },
    });
  });

  it.each<[number, SandboxJob['language'], Partial<BoxEnd>, SandboxLimit | undefined]>([
    [134, 'javascript', { stderr: 'FATAL ERROR: heap out of memory' }, 'memory'],
    [134, 'typescript', { stderr: 'FATAL ERROR: heap out of memory' }, 'memory'],
    [134, 'javascript', { stderr: 'Aborted' }, undefined],
    [134, 'python', { stderr: 'heap out of memory' }, undefined],
    [137, 'python', { hit: ['memory'] }, 'memory'],
    [137, 'python', { hit: ['processes'] }, undefined],
    [137, 'python', {}, undefined],
    [1, 'python', { hit: ['memory'] }, undefined],
    [152, 'python', {}, 'cpu'],
    [152, 'javascript', {}, 'cpu'],
    [153, 'python', {}, 'file-size'],
    [1, 'python', {}, undefined],
  ])('with code %i of %s and %j is stopped by %s', (code, language, end, stopped) => {
    const done = told({ code, ...end }, { language });
    expect(done.stopped).toBe(stopped);
    expect(done.exitCode).toBe(stopped === undefined ? code : undefined);
    if (stopped) expect(done.limits).toContain(stopped);
  });

  it.each<[string, BoxEnd['stopped'], readonly SandboxLimit[]]>([
    ['files', 'files', ['files']],
    ['disk', 'disk', ['disk']],
    ['whatever', 'files', ['files']],
  ])('is what the collector stopped it for: %s', (name, stopped, limits) => {
    const done = told({ code: 137, frames: [frame('X', name), DONE] });
    expect(done).toMatchObject({ stopped, limits, exitCode: undefined });
  });

  it('is what the host stopped it for, whatever its code and the collector say', () => {
    const done = told({ code: 152, stopped: 'timeout', frames: [frame('X', 'disk'), DONE] });
    expect(done).toMatchObject({ stopped: 'timeout', exitCode: undefined, limits: ['timeout'] });
    expect(told({ code: 143, stopped: 'cancelled' })).toMatchObject({ limits: [] });
  });

  it('is an error of the box when nothing was started, with what it said', () => {
    const early = frame('W', '', 'bwrap: no permissions\n');
    expect(() => told({ started: false, code: 1, frames: [early], stderr: 'more' })).toThrow(
      expect.objectContaining({
        code: 'sandbox/broken',
        message: 'the box could not be started: bwrap: no permissions\nmore',
        hint: expect.stringContaining('/the/box'),
      }),
    );
    expect(() => told({ started: false, code: 7, frames: [] })).toThrow('exit code 7');
    expect(told({ started: false, stopped: 'cancelled', frames: [] }).stopped).toBe('cancelled');
    expect(neverStarted()).toMatchObject({ stopped: 'cancelled', limits: [], files: [], ms: 0 });
  });
});

describe('signs of a limit in what a failed program printed', () => {
  it.each<[string, SandboxLimit]>([
    ['OSError: [Errno 24] Too many open files: x', 'open-files'],
    ["Error: EMFILE: too many open files, open '/dev/null'", 'open-files'],
    ['OSError: [Errno 27] File too large', 'file-size'],
    ['Error: EFBIG: file too large, write', 'file-size'],
    ['OSError: [Errno 28] No space left on device', 'disk'],
    ['Error: ENOSPC: no space left on device, write', 'disk'],
    ["RuntimeError: can't start new thread", 'processes'],
    ['BlockingIOError: [Errno 11] Resource temporarily unavailable', 'processes'],
    ['Error: spawn /bin/true EAGAIN', 'processes'],
    ['Error: spawnSync /bin/true EAGAIN', 'processes'],
    ['MemoryError', 'memory'],
    ['RangeError: Array buffer allocation failed', 'memory'],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'memory'],
  ])('%s', (stderr, limit) => {
    expect(told({ code: 1, stderr }).limits).toEqual([limit]);
    // One that ended well has coped with it.
    expect(told({ code: 0, stderr }).limits).toEqual([]);
  });

  it('are none in words of other things', () => {
    const stderr = 'ValueError: the file is too large for us; spawned again; memory errors: 0';
    expect(told({ code: 1, stderr }).limits).toEqual([]);
  });

  it('are not looked for where a program wrote on purpose: in its standard output', () => {
    expect(told({ code: 1, stdout: 'MemoryError' }).limits).toEqual([]);
  });

  it('count besides what was really met, each once', () => {
    const end = { code: 137, stderr: 'MemoryError', hit: ['memory', 'tool-calls'] as const };
    expect(told(end).limits.toSorted()).toEqual(['memory', 'tool-calls']);
  });
});

describe('files that come out of a box', () => {
  const file = (name: string, text = 'x'): Frame => frame('F', name, text);
  const names = (done: ReturnType<typeof told>) => done.files.map(({ path }) => path);

  it('are sorted, the last of one name counts, and unchanged ones are left out', () => {
    const output = [{ path: 'a/./old.txt', bytes: Buffer.from('same') }];
    const frames = [
      file('z.txt'),
      file('b.txt', '1'),
      file('b.txt', '2'),
      file('a/old.txt', 'same'),
    ];
    const done = told({ frames: [...frames, DONE] }, { output });
    expect(done.files).toEqual([
      { path: 'b.txt', bytes: Buffer.from('2') },
      { path: 'z.txt', bytes: Buffer.from('x') },
    ]);
    const changed = told({ frames: [file('a/old.txt', 'other'), DONE] }, { output });
    expect(names(changed)).toEqual(['a/old.txt']);
  });

  it.each([
    '../up.txt',
    '/etc/passwd',
    'a/../../b',
    '',
    'a\0b',
    'C:\\x',
    `${'d/'.repeat(3000)}x`,
    'x'.repeat(256),
  ])('with the path %j are left out, with a note', (name) => {
    const done = told({ frames: [file(name), file('good.txt'), DONE] });
    expect(names(done)).toEqual(['good.txt']);
    expect(done.notes).toEqual([expect.stringMatching(/^left out ".*": ./)]);
    expect(done.notes[0]?.length).toBeLessThan(600);
  });

  it.each<[SandboxLimit, readonly Frame[], readonly string[]]>([
    ['files', ['a', 'b', 'c', 'd'].map((name) => file(name)), ['a', 'b', 'c']],
    ['file-size', [file('a', 'x'.repeat(101)), file('b')], ['b']],
    ['disk', [file('a', 'x'.repeat(90)), file('b', 'x'.repeat(61)), file('c')], ['a', 'c']],
  ])('beyond the limit of %s are left out, and the limit is told', (limit, frames, kept) => {
    const done = told({ frames: [...frames, DONE] });
    expect(names(done)).toEqual(kept);
    expect(done).toMatchObject({ exitCode: 0, limits: [limit] });
    expect(done.notes).toHaveLength(1);
  });

  it.each<[string, readonly SandboxLimit[]]>([
    ['left out 7 more files: only 10 may be handed back', ['files']],
    ['output/ has more than 20000 entries of output', ['files']],
    ['left out x: it has 9 of the limit of 8 bytes', ['disk']],
    ['left out a link', []],
  ])('with the note %j tell of %j', (note, limits) => {
    expect(told({ frames: [frame('N', note), DONE] })).toMatchObject({ notes: [note], limits });
  });

  it('are not complete when the collector has not come to its end', () => {
    const done = told({ code: 9, frames: [file('a')] });
    expect(done.notes).toEqual(['the box ended before all files could be collected']);
    expect(names(done)).toEqual(['a']);
    expect(told({ stopped: 'timeout', frames: [] }).notes).toEqual([]);
  });

  it('have notes of bounded length', () => {
    expect(told({ frames: [frame('N', 'x'.repeat(9000)), DONE] }).notes[0]).toHaveLength(400);
  });
});
