import { describe, expect, it } from 'vitest';
import { fillFromEnvironment, parseSecretsFile } from '../../src/parser/secrets-file.ts';
import { parseEnvFile } from '../../src/parser/secrets-file-env.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (found: ReadonlyMap<string, { text: string }>): Record<string, string> =>
  Object.fromEntries([...found].map(([name, { text }]) => [name, text]));

describe('secrets.yaml', () => {
  const read = (text: string): Record<string, string> =>
    texts(parseSecretsFile(bytes(text), 'secrets.yaml'));

  it.each([
    ['texts', 'secrets:\n  A: one\n  B: "two words"\n', { A: 'one', B: 'two words' }],
    ['numbers as they are written', 'secrets: { PIN: 0042, N: 1e3 }', { PIN: '0042', N: '1e3' }],
    ['words of YAML as they are written', 'secrets: { A: yes, B: True }', { A: 'yes', B: 'True' }],
    ['blocks', 'secrets:\n  A: |\n    one\n    two\n', { A: 'one\ntwo\n' }],
    ['aliases', 'secrets:\n  A: &a 7\n  B: *a\n', { A: '7', B: '7' }],
    ['nothing for what is empty', 'secrets: { A: , B: "", C: null, D: d }', { D: 'd' }],
    ['JSON', '{"secrets": {"A": "x"}}', { A: 'x' }],
    ['nothing of an empty file', '# nothing yet\n', {}],
  ])('has %s', (_, text, wanted) => {
    expect(read(text)).toEqual(wanted);
  });

  it.each([
    ['no map of secrets', 'A: hidden-value', 'secrets.yaml:1: there is no map `secrets:`'],
    ['secrets that are a list', 'secrets: [hidden-value]', 'secrets.yaml:1'],
    [
      'a value that is a list',
      'secrets:\n  A: x\n  B: [hidden-value]',
      'secrets.yaml:3: the value of B',
    ],
    ['broken YAML', 'secrets:\n  A: "hidden-value\n', 'secrets.yaml:'],
    ['an alias without anchor', 'secrets:\n  A: *hidden-value\n', 'secrets.yaml:2'],
    ['a name twice', 'secrets:\n  A: x\n  A: hidden-value\n', 'secrets.yaml:3'],
    ['a bomb of aliases', `secrets: ${'['.repeat(2000)}`, 'secrets.yaml:1'],
  ])('is refused with its place and without its text: %s', (_, text, said) => {
    const refused = expect.objectContaining({
      code: 'secret/bad-file',
      message: expect.stringContaining(said),
    });
    expect(() => read(text)).toThrow(refused);
    expect(() => read(text)).not.toThrow(/hidden-value/);
  });

  it('takes variables of the environment, once', () => {
    const env = new Map([
      ['TOKEN', 'a {{ env.OTHER }}'],
      ['OTHER', 'b'],
    ]);
    const fill = (text: string): string =>
      fillFromEnvironment({ text, place: 'secrets.yaml:3' }, (name) => env.get(name));
    expect(fill('Bearer {{ env.TOKEN }}/{{env.OTHER}}')).toBe('Bearer a {{ env.OTHER }}/b');
    expect(fill(`$TOKEN \${TOKEN} {{ OTHER }} {{ env.1 }}`)).toBe(
      `$TOKEN \${TOKEN} {{ OTHER }} {{ env.1 }}`,
    );
    expect(() => fill('{{ env.MISSING }}')).toThrow(
      'secrets.yaml:3: the variable MISSING is not set',
    );
  });
});

describe('.env', () => {
  const read = (text: string): Record<string, string> => texts(parseEnvFile(bytes(text), '.env'));

  it.each([
    ['a plain value', 'A=one', { A: 'one' }],
    ['spaces around', '  A =  one  \r\nB=2', { A: 'one', B: '2' }],
    ['the word export', 'export A=one', { A: 'one' }],
    ['double quotes', 'A="one # two"', { A: 'one # two' }],
    ['single quotes', 'A=\'one "two"\' # three', { A: 'one "two"' }],
    ['comments', '# no\n\nA=one # two\nB=#no\n', { A: 'one' }],
    ['a # inside of a value', 'A=one#two', { A: 'one#two' }],
    ['an = inside of a value', 'A=a=b==', { A: 'a=b==' }],
    ['quotes inside of a value', 'A=it\'s "x"', { A: 'it\'s "x"' }],
    [
      'no expansion',
      `A=$B\${C}\nB="\\n"\nC=$(whoami)'id'`,
      { A: `$B\${C}`, B: '\\n', C: "$(whoami)'id'" },
    ],
    ['several lines in quotes', 'A="one\ntwo"\nB=x', { A: 'one\ntwo', B: 'x' }],
    ['the later of two', 'A=one\nA=two', { A: 'two' }],
    ['nothing for what is empty', 'A=\nB=""\nC=x\nC=', {}],
    ['other names', 'a.b-c=1', { 'a.b-c': '1' }],
    ['a mark at its beginning', '\ufeffA=one', { A: 'one' }],
    ['nothing', '', {}],
  ])('has %s', (_, text, wanted) => {
    expect(read(text)).toEqual(wanted);
  });

  it.each([
    ['a line without =', 'A=x\nhidden-value\n', '.env:2: this is no line NAME=value'],
    ['a name with a space', 'A B=hidden-value', '.env:1'],
    ['a quote that is not closed', 'A="hidden-value\nB=x', '.env:1: the quote is not closed'],
    ['text behind a quote', 'A="x" hidden-value', '.env:1: there is text behind'],
    ['a zero byte', 'A=hidden-value\0', '.env: the file is no text'],
    ['more than 1 MiB', `A=${'hidden-value'.repeat(100_000)}`, '.env: the file is larger'],
  ])('is refused with its place and without its text: %s', (_, text, said) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'secret/bad-file', message: expect.stringContaining(said) }),
    );
    expect(() => read(text)).not.toThrow(/hidden-value/);
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => parseEnvFile(new Uint8Array([65, 61, 0xff]), '.env')).toThrow('not UTF-8');
  });

  it('of the largest size is read', () => {
    const text = "A='x'\n".repeat(170_000);
    expect(read(text)).toEqual({ A: 'x' });
  });
});
