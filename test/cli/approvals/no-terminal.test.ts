import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../make.ts';
import { awp } from '../process.ts';
import { startWritingServer, type WritingServer } from './writing-server.ts';

const RUN = 'r-ask0000000';
const ARGS = ['run', '-t', 'do it', '-m', 'some-model', '--run-id', RUN];
const ASKING = [...ARGS, '--approve', 'files', '--tools', 'file.write'];

let folder: ReturnType<typeof temporaryFolder>;
let server: WritingServer;
beforeEach(async () => {
  folder = temporaryFolder();
  server = await startWritingServer(['a.txt', 'b.txt']);
});
afterEach(async () => {
  await server.close();
  folder[Symbol.dispose]();
});

const place = () => ({ cwd: folder.path, env: { LLM_BASE_URL: server.url } });

describe('where nobody can be asked', () => {
  it('a run waits with status 5 until it is answered, and goes on to its end', async () => {
    const first = await awp(ASKING, place());
    expect(first).toMatchObject({ code: 5, out: '' });
    expect(first.err).toContain(`run ${RUN} waits for a person`);
    expect(first.err).toContain(
      `      awp runs approve ${RUN} a1\n      awp runs reject ${RUN} a1\n`,
    );
    expect(first.err).toContain(`Resume: awp run --resume ${RUN}\n`);
    expect((await awp(['runs'], place())).out).toMatch(/r-ask0000000 {2}waiting/);
    const unanswered = await awp(['run', '--resume', RUN], place());
    expect(unanswered.code).toBe(5);

    const edit = JSON.stringify({ path: 'output/c.txt', content: 'edited' });
    expect(await awp(['runs', 'approve', RUN, '--edit', edit], place())).toMatchObject({ code: 0 });
    const second = await awp(['run', '--resume', RUN, '--json'], place());
    expect(second.code).toBe(5);
    const { data } = JSON.parse(second.out.trimEnd().split('\n').at(-1) ?? '');
    expect(data).toMatchObject({
      status: 'waiting',
      reason: 'approval/needed',
      approvals: [{ id: 'a2', tool: 'file.write', args: { path: 'output/b.txt' } }],
    });

    expect((await awp(['runs', 'reject', RUN, '--reason', 'enough'], place())).code).toBe(0);
    const last = await awp(['run', '--resume', RUN], place());
    expect(last).toMatchObject({ code: 0, out: 'all is done\n' });
    expect(server.told()[0]).toContain('c.txt');
    expect(server.told()[1]).toContain('enough');
    const { out } = await awp(['runs', 'show', RUN], place());
    expect(out).toContain('a2 file.write   writer: rejected (cli): enough');
  }, 120_000);

  it('with --approve never nothing is asked', async () => {
    const { code } = await awp([...ARGS, '--approve', 'never', '--tools', 'file.write'], place());
    expect(code).toBe(0);
    expect(server.told()[0]).toContain('a.txt');
  }, 120_000);
});
