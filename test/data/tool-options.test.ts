import { describe, expect, it } from 'vitest';
import { toolRules } from '../../src/data/tool-options.ts';

describe('the options for tool calls', () => {
  it('leave the plan as it is when they say nothing', () => {
    expect(toolRules({})).toEqual({});
  });

  it.each([
    ['never', 'never'],
    ['tools', ['tools']],
    [
      ['network', 'shell'],
      ['network', 'shell'],
    ],
  ] as const)('approve %j is %j in the plan', (approve, expected) => {
    expect(toolRules({ approve }).tools?.approve).toEqual(expected);
  });

  it('fill in what is left out', () => {
    expect(toolRules({ toolPolicy: { callsPerAgent: 3 } }).tools).toMatchObject({
      callsPerAgent: 3,
      parallel: 16,
      approve: [],
      rate: { perAgent: null, perTool: null, onExceeded: 'queue' },
    });
  });

  it.each([
    [{ approve: 'always' }, 'usage/bad-option'],
    [{ approve: ['tools', 'all'] }, 'usage/bad-option'],
    [{ toolPolicy: { calls: 1 } }, 'usage/unknown-option'],
    [{ toolPolicy: { parallel: 0 } }, 'usage/bad-option'],
    [{ toolPolicy: { parallel: null } }, 'usage/bad-option'],
    [{ toolPolicy: { callsPerAgent: -1 } }, 'usage/bad-option'],
    [{ toolPolicy: { timeoutMs: 0.5 } }, 'usage/bad-option'],
    [
      { toolPolicy: { rate: { perAgent: 0, perTool: null, onExceeded: 'queue' } } },
      'usage/bad-option',
    ],
  ])('%j is refused with %s', (options, code) => {
    expect(() => toolRules(options as Parameters<typeof toolRules>[0])).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
