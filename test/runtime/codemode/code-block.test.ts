import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { programIn } from '../../../src/runtime/codemode/code-block.ts';

const PYTHON = 'async def solve(sdk):\n    return {}';
const SCRIPT = 'export async function solve(sdk) {\n  return {};\n}';
const fenced = (code: string, tag = 'python', fence = '```'): string =>
  `${fence}${tag}\n${code}\n${fence}\n`;

describe('the program in an answer', () => {
  it.each<[string, string, string | undefined]>([
    ['is the block of its language', `Here:\n${fenced(PYTHON)}Done.`, PYTHON],
    ['may have another spelling of the language', fenced(PYTHON, 'Py'), PYTHON],
    ['may have more words behind the language', fenced(PYTHON, 'python title="x"'), PYTHON],
    ['may have an attribute behind it', fenced(PYTHON, 'python{1}'), PYTHON],
    ['is the last one that defines solve', fenced(PYTHON) + fenced('print(1)'), PYTHON],
    [
      'is the last of several that do',
      fenced('def solve(sdk):\n    pass') + fenced(PYTHON),
      PYTHON,
    ],
    ['is the last of its language without one', fenced('a') + fenced('b'), 'b'],
    ['is one of another language never', fenced(SCRIPT, 'javascript'), undefined],
    ['is one without a tag, where there is no other', fenced(PYTHON, ''), PYTHON],
    ['is one with a tag rather than one without', fenced('x') + fenced(PYTHON, ''), 'x'],
    ['is no JSON object without a tag', fenced('{"confidence": 1}', ''), undefined],
    ['is between tildes as well', fenced(PYTHON, 'python', '~~~'), PYTHON],
    [
      'is not ended by a shorter fence',
      fenced(`x = '''\n\`\`\`\n'''`, 'python', '````'),
      "x = '''\n```\n'''",
    ],
    ['is not ended by a fence of another kind', fenced('a\n~~~\nb'), 'a\n~~~\nb'],
    ['is not ended by a fence with words', fenced('a\n``` b\nc'), 'a\n``` b\nc'],
    ['is ended by a longer fence', '```python\na\n`````\nb', 'a'],
    ['goes to the end when nothing ends it', `\`\`\`python\n${PYTHON}`, PYTHON],
    ['may stand up to three spaces to the right', '  ```python\n  a\n    b\n  ```', 'a\n  b'],
    ['is none further to the right', '    ```python\n    a\n    ```', undefined],
    ['begins no fence within a line', 'say ```python\na\n```', undefined],
    ['has no backticks behind its backticks', '```python `x`\na\n', undefined],
    ['has lines that end in any way', '```python\r\na\r\nb\r\n```\r\n', 'a\nb'],
    ['is not empty', fenced('   ') + fenced(''), undefined],
    ['is not there', 'I cannot do it.', undefined],
    ['is not there in nothing', '', undefined],
  ])('%s', (_, text, program) => {
    expect(programIn(text, 'python')).toBe(program);
  });

  it('of TypeScript may be in JavaScript, but not the other way', () => {
    expect(programIn(fenced(SCRIPT, 'js'), 'typescript')).toBe(SCRIPT);
    expect(programIn(fenced(SCRIPT, 'ts'), 'javascript')).toBeUndefined();
  });

  it.each([
    ['a function', 'async function solve(sdk) {}'],
    ['one that is exported by default', 'export default async function solve(sdk) {}'],
    ['an arrow', 'const solve = async (sdk) => 1;'],
  ])('of JavaScript defines solve as %s', (_, code) => {
    expect(programIn(fenced(code, 'js') + fenced('log(1)', 'js'), 'javascript')).toBe(code);
  });

  it('is a part of the answer, whatever that is, and found in one pass', () => {
    const line = fc.constantFrom('```', '```python', '~~~', '````', '   ```', 'a', '{', '', '\t');
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        const text = lines.join('\n');
        const found = programIn(text, 'python');
        for (const one of found?.split('\n') ?? []) expect(text).toContain(one);
      }),
    );
    expect(programIn('```python\n'.repeat(100_000), 'python')).toBeDefined();
    expect(programIn(`\`\`\`js\n${'function '.repeat(100_000)}`, 'javascript')).toBeDefined();
  });
});
