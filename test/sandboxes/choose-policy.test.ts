import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import type { Effects, ProcessSpec } from '../../src/ports/effects.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { openSandbox, surveySandboxes } from '../../src/sandboxes/choose.ts';
import { PROVIDERS } from '../../src/sandboxes/providers.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

interface World {
  variables?: Readonly<Record<string, string>>;
  /** Programs of the machine that cannot be started. */
  without?: (spec: ProcessSpec) => boolean;
  /** Files that are not there. */
  missing?: RegExp;
  platform?: { os: string; arch: string };
}

/** This machine, with a note of every program that was started on it. */
function machine({ variables = {}, without = () => false, missing, platform }: World = {}) {
  const real = nodeEffects();
  const commands: string[] = [];
  const effects: Effects = {
    ...real,
    files: {
      ...real.files,
      info: async (path) => (missing?.test(path) ? undefined : await real.files.info(path)),
    },
    secrets: { get: (name) => variables[name] ?? real.secrets.get(name) },
    processes: {
      ...real.processes,
      platform: () => platform ?? real.processes.platform(),
      spawn: (spec) => {
        commands.push([spec.command, ...spec.args].join(' '));
        return real.processes.spawn(without(spec) ? { ...spec, command: '/nowhere/x' } : spec);
      },
    },
  };
  return { effects, commands };
}

const forcedTo = (name: string): World => ({ variables: { AWP_SANDBOX: name } });

/** The box that a policy gets, or why it gets none. */
async function boxFor(
  change: Partial<SandboxPolicy>,
  world: World = {},
): Promise<Sandbox | string> {
  try {
    return await openSandbox(machine(world).effects)({ ...POLICY, ...change });
  } catch (error) {
    expect(error).toMatchObject({ code: 'sandbox/unavailable', hint: expect.stringMatching(/./) });
    return error instanceof Error ? error.message : '';
  }
}

const usable = (await surveySandboxes(machine().effects)).filter((facts) => facts.usable);
const has = (name: string): boolean => usable.some((facts) => facts.name === name);
const languagesOf = (box: Sandbox | string) =>
  typeof box === 'string' ? box : box.languages.map(({ language }) => language);

describe('a policy that names a box', () => {
  it.each(['bwrap', 'jail', 'deno', 'quickjs'] as const)('gets %s or none', async (only) => {
    const box = await boxFor({ only });
    if (has(only)) expect(box).toMatchObject({ name: only });
    else expect(box).toContain(`${only}: `);
  });

  it('gets no boundary only where it accepts none', async () => {
    expect(await boxFor({ only: 'none', minimum: 'none' })).toMatchObject({ name: 'none' });
    expect(await boxFor({ only: 'none' })).toContain('none was asked for, which is weaker');
  });

  it('gets nothing where AWP_SANDBOX allows another one only, also none', async () => {
    const message = await boxFor({ only: 'jail' }, forcedTo('quickjs'));
    expect(message).toContain('AWP_SANDBOX asks for quickjs, but only jail is allowed here');
    expect(await boxFor({ only: 'quickjs' }, forcedTo('none'))).toContain('AWP_SANDBOX');
    expect(await boxFor({ minimum: 'none' }, forcedTo('none'))).toMatchObject({ name: 'none' });
  });

  it('is told how to get that one, not another', async () => {
    const open = openSandbox(machine({ missing: /\/bwrap$/ }).effects);
    const opening = open({ ...POLICY, only: 'bwrap' });
    await expect(opening).rejects.toMatchObject({
      hint: expect.stringMatching(/^install bubblewrap((?!Python|deno|none).)*$/),
    });
  });
});

describe.skipIf(!has('quickjs'))('a policy with needs', () => {
  it('for packages gets a box that can have them, or is told', async () => {
    const packages = { python: [], javascript: ['left-pad'] };
    expect(await boxFor({ packages }, forcedTo('quickjs'))).toContain(
      'quickjs: its programs cannot have packages',
    );
  });

  it.skipIf(!has('jail'))('for hosts gets a box with a way out, or is told', async () => {
    // A container that allows no namespaces: the jail still holds, but has no network of its own.
    const without: World['without'] = ({ args }) => args.join().includes('libc.unshare(');
    const world = { ...forcedTo('jail'), without };
    expect(await boxFor({ hosts: ['a.test'] }, world)).toContain(
      'jail: its programs cannot be given a network',
    );
    expect(await boxFor({}, world)).toMatchObject({
      name: 'jail',
      isolation: expect.not.stringContaining('namespaces'),
    });
  });

  it('for a language gets a box that has it, or is told', async () => {
    expect(await boxFor({ languages: ['python'] }, forcedTo('quickjs'))).toContain(
      'quickjs: it has none of python',
    );
    const box = await boxFor({ languages: ['python', 'typescript'] }, forcedTo('quickjs'));
    expect(languagesOf(box)).toEqual(['typescript']);
  });

  it('offers languages in the order of the policy', async () => {
    const languages = ['typescript', 'javascript'] as const;
    expect(languagesOf(await boxFor({ languages }))).toEqual(languages);
    expect(languagesOf(await boxFor({ languages: languages.toReversed() }))).toEqual(
      languages.toReversed(),
    );
  });

  it.skipIf(!has('deno'))('gets what is slow to start only when it names it', async () => {
    const all = languagesOf(await boxFor({}, forcedTo('deno')));
    expect(all).toEqual(['javascript', 'typescript']);
    const survey = usable.find(({ name }) => name === 'deno');
    if (!survey?.languages.some(({ language }) => language === 'python')) return;
    const named = await boxFor({ languages: ['python'] }, forcedTo('deno'));
    expect(languagesOf(named)).toEqual(['python']);
  });
});

describe('looking for Pythons', () => {
  const asked = ({ commands }: ReturnType<typeof machine>): string[] =>
    commands.filter((line) => line.includes('importlib'));

  it.skipIf(!has('bwrap'))('is left out for a policy without Python, and made up for', async () => {
    const world = machine(forcedTo('bwrap'));
    const open = openSandbox(world.effects);
    const lean = await open({ ...POLICY, languages: ['javascript'] });
    expect({ name: lean.name, asked: asked(world) }).toEqual({ name: 'bwrap', asked: [] });
    expect(languagesOf(await open(POLICY))).toContain('python');
    expect(asked(world)).not.toEqual([]);
    expect(languagesOf(lean)).toEqual(['javascript']);
  });

  it('that was named and is none is an error for whoever may want one, and for no other', async () => {
    const variables = { AWP_PYTHON: '/nowhere/python3' };
    const open = openSandbox(machine({ variables }).effects);
    for (const languages of [[], ['javascript', 'python']] as const) {
      await expect(open({ ...POLICY, languages })).rejects.toMatchObject({
        code: 'sandbox/no-python',
      });
    }
    expect((await open({ ...POLICY, languages: ['javascript'] })).name).toMatch(/\w/);
    if (has('quickjs')) expect((await open({ ...POLICY, only: 'quickjs' })).name).toBe('quickjs');
  });

  it('that was named and is none is an error also where only another box would be left', async () => {
    const variables = { AWP_PYTHON: '/nowhere/python3' };
    const world = { variables, platform: { os: 'darwin', arch: 'arm64' } };
    const open = openSandbox(machine(world).effects);
    await expect(open(POLICY)).rejects.toMatchObject({ code: 'sandbox/no-python' });
  });
});

describe('the survey of boxes', () => {
  it('tells of each box, strongest first, what it is, or why it is not and what helps', async () => {
    const facts = await surveySandboxes(machine().effects);
    expect(facts.map(({ name }) => name)).toEqual(PROVIDERS.map(({ name }) => name));
    for (const one of facts) {
      expect(one).toMatchObject(
        one.usable
          ? { isolation: expect.stringMatching(/./), verified: expect.any(Boolean) }
          : { reason: expect.stringMatching(/./), fix: expect.stringMatching(/./) },
      );
      expect(one.usable).toBe(one.languages.length > 0);
      expect(one.selfTest !== undefined).toBe(one.usable && one.name !== 'none');
    }
  });

  it('goes on where a box cannot be made because of a setting', async () => {
    const variables = { AWP_PYTHON: '/nowhere/python3' };
    const facts = await surveySandboxes(machine({ variables }).effects);
    const jail = facts.find(({ name }) => name === 'jail');
    expect(jail).toMatchObject({
      ...{ usable: false, languages: [], network: false },
      reason: '/nowhere/python3 is no Python 3.8 or newer that can be started',
      fix: expect.stringContaining('AWP_PYTHON'),
    });
    expect(facts.find(({ name }) => name === 'quickjs')?.usable).toBe(has('quickjs'));
  });

  it('marks what was never run on this kind of system', async () => {
    const world = { platform: { os: 'linux', arch: 'arm64' } };
    const facts = await surveySandboxes(machine(world).effects);
    expect(facts.filter(({ verified }) => verified)).toEqual([]);
  });
});
