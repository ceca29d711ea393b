import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeSignal, orAborted } from '../../src/base/concurrency.ts';
import { AwpError, toAwpError } from '../../src/base/errors.ts';
import { canonicalJson, depthOf, parseJson } from '../../src/base/json.ts';
import { fileSafe, matchesTool, normalPath, pathProblem } from '../../src/base/paths.ts';
import { formatDuration, parseDuration, runId } from '../../src/base/time.ts';

describe('paths', () => {
  it.each([
    ['a/b.txt', undefined],
    ['', 'empty'],
    ['/etc/x', 'relative'],
    ['C:x', 'relative'],
    ['../x', 'leaves'],
    ['a/../../x', 'leaves'],
    ['a\\b', '/'],
    ['a\nb', 'control'],
    [`a/${'é'.repeat(200)}`, '255 bytes'],
    ['x'.repeat(2000), 'longer'],
  ])('%j: %s', (path, problem) => {
    if (problem === undefined) expect(pathProblem(path)).toBeUndefined();
    else expect(pathProblem(path)).toContain(problem);
  });

  it('made safe stay in their folder, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const safe = fileSafe(text);
        expect(safe).not.toMatch(/^\.|[/\\\s]/);
        expect(pathProblem(safe)).toBeUndefined();
      }),
    );
  });

  it('without a problem stay below their root when they are normal', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (pathProblem(text) !== undefined) return;
        expect(normalPath(text).split('/')).not.toContain('..');
      }),
    );
  });

  it.each([
    ['file.*', 'file.read', true],
    ['*.*', 'shell.execute', true],
    ['*', 'shell.execute', false],
    ['file.r*d', 'file.read', true],
    ['a+*', 'aa.b', false],
    ['file.*', 'file.read\n', true],
    ['file.read', 'file.read\n', false],
    ['*.read', 'memory.x.read', false],
  ])('the pattern %j and the tool %j: %s', (pattern, name, matches) => {
    expect(matchesTool(pattern, name)).toBe(matches);
  });
});

describe('JSON of strangers', () => {
  it('is parsed without keys that reach a prototype, and numbers stay finite', () => {
    const value = parseJson('{"__proto__": {"x": 1}, "constructor": 1, "a": [1e999]}');
    expect(value).toEqual({ a: [null] });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    ['no JSON', '{a}'],
    ['too deep', '['.repeat(100) + ']'.repeat(100)],
    ['too long', `"${'x'.repeat(9_000_000)}"`],
  ])('is refused when it is %s', (_, text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  it('has the depth of its brackets, those in texts left out', () => {
    expect(depthOf('{"a": [1, "[[[\\"[["], "b": {}}')).toBe(2);
  });

  it('has one canonical text, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned as never)).toBe(canonicalJson(value as never));
      }),
    );
  });
});

describe('time', () => {
  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['3', 3000],
    ['soon', undefined],
    ['-1s', undefined],
  ])('%j is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [850, '850ms'],
    [4100, '4.1s'],
    [72_000, '1m12s'],
    [7_500_000, '2h05m'],
  ])('%i ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('orders run ids', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    expect(runId(1_000_000, bytes) < runId(1_004_000, bytes)).toBe(true);
    expect(runId(Date.now(), bytes)).toMatch(/^r-[0-9a-z]{10}$/);
  });
});

describe('waiting', () => {
  it('is woken by the next change, also when it comes before the wait begins', async () => {
    const signal = new ChangeSignal();
    const { changed } = signal;
    signal.notify();
    await expect(changed).resolves.toBeUndefined();
  });

  it('ends with the reason of a signal', async () => {
    const stop = new AbortController();
    const waiting = orAborted(new Promise(() => {}), stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(orAborted(Promise.resolve(1), stop.signal)).rejects.toThrow('enough');
    await expect(orAborted(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
  });
});

it('anything thrown becomes an error with a code, and ours stay what they are', () => {
  const ours = new AwpError('store/full', 'x');
  expect(toAwpError(ours)).toBe(ours);
  expect(toAwpError('text')).toMatchObject({ code: 'internal/bug', family: 'internal' });
});
