import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/events/event.ts';
import { shortened } from '../../../src/runtime/agent/compact.ts';
import { promptTokens } from '../../../src/runtime/budget-tokens.ts';

const system: Message = { role: 'system', text: 'rules' };
const user = (text: string): Message => ({ role: 'user', text });
const round = (id: string, chars: number): Message[] => [
  { role: 'assistant', text: '', toolCalls: [{ id, name: 'file.read', args: {} }] },
  { role: 'tool', call: id, name: 'file.read', text: `${id} `.repeat(chars / 2) },
];
const talk = (...rounds: number[]): Message[] => [
  ...[system, user('task')],
  ...rounds.flatMap((chars, index) => round(String(index), chars)),
];

describe('a conversation that outgrows its window', () => {
  it.each<[string, Message[], number, number[] | undefined]>([
    ['is left alone while it fits', talk(3000, 3000), 3000, undefined],
    ['loses its oldest results first', talk(9000, 3000, 3000), 4000, [3]],
    ['loses as many as it must', talk(9000, 9000, 3000), 4000, [3, 5]],
    ['keeps the last result as far as it can', talk(9000, 60_000), 4000, [3, 5]],
    [
      'has nothing to lose where only people spoke',
      [system, user('x'.repeat(90_000))],
      1000,
      undefined,
    ],
  ])('%s', (_, messages, window, cut) => {
    const less = shortened({ messages, tools: [], window });
    if (!cut) return expect(less).toBeUndefined();
    const whole = [...messages.slice(0, less?.keep), ...(less?.messages ?? [])];
    const changed = whole.flatMap((message, index) => (message === messages[index] ? [] : [index]));
    expect(changed).toEqual(cut);
    expect(less).toMatchObject({ keep: cut[0], cut: cut.length });
    expect(whole.at(-1)?.text.length).toBeGreaterThan(Math.min(2900, window));
    for (const index of changed) expect(whole[index]?.text).toContain('characters left out');
  });

  it('loses long answers too, and never what was wrong with one', () => {
    const wrong = user(`Your answer was not accepted: ${'x'.repeat(20_000)}`);
    const answer: Message = { role: 'assistant', text: 'y'.repeat(90_000), toolCalls: [] };
    const less = shortened({
      messages: [system, user('t'), answer, wrong],
      tools: [],
      window: 12_000,
    });
    expect(less?.keep).toBe(2);
    expect(less?.messages[0]?.text.length).toBeLessThan(4100);
    expect(less?.messages[1]).toBe(wrong);
  });

  it('keeps its order, its calls and its size in hand, whatever was said', () => {
    const message = fc.oneof(
      fc.nat(20_000).map((chars) => user('u'.repeat(chars))),
      fc
        .nat(20_000)
        .map((chars): Message => ({ role: 'assistant', text: 'a'.repeat(chars), toolCalls: [] })),
      fc
        .nat(40_000)
        .map((chars): Message => ({ role: 'tool', call: 'c', name: 't', text: 'b'.repeat(chars) })),
    );
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 30 }),
        fc.integer({ min: 100, max: 20_000 }),
        (messages, window) => {
          const less = shortened({ messages, tools: [], window });
          if (!less) return;
          const whole = [...messages.slice(0, less.keep), ...less.messages];
          expect(whole.map(({ role }) => role)).toEqual(messages.map(({ role }) => role));
          whole.forEach((one, index) => {
            if (one.role === 'user') expect(one).toBe(messages[index]);
          });
          expect(less.after).toBeLessThan(less.before);
          expect(Math.abs(promptTokens(whole, []) - less.after)).toBeLessThanOrEqual(
            messages.length + 1,
          );
          expect(shortened({ messages: whole, tools: [], window })?.cut ?? 0).toBeLessThan(
            messages.length,
          );
        },
      ),
    );
  });
});
