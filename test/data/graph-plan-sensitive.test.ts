import { describe, expect, it } from 'vitest';
import { sensitiveInside } from '../../src/data/graph-plan-sensitive.ts';
import type { GraphSource } from '../../src/data/graph-plan-source.ts';

const source = {
  manifest: {
    orchestration: { graph: [{ id: 'inner' }, { id: 'last' }] },
    state: { sharing: { sensitive_fields: ['own'] } },
  },
} as unknown as GraphSource;

const PIN = { pin: 'state.inner.code' };

describe('names of sensitive fields inside of a sub-workflow', () => {
  it.each<[string, Readonly<Record<string, string>> | undefined, string[]]>([
    ['pin', undefined, ['pin']],
    ['own', undefined, []],
    ['state.part.inner.pin', undefined, ['inner.pin']],
    ['part.inner', undefined, ['inner']],
    ['part', undefined, ['part', 'inner', 'last']],
    ['one.pin', undefined, []],
    ['pin', PIN, ['pin', 'inner.code']],
    ['part.pin', PIN, ['inner.code']],
    ['part.pin.deep', PIN, ['inner.code.deep']],
    ['part.other', PIN, []],
    ['one.pin', PIN, []],
    ['part', { a: '[state.inner.code, last.n]', b: '1 +' }, ['part', 'inner.code', 'last.n']],
    ['pin', { pin: 'state' }, ['pin']],
  ])('are its own, and of %s around it with %j also %j', (name, outputMapping, names) => {
    const inner = { id: 'part', source, ...(outputMapping && { outputMapping }) };
    expect(sensitiveInside([name], inner)).toEqual(['own', ...names]);
  });
});
