import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Capability } from '../../src/events/creation.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { toolsmith } from '../../src/tools/created/index.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { only, temporaryFolder } from '../make.ts';
import { makingHost, makingPlan } from '../runtime/creation/makers.ts';
import { runPlan } from '../runtime/graphs.ts';
import { openBox } from '../sandboxes/boxes.ts';
import { openQuickjs } from '../sandboxes/quickjs-box.ts';
import { type HostileDraft, MARK, pythonDrafts, SCRIPT_DRAFTS } from './self-tooling-drafts.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'secret.txt');
writeFileSync(file, MARK);
beforeAll(() => {
  process.env.AWP_TEST_MARK = MARK;
});
afterAll(() => {
  delete process.env.AWP_TEST_MARK;
  folder[Symbol.dispose]();
});

const KINDS: Readonly<Record<string, readonly Capability[]>> = {
  compute: ['compute'],
  network: ['compute', 'network'],
  filesystem: ['compute', 'filesystem'],
};
const AT_ONCE = 6;
/** What a machine that has much else to do may make of a trial. */
const SLOW = /the handler was stopped after/;
const PARAMETERS = { type: 'object', properties: { x: { type: 'string' } } };
const GOOD = 'def handler(*, x=""):\n    return {"ok": True, "data": {"said": x}}\n';
const GOOD_SCRIPT =
  'export function handler({ x = "" }) { return { ok: true, data: { said: x } }; }';

/** A few at a time: a box each, and no more of them than a machine can feed. */
function inParts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, at) =>
    all.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
}

/** A run in which one agent makes all of them, calls all of them, and then makes a good one. */
async function ran(sandbox: Sandbox, kind: string, drafts: readonly HostileDraft[]) {
  const nameOf = (at: number): string => `${kind}.t${at}`;
  const made = (name: string, code: string, language: string) =>
    [
      'tools.create',
      { name, description: 'does it', parameters: PARAMETERS, code, language },
    ] as const;
  const language = drafts[0]?.language ?? 'python';
  const good = language === 'python' ? GOOD : GOOD_SCRIPT;
  const making = {
    rounds: {
      one: [
        ...inParts(drafts.map(({ code, language: own }, at) => made(nameOf(at), code, own))),
        ...inParts(drafts.map(({ args = { x: 'go' } }, at) => [nameOf(at), args] as const)),
        [made(`${kind}.good`, good, language)],
        [[`${kind}.good`, { x: 'still here' }] as const],
      ],
    },
    creation: {
      namespaces: [
        { name: kind, capabilities: KINDS[kind] ?? [], hosts: ['api.example.com'], secrets: [] },
      ],
      ...{ maxTotal: 99, maxPerAgent: 99, dryRunMs: 5000, callMs: 5000 },
    },
    making: { namespaces: [kind], maxTools: 99 },
    agents: { one: { tools: ['tools.*', `${kind}.*`] } },
  };
  const plan = makingPlan(making);
  const host = {
    ...makingHost(join(folder.path, `${kind}-${language}`), { ...making, host: { sandbox } }),
    toolsmith,
  };
  mkdirSync(join(host.store.folder('r-test'), 'inputs'), { recursive: true });
  const { limits } = plan;
  return await runPlan(host, { ...plan, limits: { ...limits, tools: null, tokens: null } });
}

function holds(open: () => Promise<Sandbox>, all: readonly HostileDraft[], kind: string): void {
  let log: RunEvent[] = [];
  let status = '';
  beforeAll(async () => {
    const { log: events, state } = await ran(await open(), kind, all);
    log = events;
    status = state.status;
  }, 300_000);
  const returned = (tool: string) =>
    only(log, 'tool.returned').flatMap(({ data }) => (data.tool === tool ? [data] : []));
  const wanted = () => only(log, 'tool.called').filter(({ data }) => data.tool === 'tools.create');

  it.each(all.map((draft, at) => [draft.title, draft, at] as const))(
    '%s',
    (_, { made, called = [] }, at) => {
      const name = `${kind}.t${at}`;
      const call = wanted().find(({ data }) => data.args.name === name)?.data.call;
      const [create, ...more] = returned('tools.create').filter((one) => one.call === call);
      const isSlow = made === 200 && SLOW.test(create?.error ?? '');
      const isMade = made === 200 && !isSlow;
      if (!isSlow)
        expect([create?.status, create?.error]).toEqual([
          made,
          isMade ? undefined : expect.any(String),
        ]);
      expect(more).toEqual([]);
      const created = only(log, 'tool.created').filter(({ data }) => data.call === call);
      const refused = only(log, 'tool.refused').filter(({ data }) => data.call === call);
      expect([created.length, refused.length]).toEqual(isMade ? [1, 0] : [0, 1]);
      if (!isMade) {
        expect(create?.data).toMatchObject({
          category: expect.any(String),
          repairable: expect.any(Boolean),
          hint: expect.stringMatching(/./),
          error: expect.stringMatching(/./),
        });
      }
      const [outcome, ...others] = returned(name);
      const expected = isMade ? [...called, 408] : [403, 404];
      expect(expected, JSON.stringify(outcome)).toContain(outcome?.status);
      expect(others).toEqual([]);
    },
  );

  it('and the host stays as it was, and the run goes on', () => {
    expect(status).toBe('complete');
    expect(returned(`${kind}.good`)).toMatchObject([{ ok: true, data: { said: 'still here' } }]);
    // Names of files are in the code that was sent; what is in them is nowhere.
    expect(JSON.stringify(log)).not.toContain(MARK);
    expect({}).not.toHaveProperty('polluted');
    expect(JSON.stringify([1].map((one) => one))).toBe('[1]');
    for (const { data } of only(log, 'tool.returned')) {
      expect(JSON.stringify(data.data).length).toBeLessThan(10_000);
      if (data.ok) expect(JSON.stringify(data.data)).not.toContain('forged');
    }
  });
}

const python = pythonDrafts(file);
const bwrap = () => openBox('bwrap');
const isThere = await boxOrReason(bwrap);
if (typeof isThere === 'object') await isThere.close();
for (const kind of Object.keys(KINDS)) {
  // Those that only the checks look at need one kind alone.
  const all = kind === 'compute' ? python : python.filter(({ made }) => made === 200);
  describeBox(`drafts in Python of a ${kind} namespace, in bwrap`, isThere, () =>
    holds(bwrap, all, kind),
  );
}
describeBox('drafts in JavaScript of a compute namespace, in bwrap', isThere, () =>
  holds(bwrap, SCRIPT_DRAFTS, 'compute'),
);
const quickjs = await boxOrReason(openQuickjs);
if (typeof quickjs === 'object') await quickjs.close();
describeBox('drafts in JavaScript of a network namespace, in QuickJS', quickjs, () =>
  holds(openQuickjs, SCRIPT_DRAFTS, 'network'),
);
