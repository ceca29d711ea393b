import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import type { Artifact } from '../../../src/events/state.ts';
import { missingFiles, placeholdersIn } from '../../../src/runtime/agent/report-facts.ts';

describe('words that stand for what is still to come', () => {
  it.each<[string, Json, number]>([
    ['none', { summary: 'Revenue grew by 12 %.' }, 0],
    ['each of them', ['TODO', 'TBD', '???', 'XX%', 'XXX %', 'PLACEHOLDER', 'N/A', 'FIXME'], 8],
    ['in brackets', 'Dear [placeholder], {placeholder}', 2],
    ['inside of texts, however deep', { a: [{ b: 'first TODO, then TBD' }] }, 2],
    ['nothing that only looks like it', 'todo TODOS n/a why?? a placeholder XXL 10%', 0],
    ['no keys, no numbers', { TODO: 1 }, 0],
  ])('%s', (_, report, count) => {
    expect(placeholdersIn(report)).toBe(count);
  });
});

describe('files that a report names and nobody wrote', () => {
  const artifact = (path: string, name: string): [string, Artifact] => [
    path,
    { path, name, type: 'text/csv', bytes: 1, sha256: '', agent: '1.1', agentName: 'a' },
  ];
  const artifacts = new Map([artifact('a.csv', 'a.csv'), artifact('b-2.csv', 'plots/b.csv')]);

  it.each<[string, Json, string[]]>([
    ['none', { summary: 'no file' }, []],
    [
      'those that are there, by either name',
      ['output/a.csv', 'shared/b-2.csv', 'output/plots/b.csv'],
      [],
    ],
    ['one that is not', { file: 'output/c.csv' }, ['output/c.csv']],
    ['one in a sentence, once', 'See output/c.csv. Again: (./output/c.csv)', ['output/c.csv']],
    [
      'the first three',
      ['1', '2', '3', '4'].map((n) => `output/${n}.md`),
      ['output/4.md', 'output/3.md', 'output/2.md'],
    ],
    [
      'no folders, patterns and other places',
      'output/ output/x/ output/<name>.csv my-output/c.csv /srv/output/c.csv inputs/c.csv',
      [],
    ],
  ])('%s', (_, report, missing) => {
    expect(missingFiles({ artifacts }, report)).toEqual(missing);
  });

  it('ends soon on a report made to be slow', () => {
    const slow = `${'output/'.repeat(30_000)} ${'output/a.'.repeat(30_000)}`;
    expect(missingFiles({ artifacts }, [slow]).length).toBeLessThanOrEqual(3);
  });
});
