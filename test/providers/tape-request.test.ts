import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { keyOf } from '../../src/providers/tape-format.ts';
import { questionOf, type RunMarks } from '../../src/providers/tape-request.ts';
import { makeRedact } from '../../src/runtime/redact.ts';
import { modelRequest } from '../contracts/provider-contract.ts';

const BEGAN = Date.UTC(2026, 4, 6, 7, 8, 9);
const SECRET = 'p4ss/w0rd+with=signs';

function marks(parts: Partial<RunMarks> = {}): RunMarks {
  return {
    folders: [['/home/ann/.awp/runs/r-aaa0000000', '<run folder>']],
    since: BEGAN,
    now: () => BEGAN + 120_000,
    redact: makeRedact([SECRET]),
    ...parts,
  };
}

function keyed(parts: Partial<ModelRequest>, own = marks(), model = 'acme/x'): string {
  return keyOf(questionOf(model, modelRequest(parts), own));
}

function said(text: string, own = marks(), headers: Record<string, string> = {}): string {
  const question = questionOf(
    'acme/x',
    modelRequest({ messages: [{ role: 'user', text }], headers }),
    own,
  );
  return JSON.parse(JSON.stringify(question.messages))[0].text;
}

describe('the question of a request', () => {
  const TOOL = { name: 'a.b', description: 'does', parameters: { type: 'object' } };

  it.each<[string, Partial<ModelRequest>]>([
    ['the length that the budget leaves', { maxOutputTokens: 17 }],
    ['the time that is left', { timeoutMs: 1234 }],
    ['who watches', { stream: true }],
    ['headers', { headers: { 'x-awp-run-id': 'r-other00000', 'x-awp-agent': 'someone' } }],
  ])('is the same whatever %s', (_, parts) => {
    expect(keyed(parts)).toBe(keyed({}));
  });

  it('is the same whatever a tool is described with, and in which order tools come', () => {
    const other = { name: 'c.d', description: '', parameters: {} };
    const [one, two] = [
      [TOOL, other],
      [other, { ...TOOL, description: 'other words' }],
    ];
    expect(keyed({ tools: one })).toBe(keyed({ tools: two }));
  });

  it.each<[string, Partial<ModelRequest>]>([
    ['messages', { messages: [{ role: 'user', text: 'Another question' }] }],
    ['tools', { tools: [TOOL, { ...TOOL, name: 'c.d' }] }],
    ['the schema of a tool', { tools: [{ ...TOOL, parameters: { type: 'object', title: 't' } }] }],
    ['the choice of tools', { toolChoice: 'none' }],
    ['the temperature', { temperature: 0.7 }],
    ['how much it is to think', { reasoning: 'high' }],
  ])('differs with %s', (_, parts) => {
    expect(keyed(parts)).not.toBe(keyed({}));
    expect(keyed(parts)).not.toBe(keyed({ tools: [TOOL] }));
  });

  it('differs with the model string', () => {
    expect(keyed({}, marks(), 'acme/y')).not.toBe(keyed({}));
  });
});

describe('what is the run’s own in a text', () => {
  it.each([
    [
      'its folder',
      'see /home/ann/.awp/runs/r-aaa0000000/inputs/a.csv',
      'see <run folder>/inputs/a.csv',
    ],
    [
      'scratch folders',
      'File "/tmp/awp-none-3f-4711-Ab12cd/main.py", line 3',
      'File "<scratch>/main.py", line 3',
    ],
    ['addresses in memory', '<Foo object at 0x7f3a2b1c9d00>', '<Foo object at <address>>'],
    ['marks of data', '<data-0123456789ab>x</data-0123456789ab>', '<data-<mark>>x</data-<mark>>'],
    ['times of the run in UTC', 'done at 2026-05-06T07:08:30.125Z', 'done at <time>'],
    ['times of the run in a zone', 'done at 2026-05-06 09:09:10+02:00.', 'done at <time>.'],
    ['times of the run without a zone', 'done at 2026-05-06 07:09:10,250', 'done at <time>'],
    [
      'when a service takes calls again',
      'busy; it takes calls again in 2h05m, from 2026-05-06T09:15:00.000Z',
      'busy; it takes calls again in 2h05m, from <time>',
    ],
    ['seconds since 1970', `"now": ${BEGAN / 1000 + 5}.25}`, '"now": <time>}'],
    ['milliseconds since 1970', `at ${BEGAN + 5000}`, 'at <time>'],
    ['secrets', `the password is ${SECRET}`, 'the password is [secret]'],
    [
      'the time of a budget, and the share that it leaves',
      '{"wall_time":{"elapsed_s":12.5,"max_s":300},"budget_remaining_pct":96}',
      '{"wall_time":{"elapsed_s":0,"max_s":300},"budget_remaining_pct":0}',
    ],
    [
      'what the box of the machine is',
      'a\n\n## Sandbox\nbwrap: x\n- python: 3.12\n\n## Programs\nEach\n\n## Limits\n{}',
      'a\n\n## Sandbox\n<of the machine>\n\n## Programs\n<of the machine>\n\n## Limits\n{}',
    ],
  ])('is taken out: %s', (_, before, after) => {
    expect(said(before)).toBe(after);
  });

  it('is taken out: its id', () => {
    const text = 'run r-bbb1111111 wrote';
    expect(said(text, marks(), { 'x-awp-run-id': 'r-bbb1111111' })).toBe('run <run> wrote');
  });

  it.each([
    ['times before the run', 'opened 2026-05-06T06:08:30Z'],
    ['times after it', 'due 2026-05-07T07:08:30Z'],
    ['days', 'on 2026-05-06'],
    ['large numbers', 'sum 1234567890123, 1999999999'],
    ['short hexadecimal numbers', 'colour 0xff00'],
    ['paths of others', '/tmp/data/sales.csv'],
  ])('is not: %s', (_, text) => {
    expect(said(text)).toBe(text);
  });

  it('makes two runs of the same work ask the same', () => {
    const later = marks({
      folders: [['/srv/ci/.awp/runs/r-ccc2222222', '<run folder>']],
      since: BEGAN + 86_400_000,
      now: () => BEGAN + 86_460_000,
    });
    const [first, second] = [
      said('r-aaa0000000 /home/ann/.awp/runs/r-aaa0000000/x 2026-05-06T07:09:00Z', marks(), {
        'x-awp-run-id': 'r-aaa0000000',
      }),
      said('r-ccc2222222 /srv/ci/.awp/runs/r-ccc2222222/x 2026-05-07T07:08:30Z', later, {
        'x-awp-run-id': 'r-ccc2222222',
      }),
    ];
    expect(first).toBe(second);
    expect(first).toBe('<run> <run folder>/x <time>');
  });
});
