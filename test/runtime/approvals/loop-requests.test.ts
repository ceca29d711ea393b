import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { answerApproval } from '../../../src/runtime/approvals/answer.ts';
import type { ApprovalRequest, AskPerson } from '../../../src/runtime/approvals/desk.ts';
import type { ApprovalAnswer } from '../../../src/runtime/approvals/inbox.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';

const yes: ApprovalAnswer = { decision: 'approved', by: 'test' };
const no: ApprovalAnswer = { decision: 'rejected', by: 'test', reason: 'too dear' };
const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');

/** What stands in an order, so that a changed one is seen. */
const order = (id: string, more: JsonObject = {}): JsonObject => ({
  ...{ worker_id: id, instructions: `order:${id}` },
  ...more,
});

interface Kind {
  options: Partial<WorkflowOptions>;
  /** What the root manager decides, turn after turn; the last again and again. */
  turns: readonly JsonObject[];
  tool: string;
  args: JsonObject;
  /** Other arguments, and what is different with them. */
  edit: JsonObject;
  /** What the workers were told, by the answer. */
  told: Readonly<Record<'approve' | 'edit' | 'reject', readonly string[]>>;
  /** The status at the end. */
  ends: Readonly<Record<'approve' | 'edit' | 'reject', string>>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'the workers of a turn': {
    options: { approve: 'loops' },
    turns: [delegate(order('a'), order('b')), complete('end')],
    tool: 'loop.turn',
    args: {
      turn: 1,
      delegations: [
        { index: 1, worker: 'a', instructions: 'order:a' },
        { index: 2, worker: 'b', instructions: 'order:b' },
      ],
    },
    edit: { delegations: [{ index: 2, worker: 'b', instructions: 'order:other' }] },
    told: { approve: ['a', 'b'], edit: ['other'], reject: [] },
    ends: { approve: 'complete', edit: 'complete', reject: 'complete' },
  },
  'a sub-manager': {
    options: { approve: 'submanagers' },
    turns: [
      delegate(order('a'), order('s', { as_submanager: true, submanager_budget_fraction: 0.3 })),
      complete('end'),
    ],
    tool: 'loop.submanager',
    args: { name: 's', share: 0.3, instructions: 'order:s' },
    edit: { instructions: 'order:other', share: 0.2 },
    told: { approve: ['a', 's'], edit: ['a', 'other'], reject: ['a'] },
    ends: { approve: 'complete', edit: 'complete', reject: 'complete' },
  },
  'a limit that is reached': {
    options: { approve: 'budget', budget: { workers: 1 } },
    turns: [delegate(order('a'), order('b')), complete('end')],
    tool: 'budget.raise',
    args: { dimension: 'workers', limit: 1, used: 1, proposed: 2 },
    edit: { proposed: 7 },
    told: { approve: ['a', 'b'], edit: ['a', 'b'], reject: ['a'] },
    ends: { approve: 'complete', edit: 'complete', reject: 'partial' },
  },
};

interface World {
  host: Host;
  /** Instructions of those who worked, in any order. */
  told: string[];
  asked: ApprovalRequest[];
}

function world(folder: string, { turns }: Kind): World {
  const told = new Set<string>();
  const script = (request: ModelRequest) => {
    const text = textOf(request);
    const own = /order:(\w+)/.exec(text)?.[1];
    if (isManager(request) && askedBy(request) === 'manager') {
      const turn = text.split('## Results of turn').length - 1;
      return turns[turn] ?? turns.at(-1) ?? '';
    }
    if (own !== undefined) told.add(own);
    return isManager(request) ? complete('sub') : { summary: 'done', confidence: 1 };
  };
  const host = testHost(folder, { script, store: memoryStore({ folder }) });
  return {
    host,
    asked: [],
    get told() {
      return [...told].sort();
    },
  };
}

async function begin(
  { host, asked }: World,
  { options }: Kind,
  ask?: (request: ApprovalRequest) => ApprovalAnswer | undefined,
): Promise<RunEvent[]> {
  const person: AskPerson | undefined =
    ask &&
    (async (request) => {
      asked.push(request);
      return ask(request);
    });
  const run = await startRun(host, {
    ...{ id: 'r-test', plan: testPlan(options), inputs: [] },
    ...(person && { ask: person }),
  });
  await run.done;
  return logOf(host.store);
}

const statusOf = (log: readonly RunEvent[]): string => foldAll('r-test', log).status;

describe.each(Object.entries(KINDS))('a person who is asked about %s', (_name, kind) => {
  it.each(['approve', 'edit', 'reject'] as const)('can say: %s', async (word) => {
    using folder = temporaryFolder();
    const one = world(folder.path, kind);
    const answer = { approve: yes, edit: { ...yes, args: kind.edit }, reject: no }[word];
    const log = await begin(one, kind, () => answer);
    expect(one.asked).toMatchObject([{ id: 'a1', tool: kind.tool, args: kind.args, agent: '0' }]);
    expect([one.told, statusOf(log)]).toEqual([kind.told[word], kind.ends[word]]);
  });

  it('need not be there: the run waits, with nothing started before the answer', async () => {
    using folder = temporaryFolder();
    const one = world(folder.path, kind);
    const log = await begin(one, kind);
    expect([statusOf(log), log.at(-1)?.type]).toEqual(['waiting', 'run.paused']);
    expect(one.told).toEqual(kind.told.reject);
  });

  it.each(['approve', 'edit', 'reject'] as const)('can answer elsewhere: %s', async (word) => {
    using folder = temporaryFolder();
    const one = world(folder.path, kind);
    await begin(one, kind);
    const answer = { approve: yes, edit: { ...yes, args: kind.edit }, reject: no }[word];
    expect(await answerApproval(one.host, { run: 'r-test', id: 'a1', answer })).toBe('recorded');
    const run = await resumeRun(one.host, { id: 'r-test' });
    await run.done;
    expect([one.told, run.state.status]).toEqual([kind.told[word], kind.ends[word]]);
  });

  it('is asked the same again after a crash, and what was said before one counts', async () => {
    using folder = temporaryFolder();
    const log = await begin(world(folder.path, kind), kind, () => yes);
    for (const cut of crashesOf(log)) {
      const again = world(`${folder.path}/${cut}`, kind);
      await rewrite(again.host, log.slice(0, cut));
      const ask: AskPerson = async (request) => {
        again.asked.push(request);
        return yes;
      };
      const run = await resumeRun(again.host, { id: 'r-test', ask });
      await run.done;
      const told = only(await logOf(again.host.store), 'agent.started').flatMap(
        ({ data }) => /order:(\w+)/.exec(data.instructions)?.[1] ?? [],
      );
      expect([cut, run.state.status, told.sort()]).toEqual([cut, 'complete', kind.told.approve]);
      const wasSaid = log.slice(0, cut).some(({ type }) => type === 'approval.resolved');
      expect([cut, again.asked.length]).toEqual([cut, wasSaid ? 0 : 1]);
    }
  });

  it.each<[string, JsonObject]>([
    ['something that was not asked', { other: 1 }],
    ['nothing', {}],
  ])('cannot change it to %s', async (_what, args) => {
    if (kind.tool === 'loop.submanager' && Object.keys(args).length === 0) return;
    using folder = temporaryFolder();
    const one = world(folder.path, kind);
    await begin(one, kind);
    const answer = { ...yes, args };
    const said = answerApproval(one.host, { run: 'r-test', id: 'a1', answer });
    await expect(said).rejects.toMatchObject({ code: 'approval/bad-edit' });
  });

  it('is not asked where nobody may be asked: it goes on as without', async () => {
    using folder = temporaryFolder();
    const never = { ...kind, options: { ...kind.options, approve: 'never' as const } };
    const one = world(folder.path, never);
    const log = await begin(one, never, () => yes);
    expect([one.asked, only(log, 'approval.requested')]).toEqual([[], []]);
    expect(one.told).toEqual(kind.tool === 'budget.raise' ? kind.told.reject : kind.told.approve);
  });
});

/** Some lengths of a log, around each request. */
function crashesOf(log: readonly RunEvent[]): number[] {
  return log.flatMap(({ type, seq }) => {
    if (type === 'approval.requested') return [seq - 1, seq];
    return type === 'approval.resolved' || type === 'budget.raised' ? [seq] : [];
  });
}

async function rewrite({ store }: Host, events: readonly RunEvent[]): Promise<void> {
  const lease = await store.create('r-test', 'before');
  await store.append(lease, events, 'full');
  await store.release(lease);
}
