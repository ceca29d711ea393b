import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { fakeShell } from './fake-shell.ts';

interface World {
  platform?: { os: string; arch: string };
  /** `AWP_SANDBOX`. */
  forced?: string;
}

/** `awp sandbox ...` on this machine, or on one that says it is another. */
async function sandbox(words: readonly string[], { platform, forced }: World = {}) {
  const effects = nodeEffects();
  const { processes, secrets } = effects;
  const get = (name: string) => (name === 'AWP_SANDBOX' ? forced : secrets.get(name));
  const there: Effects = {
    ...{ ...effects, secrets: { get } },
    processes: { ...processes, platform: () => platform ?? processes.platform() },
  };
  const shell = fakeShell({ effects: there });
  const code = await runCli(['sandbox', ...words], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp sandbox list', () => {
  it('shows each box, strongest first, with its languages and its network', async () => {
    const { code, out } = await sandbox(['list']);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ bwrap .*\n {10}python: Python 3\.\d+/);
    expect(out).toMatch(/\n✓ jail .*/);
    expect(out).toMatch(/\n! none .*/);
    expect(out).toContain('network: none, or the hosts that are listed\n');
    expect(out).toMatch(/self-test: \d/);
    expect(out).not.toContain('unverified');
  });

  it('is what awp sandbox alone does', async () => {
    expect((await sandbox([])).out).toMatch(/^✓ bwrap /);
  });

  it('has all of it as JSON', async () => {
    const facts = JSON.parse((await sandbox(['list', '--json'])).out);
    const names = facts.map(({ name }: { name: string }) => name);
    expect(names[0]).toBe('bwrap');
    expect(names.at(-1)).toBe('none');
    expect(facts[0]).toEqual({
      ...{ name: 'bwrap', usable: true, reason: null, fix: null },
      isolation: expect.stringContaining('namespaces'),
      languages: expect.arrayContaining([
        { language: 'python', description: expect.stringContaining('Python 3') },
      ]),
      ...{ network: true, unverified: false },
      self_test: { ms: expect.any(Number), at: expect.any(String), cached: expect.any(Boolean) },
    });
  });

  it('says what is missing, and what was never tried, on other systems', async () => {
    const { code, out } = await sandbox(['list'], { platform: { os: 'darwin', arch: 'arm64' } });
    expect(code).toBe(0);
    expect(out).toMatch(/^✗ bwrap {3}cannot be used: .*\n {10}try: install bubblewrap/);
    expect(out).toContain('unverified: it was never run on this kind of system\n');
  });
});

describe('awp sandbox selftest', () => {
  const FEW = ['--only', 'J01', '--only', 'J36'];

  it('prints a verdict for each program and box, and the sums', async () => {
    const { code, out, err } = await sandbox([
      ...['selftest', ...FEW, '--provider', 'bwrap', '--provider', 'jail'],
    ]);
    expect(out).toMatch(/^ +bwrap +jail\n/);
    expect(out).toMatch(/\nJ01 +reads a host file by require +✓ contained +✓ contained\n/);
    expect(out).toMatch(/\n✓ bwrap: 2 of 2 programs as expected \(2 contained\)\n/);
    expect(err).toMatch(/^bwrap: 2 programs in .*\njail: 2 programs in /);
    expect(code).toBe(0);
  });

  it('shows with none that the programs attack', async () => {
    const { code, out } = await sandbox(['selftest', ...FEW, '--provider', 'none', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      boxes: [
        {
          ...{ box: 'none', ok: true, skipped: [] },
          results: [
            { id: 'J01', verdict: 'escaped', expected: ['escaped'], ok: true },
            { id: 'J36', verdict: 'escaped', expected: ['escaped'], ok: true },
          ],
        },
      ],
    });
    expect(code).toBe(0);
  });

  it.each([
    [['--only', 'J001'], 'did you mean J01?'],
    [['--only', 'nothing of that name'], 'names go from'],
    [['--provider', 'bwarp'], 'did you mean bwrap?'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await sandbox(['selftest', ...words]);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('exits with 6 when the box cannot be had', async () => {
    const words = ['selftest', '--only', 'J01', '--provider', 'bwrap'];
    const { code, err } = await sandbox(words, { forced: 'jail' });
    expect(err).toContain('error[sandbox/unavailable]');
    expect(code).toBe(6);
  });
});
