import { describe, expect, it } from 'vitest';
import { check, FILES, packageOf } from './make-package.ts';

/** What one byte of the package becomes. */
const CHANGES: readonly [string, (byte: number) => number][] = [
  ['its lowest bit flipped', (byte) => byte ^ 1],
  ['its highest bit flipped', (byte) => byte ^ 0x80],
  ['all bits flipped', (byte) => byte ^ 0xff],
];

describe('a package of which one byte is changed', () => {
  const files = {
    ...FILES,
    'agents/a/prompt.md': 'You are careful. '.repeat(60),
    'data/noise.csv': noise(1500),
    'leer/größe.csv': 'a,b\n1,2\n',
  };

  it.each(CHANGES)('is refused or has the same content, with %s', async (_, change) => {
    const archive = await packageOf(files);
    expect(archive.length).toBeGreaterThan(2500);
    const whole = (await check(archive)).content;
    let refused = 0;
    for (let at = 0; at < archive.length; at++) {
      const { content, said } = await check(archive.with(at, change(archive[at] ?? 0)));
      if (content === undefined) {
        if (said.length === 0) expect.fail(`byte ${at} is refused without a reason`);
        refused++;
        continue;
      }
      if (!same(content.files, whole?.files)) expect.fail(`byte ${at} changes the content`);
    }
    // Only times, versions and modes may be changed: a few bytes of each header.
    expect(refused).toBeGreaterThan(archive.length * 0.9);
  });

  it('is refused when it ends early, wherever', async () => {
    const archive = await packageOf(files);
    for (let length = 0; length < archive.length; length++) {
      const { content } = await check(archive.subarray(0, length));
      if (content !== undefined) expect.fail(`${length} bytes are accepted`);
    }
  });
});

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Text that hardly shrinks. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  }).join('');
}
