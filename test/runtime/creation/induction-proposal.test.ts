import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { CodeLanguage } from '../../../src/events/creation.ts';
import { proposalOf } from '../../../src/runtime/creation/induction/proposal.ts';
import { shapeOf } from '../../../src/runtime/creation/induction/shape.ts';

/** The proposal that follows from programs. */
function proposed(language: CodeLanguage, ...sources: readonly string[]) {
  const shapes = sources.map((code) => shapeOf(code, language));
  const [first] = shapes;
  if (!first) throw new Error('the first program has no shape');
  expect(new Set(shapes.map((one) => one?.shape)).size).toBe(1);
  const programs = shapes.map((one) => one?.literals ?? []);
  const { shape, template } = first;
  const workers = sources.map((_, index) => `w${index}`);
  return proposalOf({ shape, language, template, programs, workers }, 'stats');
}

/** What a handler in Python gives back. */
function python(code = '', args: JsonObject = {}): Json {
  const program = `${code}\nimport json, sys\nprint(json.dumps(handler(**json.loads(sys.argv[1]))))`;
  const { stdout, stderr } = spawnSync('python3', ['-c', program, JSON.stringify(args)], {
    encoding: 'utf8',
  });
  return stdout === '' ? stderr : (JSON.parse(stdout) as Json);
}

/** What a handler in JavaScript gives back. */
async function script(code = '', args: JsonObject = {}): Promise<Json> {
  const module = `data:text/javascript,${encodeURIComponent(code)}`;
  const { handler } = (await import(module)) as { handler: (args: JsonObject) => Promise<Json> };
  return await handler(args);
}

const printed = (stdout: string) => ({ ok: true, status: 200, data: { stdout } });

describe('a handler of programs in Python', () => {
  it.each<readonly [string, (value: string) => string, string]>([
    [
      'a text over lines',
      (value) => `text = """${value}\n  in\n\n    out"""\nprint(text, 1.0, [1, 2], (3, 4))\n`,
      'a\n  in\n\n    out 1.0 [1, 2] (3, 4)\n',
    ],
    [
      'a template over lines',
      (value) => `x = 1\nprint(f"""${value} {x}\n  {x}\nend{x:>3} {{}}""", 1, 2)\n`,
      'a 1\n  1\nend  1 {} 1 2\n',
    ],
    [
      'a main function',
      (value) =>
        `def main():\n    print("${value}", __name__)\n\nif __name__ == "__main__":\n    main()\n`,
      'a __main__\n',
    ],
    [
      'an exit',
      (value) =>
        `import sys\nprint("${value}")\nif len("x") == 1:\n\tsys.exit(0)\nprint("never", 1, 2)\n`,
      'a\n',
    ],
    [
      'functions that call each other',
      (value) =>
        `SEEN = []\ndef one(n):\n    SEEN.append(n)\n    return two(n - 1) if n else "${value}"\ndef two(n):\n    return one(n)\nprint(one(2), SEEN)\n`,
      'a [2, 1, 0]\n',
    ],
    [
      'other ends of lines',
      (value) => `x = [1, 2, 3]\r\nfor y in x:\r\n    print(y, "${value}", end=" ")\r\n`,
      '1 a 2 a 3 a ',
    ],
    [
      'a text of several parts',
      (value) => `print("${value}"\n      "-b" 'c', 1, 2, 3, [4], {5: 6}, (7,))\n`,
      'a-bc 1 2 3 [4] {5: 6} (7,)\n',
    ],
  ])('does what they did, with %s', (_, program, stdout) => {
    const proposal = proposed('python', program('a'), program('b'), program('c'));
    expect(python(proposal?.code)).toEqual(printed(stdout));
    const [name = ''] = Object.keys(proposal?.parameters.properties ?? {});
    const other = JSON.stringify(python(proposal?.code, { [name]: 'other' }));
    expect(other).toContain('"ok":true');
    expect(other).toContain('other');
  });

  it('says how a program ended that did not end well', () => {
    const program = (value: number): string =>
      `import sys\nprint("out", 1, 2)\nfor code in range(3):\n    if code == 2:\n        sys.exit(${value})\n`;
    const proposal = proposed('python', program(3), program(4), program(5));
    expect(python(proposal?.code)).toEqual({
      ...{ ok: false, status: 500, data: { stdout: 'out 1 2\n' } },
      error: 'the program ended with 3',
    });
  });

  it('gives the value of a solve that makes no use of its sdk', () => {
    const program = (value: number): string =>
      `import asyncio\n\nasync def solve(sdk):\n    await asyncio.sleep(0)\n    print("here")\n    return {"n": ${value}}\n`;
    const proposal = proposed('python', program(1), program(2), program(3));
    expect(python(proposal?.code, { p1: 7 })).toEqual({
      ...{ ok: true, status: 200, data: { stdout: 'here\n', value: { n: 7 } } },
    });
  });

  it('needs no loop of events for a solve that waits for nothing, so that it may only compute', () => {
    const program = (value: number): string =>
      `async def finished(n):\n    return n * 2\n\nasync def solve(sdk):\n    print("here", "and there")\n    return {"n": await finished(${value})}\n`;
    const proposal = proposed('python', program(1), program(2), program(3));
    expect(proposal?.code).not.toContain('asyncio');
    expect(python(proposal?.code, { p1: 7 })).toEqual({
      ...{ ok: true, status: 200, data: { stdout: 'here and there\n', value: { n: 14 } } },
    });
  });
});

describe('a handler of programs in JavaScript', () => {
  it.each<readonly [string, (value: string) => string, string]>([
    [
      'imports',
      (value) =>
        `import { basename } from 'node:path';\nimport * as os from "node:os"\nconst name = "${value}";\nconsole.log(basename('/x/' + name), typeof os.EOL);\n`,
      'a string\n',
    ],
    [
      'a main function that nobody waits for',
      (value) =>
        `async function main() {\n  await null;\n  console.log("${value}", { n: 1 }, [1]);\n}\nmain().catch(() => {});\n`,
      'a {"n":1} [1]\n',
    ],
    [
      'a function that is called at once',
      (value) =>
        `const word = "${value}";\n(async () => {\n  await null;\n  for (const n of [1, 2]) console.log(n, word);\n})();\n`,
      '1 a\n2 a\n',
    ],
    [
      'no semicolons',
      (value) =>
        `const word = "${value}"\nconst list = [1, 2].map((n) => n * 2)\nprint(word)\nfunction print(x) { console.log(\`\${x} ${value}-\`, list.length) }\n`,
      'a a- 2\n',
    ],
    [
      'things that are handed out',
      (value) =>
        `export const word = "${value}";\nexport function show(x) { console.log(x, word, 1, 2); }\nshow(word);\n`,
      'a a 1 2\n',
    ],
    [
      'what has no JSON',
      (value) =>
        `const loop = { word: "${value}" };\nloop.self = loop;\nconsole.log(String(loop.word), loop, undefined, 10n);\n`,
      'a [object Object] undefined 10\n',
    ],
  ])('does what they did, with %s', async (_, program, stdout) => {
    const proposal = proposed('javascript', program('a'), program('b'), program('c'));
    expect(await script(proposal?.code)).toEqual(printed(stdout));
    const [name = ''] = Object.keys(proposal?.parameters.properties ?? {});
    const other = JSON.stringify(await script(proposal?.code, { [name]: 'other' }));
    expect(other).toContain('other');
  });

  it('gives the value of a solve that makes no use of its sdk', async () => {
    const program = (value: number): string =>
      `export async function solve(sdk) {\n  console.log("here", [1, 2, 3].length);\n  return { n: ${value} };\n}\n`;
    const proposal = proposed('javascript', program(1), program(2), program(3));
    expect(await script(proposal?.code, { p1: 7 })).toEqual({
      ...{ ok: true, status: 200, data: { stdout: 'here 3\n', value: { n: 7 } } },
    });
  });
});

describe('the arguments of a proposal', () => {
  const program = (a: string, b: string, c: string): string =>
    `limit = ${a}\nprint(limit, ${b}, ${c}, "same", len("same"), [limit])\nhandler = ${c}\n`;

  it('are values that vary, those that vary alike only once, with their types', () => {
    const proposal = proposed(
      'python',
      ...[program('1', '1', '"x"'), program('2', '2', '"y"'), program('3', '3', '"z"')],
    );
    expect(proposal?.parameters).toEqual({
      type: 'object',
      properties: {
        limit: { type: 'integer', default: 1 },
        p2: { type: 'string', default: 'x' },
      },
      additionalProperties: false,
    });
  });

  it.each([
    ['number', '1', '2.5', '3', 1],
    ['boolean', 'True', 'False', 'True', true],
    ['integer', '1.0', '2', '3', 1],
  ])('have the type %s', (type, a, b, c, first) => {
    const own = (value: string): string => program(value, '1', '"x"');
    const { limit } = (proposed('python', own(a), own(b), own(c))?.parameters.properties ??
      {}) as JsonObject;
    expect(limit).toEqual({ type, default: first });
  });

  it('are none for programs that are equal', () => {
    const own = program('1', '2', '3');
    const proposal = proposed('python', own, own, own);
    expect(proposal?.parameters.properties).toEqual({});
    expect(python(proposal?.code)).toEqual(printed('1 2 3 same 4 [1]\n'));
  });

  it('are so few that a model can see through them, or there is no tool', () => {
    const many = (seed: number): string =>
      Array.from({ length: 40 }, (_, index) => `print(${seed * 100 + index})`).join('\n');
    expect(proposed('python', many(1), many(2), many(3))).toBeUndefined();
  });
});
