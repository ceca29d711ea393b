import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../make.ts';
import { awp } from '../process.ts';
import { startInTerminal } from '../terminal.ts';
import { startWritingServer, type WritingServer } from './writing-server.ts';

let folder: ReturnType<typeof temporaryFolder>;
let server: WritingServer | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  folder[Symbol.dispose]();
});

const RUN = 'r-ask0000000';
const ARGS = [
  'run',
  '-t',
  'do it',
  '-m',
  'some-model',
  '--run-id',
  RUN,
  '--approve',
  'files',
  '--tools',
  'file.write',
];
const QUESTION = 'e(dit) / a(ll like this)';

async function place(files: readonly string[], chars?: number) {
  server = await startWritingServer(files, chars);
  return { cwd: folder.path, env: { LLM_BASE_URL: server.url } };
}

async function events(where: { cwd: string }) {
  const { out } = await awp(['runs', 'export', RUN, '--ndjson'], where);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('in a terminal', () => {
  it('each call is shown and asked about, refused or allowed, and the terminal is as before', async () => {
    const where = await place(['a.txt', 'b.txt']);
    const run = startInTerminal(ARGS, where);
    await run.said('waits for you: a1 file.write');
    await run.said('"path": "output/a.txt"');
    await run.said(QUESTION);
    run.type('n it is not needed\r');
    await run.said('a2 file.write');
    await run.said(QUESTION);
    run.type('y\r');
    expect(await run.ended).toEqual({ code: 0, restored: true });
    expect(run.screen()).toContain('all is done');
    const [first, second] = server?.told() ?? [];
    expect(first).toContain('it is not needed');
    expect(second).toContain('b.txt');
    const answers = (await events(where)).filter(({ type }) => type === 'approval.resolved');
    expect(answers.map(({ data }) => [data.id, data.decision, data.by])).toEqual([
      ['a1', 'rejected', 'terminal'],
      ['a2', 'approved', 'terminal'],
    ]);
  }, 120_000);

  it('arguments are edited in the editor of the user, which has the terminal', async () => {
    const where = await place(['a.txt']);
    const editor = join(folder.path, 'editor.sh');
    writeFileSync(
      editor,
      '#!/bin/sh\ntest -t 0 && test -t 1 || exit 9\nsed -i s/a.txt/other.txt/ "$1"\n',
    );
    chmodSync(editor, 0o755);
    const run = startInTerminal(ARGS, { ...where, env: { ...where.env, EDITOR: editor } });
    await run.said(QUESTION);
    run.type('e\r');
    await run.said('"path": "output/other.txt"');
    await run.said('Allow it like this?');
    run.type('y\r');
    expect((await run.ended).code).toBe(0);
    expect(server?.told()[0]).toContain('other.txt');
    const shown = await awp(['runs', 'show', RUN], where);
    expect(shown.out).toMatch(
      /a1 file\.write +writer: approved \(terminal\), with other arguments/,
    );
  }, 120_000);

  it('an answer from another process withdraws the question, and the run goes on at once', async () => {
    const where = await place(['a.txt']);
    const run = startInTerminal(ARGS, where);
    await run.said(QUESTION);
    const answered = await awp(['runs', 'approve', RUN], where);
    expect(answered).toMatchObject({ code: 0 });
    expect(answered.out).toContain('approved a1: file.write');
    expect(answered.err).toContain('The process that drives the run goes on');
    await run.said('already approved (cli)');
    expect(await run.ended).toEqual({ code: 0, restored: true });
    const again = await awp(['runs', 'approve', RUN, 'a1'], where);
    expect(again.code).toBe(2);
    expect(again.err).toContain('error[approval/answered]');
  }, 120_000);

  it('Ctrl-C at the question stops the run, which asks again when it is resumed', async () => {
    const where = await place(['a.txt']);
    const run = startInTerminal(ARGS, where);
    await run.said(QUESTION);
    run.type('\u0003');
    expect(await run.ended).toEqual({ code: 7, restored: true });
    expect(run.screen()).toContain(`awp runs approve ${RUN} a1`);
    const again = startInTerminal(['run', '--resume', RUN], where);
    await again.said('waits for you: a1 file.write');
    await again.said(QUESTION);
    again.type('y\r');
    expect((await again.ended).code).toBe(0);
    expect(server?.told()[0]).toContain('a.txt');
  }, 120_000);

  it('Ctrl-D at the question leaves it open, and the run waits', async () => {
    const where = await place(['a.txt']);
    const run = startInTerminal(ARGS, where);
    await run.said(QUESTION);
    run.type('\u0004');
    expect(await run.ended).toEqual({ code: 5, restored: true });
    expect(run.screen()).toContain(`awp runs approve ${RUN} a1`);
    expect((await events(where)).at(-1)).toMatchObject({ type: 'run.paused' });
  }, 120_000);

  it('what was typed before the question is no answer to it', async () => {
    const where = await place(['a.txt', 'b.txt']);
    const run = startInTerminal(ARGS, where);
    await run.said(QUESTION);
    run.type('y\ry\r');
    await run.said('a2 file.write');
    await run.said(QUESTION);
    run.type('n\r');
    expect((await run.ended).code).toBe(0);
    expect(server?.told()[1]).toContain('approval/rejected');
  }, 120_000);
});
