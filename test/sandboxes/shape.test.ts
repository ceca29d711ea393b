import { describe, expect, it } from 'vitest';
import type { SandboxJob } from '../../src/ports/sandbox.ts';
import { comingShape, shapeKey, shapeOf } from '../../src/sandboxes/shape.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const MIB = 1024 * 1024;
const job: SandboxJob = {
  ...{ language: 'python', code: 'x', timeoutMs: 1000, policy: POLICY },
  ...{ inputs: '/in', shared: '/shared', output: [] },
};
const brought = (bytes: number): Partial<SandboxJob> => ({
  output: [{ path: 'a', bytes: new Uint8Array(bytes) }],
});
const keyOf = (more: Partial<SandboxJob> = {}): string => shapeKey(shapeOf({ ...job, ...more }));

describe('the shape of a box', () => {
  it.each<[string, Partial<SandboxJob>]>([
    ['code', { code: 'other' }],
    ['time', { timeoutMs: 5 }],
    ['arguments', { args: ['a'] }],
    ['standard input', { stdin: new Uint8Array(5) }],
    ['session', { session: 'w1' }],
    ['number of calls', { policy: { ...POLICY, toolCalls: 1 } }],
    ['length of what they print', { policy: { ...POLICY, outputChars: 1 } }],
    [
      'tools',
      { tools: { names: ['a.b'], call: async () => ({ ok: true, status: 200, data: 1 }) } },
    ],
  ])('is the same for programs that differ in their %s', (_, more) => {
    expect(keyOf(more)).toBe(keyOf());
  });

  it.each<[string, Partial<SandboxJob>]>([
    ['language', { language: 'javascript' }],
    ['memory', { policy: { ...POLICY, memoryMb: 1 } }],
    ['hosts', { policy: { ...POLICY, hosts: ['a.test'] } }],
    ['packages', { policy: { ...POLICY, packages: { python: ['six'], javascript: [] } } }],
    ['inputs', { inputs: '/other' }],
    ['missing inputs', { inputs: undefined }],
    ['shared folder', { shared: undefined }],
    ['files that they bring along', brought(1)],
  ])('is another one for programs that differ in their %s', (_, more) => {
    expect(keyOf(more)).not.toBe(keyOf());
  });

  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [1000, 1024],
    [1024, 1024],
    [1025, 2048],
    [5 * MIB, 8 * MIB],
  ])('has room for %i bytes that come along, in steps: %i', (bytes, room) => {
    const spare = POLICY.filesBytes + MIB;
    expect(shapeOf({ ...job, ...brought(bytes) }).room).toBe(spare + room);
    expect(room).toBeGreaterThanOrEqual(bytes);
  });

  it('of a box that was made ahead serves a worker that has no files yet', () => {
    const { policy, inputs, shared } = job;
    const ahead = comingShape({ policy, inputs, shared }, 'python');
    expect(ahead.readiness).toBe('ahead');
    expect(shapeKey(ahead)).toBe(keyOf());
    expect(shapeKey(comingShape({ policy, inputs, shared }, 'javascript'))).not.toBe(keyOf());
  });
});
