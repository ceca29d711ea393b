import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { boxOrReason, processesWith } from '../contracts/sandbox-contract.ts';
import { openBox, openJailWithoutNamespaces } from './boxes.ts';

/** A host of its own, which runs one program that never ends, with two children of its own. */
const HOST = `
const [source, kind, ...halves] = process.argv.slice(1);
const load = (path) => import(source + path);
const { nodeEffects } = await load('effects/index.ts');
const { sandboxPolicy } = await load('data/make-plan.ts');
const policy = sandboxPolicy();
const open = async () => {
  if (kind !== 'jail without namespaces') {
    return (await load('sandboxes/choose.ts')).openSandbox(nodeEffects())(policy);
  }
  const { makeKit } = await load('sandboxes/make-kit.ts');
  const { jailProvider } = await load('sandboxes/jail.ts');
  return jailProvider(await makeKit(nodeEffects()), { namespaces: false });
};
const box = await open();
const code = [
  'import subprocess, sys',
  'command = [sys.executable, "-c", "import time; time.sleep(60)", "' + halves.join('') + '"]',
  'subprocess.Popen(command, start_new_session=True)',
  'subprocess.run(command)',
].join('\\n');
const nothing = { inputs: undefined, shared: undefined, output: [] };
const job = { language: 'python', code, timeoutMs: 60_000, policy, ...nothing };
await box.run(job, new AbortController().signal);
`;

const KINDS = {
  bwrap: () => openBox('bwrap'),
  jail: () => openBox('jail'),
  'jail without namespaces': openJailWithoutNamespaces,
};

for (const [kind, open] of Object.entries(KINDS)) {
  const box = await boxOrReason(open);
  describe.skipIf(typeof box === 'string')(`in ${kind}, when the host is killed`, () => {
    it('nothing of a program that runs survives', { timeout: 60_000 }, async () => {
      const halves = ['host-that-', `ends-${process.pid}-${kind.replaceAll(' ', '-')}`];
      const source = new URL('../../src/', import.meta.url).href;
      const args = ['--input-type=module', '-e', HOST, source, kind, ...halves];
      const env = { ...process.env, AWP_SANDBOX: kind };
      const host = spawn(process.execPath, args, { stdio: 'ignore', env });
      const inside = async (): Promise<number> => (await processesWith(halves.join(''))).length;
      await expect.poll(inside, { timeout: 30_000 }).toBe(2);
      host.kill('SIGKILL');
      await expect.poll(inside, { timeout: 10_000 }).toBe(0);
    });
  });
}
