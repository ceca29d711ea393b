import { describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';

const policy: SandboxPolicy = {
  ...sandboxPolicy(),
  filesBytes: 1_000_000,
  languages: ['javascript'],
};

const sandbox = await openSandbox(nodeEffects())(policy).catch(() => undefined);

describe.skipIf(sandbox === undefined)('a box in which no Python is wanted', () => {
  it('hands all files back that the policy allows', async () => {
    const code = `import fs from 'node:fs';
for (let n = 0; n < 12; n++) fs.writeFileSync('output/' + n + '.txt', 'x'.repeat(5000));`;
    const job = { language: 'javascript', code, timeoutMs: 20_000, policy } as const;
    const done = await sandbox?.run(
      { ...job, inputs: undefined, shared: undefined, output: [] },
      new AbortController().signal,
    );
    expect(done?.notes).toEqual([]);
    expect(done?.files.map(({ path, bytes }) => [path, bytes.length]).sort()).toEqual(
      Array.from({ length: 12 }, (_, n) => [`${n}.txt`, 5000]).sort(),
    );
  });
});
