import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/base/json.ts';
import type { CodeLanguage, ToolDraft } from '../../../../src/events/creation.ts';
import type { Execution, Sandbox } from '../../../../src/ports/sandbox.ts';
import { nothingKept } from '../../../make.ts';
import { box, checked, contextFor, draftOf, placeWith } from './checking.ts';

const PIECES = [
  ...[
    'def handler(*, x):\n',
    '    return {"ok": True}\n',
    'import os\n',
    'lambda: ',
    'async ',
    '"""',
    "'''",
    '# ',
  ],
  ...[
    'export function handler({ x }) { ',
    'return { ok: true, data: x } }\n',
    '=> ',
    '`${',
    '/*',
    '//',
    '/',
    '(',
    ')',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '\n',
    '\t',
    ' ',
    'eval',
    '.__globals__',
    '.constructor',
    'x',
    '1',
    '=',
    ',',
    ':',
  ],
  ...[
    '𝓮',
    'é',
    '\u202e',
    '\0',
    '\ud800',
    'enum A {',
    '<T>',
    ': number',
    '@',
    '!',
    '-',
    '...',
    'class ',
    'new ',
  ],
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom(...PIECES), fc.integer({ min: 1, max: 20_000 }))
    .map(([piece, times]) => piece.repeat(times).slice(0, 60_000)),
);
const scripted = fc.constantFrom<CodeLanguage>('javascript', 'typescript');

/** A box whose program says whatever it likes. */
function sayingBox(said: Partial<Execution>): Sandbox {
  const execution = {
    exitCode: 0,
    stdout: '',
    stderr: '',
    limits: [],
    files: [],
    notes: [],
    ms: 1,
  };
  return {
    ...{ name: 'none', isolation: 'none' },
    languages: [{ language: 'python', description: 'Python' }],
    run: async () => ({ ...execution, ...said }),
    ...nothingKept,
  };
}

async function expectSaid(draft: ToolDraft, context = contextFor()): Promise<void> {
  const problem = await checked(draft, placeWith(), context);
  if (!problem) return;
  expect([400, 403]).toContain(problem.status);
  expect(problem.error).not.toBe('');
  expect(problem.hint).not.toBe('');
  expect(problem.error.length).toBeLessThan(10_000);
}

describe('the checks say something and never fail', () => {
  it('of any text in JavaScript and TypeScript', async () => {
    const property = fc.asyncProperty(
      text,
      fc.constant<CodeLanguage>('javascript'),
      async (code, language) => {
        await expectSaid(draftOf(language, code));
      },
    );
    await fc.assert(property, { numRuns: 300 });
    const typed = fc.asyncProperty(text, scripted, async (code, language) => {
      await expectSaid(draftOf(language, code));
    });
    await fc.assert(typed, { numRuns: 25 });
  }, 120_000);

  it.runIf(box)(
    'of any text in Python',
    async () => {
      const property = fc.asyncProperty(text, async (code) => {
        await expectSaid(draftOf('python', code));
      });
      await fc.assert(property, { numRuns: 40 });
    },
    120_000,
  );

  it('of any parameters', async () => {
    const words = fc.constantFrom(
      'type',
      'properties',
      '$ref',
      '#/properties/x',
      '#',
      'object',
      'x',
      'enum',
      'required',
      'pattern',
      'a+',
      '$defs',
      'allOf',
      'items',
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 5 },
        words,
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(words, fc.string()), tie('schema'), { maxKeys: 4 }),
      ),
    }));
    const good = 'export function handler(args) { return { ok: true, data: { ...args } }; }';
    const property = fc.asyncProperty(schema as fc.Arbitrary<Json>, async (parameters) => {
      const given = parameters as ToolDraft['parameters'];
      await expectSaid(draftOf('javascript', good, { parameters: given }));
      const inside = { type: 'object', properties: { x: given } };
      await expectSaid(draftOf('javascript', good, { parameters: inside }));
    });
    await fc.assert(property, { numRuns: 500 });
  });

  it('of whatever a box says', async () => {
    let at = 0;
    const stdout = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        '{"unread":1}',
        '{}\n',
        '[]',
        '{"handlers":1}',
        '{"input":{"reads":1,"problem":{"error":"no","line":-1}},"handlers":[{"kind":"function"}]}',
      ),
    );
    const property = fc.asyncProperty(stdout, async (said) => {
      const context = contextFor({ sandbox: async () => sayingBox({ stdout: said }) });
      await expectSaid(draftOf('python', `x = ${at++}`), context);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
