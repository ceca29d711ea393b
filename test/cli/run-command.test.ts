import { describe, expect, it } from 'vitest';
import { diagnostic } from '../../src/base/diagnostic.ts';
import { AwpError } from '../../src/base/errors.ts';
import { sourceFile } from '../../src/base/source-file.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Engine } from '../../src/cli/engine.ts';
import type { OnApproval } from '../../src/data/approvals.ts';
import type { LoadedWorkflow } from '../../src/data/load-workflow.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { playedRun, refusedRun } from './fake-run.ts';
import { type FakeShellOptions, fakeShell } from './fake-shell.ts';
import { halfwayLog, SampleLog } from './sample-run.ts';

const ENDED = { status: 'complete', text: 'The peak is March.', result: {} } as const;
const done = (): SampleLog => halfwayLog().add('run.finished', ENDED);

/** Runs `awp` with an engine that only notes what it was asked. */
async function awp(argv: string[], more: FakeShellOptions = {}) {
  const asked: { start?: unknown; resume?: unknown } = {};
  const store = memoryStore({ folder: '/store' });
  const lease = await store.create('r-old0000000', 'test');
  await store.append(lease, new SampleLog('r-old0000000').start().events, 'full');
  const engine: Partial<Engine> = {
    start(options, how) {
      asked.start = { ...options, how };
      return playedRun(done());
    },
    resume(id, how) {
      asked.resume = { id, ...how };
      return playedRun(done());
    },
    loadWorkflow: async () =>
      loadedWorkflow({
        options: () => ({
          name: 'flow',
          task: 'from the file',
          managerModel: 'm1',
          fallbackModels: { manager: ['m2'], worker: ['w2'] },
          budget: { loops: 3 },
          sandbox: { minimum: 'boundary', memoryMb: 99, hosts: ['a.test'] },
        }),
        idle: ['critic'],
      }),
    parseInput: (text) => [text.split('=')[0] ?? '', text],
  };
  const shell = fakeShell({
    engine,
    openHome: async () => ({ store, folder: '/store', close: async () => {} }),
    effects: {
      files: {
        info: async (path: string) =>
          path === '/work/flow' ? { kind: 'folder', bytes: 0 } : undefined,
        readText: async (path: string) => {
          if (path === '/work/task.md') return '# Do it\n';
          if (path === '/work/mcp.json') return '{"mcpServers":{"files":{"command":"files"}}}';
          throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
        },
      } as never,
    },
    ...more,
  });
  const code = await runCli(['run', ...argv], shell);
  return { code, asked, out: shell.out.text(), err: shell.err.text() };
}

/** A workflow of which only the options and the fields without effect matter. */
function loadedWorkflow({
  options,
  idle,
}: Pick<LoadedWorkflow, 'options'> & { idle: string[] }): Pick<
  LoadedWorkflow,
  'diagnostics' | 'options'
> {
  const source = sourceFile('w.yaml', '');
  const diagnostics = idle.map((path) => {
    const at = { source, from: 0, to: 0, path };
    return diagnostic({ code: 'S12', severity: 'info' }, { at, message: path, help: '-' });
  });
  return { diagnostics, options };
}

describe('awp run', () => {
  it('passes every option on', async () => {
    const argv =
      '-t do -i a=1 -i b=2 -m demo --manager-model mm --worker-model wm --budget.loops 3 --budget.workers 4 --budget.tokens 500k --budget.time 5m --budget.tools 0 --budget.depth 1 --budget.calls 9 --budget.cost 0.5 --budget.parallel 2 --out files --run-id r-mine --sandbox none --python venv/bin/python --allow-host api.example.com --allow-host *.example.org --durability batched --home place --approve files,network --tools file.* --skill s.md --mcp mcp.json --trust';
    const { asked, code } = await awp(argv.split(' '));
    expect(code).toBe(0);
    expect(asked.start).toEqual({
      task: 'do',
      inputs: { a: 'a=1', b: 'b=2' },
      model: 'demo',
      managerModel: 'mm',
      workerModel: 'wm',
      budget: {
        loops: 3,
        workers: 4,
        tokens: 500_000,
        time: 300_000,
        tools: 0,
        depth: 1,
        calls: 9,
        cost: 0.5,
        parallel: 2,
      },
      outputDir: '/work/files',
      home: '/work/place',
      sandbox: { minimum: 'none', only: 'none', hosts: ['api.example.com', '*.example.org'] },
      python: '/work/venv/bin/python',
      durability: 'batched',
      approve: ['files', 'network'],
      tools: ['file.*'],
      skills: ['/work/s.md'],
      mcp: { files: { command: 'files' } },
      trust: true,
      how: { runId: 'r-mine' },
    });
  });

  it.each([
    [['-t', 'as it is'], '', 'as it is'],
    [['-t', '-'], ' from the pipe\n', 'from the pipe'],
    [['-t', '@task.md'], '', '# Do it'],
  ])('%j is a task', async (argv, input, task) => {
    expect((await awp(argv, { input })).asked.start).toMatchObject({ task });
  });

  it('takes a workflow folder, overrides it, and says what it does not act on', async () => {
    const { asked, err } = await awp(['flow', '--budget.workers', '2', '-m', 'demo']);
    expect(asked.start).toMatchObject({
      name: 'flow',
      task: 'from the file',
      managerModel: 'demo',
      workerModel: 'demo',
      budget: { loops: 3, workers: 2 },
    });
    expect(err).toContain('does not act on critic');
  });

  it.each([
    [[], ['m2'], ['w2']],
    [['-m', 'demo'], [], []],
    [['--manager-model', 'demo'], [], ['w2']],
    [['--worker-model', 'demo'], ['m2'], []],
  ])(
    'with %j asks no model of the workflow in place of one that was chosen',
    async (argv, manager, worker) => {
      expect((await awp(['flow', ...argv])).asked.start).toMatchObject({
        fallbackModels: { manager, worker },
      });
    },
  );

  it.each([
    [[], { minimum: 'boundary', memoryMb: 99, hosts: ['a.test'] }],
    [['--sandbox', 'auto'], { minimum: 'boundary', memoryMb: 99, hosts: ['a.test'] }],
    [['--sandbox', 'jail'], { minimum: 'boundary', memoryMb: 99, hosts: ['a.test'], only: 'jail' }],
    [
      ['--allow-host', 'b.test', '--allow-host', 'a.test'],
      { minimum: 'boundary', memoryMb: 99, hosts: ['a.test', 'b.test'] },
    ],
  ])('with %j keeps what the workflow says of its sandbox', async (argv, sandbox) => {
    expect((await awp(['flow', ...argv])).asked.start).toMatchObject({ sandbox });
  });

  it.each([[[]], [['--progress', 'quiet']], [['--progress', 'tty']], [['--json']]])(
    'warns with %j when there is no boundary',
    async (argv) => {
      const unboxed = new SampleLog().start();
      const [first] = unboxed.events;
      if (first?.type === 'run.started') first.data.sandbox = { name: 'none', isolation: 'none' };
      const engine = {
        start: () => playedRun(unboxed.add('run.finished', ENDED)),
        parseInput: () => ['', ''],
      } as Partial<Engine>;
      const { err } = await awp(['-t', 'x', ...argv], { engine });
      expect(
        err.match(/no sandbox: programs of this run can do whatever you can do/g),
      ).toHaveLength(1);
      expect((await awp(['-t', 'x', ...argv])).err).not.toContain('no sandbox');
    },
  );

  it('prints the result on standard output and nothing else there', async () => {
    const { out, err } = await awp(['-t', 'x']);
    expect(out).toBe('The peak is March.\n');
    expect(err).toContain('next    awp runs show r-7f3a000000');
    expect(err).toContain('files   /store/artifacts/profile.json');
  });

  it('prints why it could not begin with --json, as the only line', async () => {
    const { out, err } = await awp(['-t', 'x', '--budget.tokens', 'lots', '--json']);
    expect(JSON.parse(out)).toEqual({
      v: 1,
      type: 'error',
      data: {
        code: 'usage/bad-value',
        message: expect.stringContaining('lots'),
        hint: expect.any(String),
      },
    });
    expect(err).toContain('error[usage/bad-value]');
    expect((await awp(['-t', 'x', '--budget.tokens', 'lots', '--', '--json'])).out).toBe('');
  });

  it('prints the log with --json, and the result as the last line', async () => {
    const { out } = await awp(['-t', 'x', '--json', '--progress', 'quiet']);
    const lines = out.trimEnd().split('\n');
    const log = done().events;
    expect(lines.slice(0, -1)).toEqual(log.map((event) => JSON.stringify(event)));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      v: 1,
      run: 'r-7f3a000000',
      seq: log.length + 1,
      type: 'run.result',
      data: {
        status: 'complete',
        text: 'The peak is March.',
        metadata: { run_id: 'r-7f3a000000' },
      },
    });
  });

  it('goes on with a run by the beginning of its id', async () => {
    const argv = ['--resume', 'r-old', '--raise', 'tokens=1m', '--raise', 'time=null'];
    const more = ['--out', 'files', '--python', 'python3.12', '--mcp', 'mcp.json', '--trust'];
    const { asked } = await awp([...argv, ...more]);
    expect(asked.resume).toEqual({
      id: 'r-old0000000',
      raise: { tokens: 1_000_000, time: null },
      outputDir: '/work/files',
      python: 'python3.12',
      mcp: { files: { command: 'files' } },
      trust: true,
    });
  });

  it('says that raising a limit does nothing for a run that is complete', async () => {
    const store = memoryStore({ folder: '/store' });
    const lease = await store.create('r-done', 'test');
    await store.append(lease, done().events, 'full');
    const openHome = async () => ({ store, folder: '/store', close: async () => {} });
    const { asked, err } = await awp(['--resume', 'r-done', '--raise', 'loops=9'], { openHome });
    expect(asked.resume).toEqual({ id: 'r-done' });
    expect(err).toContain('note: r-done is complete: no limit was raised');
    expect(err).toContain('awp runs fork r-done --from loop=N');
  });

  it.each([[['-t', 'x']], [['--resume', 'r-old']]])(
    'with %j has the person at the terminal asked about calls and new programs',
    async (argv) => {
      const { asked } = await awp(argv, { lines: [] });
      const start = (asked.start ?? {}) as { how?: { onApproval?: OnApproval } };
      const given: { onApproval?: OnApproval } = {
        ...start,
        ...start.how,
        ...(asked.resume ?? {}),
      };
      expect(given).toMatchObject({
        trust: expect.any(Function),
        onApproval: expect.any(Function),
      });
      expect(given.onApproval?.({} as never, new AbortController().signal)).toBe('ask');
    },
  );

  it('shows of a resumed run only what is new, but with --json the whole log', async () => {
    const { err, out } = await awp(['--resume', 'r-old', '--json']);
    expect(err).not.toContain('started model=');
    expect(err).toContain('worker 1.1 profile started');
    expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ seq: 1, type: 'run.started' });
  });

  it.each([
    [[], 2, 'usage/missing-argument'],
    [['-t', '  '], 2, 'usage/bad-value'],
    [['find the peak'], 2, 'usage/bad-argument'],
    [['-t', '@missing.md'], 8, 'source/unreachable'],
    [['-t', 'x', '-i', 'a=1', '-i', 'a=2'], 2, 'usage/bad-option'],
    [['-t', 'x', '--budget.tokens', 'lots'], 2, 'usage/bad-value'],
    [['-t', 'x', '--progress', 'fancy'], 2, 'usage/bad-value'],
    [['-t', 'x', '--sandbox', 'docker'], 2, 'usage/bad-value'],
    [['-t', 'x', '--allow-host', 'http://a.test'], 2, 'usage/bad-value'],
    [['flow', '--sandbox', 'none'], 2, 'usage/bad-option'],
    [['--resume', 'r-old', '--allow-host', 'a.test'], 2, 'usage/bad-option'],
    [['-t', 'x', '--durability', 'none'], 2, 'usage/bad-value'],
    [['-t', 'x', '--approve', 'all'], 2, 'usage/bad-value'],
    [['-t', 'x', '--mcp', 'none.json'], 8, 'mcp/bad-file'],
    [['--resume', 'r-old', '--approve', 'files'], 2, 'usage/bad-option'],
    [['--resume', 'r-old', '--tools', 'file.*'], 2, 'usage/bad-option'],
    [['-t', 'x', '--raise', 'tokens=1'], 2, 'usage/bad-option'],
    [['--resume', 'r-old', '-t', 'x'], 2, 'usage/bad-option'],
    [['--resume', 'r-old', '--budget.tokens', '1'], 2, 'usage/bad-option'],
    [['--resume', 'r-old', 'flow'], 2, 'usage/bad-option'],
    [['--resume', 'r-none'], 9, 'store/not-found'],
  ])('%j ends with %i and %s before anything is started', async (argv, code, error) => {
    const result = await awp(argv);
    expect(result.err).toContain(`error[${error}]`);
    expect(result.code).toBe(code);
    expect(result.asked).toEqual({});
  });

  it.each([
    ['model/no-key', 4],
    ['source/unreachable', 8],
    ['sandbox/unavailable', 6],
    ['store/exists', 9],
    ['spec/invalid', 1],
    ['usage/bad-option', 2],
  ] as const)(
    'a run that cannot start for %s ends with %i and tells what to try',
    async (code, exit) => {
      const refused = refusedRun(new AwpError(code, 'it cannot be', { hint: 'try another' }));
      const engine = { start: () => refused, parseInput: () => ['', ''] } as Partial<Engine>;
      const result = await awp(['-t', 'x'], { engine });
      expect(result.code).toBe(exit);
      expect(result.err).toBe(`error[${code}]: it cannot be\n  = try: try another\n`);
    },
  );
});
