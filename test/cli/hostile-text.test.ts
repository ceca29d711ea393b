import { describe, expect, it } from 'vitest';
import { reportsText } from '../../src/cli/hostile-text.ts';
import { styleFor } from '../../src/cli/style.ts';
import type { HostileReport, HostileResult } from '../../src/sandboxes/hostile/run.ts';

const style = styleFor({
  ...{ terminal: false, noColor: true, os: 'linux' },
  env: (name) => (name === 'LANG' ? 'C.UTF-8' : undefined),
});

const result = (more: Partial<HostileResult>): HostileResult => ({
  ...{ id: 'J01', title: 'reads a file', language: 'javascript', verdict: 'contained' },
  ...{ expected: ['contained'], ok: true, evidence: [], words: 'it got nothing', ms: 5 },
  ...more,
});

describe('reports of hostile programs', () => {
  it('name what came out otherwise than it should, with harmless words', () => {
    const bad = { id: 'J02', verdict: 'escaped', ok: false, words: 'read \x1b[2Jit' } as const;
    const reports: HostileReport[] = [
      { kind: 'bwrap', ok: false, results: [result({}), result(bad)], skipped: ['P01'] },
      { kind: 'quickjs', ok: true, results: [result({})], skipped: [] },
    ];
    expect(
      reportsText(reports, style)
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual([
      ' bwrap quickjs',
      'J01 reads a file ✓ contained ✓ contained',
      'J02 reads a file ✗ escaped —',
      '',
      '✗ bwrap J02: escaped, not contained: read \\x1b[2Jit',
      '✗ bwrap: 1 of 2 programs as expected (1 contained, 1 escaped; 1 in languages that it does not run)',
      '✓ quickjs: 1 of 1 program as expected (1 contained)',
      '',
    ]);
  });
});
