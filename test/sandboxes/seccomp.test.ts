import { describe, expect, it } from 'vitest';
import { type FilterArch, seccompFilter } from '../../src/sandboxes/seccomp.ts';

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const KILL = 0x80000000;

/** What the kernel would answer: a machine for the five instructions that we use. */
function answer(arch: FilterArch, call: { nr: number; audit?: number; args?: number[] }): number {
  const bytes = seccompFilter(arch);
  const view = new DataView(bytes.buffer);
  const audit = call.audit ?? (arch === 'x64' ? 0xc000003e : 0xc00000b7);
  const data = new Map([
    [0, call.nr],
    [4, audit],
    [16, call.args?.[0] ?? 0],
    [24, call.args?.[1] ?? 0],
  ]);
  let value = 0;
  for (let at = 0; at < bytes.length; at += 8) {
    const operand = view.getUint32(at + 4, true);
    const jump = (yes: boolean) => {
      at += 8 * view.getUint8(at + (yes ? 2 : 3));
    };
    const code = view.getUint16(at, true);
    if (code === 0x06) return operand;
    if (code === 0x20) value = data.get(operand) ?? 0;
    else if (code === 0x15) jump(value === operand);
    else if (code === 0x35) jump(value >= operand);
    else if (code === 0x45) jump((value & operand) !== 0);
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the filter has no end');
}

describe('the filter of system calls', () => {
  it.for([
    ['reading is allowed', 'x64', { nr: 0 }, ALLOW],
    ['reading is allowed', 'arm64', { nr: 63 }, ALLOW],
    ['sockets are refused', 'x64', { nr: 41 }, EPERM],
    ['sockets are refused', 'arm64', { nr: 198 }, EPERM],
    ['pairs of sockets are allowed', 'x64', { nr: 53 }, ALLOW],
    ['pairs of sockets are allowed', 'arm64', { nr: 199 }, ALLOW],
    ['tracing is refused', 'x64', { nr: 101 }, EPERM],
    ['tracing is refused', 'arm64', { nr: 117 }, EPERM],
    ['the last of the table is refused', 'x64', { nr: 163 }, EPERM],
    ['the last of the table is refused', 'arm64', { nr: 89 }, EPERM],
    ['clone3 is not there', 'x64', { nr: 435 }, ENOSYS],
    ['threads are allowed', 'x64', { nr: 56, args: [0x3d0f00] }, ALLOW],
    ['threads are allowed', 'arm64', { nr: 220, args: [0x3d0f00] }, ALLOW],
    ['a clone in a user namespace is refused', 'x64', { nr: 56, args: [0x10000011] }, EPERM],
    ['a clone in a mount namespace is refused', 'arm64', { nr: 220, args: [0x20011] }, EPERM],
    ['window sizes are allowed', 'x64', { nr: 16, args: [0, 0x5413] }, ALLOW],
    ['typing into a terminal is refused', 'x64', { nr: 16, args: [0, 0x5412] }, EPERM],
    ['typing into a terminal is refused', 'arm64', { nr: 29, args: [0, 0x541c] }, EPERM],
    ['calls of the x32 table are refused', 'x64', { nr: 0x40000000 }, EPERM],
    ['a foreign processor kills', 'x64', { nr: 0, audit: 0x40000003 }, KILL],
    ['a foreign processor kills', 'arm64', { nr: 0, audit: 0x40000028 }, KILL],
  ] as const)('%s (%s)', ([, arch, call, expected]) => {
    expect(answer(arch, { ...call, args: 'args' in call ? [...call.args] : [] })).toBe(expected);
  });

  it('is put together once for each kind of box', () => {
    expect(seccompFilter('x64')).toBe(seccompFilter('x64', { loopback: false }));
    expect(seccompFilter('x64')).not.toEqual(seccompFilter('x64', { loopback: true }));
    expect(seccompFilter('x64')).not.toEqual(seccompFilter('arm64'));
  });
});
