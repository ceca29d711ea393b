import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { resultSchema } from '../../../src/data/result-schema.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import type { Store } from '../../../src/ports/store.ts';
import { loadState } from '../../../src/runtime/load-state.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { temporaryFolder } from '../../make.ts';
import { fakeShell } from '../fake-shell.ts';
import { type AskedCall, askingLog } from '../sample-run.ts';

const RUN = 'r-7f3a000000';
const MAIL: AskedCall = ['a1', 'mail.send', { to: 'x@example.com' }];
const DISK: AskedCall = ['a2', 'disk.format', { disk: '\x1b[2J' }];

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** A store with a run that waits; `driven` by a process that has it now. */
async function waiting({ calls = [MAIL], driven = false }) {
  const store = memoryStore({ folder: folder.path });
  const lease = await store.create(RUN, 'other');
  const log = askingLog(...calls);
  if (!driven) log.add('run.paused', { reason: 'approval' });
  await store.append(lease, log.events, 'full');
  if (!driven) await store.release(lease);
  return store;
}

async function awp(store: Store, ...argv: string[]) {
  const shell = fakeShell({
    cwd: folder.path,
    effects: nodeEffects(),
    openHome: async () => ({ store, folder: folder.path, close: async () => {} }),
  });
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

async function answers(store: Store) {
  const { approvals } = await loadState(store, RUN);
  return [...approvals.values()].map(({ id, resolution }) => [id, resolution]);
}

describe('awp runs approve and awp runs reject', () => {
  it('answers the only request of a run that nobody drives, and says how to go on', async () => {
    const store = await waiting({});
    expect(await awp(store, 'runs', 'approve', 'r-7f')).toEqual({
      code: 0,
      out: 'approved a1: mail.send\n{\n  "to": "x@example.com"\n}\n',
      err: `Go on with: awp run --resume ${RUN}\n`,
    });
    expect(await answers(store)).toEqual([['a1', { decision: 'approved', by: 'cli' }]]);
  });

  it('refuses with a reason', async () => {
    const store = await waiting({});
    const { code, out } = await awp(store, 'runs', 'reject', RUN, 'a1', '--reason', 'too early');
    expect([code, out.split('\n')[0]]).toEqual([0, 'rejected a1: mail.send']);
    const resolution = { decision: 'rejected', by: 'cli', reason: 'too early' };
    expect(await answers(store)).toEqual([['a1', resolution]]);
  });

  it.each(['{"to": "team"}', '@args.json'])(
    'puts other arguments in their place: %s',
    async (edit) => {
      writeFileSync(join(folder.path, 'args.json'), '{"to": "team"}');
      const store = await waiting({});
      const { code, out } = await awp(store, 'runs', 'approve', RUN, '--edit', edit);
      expect(code).toBe(0);
      expect(out).toContain('{\n  "to": "team"\n}');
      const resolution = { decision: 'approved', by: 'cli', args: { to: 'team' } };
      expect(await answers(store)).toEqual([['a1', resolution]]);
    },
  );

  it('names what still waits, and shows nothing that could act on the terminal', async () => {
    const store = await waiting({ calls: [MAIL, DISK] });
    const { err } = await awp(store, 'runs', 'approve', RUN, 'a1');
    expect(err).toContain(
      'still waits: a2 disk.format   1.1 writer: disk.format changes something\n',
    );
    const { out } = await awp(store, 'runs', 'approve', RUN);
    expect(out).not.toContain('\x1b');
  });

  it('answers all of them with --all', async () => {
    const store = await waiting({ calls: [MAIL, DISK] });
    expect((await awp(store, 'runs', 'reject', RUN, '--all')).code).toBe(0);
    expect((await answers(store)).map(([, one]) => one)).toEqual([
      { decision: 'rejected', by: 'cli' },
      { decision: 'rejected', by: 'cli' },
    ]);
  });

  it('hands the answer to the process that drives the run, bound to the arguments', async () => {
    const store = await waiting({ driven: true });
    const { code, err } = await awp(store, 'runs', 'approve', RUN);
    expect([code, err]).toEqual([0, 'The process that drives the run goes on with it.\n']);
    const inbox = await nodeEffects().files.readText(`${store.folder(RUN)}/answers/a1.json`);
    expect(JSON.parse(inbox)).toEqual({ decision: 'approved', by: 'cli', argsHash: 'hash of a1' });
    const second = await awp(store, 'runs', 'reject', RUN);
    expect(second.code).toBe(2);
    expect(second.err).toContain('error[approval/answered]');
  });

  it.each<[string[], string, string]>([
    [[], 'usage/missing-argument', 'a1 mail.send'],
    [['a3'], 'approval/unknown', 'no request a3'],
    [['a1', '--edit', '{"to":'], 'usage/bad-value', 'no JSON'],
    [['a1', '--edit', '[]'], 'usage/bad-value', 'no JSON object'],
    [['a1', '--edit', '@none.json'], 'usage/bad-value', 'cannot be read'],
    [['a1', '--all'], 'usage/bad-option', '--all does not go with'],
    [['--all', '--edit', '{}'], 'usage/bad-option', '--all does not go with --edit'],
    [['a1', 'a2'], 'usage/bad-argument', 'a2'],
  ])('approve %j is %s, and nothing is answered', async (argv, code, words) => {
    const store = await waiting({ calls: [MAIL, DISK] });
    const result = await awp(store, 'runs', 'approve', RUN, ...argv);
    expect(result.code).toBe(2);
    expect(result.err).toContain(`error[${code}]`);
    expect(result.err).toContain(words);
    expect((await answers(store)).map(([, one]) => one)).toEqual([undefined, undefined]);
  });

  it('says so when nothing waits, or it was answered', async () => {
    const store = await waiting({});
    await awp(store, 'runs', 'reject', RUN, '--reason', 'no');
    const again = await awp(store, 'runs', 'approve', RUN);
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toContain('error[approval/unknown]');
    const named = await awp(store, 'runs', 'approve', RUN, 'a1');
    expect(named).toMatchObject({ code: 2, out: '' });
    expect(named.err).toContain('error[approval/answered]: a1 was rejected already (cli)');
  });

  it('needs a run that is there', async () => {
    const store = await waiting({});
    expect(await awp(store, 'runs', 'approve')).toMatchObject({ code: 2 });
    expect(await awp(store, 'runs', 'approve', 'r-zzz')).toMatchObject({ code: 9 });
  });
});

describe('a run that waits', () => {
  it('is shown with what waits and what was answered', async () => {
    const store = await waiting({ calls: [MAIL, DISK] });
    await awp(store, 'runs', 'approve', RUN, 'a1', '--edit', '{"to":"team"}', '--reason', 'so');
    const { out } = await awp(store, 'runs', 'show', RUN);
    expect(out.slice(out.indexOf('answered:'))).toBe(`answered:
  ✓ a1 mail.send   writer: approved (cli), with other arguments: so
      {"to":"team"}
waits for you:
  a2 disk.format   1.1 writer: disk.format changes something
      {"disk":"\\u001b[2J"}
      awp runs approve ${RUN} a2
      awp runs reject ${RUN} a2
Resume: awp run --resume ${RUN}
`);
    expect(out).toContain('waits for you: a2 disk.format');
  });

  it('has its requests in the result object', async () => {
    const store = await waiting({});
    const { out } = await awp(store, 'runs', 'show', RUN, '--json');
    const result = JSON.parse(out);
    expect(resultSchema.safeParse(result).error?.issues).toBeUndefined();
    expect(result).toMatchObject({
      status: 'waiting',
      reason: 'approval/needed',
      approvals: [
        {
          id: 'a1',
          agent: 'writer',
          tool: 'mail.send',
          args: { to: 'x@example.com' },
          args_hash: 'hash of a1',
          reason: 'mail.send changes something',
          requested_at: '2026-11-22T08:00:01.000Z',
        },
      ],
    });
  });

  it.each([false, true])(
    'is listed as waiting, also while a process drives it: %s',
    async (driven) => {
      const store = await waiting({ driven });
      expect((await awp(store, 'runs')).out).toContain(`${RUN}  waiting`);
      expect((await awp(store, 'runs', '--status', 'waiting')).out).toContain(RUN);
      expect((await awp(store, 'runs', '--status', 'running')).out).toBe('');
    },
  );
});
