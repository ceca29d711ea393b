import { describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../../src/data/make-plan.ts';
import { type BoxFacts, boxLines, programLines } from '../../../src/runtime/agent/box-prompt.ts';

const box: BoxFacts = {
  name: 'bwrap',
  isolation: 'its own namespaces',
  languages: [
    { language: 'python', description: 'Python 3.11.2 with pandas 1.5.3' },
    { language: 'javascript', description: 'JavaScript on Node 24' },
    { language: 'typescript', description: 'TypeScript on Node 24' },
  ],
};
const onlyJs = { ...box, languages: box.languages.slice(1) };

describe('what a worker is told of its box', () => {
  it('names languages with versions and packages, the first as the default', () => {
    expect(boxLines(box, sandboxPolicy())).toBe(
      [
        'bwrap: its own namespaces',
        '- python (default): Python 3.11.2 with pandas 1.5.3',
        '- javascript: JavaScript on Node 24',
        '- typescript: TypeScript on Node 24',
        'There is no network.',
      ].join('\n'),
    );
  });

  it.each([
    [[], /There is no network\./],
    [
      ['api.example.com', '*.example.org'],
      /can reach api\.example\.com, \*\.example\.org over http/,
    ],
    [['*'], /can reach every public host/],
  ])('names the hosts %j', (hosts, said) => {
    expect(boxLines(box, sandboxPolicy({ hosts }))).toMatch(said);
  });

  it.each([
    ['fresh', /runs alone/],
    ['persistent', /run in one box/],
  ] as const)('says what a %s session is', (session, said) => {
    expect(programLines(box, [], sandboxPolicy({ session }))).toMatch(said);
  });

  it('shows how tools are called in the languages that are there', () => {
    const inside = ['file.read', 'arithmetic.add'];
    const both = programLines(box, inside, sandboxPolicy());
    expect(both).toContain('(file.read, arithmetic.add)');
    expect(both).toContain('Python: tools.call("file.read"');
    expect(both.match(/JavaScript and TypeScript: await tools\.call\('file\.read'/g)).toHaveLength(
      1,
    );
    expect(programLines(onlyJs, inside, sandboxPolicy())).not.toContain('Python');
  });

  it('says nothing of tools to who has no others', () => {
    const said = programLines(box, [], sandboxPolicy());
    expect(said).not.toContain('tools');
  });
});
