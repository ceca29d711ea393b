import { describe, expect, it } from 'vitest';
import { isRefusedDraft } from '../../src/events/refused-draft.ts';

const draft = { ok: false, tool: 'tools.create', data: { registered: false, status: 403 } };

describe('a failed call that a refused draft tells of', () => {
  it.each<[string, boolean, Parameters<typeof isRefusedDraft>[0]]>([
    ['a refused draft', true, draft],
    ['a tool that was made', false, { ...draft, ok: true, data: { registered: true } }],
    ['an agent that may make none', false, { ...draft, data: { stage: 'policy' } }],
    ['a call that was cut', false, { ...draft, data: {} }],
    ['data that is no object', false, { ...draft, data: null }],
    ['another tool with the same words', false, { ...draft, tool: 'stats.mean' }],
  ])('%s', (_, expected, returned) => {
    expect(isRefusedDraft(returned)).toBe(expected);
  });
});
