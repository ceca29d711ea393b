import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTool } from '../../src/base/paths.ts';

describe('a pattern of tool names (capabilities 1.3)', () => {
  it.each([
    ['*.*', 'shell.execute', true],
    ['web.*', 'web.search', true],
    ['web.*', 'web.a.b', false],
    ['*.read', 'memory.x.read', false],
    ['*', 'shell.execute', false],
    ['a+*', 'aa.b', false],
    ['file.*', 'file.read\n', true],
    ['file.read', 'file.read\n', false],
    ['sh*.ex*', 'shell.execute', true],
    ['*a*b.c', 'xaxxb.c', true],
    ['*a*b.c', 'xbxxa.c', false],
    ['', '', true],
    ['**.x', 'y.x', true],
    ['tool.create', 'tools.create', true],
    ['tool.*', 'tools.list', true],
    ['tool.create', 'tools.remove', false],
    ['tool.create', 'tool.create', false],
    ['toolkit.create', 'tools.create', false],
    ['tool', 'tools', false],
  ])('%j fits %j: %s', (pattern, name, fits) => {
    expect(matchesTool(pattern, name)).toBe(fits);
  });

  it('fits what an expression made of it fits', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const asExpression = pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*');
        const fits = new RegExp(`^${asExpression}$`, 's').test(name);
        expect(matchesTool(pattern, name)).toBe(fits);
      }),
    );
  });

  it('never takes long, however many stars it has', () => {
    const pattern = `${'*a'.repeat(2000)}!.x`;
    expect(matchesTool(pattern, `${'a'.repeat(4000)}.x`)).toBe(false);
    expect(matchesTool(`${'*'.repeat(50_000)}!.x`, 'arithmetic.add')).toBe(false);
  });
});
