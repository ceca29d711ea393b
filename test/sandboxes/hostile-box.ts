import { beforeAll, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { HOSTILE_PROGRAMS } from '../../src/sandboxes/hostile/programs.ts';
import { type HostileReport, runHostile } from '../../src/sandboxes/hostile/run.ts';
import type { HostileProgram } from '../../src/sandboxes/hostile/types.ts';

/** Runs all hostile programs in a box, once, and looks at each verdict. */
export function withstandsAll(box: Sandbox): void {
  withstands(box, HOSTILE_PROGRAMS);
}

/** The same for some of them. */
export function withstands(box: Sandbox, all: readonly HostileProgram[]): void {
  const there = new Set(box.languages.map(({ language }) => language));
  const programs = all.filter(({ language }) => there.has(language));
  let report: HostileReport;
  beforeAll(async () => {
    const open = async () => ({ ...box, close: async () => {} });
    report = await runHostile(nodeEffects(), open, { programs: all });
  }, 900_000);

  it.for(programs)('$id $title', ({ id, escape: way }) => {
    const result = report.results.find((one) => one.id === id);
    expect(result?.expected, result?.words).toContain(result?.verdict);
    // A program that gets out does it in the way that it is there to show.
    if (result?.verdict === 'escaped') expect(result.evidence).toContain(way);
  });

  it('ran every program whose language it has', () => {
    expect(report.results).toHaveLength(programs.length);
    expect(report.skipped).toHaveLength(all.length - programs.length);
  });
}
