import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { resumeRun } from '../../src/data/agent-workflow.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { complete } from '../make.ts';
import { callTool, gated, startTestServer, WORKFLOW, write } from './support.ts';

const TABLE = 'month,revenue\nJan,100\nFeb,200\n';

function withWorkflow(folder: string): void {
  mkdirSync(join(folder, 'sales'));
  write(folder, 'sales/workflow.awp.yaml', WORKFLOW);
  write(folder, 'sales.csv', TABLE);
}

describe('the tools of a server', () => {
  it('are listed with schemas, hints and one for each workflow', async () => {
    await using server = await startTestServer({ prepare: withWorkflow });
    const { tools } = await server.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      ...['run_task', 'run_sales_report', 'run_status', 'run_result', 'stop_run', 'resume_run'],
      ...['list_runs', 'list_approvals', 'resolve_approval', 'read_artifact'],
    ]);
    for (const { name, outputSchema, annotations, description, inputSchema } of tools) {
      expect(outputSchema, name).toMatchObject({ type: 'object' });
      expect(inputSchema, name).toMatchObject({ additionalProperties: false });
      expect(annotations?.readOnlyHint, name).toBe(/^list|^read|status|result/.test(name));
      expect(description?.length, name).toBeGreaterThan(20);
    }
    expect(server.client.getInstructions()).toContain('run_result');
    expect(server.client.getServerVersion()).toMatchObject({ name: 'awp', version: '1.2.3' });
  });

  it('leave answers to approvals out when the server does not allow them', async () => {
    await using server = await startTestServer({ settings: { answers: false } });
    const { tools } = await server.client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toContain('list_approvals');
    expect(names).not.toContain('resolve_approval');
  });
});

describe('running a task', () => {
  it('goes to the end and tells answer, artifacts and usage to programs and to models', async () => {
    await using server = await startTestServer();
    const { facts, text } = await server.call('run_task', { task: 'Write a file' });
    expect(facts).toMatchObject({
      status: 'complete',
      done: true,
      simulated: true,
      text: 'the file is there',
      artifacts: [
        { path: 'hello.txt', bytes: 5, uri: `awp://runs/${facts.run}/artifacts/hello.txt` },
      ],
      usage: { workers: 1, tool_calls: 1 },
      approvals: [],
    });
    expect(text).toContain(`Run ${facts.run} is complete.`);
    expect(text).toContain('the file is there');
    expect(text).toContain('hello.txt (text/plain, 5 bytes)');
    const again = await server.call('run_result', { run: String(facts.run).slice(0, 9) });
    expect(again.facts).toEqual(facts);
    expect((await server.call('run_status', { run: String(facts.run) })).facts).toEqual(facts);
    const list = await server.call('list_runs');
    expect(list.facts).toMatchObject({
      runs: [{ run: facts.run, status: 'complete', alive: false, task: 'Write a file' }],
    });
    expect(list.text).toContain(String(facts.run));
    expect((await server.call('list_runs', { status: 'failed' })).facts).toEqual({ runs: [] });
  });

  it('tells how far it is while it waits', async () => {
    await using server = await startTestServer();
    const told: Progress[] = [];
    await server.client.callTool(
      { name: 'run_task', arguments: { task: 'Write a file' } },
      { onprogress: (one) => told.push(one) },
    );
    const messages = told.map(({ message }) => message);
    expect(messages).toContain('writer calls file.write');
    expect(messages).toContain('hello.txt was written');
    const steps = told.map(({ progress }) => progress);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });

  it('takes files, tables, texts and artifacts of other runs as inputs', async () => {
    await using server = await startTestServer({ prepare: withWorkflow });
    const first = await server.call('run_task', { task: 'Write a file' });
    const { facts, text } = await server.call('run_task', {
      task: 'Look at it',
      inputs: {
        path: 'sales.csv',
        insisted: '@sales.csv',
        whole: join(server.folder, 'sales.csv'),
        records: [{ a: 1 }, { a: 2 }],
        columns: { a: [1, 2] },
        words: 'and/or',
        number: 3,
        earlier: `awp://runs/${first.facts.run}/artifacts/hello.txt`,
      },
    });
    expect(facts.status).toBe('complete');
    expect(facts.inputs).toEqual([
      { name: 'path', kind: 'table' },
      { name: 'insisted', kind: 'table' },
      { name: 'whole', kind: 'table' },
      { name: 'records', kind: 'table' },
      { name: 'columns', kind: 'table' },
      { name: 'words', kind: 'value' },
      { name: 'number', kind: 'value' },
      { name: 'earlier', kind: 'text' },
    ]);
    expect(text).toContain('Inputs: path (table), ');
  });

  it('runs a workflow with its own task, as it is at that moment', async () => {
    await using server = await startTestServer({ prepare: withWorkflow });
    const { facts } = await server.call('run_sales_report', { inputs: { sales: 'sales.csv' } });
    expect(facts).toMatchObject({
      status: 'complete',
      name: 'sales-report',
      limits: { loops: 6, tokens: 200_000 },
    });
    write(
      server.folder,
      'sales/workflow.awp.yaml',
      WORKFLOW.replace('max_loops: 6', 'max_loops: 5'),
    );
    const edited = await server.call('run_sales_report', { task: 'Something else' });
    expect(edited.facts).toMatchObject({ limits: { loops: 5 } });
    write(server.folder, 'sales/workflow.awp.yaml', 'awp: [');
    const broken = await server.call('run_sales_report');
    expect(broken.failed).toBe(true);
    expect(broken.text).toContain('error[spec/invalid]: workflow.awp.yaml:');
  });

  it('tells what a limit did, and goes on with a higher one', async () => {
    await using server = await startTestServer();
    const task = { task: 'Write a file', budget: { tools: 0 } };
    const { facts, text } = await server.call('run_task', task);
    expect(facts).toMatchObject({ status: 'partial', reason: 'budget/tools' });
    expect(text).toContain('resume_run with a higher one');
    const same = await server.call('resume_run', { run: String(facts.run) });
    expect(same.failed).toBe(true);
    expect(same.text).toContain('error[usage/not-raised]');
    const more = await server.call('resume_run', { run: String(facts.run), raise: { tools: 5 } });
    expect(more.facts).toMatchObject({ run: facts.run, status: 'complete', limits: { tools: 5 } });
  });
});

describe('a run that takes long', () => {
  it('goes on after the waiting, is asked for again and ends', async () => {
    const { script, open, reached } = gated();
    await using server = await startTestServer({ script });
    const { facts, text } = await server.call('run_task', { task: 'Write', wait_seconds: 0 });
    await reached;
    expect(facts).toMatchObject({ status: 'running', done: false });
    expect(text).toContain('Ask again with run_result');
    const now = await server.call('run_status', { run: String(facts.run) });
    expect(now.facts).toMatchObject({
      status: 'running',
      agents: [{ name: 'manager' }, { name: 'writer' }],
    });
    open();
    const { facts: ended } = await server.call('run_result', { run: String(facts.run) });
    expect(ended).toMatchObject({ run: facts.run, status: 'complete' });
  });

  it('is not stopped by a client that gives up, nor by one that leaves', async () => {
    const { script, open, reached } = gated();
    await using server = await startTestServer({ script });
    const leaving = await server.another();
    const giveUp = new AbortController();
    const asked = { name: 'run_task', arguments: { task: 'Write', wait_seconds: 300 } };
    const call = leaving.callTool(asked, { signal: giveUp.signal });
    await reached;
    giveUp.abort('enough');
    await expect(call).rejects.toThrow('enough');
    await leaving.close();
    const { facts } = await server.call('list_runs', { status: 'running' });
    const [one] = facts.runs as JsonObject[];
    expect(one).toMatchObject({ status: 'running', alive: true });
    open();
    const ended = await server.call('run_result', { run: String(one?.run) });
    expect(ended.facts.status).toBe('complete');
  });

  it('is stopped by stop_run and can be resumed', async () => {
    const { script, open, reached } = gated();
    await using server = await startTestServer({ script });
    const { facts } = await server.call('run_task', { task: 'Write', wait_seconds: 0 });
    const run = String(facts.run);
    await reached;
    const stopped = await server.call('stop_run', { run });
    expect(stopped.facts).toMatchObject({ status: 'cancelled', done: true });
    expect(stopped.text).toContain('resume_run goes on');
    expect((await server.call('stop_run', { run })).facts).toEqual(stopped.facts);
    open();
    const resumed = await server.call('resume_run', { run });
    expect(resumed.facts).toMatchObject({ run, status: 'complete' });
  });

  it('ends with its server, which leaves it to be resumed', async () => {
    const { script, open, reached } = gated();
    await using server = await startTestServer({ script });
    const { facts } = await server.call('run_task', { task: 'Write', wait_seconds: 0 });
    await reached;
    const run = String(facts.run);
    const waits = server.call('run_result', { run, wait_seconds: 300 });
    const { home } = server.desk;
    await server.desk.close();
    expect((await waits.catch(() => undefined))?.facts.status).not.toBe('complete');
    open();
    const handle = resumeRun(run, { home: home.folder, providers: [scriptedModel(script)] });
    expect(await handle.result).toMatchObject({ status: 'complete', metadata: { resumes: 1 } });
  });

  it('is one of a few: more than the server allows are refused', async () => {
    const { script, open, reached } = gated();
    await using server = await startTestServer({ script, settings: { maxRuns: 1 } });
    await server.call('run_task', { task: 'Write', wait_seconds: 0 });
    await reached;
    const second = await server.call('run_task', { task: 'Write', wait_seconds: 0 });
    expect(second).toMatchObject({ failed: true, facts: {} });
    expect(second.text).toContain('error[usage/too-many-runs]: 1 runs are at work already');
    open();
  });

  it('is shared by all clients', async () => {
    await using server = await startTestServer();
    const other = await server.another();
    const runs = await Promise.all([
      server.call('run_task', { task: 'Write' }),
      callTool(other, 'run_task', { task: 'Write' }),
    ]);
    const ids = runs.map(({ facts }) => facts.run);
    expect(new Set(ids).size).toBe(2);
    expect(runs.every(({ facts }) => facts.status === 'complete')).toBe(true);
    for (const run of ids) {
      const seen = await callTool(other, 'run_status', { run: String(run) });
      expect(seen.facts.status).toBe('complete');
    }
  });
});

describe('bad input', () => {
  it.each<[string, string, JsonObject, RegExp]>([
    ['an unknown run', 'run_status', { run: 'r-none' }, /store\/not-found/],
    ['an unknown run to wait for', 'run_result', { run: 'r-none' }, /store\/not-found/],
    ['an unknown run to stop', 'stop_run', { run: 'r-none' }, /store\/not-found/],
    ['an unknown run to resume', 'resume_run', { run: 'r-none' }, /store\/not-found/],
    ['a run that would be a path', 'run_status', { run: '../../etc' }, /store\/not-found/],
    ['an unknown argument', 'run_task', { task: 'x', modell: 'demo' }, /additional properties/],
    ['no task', 'run_task', {}, /task/],
    ['an empty task', 'run_task', { task: '' }, /fewer than 1/],
    ['a blank task', 'run_task', { task: '  ' }, /usage\/missing-option/],
    ['a task that is no text', 'run_task', { task: 7 }, /string/],
    ['an unknown limit', 'run_task', { task: 'x', budget: { tokenz: 1 } }, /additional/],
    ['a limit below zero', 'run_task', { task: 'x', budget: { tokens: -1 } }, /usage\/bad-option/],
    ['a time that is none', 'run_task', { task: 'x', budget: { time: 'soon' } }, /budget\.time/],
    ['a wait without end', 'run_result', { run: 'r', wait_seconds: 1e9 }, /<= 300/],
    ['too many inputs', 'run_task', { task: 'x', inputs: many(101) }, /more than 100 inputs/],
    ['an input without a name', 'run_task', { task: 'x', inputs: { '': 1 } }, /no name/],
  ])('%s is told as such', async (_, name, args, words) => {
    await using server = await startTestServer();
    const { failed, text, facts } = await server.call(name, args);
    expect(text).toMatch(words);
    expect(failed).toBe(true);
    expect(facts).toEqual({});
    expect(text).not.toMatch(/\n {4}at /);
    expect((await server.call('list_runs')).facts).toEqual({ runs: [] });
  });

  it('a tool that is not there is an error of the protocol', async () => {
    await using server = await startTestServer();
    await expect(server.call('run_everything')).rejects.toThrow('run_everything');
    await expect(server.call('__proto__')).rejects.toThrow();
  });

  it('a limit above that of the server is refused, one below it holds', async () => {
    const settings = { limits: { tokens: 50_000, time: '1m' } };
    await using server = await startTestServer({ settings, prepare: withWorkflow });
    for (const budget of [{ tokens: 50_001 }, { tokens: null }, { time: 60_001 }, { time: '2m' }]) {
      const { text } = await server.call('run_task', { task: 'x', budget });
      expect(text).toContain('may be at most');
    }
    const { facts } = await server.call('run_task', { task: 'x', budget: { tokens: 40_000 } });
    expect(facts.limits).toMatchObject({ tokens: 40_000, time: 60_000 });
    const raised = await server.call('resume_run', {
      run: String(facts.run),
      raise: { tokens: 60_000 },
    });
    expect(raised.text).toContain('budget.tokens may be at most 50000 here');
    // A workflow's own limits are held below it, and stay when they are lower.
    const workflow = await server.call('run_sales_report');
    expect(workflow.facts.limits).toMatchObject({ tokens: 50_000, time: 60_000, loops: 6 });
  });

  it('a model that fails is a result, not a broken call', async () => {
    await using server = await startTestServer({ script: [new Error('out of order')] });
    const { facts, failed } = await server.call('run_task', { task: 'x' });
    expect(failed).toBe(false);
    expect(facts).toMatchObject({ status: 'failed', done: true });
  });

  it('a long answer is cut and says where the rest is', async () => {
    const script = () => complete('x'.repeat(30_000));
    await using server = await startTestServer({ script });
    const { facts, text } = await server.call('run_task', { task: 'x' });
    expect(facts).toMatchObject({ cut: true });
    expect(String(facts.text)).toHaveLength(20_000);
    expect(text).toContain(`read the resource awp://runs/${facts.run}`);
  });
});

describe('paths of inputs', () => {
  it.each<[string, unknown, RegExp]>([
    ['an absolute path', '/etc/passwd', /source\/not-allowed/],
    ['a path that climbs', '../../../../../../../../etc/passwd', /source\/not-allowed/],
    ['one that must be a file', '@/etc/passwd', /source\/not-allowed/],
    ['one that must be a file and is not there', '@/etc/none', /source\/not-allowed/],
    ['a link that leads out', 'link.txt', /source\/not-allowed/],
    ['a folder that is a link', 'away/passwd', /source\/not-allowed/],
    ['a hidden file', '.env', /hidden files/],
    ['a file of a hidden folder', '.git/config', /hidden files/],
    ['a file that must be there', '@none.csv', /source\/unreachable/],
    ['a folder', '@sales', /source\/unreachable/],
    ['the mark of a file', { kind: 'awp:file', path: '/etc/passwd' }, /awp:file/],
    ['an artifact of no run', 'awp://runs/r-none/artifacts/x', /store\/not-found/],
    ['an address of something else', 'awp://workflows/x', /no address of an artifact/],
    ['a broken address', 'awp://runs/r/artifacts/%zz', /not well written/],
    ['a zero in a path', '@a\0b', /source\/unreachable/],
    ['a path with a line break', '/etc/\npasswd\n/../passwd', /^(?!.*root:)/],
  ])('%s is refused', async (_, value, words) => {
    await using server = await startTestServer({
      prepare(folder) {
        withWorkflow(folder);
        symlinkSync('/etc/passwd', join(folder, 'link.txt'));
        symlinkSync('/etc', join(folder, 'away'));
        write(folder, '.env', 'KEY=1');
        mkdirSync(join(folder, '.git'));
        write(folder, '.git/config', 'x');
      },
    });
    const inputs = { given: value } as JsonObject;
    const { text } = await server.call('run_task', { task: 'x', inputs });
    expect(text).toMatch(words);
    expect(text).not.toContain('root:');
  });
});

function many(count: number): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`i${index}`, index]));
}
