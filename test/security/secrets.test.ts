import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { leakyRun, randomSecret } from './leaky-run.ts';
import { spellingsIn } from './spellings.ts';

describe('a run that says its secret wherever it can', () => {
  it('leaves it nowhere, in none of its spellings', async () => {
    using folder = temporaryFolder();
    const secret = randomSecret();
    const traces = await leakyRun(folder.path, secret);
    expect(traces['exit status']).toBe('0');
    expect(Object.keys(traces)).toContain('/awp.db');
    const leaks = Object.entries(traces).flatMap(([where, text]) =>
      spellingsIn(text, secret).map((spelling) => `${where}: ${spelling}`),
    );
    expect(leaks).toEqual([]);
    for (const where of ['events and pieces', 'result', 'standard output', 'questions']) {
      expect(traces[where], where).toContain('[secret]');
    }
  }, 120_000);
});
