import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { say } from '../fault-server/answers.ts';
import { type FaultServer, type Handler, startFaultServer } from '../fault-server/server.ts';
import { temporaryFolder } from '../make.ts';
import { type AwpProcess, awp, startAwp } from './process.ts';

const folder = temporaryFolder();
let server: FaultServer;
/** Whether workers answer; while they do not, a run stands in the middle. */
let workersAnswer: boolean;

/** What the manager's answers wait for. */
let gate: Promise<void>;

const handler: Handler = async ({ body }) => {
  const [system] = body.messages;
  if (!system?.content?.startsWith('You are the manager')) {
    const text = JSON.stringify({ result: 'ok', confidence: 0.9 });
    return workersAnswer ? text : say({ text, delayMs: 600_000 });
  }
  await gate;
  const firstTurn = body.messages.length === 2 && !workersAnswer;
  return JSON.stringify(
    firstTurn
      ? { decision: 'delegate', delegations: [{ worker_id: 'slow', instructions: 'take long' }] }
      : { decision: 'complete', result: { summary: 'all is done' }, confidence: 0.9 },
  );
};

beforeAll(async () => {
  server = await startFaultServer(handler);
});
beforeEach(() => {
  workersAnswer = false;
  gate = Promise.resolve();
});
afterAll(async () => {
  await server.close();
  folder[Symbol.dispose]();
});

const place = () => ({ cwd: folder.path, env: { LLM_BASE_URL: server.url } });

async function startedRun(id: string, ...more: string[]): Promise<AwpProcess> {
  const args = ['run', '-t', 'do it', '-m', 'some-model', '--run-id', id, ...more];
  const process = startAwp(args, place());
  await process.said('slow started');
  return process;
}

/** Types of the events of a run's log. */
async function logOf(id: string): Promise<string[]> {
  const { out } = await awp(['runs', 'export', id, '--ndjson'], place());
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).type);
}

describe('a real process', () => {
  it('is stopped by one Ctrl-C, keeps its work, and another process finishes it', async () => {
    const process = await startedRun('r-once000000');
    process.child.kill('SIGINT');
    expect(await process.ended).toBe(7);
    expect(process.err()).toContain('Resume: awp run --resume r-once000000');
    expect(process.out()).toBe('');
    expect((await logOf('r-once000000')).at(-1)).toBe('run.stopped');
    workersAnswer = true;
    const resumed = await awp(['run', '--resume', 'r-once'], place());
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('all is done');
    expect(resumed.err).not.toContain('started model=');
  });

  it('ends at once at the second Ctrl-C, also while its log cannot be written', async () => {
    const process = await startedRun('r-twice00000');
    const database = new DatabaseSync(join(folder.path, '.awp/awp.db'), { timeout: 5000 });
    database.exec('BEGIN IMMEDIATE');
    process.child.kill('SIGINT');
    await process.said('stopping');
    process.child.kill('SIGINT');
    expect(await process.ended).toBe(130);
    database.exec('ROLLBACK');
    database.close();
    expect(await logOf('r-twice00000')).not.toContain('run.stopped');
  });

  it('is stopped by SIGTERM and ends with 143', async () => {
    const process = await startedRun('r-term000000');
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(143);
    expect((await logOf('r-term000000')).at(-1)).toBe('run.stopped');
  });

  it('stops quietly when nobody reads its output any more', async () => {
    const opened = Promise.withResolvers<void>();
    gate = opened.promise;
    const args = ['run', '-t', 'do it', '-m', 'some-model', '--run-id', 'r-pipe000000', '--json'];
    const process = startAwp(args, place());
    await process.said('started');
    process.child.stdout?.destroy();
    opened.resolve();
    expect(await process.ended).toBe(7);
    expect(process.err()).not.toMatch(/EPIPE|error\[|\n {4}at /);
    expect((await logOf('r-pipe000000')).at(-1)).toBe('run.stopped');
  });

  it('is shown to another process while it works', async () => {
    const process = await startedRun('r-live000000');
    const { out } = await awp(['runs', 'show', 'r-live'], place());
    expect(out).toContain('1.1 slow');
    expect(out).not.toContain('Resume');
    expect((await awp(['runs'], place())).out).toMatch(/r-live000000 {2}running/);
    const second = await awp(['run', '--resume', 'r-live'], place());
    expect(second.code).toBe(9);
    expect(second.err).toContain('error[store/locked]');
    process.child.kill('SIGINT');
    expect(await process.ended).toBe(7);
  });
});
