import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressProblem } from '../../../src/effects/guarded/addresses.ts';
import { nodeNetwork } from '../../../src/effects/network.ts';

/** The registries of special-purpose addresses, and what is not given out at all. */
const SPECIAL_FOUR: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const SPECIAL_SIX: readonly [string, number][] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['100:0:0:1::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
  ['4000::', 3],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/** The eight groups of an address with no dots in it. */
function groupsOf(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const read = (half: string): number[] =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [read(head), read(tail)];
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

const numberOf = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((all, part) => (all << bits) | BigInt(part), 0n);

/** Any address of one of these ranges, as a number. */
function within(ranges: readonly [string, number][], width: 32 | 128): fc.Arbitrary<bigint> {
  return fc.constantFrom(...ranges).chain(([start, length]) => {
    const first =
      width === 32 ? numberOf(start.split('.').map(Number), 8n) : numberOf(groupsOf(start), 16n);
    const most = (1n << BigInt(width - length)) - 1n;
    return fc.bigInt({ min: 0n, max: most }).map((offset) => first | offset);
  });
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function coloned(value: bigint): string {
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n];
  return shifts.map((shift) => ((value >> shift) & 0xffffn).toString(16)).join(':');
}

const WIDE = '０１２３４５６７８９';

/** The ways that an IPv4 address can be written in. */
const SPELLINGS_FOUR: readonly ((value: bigint) => string)[] = [
  dotted,
  (value) => `${dotted(value)}.`,
  (value) => value.toString(),
  (value) => `0x${value.toString(16)}`,
  (value) => `0${value.toString(8)}`,
  (value) => `${value >> 24n}.${value & 0xffffffn}`,
  (value) => `${value >> 24n}.${(value >> 16n) & 255n}.${value & 0xffffn}`,
  (value) => dotted(value).replace(/\d+/g, (part) => `0x${Number(part).toString(16)}`),
  (value) => dotted(value).replace(/\d+/g, (part) => `0${Number(part).toString(8)}`),
  (value) => dotted(value).replace(/\d/g, (digit) => WIDE.charAt(Number(digit))),
  (value) => dotted(value).replaceAll('.', '。'),
  (value) => dotted(value).replaceAll('.', '%2e'),
  (value) => `[::ffff:${dotted(value)}]`,
  (value) => `[::${dotted(value)}]`,
  (value) => `[64:ff9b::${dotted(value)}]`,
  (value) => `[2002:${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}::1]`,
  (value) => `[::ffff:0:${dotted(value)}]`,
];

const SPELLINGS_SIX: readonly ((value: bigint) => string)[] = [
  (value) => `[${coloned(value)}]`,
  (value) => `[${coloned(value).toUpperCase()}]`,
  (value) => `[${coloned(value).replace(/(?:^|:)0(?::0)+(?:$|:)/, '::')}]`,
  (value) => `[${coloned(value).replace(/[\da-f]+/g, (group) => group.padStart(4, '0'))}]`,
];

describe('an address of a special-purpose registry', () => {
  const network = nodeNetwork({ lookup: () => expect.fail('a name was looked up') });
  const asked = (host: string) =>
    network.request({ url: `http://${host}/`, hosts: ['*'], timeoutMs: 1000, maxBytes: 10 });

  it('is refused in every spelling of IPv4', async () => {
    const spelt = fc
      .tuple(within(SPECIAL_FOUR, 32), fc.constantFrom(...SPELLINGS_FOUR))
      .map(([value, spell]) => spell(value));
    await fc.assert(
      fc.asyncProperty(spelt, async (host) => {
        await expect(asked(host)).rejects.toMatchObject({ code: 'network/denied' });
      }),
      { numRuns: 600 },
    );
  });

  it('is refused in every spelling of IPv6', async () => {
    const spelt = fc
      .tuple(within(SPECIAL_SIX, 128), fc.constantFrom(...SPELLINGS_SIX))
      .map(([value, spell]) => spell(value));
    await fc.assert(
      fc.asyncProperty(spelt, async (host) => {
        await expect(asked(host)).rejects.toMatchObject({ code: 'network/denied' });
      }),
      { numRuns: 400 },
    );
  });

  it.each([...SPECIAL_FOUR, ...SPECIAL_SIX])('is none of the public internet: %s/%d', (first) => {
    expect(addressProblem(first)).toMatch(/address/);
  });
});

describe('an address of the public internet', () => {
  it.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.32.0.1', '192.169.0.1', '2606:4700::1111'])(
    'is allowed: %s',
    (address) => {
      expect(addressProblem(address)).toBeUndefined();
    },
  );

  it('is refused when this machine has it itself', () => {
    expect(addressProblem('8.8.8.8', ['8.8.8.8'])).toBe('an address of this machine');
    expect(addressProblem('2606:4700:0::1111', ['127.0.0.1', '2606:4700::1111'])).toBe(
      'an address of this machine',
    );
    expect(addressProblem('8.8.8.8', ['no address', '8.8.4.4'])).toBeUndefined();
  });
});

it('what is no address is refused', () => {
  expect(addressProblem('example.com')).toBe('no address');
});
