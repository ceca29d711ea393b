import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { openHome } from '../../src/data/home.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { ModelError } from '../../src/ports/model-provider.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { say } from '../fault-server/answers.ts';
import { startFaultServer } from '../fault-server/server.ts';
import { complete, delegate, temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { SampleLog, START } from './sample-run.ts';

const SCRIPT = [
  delegate('adder'),
  { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] },
  new ModelError('model/overloaded', 'busy\u001b[2J', { retryAfterMs: 10 }),
  { summary: 'the sum is 3' },
  complete('It is 3.'),
];

/** A finished run with a worker whose second question failed once. */
async function finishedRun(home: string, more: object = {}): Promise<string> {
  const options = { task: 'Add', tools: ['arithmetic.*'], model: scriptedModel(SCRIPT), home };
  const { metadata } = await new AgentWorkflow({ ...options, ...more }).run();
  return metadata.runId;
}

async function show(home: string, ...argv: string[]) {
  const shell = fakeShell({ effects: nodeEffects(), openHome });
  const code = await runCli(['runs', 'show', ...argv, '--home', home], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp runs show ID --calls', () => {
  it('lists every attempt of every call', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const { code, out } = await show(home, await finishedRun(home), '--calls');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ {2,}/g, '|').split('|').slice(0, 4))).toEqual([
      ['0/1', 'manager', 'turn', 'answered'],
      ['1.1/1', 'adder', 'work', 'answered'],
      ['1.1/2', 'adder', 'work', 'failed'],
      ['1.1/2 #2', 'adder', 'work', 'answered'],
      ['0/2', 'manager', 'turn', 'answered'],
    ]);
    expect(lines[2]).toContain('model/overloaded');
    expect(out).not.toContain('traced');
  });

  it('lists them as JSON', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const id = await finishedRun(home, { traceModels: true });
    const { out } = await show(home, id, '--calls', '--json');
    const calls = JSON.parse(out);
    expect(calls).toHaveLength(5);
    expect(calls[2]).toMatchObject({
      ...{ call: '1.1/2', attempt: 1, agent: 'adder', model: 'scripted', status: 'failed' },
      failure: { code: 'model/overloaded', retryInMs: expect.any(Number) },
      traced: true,
    });
    expect(calls[0]).not.toHaveProperty('messages');
  });

  it('shows one call in full, with its conversation and all its attempts', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const { code, out, err } = await show(home, await finishedRun(home), '--calls', '1.1/2');
    expect(code).toBe(0);
    expect(out.match(/^call .*$/gm)).toEqual([
      'call 1.1/2, attempt 1: adder asks scripted (work)',
      'call 1.1/2, attempt 2: adder asks scripted (work)',
    ]);
    const first = out.slice(0, out.indexOf('attempt 2'));
    expect(first).toMatch(
      /== system\nYou are a worker [\s\S]*== user\n[\s\S]*You are the worker `adder`\.[\s\S]*== assistant\n-> arithmetic\.add \{"a":1,"b":2\}\n== tool arithmetic\.add\n\{"ok":true[^\n]*\n== failed: model\/overloaded\nbusy\\x1b\[2J\n/,
    );
    expect(out).toContain('== answer\n{"summary":"the sum is 3"}');
    expect(err).toContain('--trace-models');
  });

  it('shows what went over the wire when that was kept', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const server = await startFaultServer(() =>
      say({ text: JSON.stringify(complete('All done.')), finish: 'stop' }),
    );
    const model = 'some-model';
    const before = process.env.LLM_BASE_URL;
    process.env.LLM_BASE_URL = server.url;
    const id = await finishedRun(home, { model, traceModels: true }).finally(() => {
      if (before === undefined) delete process.env.LLM_BASE_URL;
      else process.env.LLM_BASE_URL = before;
      return server.close();
    });
    const { out, err } = await show(home, id, '--calls', '0/1');
    expect(err).toBe('');
    expect(out).toMatch(/== 200 from http:\/\/127\.0\.0\.1:\d+\/\S*completions after \S+\n/);
    expect(out).toContain('content-type: ');
    const { out: json } = await show(home, id, '--calls', '0/1', '--json');
    const [attempt] = JSON.parse(json);
    expect(attempt.trace.request).toMatchObject({ model, temperature: expect.any(Number) });
    expect(attempt.trace.answer.text).toContain('All done.');
    expect(attempt.trace.exchanges[0]).toMatchObject({ status: 200, reasoning: null });
  });

  it.each([
    [['--calls', '1.1/9'], 'the run R has no call 1.1/9'],
    [['1.1/2'], 'unexpected argument "1.1/2"'],
  ])('refuses %j', async (argv, words) => {
    using folder = temporaryFolder();
    const home = join(folder.path, '.awp');
    const id = await finishedRun(home);
    const { code, err } = await show(home, id, ...argv);
    expect(code).toBe(2);
    expect(err.replaceAll(id, 'R')).toContain(words);
  });

  it.each([
    ['a run that a process drives', 5000, 'out'],
    ['one whose process is gone', 60_000, 'interrupted'],
  ])('tells of the calls of %s', async (_, later, status) => {
    const clock = fixedClock(START);
    const store = memoryStore({ folder: '/nowhere', clock });
    const lease = await store.create('r-live000000', 'someone');
    const log = new SampleLog('r-live000000').start().asked('0', '0/1', 'turn');
    await store.append(lease, log.events, 'full');
    clock.advance(later);
    const shell = fakeShell({
      effects: { ...nodeEffects(), clock },
      openHome: async () => ({ store, folder: '/nowhere', close: async () => {} }),
    });
    expect(await runCli(['runs', 'show', 'r-live', '--calls', '--json'], shell)).toBe(0);
    expect(JSON.parse(shell.out.text()).at(-1)).toMatchObject({ status });
  });
});
