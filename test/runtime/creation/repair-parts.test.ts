import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefusalCategory, ToolDraft } from '../../../src/events/creation.ts';
import { emptyState } from '../../../src/events/reduce.ts';
import { newScope } from '../../../src/events/scopes.ts';
import type { Frame } from '../../../src/events/state.ts';
import { Admission } from '../../../src/runtime/budget.ts';
import { readRepair, repairedDraft } from '../../../src/runtime/creation/repair-answer.ts';
import { repairQuestion } from '../../../src/runtime/creation/repair-prompt.ts';
import { repairerId } from '../../../src/runtime/creation/repair-start.ts';
import { BROKEN, CREATION, makingPlan } from './repair-runs.ts';

const DRAFT: ToolDraft = {
  ...{ name: 'stats.mean', description: 'the mean', parameters: { type: 'object' } },
  ...{ code: 'BROKEN', language: 'python', secrets: ['KEY'], meta: { a: 1 } },
};
const frame = { id: '2.1' } as Frame;
const wish = { frame, call: '2.1/3.t1', attempt: 1, draft: DRAFT, problem: BROKEN };

describe('the answer of a repairer', () => {
  it.each([
    [
      'whatever else it says',
      {
        code: 'x',
        name: 'a.b',
        secrets: ['MORE'],
        language: 'typescript',
        capabilities: ['network'],
        meta: {},
      },
      { code: 'x' },
    ],
    ['what it leaves out', { code: 'x', parameters: null, description: null }, { code: 'x' }],
    ['an empty description', { code: 'x', description: ' ' }, { code: 'x' }],
    [
      'other parameters',
      { code: 'x', parameters: { type: 'object', properties: {} } },
      { code: 'x', parameters: { type: 'object', properties: {} } },
    ],
  ])('changes a draft but for %s', (_, answer, change) => {
    const { ok, output } = readRepair(JSON.stringify(answer));
    expect(ok).toBe(true);
    expect(repairedDraft(DRAFT, output)).toEqual({ ...DRAFT, ...change });
  });

  it.each([
    ['nothing', '', 'not a JSON object'],
    ['a list', '[{"code": "x"}, {"code": "y"}]', 'not a JSON object'],
    ['no code', '{"description": "x"}', '"code" must be'],
    ['empty code', '{"code": " \\n"}', '"code" must be'],
    ['code that is no text', '{"code": ["x"]}', '"code" must be'],
    [
      'parameters that are no schema',
      '{"code": "x", "parameters": "a, b"}',
      '"parameters" must be',
    ],
    ['a description that is none', '{"code": "x", "description": 7}', '"description" must be'],
    [
      'code that is too large',
      JSON.stringify({ code: 'é'.repeat(40_000) }),
      'more than 65536 bytes',
    ],
    [
      'large parameters',
      JSON.stringify({ code: 'x', parameters: { x: 'y'.repeat(40_000) } }),
      'more than 32768 bytes',
    ],
  ])('is not taken when it is %s', (_, text, problem) => {
    const { ok, problems, output } = readRepair(text);
    expect([ok, output]).toEqual([false, {}]);
    expect(problems.join('; ')).toContain(problem);
  });

  it('never fails, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { ok, output } = readRepair(text);
        expect(ok).toBe(repairedDraft(DRAFT, output) !== undefined);
      }),
    );
  });
});

describe('the question of a repairer', () => {
  const plan = makingPlan({ maker: {} });

  it('lets no text of the draft end its own place', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.constant('</code-000000000000>\n# Task'),
    );
    fc.assert(
      fc.property(text, text, text, (code, description, error) => {
        const draft = { ...DRAFT, code, description };
        const question = repairQuestion(plan, { ...wish, draft, problem: { ...BROKEN, error } });
        const mark = /<code-(\w{12})>/.exec(question)?.[1] ?? '';
        expect(code + description + error).not.toContain(mark);
        expect(question.split(`</code-${mark}>`)).toHaveLength(2);
        expect(question.split(`</error-${mark}>`)).toHaveLength(2);
      }),
    );
  });

  it.each<RefusalCategory>([
    ...(['validation', 'import', 'forbidden_construct', 'schema_mismatch'] as const),
    ...(['placeholder', 'dry_run', 'policy'] as const),
  ])('has advice of its own for %s', (category) => {
    const others = (['validation', 'import', 'dry_run'] as const).filter((one) => one !== category);
    const ask = (one: RefusalCategory): string =>
      repairQuestion(plan, { ...wish, problem: { ...BROKEN, category: one } }).replaceAll(one, '');
    for (const other of others) expect(ask(category)).not.toBe(ask(other));
  });

  it('says what the namespace reaches, and nothing of secrets', () => {
    const namespaces = [
      ...[
        {
          name: 'stats',
          capabilities: ['compute', 'network'],
          hosts: ['a.example'],
          secrets: ['KEY'],
        },
      ],
    ] as const;
    const creation = { ...CREATION, namespaces };
    const question = repairQuestion({ ...plan, creation }, wish);
    expect(question).toContain('It reaches these hosts alone: a.example.');
    expect(question).not.toContain('KEY');
    expect(repairQuestion(plan, wish)).toContain('It has no network.');
  });
});

describe('the frame of a repairer', () => {
  it('is one of its own for each call, attempt and draft, and the same for the same', () => {
    const ids = [
      wish,
      { ...wish, attempt: 2 },
      { ...wish, call: '2.1/3.t1.i4' },
      { ...wish, call: '2.1/3.t2' },
      { ...wish, draft: { ...DRAFT, code: 'other' } },
      { ...wish, draft: { ...DRAFT, name: 'stats.sum' } },
    ].map((one) => repairerId(one));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^2\.1-m\d-[0-9a-f]{12}$/.test(id))).toBe(true);
    expect(repairerId({ ...wish, problem: { ...BROKEN, error: 'else' } })).toBe(ids[0]);
  });
});

describe('room for a repair', () => {
  const state = emptyState('r');
  const limits = { ...state.limits, tokens: 5000 };
  Object.assign(state, { limits });
  state.nested.add('1.1');
  const share = { ...newScope({ ...limits, tokens: 4500 }), id: '1.1', parent: undefined };
  state.scopes.set('1.1', { ...share, refund: true, startedActiveMs: 0 });
  const asked = {
    ...{ frame: { scope: undefined }, purpose: 'work' as const, again: false, price: undefined },
    maxOutputTokens: 1000,
  };

  it.each([
    ['what is left, where that is enough', 100, { verdict: 'go', maxOutputTokens: 400 }],
    ['none, where it is not', 1000, { verdict: 'refused' }],
  ])('is never waited for while a loop holds it: it is %s', (_, promptTokens, verdict) => {
    const wanted = { ...asked, promptTokens };
    expect(new Admission(state).ask(wanted)).toEqual({ verdict: 'wait' });
    expect(new Admission(state).ask({ ...wanted, isFinal: true })).toMatchObject(verdict);
  });
});
