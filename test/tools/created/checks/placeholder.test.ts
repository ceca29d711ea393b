import { describe, expect, it } from 'vitest';
import type { CodeLanguage, ToolDraft } from '../../../../src/events/creation.ts';
import { placeholderCheck } from '../../../../src/tools/created/checks/placeholder.ts';
import { argumentsNamed, box, contextFor, draftOf, placeWith } from './checking.ts';

const look = async (language: CodeLanguage, code: string, change: Partial<ToolDraft> = {}) =>
  await placeholderCheck.check(draftOf(language, code, change), placeWith(), contextFor());

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A handler that gives back what this expression is. */
const python = (data: string, before = ''): string =>
  `def handler(*, x):\n  y = x\n  ${before}\n  return {"ok": True, "status": 200, "data": ${data}}`;
const script = (data: string, before = ''): string =>
  `export function handler({ x }) {\n  const y = x;\n  ${before}\n  return { ok: true, status: 200, data: ${data} };\n}`;

const BAD: readonly [what: string, python: string, script: string][] = [
  ['a picture of one pixel', python(`{"png": "${PIXEL}"}`), script(`{ png: '${PIXEL}' }`)],
  [
    'the bytes of one pixel',
    python(
      'open("a.png", "wb").write(b"\\x89PNG\\r\\n\\x1a\\n\\x00\\x00\\x00\\rIHDR\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x08")',
    ),
    script(
      '"\\x89PNG\\r\\n\\x1a\\n\\x00\\x00\\x00\\rIHDR\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x08"',
    ),
  ],
  ['an empty PDF', python('b"%PDF-1.4\\n1 0 obj<<>>endobj\\n%%EOF"'), script('"%PDF-1.4\\n%%EOF"')],
  ['an empty PDF as base64', python('"JVBERi0xLjQKJSVFT0Y="'), script("'JVBERi0xLjQKJSVFT0Y='")],
  ['the word placeholder', python('{"text": "placeholder"}'), script('{ text: "Placeholder" }')],
  [
    'a placeholder of something',
    python('"[placeholder image]"'),
    script('`This is a placeholder for the chart.`'),
  ],
  [
    'placeholder text in more',
    python('"Some placeholder text"'),
    script('"Here be placeholder data"'),
  ],
  ['a task that is left', python('"TODO: implement"'), script('"todo - implement this later"')],
  [
    'what is not there',
    python('{"error": "Not implemented yet"}'),
    script('"not yet implemented."'),
  ],
  [
    'text of typesetters',
    python('"Lorem ipsum dolor sit amet"'),
    script('"Lorem ipsum dolor sit"'),
  ],
  ['what comes later', python('"Coming soon..."'), script('"coming soon"')],
  [
    'an error of what is not there',
    python('1', 'raise NotImplementedError'),
    script('1', 'throw new Error("not implemented")'),
  ],
  [
    'an error with text',
    python('1', 'if y: raise NotImplementedError("later")'),
    script('1', 'if (y) throw "TODO"'),
  ],
  [
    'nothing for all arguments',
    'def handler(*, x):\n  return {"ok": True, "status": 200, "data": {}}',
    'export const handler = ({ x }) => ({ ok: true, status: 200, data: {} });',
  ],
  [
    'nothing for all arguments, in two ways',
    'def handler(**kw):\n  if 1 > 2:\n    return {"ok": True, "data": None}\n  return {"ok": True, "data": []}',
    'function handler(args) { if (1 > 2) return { ok: true, data: null }; return { ok: true, data: "" }; }',
  ],
];

const GOOD: readonly [what: string, python: string, script: string][] = [
  ['what was asked for', python('{"y": y}'), script('{ y }')],
  [
    'a form',
    python('{"html": f"<input placeholder={y}>"}'),
    script('{ html: "<input placeholder=" + y + ">" }'),
  ],
  ['a field of that name', python('{"placeholder": y}'), script('{ placeholder: y }')],
  [
    'a comparison',
    python('{"n": 1 if y == "placeholder" else 2}'),
    script('{ n: y === "placeholder" ? 1 : 2 }'),
  ],
  [
    'a list of tasks',
    python('{"todo": [y], "kind": "todo list"}'),
    script('{ todo: [y], kind: "todo list" }'),
  ],
  [
    'words about implementing',
    python('{"advice": "Implement the plan in steps"}'),
    script('{ advice: "How to implement it: start" }'),
  ],
  [
    'an error of its own',
    python('1', 'if not y: raise ValueError("x is empty")'),
    script('1', 'if (!y) throw new Error("x is empty")'),
  ],
  [
    'a class with a method that others fill in',
    python('1', 'class A:\n    def f(self): raise NotImplementedError'),
    script('1', 'class A { f() { throw new Error("not implemented"); } }'),
  ],
  [
    'a PDF with a page',
    python('b"%PDF-1.4 <</Contents 1 0 R>> stream\\nBT ET\\nendstream %%EOF"'),
    script('"%PDF-1.4 stream\\nBT endstream %%EOF"'),
  ],
  ['a PDF in parts', python('"%PDF-1.4\\n" + y + "%%EOF"'), script('"%PDF-1.4\\n" + y + "%%EOF"')],
  [
    'nothing, after something was done',
    python('{}', 'open("output/a.txt", "w").write(y)'),
    script('{}', 'console.log(y)'),
  ],
  [
    'nothing, when it was given nothing',
    'def handler(*, x):\n  if not x:\n    return {"ok": True, "data": []}\n  return {"ok": True, "data": sorted(x)}',
    'function handler({ x }) { if (!x) return { ok: true, data: [] }; return { ok: true, data: x.sort() }; }',
  ],
  [
    'an error',
    'def handler(*, x):\n  return {"ok": False, "status": 400, "data": {}, "error": "x is empty"}',
    'function handler({ x }) { return { ok: false, status: 400, data: {}, error: "x is empty" }; }',
  ],
  [
    'a fixed table',
    'def handler(*, x):\n  return {"ok": True, "data": {"EUR": 1.0, "USD": 1.1}}',
    'function handler({ x }) { return { ok: true, data: { EUR: 1, USD: 1.1 } }; }',
  ],
  [
    'a larger picture',
    python(`{"png": "${PIXEL.replace('AAAAEAAAAB', 'AAAAgAAAAI')}"}`),
    script(`{ png: "${PIXEL.replace('AAAAEAAAAB', 'AAAAgAAAAI')}" }`),
  ],
];

const REFUSED = { stage: 'placeholder', status: 403, category: 'placeholder', repairable: true };

describe('a tool is a placeholder that gives back', () => {
  it.runIf(box).each(BAD)('%s, in Python', async (_, code) => {
    expect(await look('python', code)).toMatchObject(REFUSED);
  });

  it.each(BAD)('%s, in JavaScript', async (_, __, code) => {
    expect(await look('javascript', code)).toMatchObject(REFUSED);
  });

  it('what its name says', async () => {
    const draft = { name: 'dynamic.image_placeholder' };
    expect(await look('javascript', script('{ y }'), draft)).toMatchObject({
      ...REFUSED,
      error: 'the tool is a placeholder: it is called "dynamic.image_placeholder"',
    });
  });
});

describe('a tool is no placeholder that gives back', () => {
  it.runIf(box).each(GOOD)('%s, in Python', async (_, code) => {
    expect(await look('python', code)).toBeUndefined();
  });

  it.each(GOOD)('%s, in JavaScript', async (_, __, code) => {
    expect(await look('javascript', code)).toBeUndefined();
  });

  it('nothing, if it takes nothing', async () => {
    const code = 'function handler() { return { ok: true, data: {} }; }';
    const parameters = argumentsNamed();
    expect(await look('javascript', code, { parameters })).toBeUndefined();
  });
});
