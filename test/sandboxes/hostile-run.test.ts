import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { runHostile } from '../../src/sandboxes/hostile/run.ts';
import type { HostileProgram } from '../../src/sandboxes/hostile/types.ts';

const program = (id: string, more: Partial<HostileProgram> = {}): HostileProgram => ({
  ...{ id, title: id, language: 'python', covers: [], escape: 'says-escaped' },
  code: () => `program ${id}`,
  ...more,
});

const ENDED: Execution = {
  ...{ exitCode: 0, stdout: 'CONTAINED: no\n', stderr: '', ms: 1 },
  ...{ limits: [], files: [], notes: [] },
};

/** A box that does what the test says instead of running anything. */
const boxThat = (
  run: (job: SandboxJob, signal: AbortSignal) => Promise<Execution>,
  more: Partial<Sandbox> = {},
): Sandbox => ({
  ...{ name: 'bwrap', isolation: 'made up', run, prepare: () => {} },
  languages: [{ language: 'python', description: '' }],
  ...{ endSession: async () => {}, close: async () => {}, ...more },
});

const effects = nodeEffects();

describe.runIf(process.platform === 'linux')('running hostile programs', () => {
  it('gives results in the order of the list, and leaves out other languages', async () => {
    const programs = [
      program('A', { heavy: true }),
      program('B'),
      program('C', { language: 'javascript' }),
      program('D'),
    ];
    const report = await runHostile(effects, async () => boxThat(async () => ENDED), { programs });
    expect(report.results.map(({ id }) => id)).toEqual(['A', 'B', 'D']);
    expect(report).toMatchObject({ kind: 'bwrap', ok: true, skipped: ['C'] });
  });

  it('runs heavy programs alone, after the others', async () => {
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const box = boxThat(async ({ code }) => {
      running += 1;
      order.push(code.slice(-1));
      if (code.endsWith('H')) most = Math.max(most, running);
      await turn();
      running -= 1;
      return ENDED;
    });
    const programs = [program('H', { heavy: true }), program('A'), program('B'), program('C')];
    await runHostile(effects, async () => box, { programs });
    expect(order.at(-1)).toBe('H');
    expect(most).toBe(1);
  });

  it.for<[string[], string[]]>([
    [['A'], ['A1', 'A2']],
    [
      ['A2', 'B'],
      ['A2', 'B1'],
    ],
    [['X'], []],
  ])('runs only what begins with %j', async ([only, ids]) => {
    const seen: string[] = [];
    const programs = ['A1', 'A2', 'B1'].map((id) => program(id));
    const progress = ({ id }: { id: string }): number => seen.push(id);
    await runHostile(effects, async () => boxThat(async () => ENDED), { programs, only, progress });
    expect(seen.sort()).toEqual(ids);
  });

  it('says that all is not well when one verdict is not as it should be', async () => {
    const box = boxThat(async () => ({ ...ENDED, stdout: 'ESCAPED: yes\n' }));
    const report = await runHostile(effects, async () => box, { programs: [program('A')] });
    expect(report.ok).toBe(false);
    expect(report.results[0]).toMatchObject({
      ok: false,
      verdict: 'escaped',
      expected: ['contained'],
    });
  });

  it('counts a box that fails as one that was broken', async () => {
    const box = boxThat(async () => Promise.reject(new Error('it fell apart')));
    const report = await runHostile(effects, async () => box, { programs: [program('A')] });
    expect(report.results[0]).toMatchObject({ verdict: 'escaped', evidence: ['box-broken'] });
    expect(report.results[0]?.words).toContain('it fell apart');
  });

  it('gives up a box that neither ends a program nor itself', async () => {
    const clock = fixedClock();
    let signal: AbortSignal | undefined;
    const box = boxThat(async (_job, given) => {
      signal = given;
      return new Promise<Execution>(() => {});
    });
    const run = runHostile({ ...effects, clock }, async () => box, { programs: [program('A')] });
    await expect.poll(() => signal).toBeDefined();
    clock.advance(60_000);
    expect(signal?.aborted).toBe(true);
    expect((await run).results[0]).toMatchObject({ verdict: 'stalled', ok: false });
    expect(clock.pending).toBe(0);
  });

  it('plants everything anew after a program that did harm', async () => {
    const folders: string[] = [];
    const box = boxThat(async ({ inputs }) => {
      folders.push(inputs ?? '');
      await effects.files.write(`${inputs}/table.csv`, 'changed');
      return ENDED;
    });
    const programs = [program('A', { heavy: true }), program('B', { heavy: true })];
    const report = await runHostile(effects, async () => box, { programs });
    expect(report.results.map(({ evidence }) => evidence)).toEqual([
      ['host-changed'],
      ['host-changed'],
    ]);
    expect(new Set(folders).size).toBe(2);
  });

  it('lifts the limits where there is no boundary, but tells programs of the same ones', async () => {
    const seen: [string, number][] = [];
    for (const name of ['bwrap', 'none'] as const) {
      const box = boxThat(
        async ({ code, policy }) => {
          seen.push([code, policy.processes]);
          return ENDED;
        },
        { name },
      );
      const code = ({ policy }: { policy: { processes: number } }): string => `${policy.processes}`;
      await runHostile(effects, async () => box, { programs: [program('A', { code })] });
    }
    expect(seen[0]?.[0]).toBe(seen[1]?.[0]);
    expect(seen[1]?.[1]).toBeGreaterThan(seen[0]?.[1] ?? 0);
  });

  it('starts no more programs once it was cancelled, and closes the box', async () => {
    const cancel = new AbortController();
    let closed = 0;
    const box = boxThat(
      async () => {
        cancel.abort();
        return ENDED;
      },
      {
        close: async () => {
          closed += 1;
        },
      },
    );
    const programs = ['A', 'B', 'C', 'D', 'E'].map((id) => program(id));
    const options = { programs, signal: cancel.signal };
    const report = await runHostile(effects, async () => box, options);
    expect(report.results.length).toBeLessThan(5);
    expect(closed).toBe(1);
  });

  it('tells a jail with namespaces from one without by what it says of itself', async () => {
    const kinds = ['jail: own namespaces, Landlock', 'jail: Landlock'].map(async (isolation) => {
      const box = boxThat(async () => ENDED, { name: 'jail', isolation });
      return (await runHostile(effects, async () => box, { programs: [] })).kind;
    });
    expect(await Promise.all(kinds)).toEqual(['jail', 'jail-without-namespaces']);
  });
});
