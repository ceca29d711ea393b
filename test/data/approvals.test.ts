import { describe, expect, it } from 'vitest';
import { AgentWorkflow, resumeRun } from '../../src/data/agent-workflow.ts';
import { pendingApprovals, resolveApproval } from '../../src/data/approvals.ts';
import { tool } from '../../src/data/tool.ts';
import { temporaryFolder } from '../make.ts';
import { callingModel } from '../runtime/calling.ts';

const sent: unknown[] = [];
const mail = tool({
  name: 'mail.send',
  description: 'Sends a mail',
  parameters: { type: 'object', properties: { to: { type: 'string' } }, required: ['to'] },
  approval: true,
  execute: (args) => {
    sent.push(args);
    return { sent: true };
  },
});
const model = callingModel({ w: [[['mail.send', { to: 'a' }]]] });
const options = (home: string) => ({ task: 'Write', model, tools: [mail], home });

describe('a run that asks a person', () => {
  it('is answered by the function that it was started with', async () => {
    using folder = temporaryFolder();
    sent.length = 0;
    const result = await new AgentWorkflow(options(folder.path)).run({
      onApproval: ({ tool: name, args }) =>
        name === 'mail.send' && args.to ? 'approve' : 'reject',
    });
    expect([result.status, sent]).toEqual(['complete', [{ to: 'a' }]]);
  });

  it('is answered through its handle, with other arguments', async () => {
    using folder = temporaryFolder();
    sent.length = 0;
    const run = new AgentWorkflow(options(folder.path)).start({ onApproval: () => 'ask' });
    for await (const event of run) {
      if (event.type !== 'approval.requested') continue;
      const reply = { decision: 'approve', args: { to: 'b' } } as const;
      await run.resolve(event.data.id, reply, { reason: 'checked by hand' });
      await expect(run.resolve(event.data.id, 'reject')).rejects.toMatchObject({
        code: 'approval/answered',
      });
    }
    expect([(await run.result).status, sent]).toEqual(['complete', [{ to: 'b' }]]);
  });

  it('waits when nobody is there, is answered from anywhere, and goes on', async () => {
    using folder = temporaryFolder();
    sent.length = 0;
    const place = { home: folder.path };
    const first = await new AgentWorkflow(options(folder.path)).run();
    expect(first).toMatchObject({ status: 'waiting', reason: 'approval/needed' });
    const run = first.metadata.runId;
    const [request] = await pendingApprovals(run, place);
    expect(request).toMatchObject({ id: 'a1', run, tool: 'mail.send', args: { to: 'a' } });
    const said = {
      ...place,
      reply: 'approve',
      by: 'cli',
      argsHash: request?.argsHash ?? '',
    } as const;
    expect(await resolveApproval(run.slice(0, 8), 'a1', said)).toEqual({ run, how: 'recorded' });
    expect(await pendingApprovals(run, place)).toEqual([]);
    const last = await resumeRun(run, { ...place, tools: [mail], providers: [model] }).result;
    expect([last.status, sent]).toEqual(['complete', [{ to: 'a' }]]);
  });

  it('is not taken up again without the tools that it began with', async () => {
    using folder = temporaryFolder();
    const place = { home: folder.path };
    const { metadata } = await new AgentWorkflow(options(folder.path)).run();
    const again = resumeRun(metadata.runId, { ...place, providers: [model] });
    await expect(again.result).rejects.toMatchObject({ code: 'tool/missing' });
  });

  it.each([['maybe'], [{ decision: 'yes' }], [undefined]])(
    'is not answered by %j',
    async (reply) => {
      using folder = temporaryFolder();
      const { metadata } = await new AgentWorkflow(options(folder.path)).run();
      const said = { home: folder.path, reply: reply as 'approve' };
      await expect(resolveApproval(metadata.runId, 'a1', said)).rejects.toMatchObject({
        code: 'usage/bad-option',
      });
    },
  );
});
