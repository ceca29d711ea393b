import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { callTool, oneFile, startTestServer, type TestServer } from './support.ts';

/** A server whose runs must ask before they write a file. */
function askingServer(): Promise<TestServer> {
  const model = scriptedModel(oneFile());
  return startTestServer({
    settings: {
      runOptions: () => ({
        ...{ model, managerModel: model, workerModel: model },
        ...{ tools: ['file.*'], approve: 'files' },
      }),
    },
  });
}

async function waitingRun(server: TestServer): Promise<{ run: string; approval: JsonObject }> {
  const { facts, text } = await server.call('run_task', { task: 'Write', wait_seconds: 300 });
  const [approval = {}] = facts.approvals as JsonObject[];
  expect(facts).toMatchObject({ status: 'waiting', done: true });
  expect(text).toContain('A person must decide: show the approval to your user');
  expect(text).toContain('wants file.write {"path":"output/hello.txt","content":"hello"}');
  return { run: String(facts.run), approval };
}

describe('a call that a person must allow', () => {
  it('is told instead of waited for, and made when it is approved', async () => {
    await using server = await askingServer();
    const { run, approval } = await waitingRun(server);
    expect(approval).toMatchObject({
      ...{ run, tool: 'file.write', agent: 'writer' },
      args: { path: 'output/hello.txt', content: 'hello' },
      args_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const other = await server.another();
    for (const args of [{}, { run }]) {
      const listed = await callTool(other, 'list_approvals', args);
      expect(listed.facts).toEqual({ approvals: [approval] });
      expect(listed.text).toContain(`of ${run}: writer wants file.write`);
    }
    const { id = '', args_hash = '' } = approval;
    const answer = { run, id, args_hash, decision: 'approve' };
    const answered = await callTool(other, 'resolve_approval', answer);
    expect(answered.failed, answered.text).toBe(false);
    expect(answered.facts.approvals).toEqual([]);
    const { facts } = await server.call('run_result', { run });
    expect(facts).toMatchObject({ status: 'complete', artifacts: [{ path: 'hello.txt' }] });
    const twice = await callTool(other, 'resolve_approval', answer);
    expect(twice.text).toMatch(/error\[approval\/(answered|unknown)\]/);
    expect((await server.call('list_approvals')).text).toBe('Nothing waits for a decision.');
  });

  it('is made with the arguments that the person put in their place', async () => {
    await using server = await askingServer();
    const { run, approval } = await waitingRun(server);
    const args = { path: 'output/other.txt', content: 'other' };
    await server.call('resolve_approval', {
      run,
      id: approval.id ?? '',
      decision: 'approve',
      args,
    });
    const { facts } = await server.call('run_result', { run });
    expect(facts).toMatchObject({ status: 'complete', artifacts: [{ path: 'other.txt' }] });
  });

  it('is not made when it is rejected, and the agent goes on', async () => {
    await using server = await askingServer();
    const { run, approval } = await waitingRun(server);
    const answer = { run, id: approval.id ?? '', decision: 'reject', reason: 'not now' };
    await server.call('resolve_approval', answer);
    const { facts } = await server.call('run_result', { run });
    expect(facts).toMatchObject({ status: 'complete', artifacts: [] });
    const { contents } = await server.client.readResource({ uri: `awp://runs/${run}/events` });
    const [log] = contents;
    expect(log && 'text' in log ? log.text : '').toContain('"by":"mcp","reason":"not now"');
  });

  it('is left alone by an answer to something else', async () => {
    await using server = await askingServer();
    const { run, approval } = await waitingRun(server);
    const id = approval.id ?? '';
    for (const [args, words] of [
      [{ run, id: 'a99', decision: 'approve' }, 'approval/unknown'],
      [{ run, id, decision: 'approve', args_hash: 'f'.repeat(64) }, 'approval/changed'],
      [{ run: 'r-none', id, decision: 'approve' }, 'store/not-found'],
      [{ run, id, decision: 'maybe' }, 'allowed values'],
    ] as [JsonObject, string][]) {
      const { failed, text } = await server.call('resolve_approval', args);
      expect(failed).toBe(true);
      expect(text).toContain(words);
    }
    const { facts } = await server.call('run_status', { run });
    expect(facts).toMatchObject({ status: 'waiting', approvals: [approval] });
  });

  it('waits for the next process when the server ends', async () => {
    await using server = await askingServer();
    const { run } = await waitingRun(server);
    const stopped = await server.call('stop_run', { run });
    expect(stopped.facts.artifacts).toEqual([]);
    const resumed = await server.call('resume_run', { run, wait_seconds: 300 });
    expect(resumed.facts).toMatchObject({ run, status: 'waiting' });
    const [again] = resumed.facts.approvals as JsonObject[];
    await server.call('resolve_approval', { run, id: again?.id ?? '', decision: 'approve' });
    expect((await server.call('run_result', { run })).facts.status).toBe('complete');
  });
});
