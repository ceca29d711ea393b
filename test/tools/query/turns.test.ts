import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/tools/query/turns.ts';

const never = new AbortController().signal;

/** Work that says when it begins and ends when it is told to. */
function works(turns: Turns, began: string[]) {
  return (name: string, signal: AbortSignal = never) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = turns.take(signal, () => {
      began.push(name);
      return promise;
    });
    return { done, end: () => resolve(name) };
  };
}

const settled = async (): Promise<void> => {
  for (let count = 0; count < 20; count++) await Promise.resolve();
};

describe('turns', () => {
  it('let so many go on at once, and the others in the order they came', async () => {
    const began: string[] = [];
    const start = works(new Turns(2), began);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => start(name));
    await settled();
    expect(began).toEqual(['a', 'b']);
    b?.end();
    expect(await b?.done).toBe('b');
    await settled();
    expect(began).toEqual(['a', 'b', 'c']);
    a?.end();
    c?.end();
    await settled();
    d?.end();
    expect(await Promise.all([a?.done, c?.done, d?.done])).toEqual(['a', 'c', 'd']);
  });

  it('pass over whoever gave up, and go on after work that failed', async () => {
    const began: string[] = [];
    const turns = new Turns(1);
    const start = works(turns, began);
    const stop = new AbortController();
    const failing = turns.take(never, async () => {
      await settled();
      throw new Error('broken');
    });
    const given = start('given up', stop.signal);
    const last = start('last');
    stop.abort(new Error('enough'));
    await expect(given.done).rejects.toThrow('enough');
    await expect(failing).rejects.toThrow('broken');
    await settled();
    last.end();
    expect(await last.done).toBe('last');
    expect(began).toEqual(['last']);
  });

  it('are not lost when the work is given up just as its turn comes', async () => {
    const began: string[] = [];
    const turns = new Turns(1);
    const start = works(turns, began);
    const stop = new AbortController();
    const first = start('first');
    const second = start('second', stop.signal);
    const third = start('third');
    await settled();
    first.end();
    stop.abort(new Error('enough'));
    await first.done;
    await second.done.catch(() => {});
    second.end();
    third.end();
    expect(await third.done).toBe('third');
  });
});
