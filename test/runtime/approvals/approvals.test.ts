import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import { answerApproval } from '../../../src/runtime/approvals/answer.ts';
import type { ApprovalRequest } from '../../../src/runtime/approvals/desk.ts';
import type { ApprovalAnswer } from '../../../src/runtime/approvals/inbox.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { countingTool, runCalling, startCalling } from '../calling.ts';
import { programBox } from '../program-box.ts';

const yes: ApprovalAnswer = { decision: 'approved', by: 'test' };
const no: ApprovalAnswer = { decision: 'rejected', by: 'test', reason: 'too dear' };
const mail = (more = {}) =>
  countingTool('mail.send', { approval: () => 'mail goes out of the house', ...more });
const one = { w: [[['mail.send', { to: 'a' }]]] } as const;

const returned = (log: readonly RunEvent[]) => only(log, 'tool.returned').map(({ data }) => data);

describe('a call that a person must allow', () => {
  it('is made when the person says yes, with exactly the arguments that were asked for', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    const asked: ApprovalRequest[] = [];
    const log = await runCalling(folder.path, {
      rounds: one,
      tools: [tool],
      ask: async (request) => {
        asked.push(request);
        return yes;
      },
    });
    expect(tool.calls).toEqual([{ to: 'a' }]);
    expect(asked).toMatchObject([
      { id: 'a1', run: 'r-test', agentName: 'w', tool: 'mail.send', args: { to: 'a' } },
    ]);
    expect(
      log.filter(({ type }) => /^(approval|tool)\./.test(type)).map(({ type }) => type),
    ).toEqual(['approval.requested', 'approval.resolved', 'tool.called', 'tool.returned']);
    expect(only(log, 'tool.called')[0]?.data.approval).toBe('a1');
    expect(log.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'complete' } });
  });

  it('is refused with the reason when the person says no, and is not asked again', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    let asked = 0;
    const log = await runCalling(folder.path, {
      rounds: { w: [[['mail.send', { to: 'a' }]], [['mail.send', { to: 'a' }]]] },
      tools: [tool],
      ask: async () => {
        asked += 1;
        return no;
      },
    });
    expect(asked).toBe(1);
    expect(tool.calls).toEqual([]);
    expect(returned(log)).toMatchObject([
      { status: 403, error: expect.stringContaining('too dear') },
      { status: 403, error: expect.stringContaining('approval/rejected') },
    ]);
    expect(only(log, 'security.denied').map(({ data }) => data.kind)).toEqual([
      'approval.rejected',
      'approval.rejected',
    ]);
  });

  it('is made with the arguments that the person wrote instead', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    const log = await runCalling(folder.path, {
      rounds: one,
      tools: [tool],
      ask: async () => ({ ...yes, args: { to: 'b' } }),
    });
    expect(tool.calls).toEqual([{ to: 'b' }]);
    expect(only(log, 'tool.called')[0]?.data.args).toEqual({ to: 'b' });
  });

  it('is asked about each time, also when two calls of one answer are the same', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    let asked = 0;
    await runCalling(folder.path, {
      rounds: {
        w: [
          [
            ['mail.send', { to: 'a' }],
            ['mail.send', { to: 'a' }],
          ],
        ],
      },
      tools: [tool],
      ask: async () => {
        asked += 1;
        return yes;
      },
    });
    expect([asked, tool.calls.length]).toEqual([2, 2]);
  });

  it.each([
    ['a1', 'a2', [403, 200]],
    ['a2', 'a1', [200, 403]],
  ] as const)(
    'of two equal calls the one that %s refuses is not made',
    async (no1, _, statuses) => {
      using folder = temporaryFolder();
      const log = await runCalling(folder.path, {
        rounds: {
          w: [
            [
              ['mail.send', { to: 'a' }],
              ['mail.send', { to: 'a' }],
            ],
          ],
        },
        tools: [mail()],
        ask: async ({ id }) => (id === no1 ? no : yes),
      });
      const byCall = [...returned(log)].sort((a, b) => (a.call < b.call ? -1 : 1));
      expect(byCall.map(({ status }) => status)).toEqual(statuses);
    },
  );

  it('is made for a program that asks for the same twice at once', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    const sandbox = programBox({
      w: async (call) => {
        const both = [call('mail.send', { to: 'a' }), call('mail.send', { to: 'a' })];
        return (await Promise.all(both)).map(({ status }) => status);
      },
    });
    const log = await runCalling(folder.path, {
      rounds: { w: [[['code.execute', { language: 'javascript', code: 'w' }]]] },
      tools: [...builtinTools.filter(({ name }) => name === 'code.execute'), tool],
      host: { sandbox },
      ask: async () => yes,
    });
    expect(tool.calls).toHaveLength(2);
    expect(only(log, 'approval.requested')).toHaveLength(2);
    expect(log.at(-1)).toMatchObject({ data: { status: 'complete' } });
  });

  it('is not asked about when its arguments do not fit', async () => {
    using folder = temporaryFolder();
    const parameters = { type: 'object', required: ['to'], properties: { to: { type: 'string' } } };
    const log = await runCalling(folder.path, {
      rounds: {
        w: [
          [
            ['mail.send', { to: 1 }],
            ['mail.send', { to: 'a', _bcc: 'b' }],
          ],
        ],
      },
      tools: [mail({ parameters })],
      ask: () => expect.unreachable(),
    });
    expect(returned(log).map(({ status }) => status)).toEqual([400, 400]);
  });

  it('waits in a run that ends as waiting when nobody is there, and is made after a resume', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    const { host, run } = await startCalling(folder.path, { rounds: one, tools: [tool] });
    await run.done;
    expect(run.state.status).toBe('waiting');
    expect((await host.store.list())[0]).toMatchObject({ status: 'waiting', reason: 'approval' });
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect(again.state.status).toBe('waiting');
    expect(await answerApproval(host, { run: 'r-test', id: 'a1', answer: yes })).toBe('recorded');
    const last = await resumeRun(host, { id: 'r-test' });
    await last.done;
    expect(last.state.status).toBe('complete');
    expect(tool.calls).toEqual([{ to: 'a' }]);
    expect(only(await logOf(host.store), 'approval.requested')).toHaveLength(1);
  });

  it('is answered by another process while this one waits, and the first answer wins', async () => {
    using folder = temporaryFolder();
    const tool = mail();
    const waiting = Promise.withResolvers<void>();
    const { host, run } = await startCalling(folder.path, {
      rounds: one,
      tools: [tool],
      ask: async () => {
        waiting.resolve();
        return undefined;
      },
    });
    await waiting.promise;
    const answer = { run: 'r-test', id: 'a1', answer: yes };
    expect(await answerApproval(host, answer)).toBe('handed-over');
    await expect(answerApproval(host, answer)).rejects.toMatchObject({
      code: 'approval/answered',
    });
    await run.done;
    expect(tool.calls).toHaveLength(1);
  });

  it.each([
    ['a2', undefined, 'approval/unknown'],
    ['a1', 'other', 'approval/changed'],
  ])('is not answered by %s for the arguments %s', async (id, argsHash, code) => {
    using folder = temporaryFolder();
    const { host, run } = await startCalling(folder.path, { rounds: one, tools: [mail()] });
    await run.done;
    const answer = { ...yes, ...(argsHash !== undefined && { argsHash }) };
    await expect(answerApproval(host, { run: 'r-test', id, answer })).rejects.toMatchObject({
      code,
    });
  });

  it('costs no active time while it waits', async () => {
    using folder = temporaryFolder();
    const { host, run } = await startCalling(folder.path, { rounds: one, tools: [mail()] });
    await run.done;
    const log = await logOf(host.store);
    const paused = log.findIndex(({ type }) => type === 'run.paused');
    const late = log.map((event, index) =>
      index < paused ? event : { ...event, ts: '2099-01-01T00:00:00.000Z' },
    );
    expect(foldAll('r-test', late).activeMs).toBeLessThan(60_000);
  });

  it('does not keep other workers from going on', async () => {
    using folder = temporaryFolder();
    const other = countingTool('plain.note');
    const answer = Promise.withResolvers<ApprovalAnswer>();
    const log = await runCalling(folder.path, {
      rounds: { ...one, v: [[['plain.note']], [['plain.note']]] },
      tools: [
        mail(),
        {
          ...other,
          async run(args, context) {
            const result = await other.run(args, context);
            if (other.calls.length === 2) answer.resolve(yes);
            return result;
          },
        },
      ],
      ask: () => answer.promise,
    });
    expect(other.calls).toHaveLength(2);
    expect(log.at(-1)).toMatchObject({ data: { status: 'complete' } });
  });

  it('fails the run when the asking fails, and the run can be taken up again', async () => {
    using folder = temporaryFolder();
    const { run } = await startCalling(folder.path, {
      rounds: one,
      tools: [mail()],
      ask: async () => {
        throw new Error('no terminal');
      },
    });
    await expect(run.done).rejects.toThrow('no terminal');
  });
});

describe('the policy of approvals', () => {
  const tools = () => [
    countingTool('disk.format', { sideEffects: true }),
    countingTool('web.look', { network: true }),
    countingTool('plain.note'),
    mail(),
  ];
  it.each([
    [undefined, ['mail.send']],
    [['tools'], ['disk.format', 'mail.send']],
    [['network'], ['web.look', 'mail.send']],
    [
      ['network', 'tools'],
      ['disk.format', 'web.look', 'mail.send'],
    ],
  ] as const)('%j asks about %j', async (approve, expected) => {
    using folder = temporaryFolder();
    const asked: string[] = [];
    await runCalling(folder.path, {
      rounds: { w: [[['disk.format'], ['web.look'], ['plain.note'], ['mail.send']]] },
      tools: tools(),
      options: { ...(approve && { approve }) },
      ask: async ({ tool }) => {
        asked.push(tool);
        return yes;
      },
    });
    expect(asked).toEqual(expected);
  });

  it('asks about programs that can reach hosts, and does not run them again after a crash', async () => {
    using folder = temporaryFolder();
    const asked: string[] = [];
    const log = await runCalling(folder.path, {
      rounds: { w: [[['code.execute', { language: 'javascript', code: 'w' }]]] },
      tools: builtinTools.filter(({ name }) => name === 'code.execute'),
      host: { sandbox: programBox({ w: async () => 1 }) },
      options: { approve: ['network'], sandbox: { hosts: ['api.example.com'] } },
      ask: async ({ reason }) => {
        asked.push(reason);
        return yes;
      },
    });
    expect(asked).toEqual(['programs can reach api.example.com']);
    expect(only(log, 'tool.called')[0]?.data.idempotent).toBe(false);
  });

  it('never asks anybody and refuses what a tool wants to have allowed', async () => {
    using folder = temporaryFolder();
    const log = await runCalling(folder.path, {
      rounds: { w: [[['mail.send'], ['disk.format']]] },
      tools: tools(),
      options: { approve: 'never' },
      ask: () => expect.unreachable(),
    });
    expect(returned(log)).toMatchObject([
      { tool: 'mail.send', status: 403, error: expect.stringContaining('approval/nobody') },
      { tool: 'disk.format', status: 200 },
    ]);
  });
});
