import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { lookAtMachine } from '../../src/sandboxes/machine.ts';
import { scratchFolder, sweepScratch } from '../../src/sandboxes/scratch.ts';
import { boxOrReason, POLICY, runIn } from '../contracts/sandbox-contract.ts';
import { effectsWith, openBox } from './boxes.ts';

/** A machine on which no other program can be started. */
function bareMachine(): Effects {
  const effects = nodeEffects();
  const refuse = async () => {
    throw new Error('read-only');
  };
  const files = { ...effects.files, info: async () => undefined, makeFolder: refuse };
  const processes = {
    ...effects.processes,
    spawn: () => effects.processes.spawn({ command: '/nowhere/at-all', args: [], env: {} }),
  };
  return { ...effects, files, processes };
}

const open = openSandbox(nodeEffects());
const strong = await boxOrReason(() => open(POLICY));

describe('the choice of a box', () => {
  it('refuses where there is none, and says what to install', async () => {
    await expect(openSandbox(bareMachine())(POLICY)).rejects.toMatchObject({
      code: 'sandbox/unavailable',
      hint: expect.stringContaining('bubblewrap'),
    });
  });

  it('never gives less than the policy asks for, even when forced', async () => {
    const forced = openSandbox(effectsWith('AWP_SANDBOX', 'none'));
    await expect(forced(POLICY)).rejects.toMatchObject({ code: 'sandbox/unavailable' });
    expect((await forced({ ...POLICY, minimum: 'none' })).name).toBe('none');
  });

  it('refuses a name that it does not know', async () => {
    const forced = openSandbox(effectsWith('AWP_SANDBOX', 'fortress'));
    await expect(forced(POLICY)).rejects.toThrow('"fortress"');
  });

  it('falls back to no boundary only where the policy accepts none', async () => {
    const box = await openSandbox(bareMachine())({ ...POLICY, minimum: 'none' });
    expect(box.name).toBe('none');
  });

  it.skipIf(typeof strong === 'string')('gives a real box before none', async () => {
    const box = await open({ ...POLICY, minimum: 'none' });
    expect(box.name).not.toBe('none');
  });

  it.skipIf(typeof strong === 'string')('offers only the languages of the policy', async () => {
    const box = await open({ ...POLICY, languages: ['typescript'] });
    expect(box.languages.map(({ language }) => language)).toEqual(['typescript']);
    const refused = runIn(box, { language: 'javascript', code: '' });
    await expect(refused).rejects.toMatchObject({ code: 'sandbox/refused' });
  });

  it.skipIf(typeof strong === 'string')('ends what still runs when it is closed', async () => {
    const box = await open(POLICY);
    const running = runIn(box, { language: 'javascript', code: 'setInterval(() => {}, 1000)' });
    await box.close();
    expect((await running).stopped).toBe('cancelled');
  });
});

describe.skipIf(process.platform !== 'linux')('what a killed process left', () => {
  it('is removed by the next one; what belongs to a living one stays', async () => {
    const machine = await lookAtMachine(nodeEffects());
    const living = await scratchFolder(machine, 'stage');
    const dead = living.replace(`-${process.pid}-`, '-999999999-');
    await mkdir(path.join(dead, 'inputs'), { recursive: true });
    await sweepScratch(machine);
    expect((await readdir(tmpdir())).filter((name) => name.includes('-stage-'))).toEqual([
      path.basename(living),
    ]);
    await rm(living, { recursive: true });
  });
});

describe.skipIf(process.getuid?.() !== 0)('a project that only root can read', () => {
  it.for(['bwrap', 'jail'] as const)(
    'works in the box of another user: %s',
    async (name, { skip }) => {
      const box = await boxOrReason(() => openBox(name));
      if (typeof box === 'string') return skip(box);
      const closed = await mkdtemp(path.join(tmpdir(), 'awp-closed-'));
      const inputs = path.join(closed, 'inputs');
      await mkdir(path.join(inputs, 'deep'), { recursive: true });
      await writeFile(path.join(inputs, 'deep', 'a.txt'), 'secret of root', { mode: 0o600 });
      await chmod(closed, 0o700);
      const code =
        "import fs from 'node:fs'; console.log(fs.readFileSync('inputs/deep/a.txt', 'utf8'))";
      const done = await runIn(box, { language: 'javascript', code, inputs, shared: undefined });
      await rm(closed, { recursive: true });
      expect(done).toMatchObject({ exitCode: 0, stdout: 'secret of root\n' });
    },
  );

  it('is run by somebody else than root', async ({ skip }) => {
    const box = await boxOrReason(() => openBox('jail'));
    if (typeof box === 'string') return skip(box);
    const code = 'console.log(process.getuid())';
    expect((await runIn(box, { language: 'javascript', code })).stdout).not.toBe('0\n');
  });
});
