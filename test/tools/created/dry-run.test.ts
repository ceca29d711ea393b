import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { PlanNamespace } from '../../../src/events/creation.ts';
import { dryRun } from '../../../src/tools/created/dry-run.ts';
import { checking, created, fakeBox, file, placeIn, sayingBox } from './making.ts';

const NETWORK: Partial<PlanNamespace> = {
  capabilities: ['compute', 'network'],
  hosts: ['h.example'],
};
const raised = (message: string, more: JsonObject = {}): JsonObject => ({
  failed: { kind: 'raised', message, ...more },
});

async function tryOut(
  box: ReturnType<typeof fakeBox>,
  { namespace = {}, code = '', secrets = [] as string[] } = {} as {
    namespace?: Partial<PlanNamespace>;
    code?: string;
    secrets?: string[];
  },
) {
  const { context, warnings } = checking(box);
  const tried: JsonObject[] = [];
  const draft = created(code, 'python', { secrets });
  const told = { ...context, tried: (result: JsonObject) => void tried.push(result) };
  const problem = await dryRun.check(draft, placeIn(namespace), told);
  return { problem, warnings, tried };
}

describe('the trial of a draft', () => {
  it.each<[string, JsonObject]>([
    ['works', { ok: true }],
    ['says in its own words why it cannot', { ok: false, error: 'the text is empty' }],
    ['refuses with a status of its own', { ok: false, status: 400, error: 'x is missing' }],
  ])('is passed by a handler that %s', async (_, result) => {
    const { problem, warnings, tried } = await tryOut(sayingBox({ result }));
    expect({ problem, warnings }).toEqual({ problem: undefined, warnings: [] });
    expect(tried).toEqual([expect.objectContaining({ ok: result.ok })]);
  });

  it.each<[string, JsonObject | undefined, RegExp]>([
    [
      'says that its execution failed',
      { result: { ok: false, error: 'Execution failed' } },
      /Execution failed/,
    ],
    [
      'shows a traceback',
      { result: { ok: false, error: 'Traceback (most recent ...' } },
      /Traceback/,
    ],
    ['says that there is no output', { result: { ok: false, error: 'no output' } }, /no output/],
    ['gives back no object', { result: 'done' }, /gave back a string/],
    ['gives back nothing', undefined, /ended before handler gave back a result/],
    ['fails', raised('ValueError: x'), /ValueError: x/],
    ['is async', { failed: { kind: 'async' } }, /handler is async/],
    [
      'wants a module that only its text names',
      raised('No module named x', { module: 'x' }),
      /No module/,
    ],
    [
      'reaches for hosts that it has none of',
      raised('URLError: <urlopen error [Errno -3] Temporary failure in name resolution>'),
      /name resolution/,
    ],
  ])('is failed by a handler that %s', async (_, said, error) => {
    const { problem } = await tryOut(sayingBox(said));
    expect(problem).toEqual({
      ...{ stage: 'dry_run', status: 422, category: 'dry_run', repairable: true },
      error: expect.stringMatching(error),
      hint: expect.stringMatching(/./),
    });
  });

  it('is failed by one that takes too long, with what to do', async () => {
    const { problem } = await tryOut(
      sayingBox(undefined, { exitCode: undefined, stopped: 'timeout' }),
    );
    expect(problem).toMatchObject({
      status: 422,
      error: 'the handler was stopped after 5 s',
      hint: 'make it do less',
    });
  });

  it('is passed with a warning when a module is missing that the code imports at its top', async () => {
    const said = raised("ModuleNotFoundError: No module named 'x'", { module: 'x' });
    const { problem, warnings } = await tryOut(sayingBox(said), { code: 'import x\n' });
    expect(problem).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('the module x is not in the sandbox')]);
  });

  it.each([
    'URLError: <urlopen error [Errno -3] Temporary failure in name resolution>',
    'TypeError: fetch failed (getaddrinfo EAI_AGAIN api.example.com)',
    'TypeError: this box has no network: https://api.example.com/',
    'OSError: this box has no sockets',
    'ConnectionRefusedError: [Errno 111] Connection refused',
  ])(
    'is passed with a warning in a namespace with hosts when there is only no network: %s',
    async (message) => {
      const { problem, warnings } = await tryOut(sayingBox(raised(message)), {
        namespace: NETWORK,
      });
      expect(problem).toBeUndefined();
      expect(warnings).toEqual([expect.stringContaining('the trial has no network')]);
    },
  );

  it('has no network, no files of the run and no values of secrets, and keeps no file', async () => {
    const box = sayingBox({ result: { ok: true } }, { files: [file('a.txt', 'x')] });
    const all = {
      ...NETWORK,
      capabilities: ['compute', 'network', 'filesystem'] as const,
      secrets: ['KEY'],
    };
    const { problem } = await tryOut(box, { namespace: all, secrets: ['KEY', 'OTHER'] });
    expect(problem).toBeUndefined();
    const [{ policy, secrets, ...job } = {} as (typeof box.jobs)[number]] = box.jobs;
    expect(job).toMatchObject({
      inputs: undefined,
      shared: undefined,
      output: [],
      timeoutMs: 5000,
    });
    expect(policy.hosts).toEqual([]);
    expect(secrets?.names).toEqual(['KEY']);
    expect(secrets?.valueFor('KEY', 'h.example:443')).toBeUndefined();
  });

  it('gives a value for every property', async () => {
    const box = sayingBox({ result: { ok: true } });
    const parameters = { type: 'object', properties: { a: { type: 'string' }, b: { enum: [4] } } };
    await dryRun.check(created('', 'python', { parameters }), placeIn(), checking(box).context);
    const stdin = Buffer.from(box.jobs[0]?.stdin ?? []).toString();
    expect(JSON.parse(stdin)).toEqual({ args: { a: '', b: 4 }, trial: true });
  });

  it('is left out where the author wants none', async () => {
    const box = sayingBox(undefined);
    const place = placeIn({}, { dryRunMs: undefined });
    expect(await dryRun.check(created(''), place, checking(box).context)).toBeUndefined();
    expect(box.jobs).toEqual([]);
  });

  it.each([
    [
      'a box without a boundary',
      { name: 'none' as const },
      { status: 403, category: 'policy', repairable: false },
    ],
    [
      'a box without its language',
      { languages: [] },
      { status: 400, category: 'validation', repairable: true },
    ],
  ])('is not made in %s', async (_, more, expected) => {
    const { problem } = await tryOut(fakeBox(async () => ({}), more));
    expect(problem).toMatchObject({ stage: 'dry_run', ...expected });
  });

  it('ends with the reason of whoever stops it', async () => {
    const stop = new AbortController();
    const box = fakeBox(async () => {
      stop.abort(new Error('stopped by a test'));
      return { exitCode: undefined, stopped: 'cancelled' };
    });
    const context = { ...checking(box).context, signal: stop.signal };
    await expect(dryRun.check(created(''), placeIn(), context)).rejects.toThrow(
      'stopped by a test',
    );
  });
});
