import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRedact, PieceRedactor } from '../../src/runtime/redact.ts';
import {
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const SECRET = 'sk-Ä"1/2+3=very&secret';

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['as it is', SECRET],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['base64url', Buffer.from(SECRET).toString('base64url')],
  ['hexadecimal', Buffer.from(SECRET).toString('hex')],
  ['percent-coded', encodeURIComponent(SECRET)],
  ['JSON text', JSON.stringify(SECRET)],
];

describe('secrets', () => {
  it.each(SPELLINGS)('are blanked out of facts: %s', (_, spelling) => {
    const redacted = makeRedact([SECRET])({ a: [`x ${spelling} y`], [spelling]: 1 });
    expect(JSON.stringify(redacted)).not.toContain(spelling.slice(2, -2));
    expect(JSON.stringify(redacted)).toContain('[secret]');
  });

  it('leaves everything else as it was', () => {
    const redact = makeRedact([SECRET, 'short']);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(redact(value)).toEqual(value);
      }),
    );
  });

  it('leaves facts as they are when there is nothing to hide in them', () => {
    const fact = { a: [1, 'b', { c: null }], d: 'e' };
    expect(makeRedact([SECRET])(fact)).toBe(fact);
    expect(makeRedact([])(fact)).toBe(fact);
  });

  it.each([
    [87654321, null],
    [-87654321.5, null],
    [8765432, 8765432],
    [876543210, 876543210],
  ])('takes a number that is written like one away: %d', (number, left) => {
    const redact = makeRedact(['87654321', '-87654321.5', '8765432', 'Infinity', '0x12345678']);
    expect(redact({ a: [number] })).toEqual({ a: [left] });
    expect(redact([0x12345678, Number.POSITIVE_INFINITY])).toHaveLength(2);
  });

  it.each(SPELLINGS)('never reach the log, a prompt or the result: %s', async (_, spelling) => {
    using folder = temporaryFolder();
    const prompts: string[] = [];
    let turn = 0;
    const host = testHost(folder.path, {
      secrets: [SECRET],
      script: ({ headers, messages }) => {
        prompts.push(JSON.stringify(messages));
        if (headers['x-awp-role'] === 'manager') {
          return turn++ === 0
            ? delegate({ worker_id: 'a', instructions: `use ${spelling}` })
            : complete(`it was ${spelling}`);
        }
        if (messages.at(-1)?.role === 'tool') return { summary: spelling, confidence: 1 };
        return { toolCalls: [{ name: 'file.read', args: { path: spelling } }] };
      },
    });
    const run = await startTestRun(host, testPlan({ tools: ['file.*'] }));
    await run.done;
    const log = JSON.stringify(await logOf(host.store));
    const core = spelling.replace(/^"|[="]+$/g, '');
    expect(log).not.toContain(core);
    expect(prompts.join('\n')).not.toContain(core);
    expect(run.state.status).toBe('complete');
  });
});

/** Of base64 the last letter is made of what follows as well. */
const WHOLE = /^before "?\[secret\]\w?=?"? after\n$/;

describe('an answer that comes in pieces', () => {
  const show = (parts: readonly string[], secrets = [SECRET]): string => {
    const redactor = new PieceRedactor(secrets);
    const pieces = [...parts, '\n'].map((text) => ({ agent: '1', call: 'c1', text }));
    return pieces.map((piece) => redactor.take(piece).text).join('');
  };

  it.each(SPELLINGS)('is redacted wherever it is cut: %s', (_, spelling) => {
    const text = `before ${spelling} after`;
    for (let at = 0; at <= text.length; at++) {
      expect(show([text.slice(0, at), text.slice(at)])).toMatch(WHOLE);
    }
    expect(show(Array.from(text))).toMatch(WHOLE);
  });

  it('is shown as it is otherwise, and soon', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
        expect(show(parts)).toBe(`${parts.join('')}\n`);
      }),
    );
    const redactor = new PieceRedactor([SECRET]);
    expect(redactor.take({ agent: '1', call: 'c1', text: 'plain text' }).text).toBe('plain text');
    expect(redactor.take({ agent: '1', call: 'c1', text: ' sk' }).text).toBe(' ');
    expect(redactor.take({ agent: '1', call: 'c1', text: 'ip' }).text).toBe('skip');
  });

  it('is not mixed with another one', () => {
    const redactor = new PieceRedactor([SECRET]);
    redactor.take({ agent: '1', call: 'c1', text: SECRET.slice(0, 9) });
    expect(redactor.take({ agent: '2', call: 'c2', text: 'x\n' }).text).toBe('x\n');
    expect(redactor.take({ agent: '1', call: 'c3', text: 'y\n' }).text).toBe('y\n');
  });

  it('passes at once when there are no secrets', () => {
    expect(show(['s', 'k'], ['short'])).toBe('sk\n');
  });
});
