import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';

const policy: SandboxPolicy = { ...sandboxPolicy(), memoryMb: 512, languages: ['javascript'] };

/** Living processes without a parent of their own that a box started. */
function orphans(): Set<string> {
  return new Set(
    readdirSync('/proc').filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return parent === '1' && state !== 'Z' && command.includes('prlimit');
      } catch {
        return false; // no process, or one that has just ended
      }
    }),
  );
}

const sandbox = await openSandbox(nodeEffects())(policy).catch(() => undefined);

describe.skipIf(sandbox === undefined)('a box that is ended while it starts', () => {
  it('leaves no program behind, at whatever moment it is ended', async () => {
    const before = orphans();
    for (let round = 0; round < 40; round++) {
      const stop = new AbortController();
      const job = {
        language: 'javascript',
        code: 'setTimeout(() => {}, 60000)',
        timeoutMs: 60_000,
      } as const;
      const run = sandbox?.run(
        { ...job, policy, inputs: undefined, shared: undefined, output: [] },
        stop.signal,
      );
      await wait(round % 20);
      stop.abort();
      expect(await run).toMatchObject({ stopped: 'cancelled' });
    }
    await wait(200);
    expect([...orphans()].filter((pid) => !before.has(pid))).toEqual([]);
  });
});
