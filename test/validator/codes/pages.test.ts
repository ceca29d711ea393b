import { globSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { rulePages } from '../../../scripts/rule-pages.ts';

const FOLDER = resolve(import.meta.dirname, '../../../docs/rules');

it('the pages of docs/rules/ are those of the cards; else run node scripts/rule-pages.ts', async () => {
  const written = globSync('*', { cwd: FOLDER }).map(
    (name) => [basename(name), readFileSync(resolve(FOLDER, name), 'utf8')] as const,
  );
  const wanted = await rulePages();
  expect(written.map(([name]) => name).sort()).toEqual([...wanted.keys()].sort());
  const stale = written.filter(([name, text]) => wanted.get(name) !== text).map(([name]) => name);
  expect(stale).toEqual([]);
});
