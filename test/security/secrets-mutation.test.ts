import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { leakyRun, randomSecret } from './leaky-run.ts';
import { spellingsIn } from './spellings.ts';

// The search of secrets.test.ts proves something only if it finds what is there.
vi.mock('../../src/base/secret-pattern.ts', () => ({
  secretPattern: () => undefined,
  secretSpellings: () => [],
}));

it('without redaction the same search finds the secret in every place', async () => {
  using folder = temporaryFolder();
  const secret = randomSecret();
  const traces = await leakyRun(folder.path, secret);
  const found = Object.entries(traces).filter(([, text]) => spellingsIn(text, secret).length > 0);
  expect(found.map(([where]) => where)).toEqual(
    expect.arrayContaining([
      ...['events and pieces', 'result', 'standard output', 'standard error', 'questions'],
      ...['runs show', 'runs show --json', 'runs list', 'runs export'],
    ]),
  );
  const log = found.filter(([where]) => where.startsWith('/awp.db'));
  expect(log.length).toBeGreaterThan(0);
}, 120_000);
