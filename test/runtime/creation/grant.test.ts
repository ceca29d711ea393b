import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { DynamicToolsOptions } from '../../../src/data/creation-options.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { Frame } from '../../../src/events/state.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { CREATION_TOOLS } from '../../../src/runtime/creation/names.ts';
import { readDelegations } from '../../../src/runtime/engines/decision/envelope.ts';
import { orderedWorker } from '../../../src/runtime/worker-order.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { complete, delegate, only, temporaryFolder, testPlan } from '../../make.ts';
import { runOneTurn } from '../one-turn.ts';
import { runTeam, sub } from '../submanager-runs.ts';
import { boxOf } from './makers.ts';

const ALL = ['code.execute', 'file.read'];
const parent = { agentKey: undefined, instructions: 'The whole task.' } as Frame;
const worker = { name: 'a', askedAs: 'a', role: 'worker', agentKey: undefined } as const;
const TOOLS: DynamicToolsOptions = { namespaces: ['stats', 'text'], maxPerAgent: 4, repairs: 2 };
const MOST = { namespaces: ['stats', 'text'], maxTools: 4, repairs: 2 };

interface Case {
  options?: Partial<WorkflowOptions>;
  creating?: readonly string[];
  manager?: Partial<Frame>;
}

/** What a worker gets whose delegation says this, as a model writes it. */
function ordered(said: JsonObject, { options, creating = CREATION_TOOLS, manager }: Case = {}) {
  const plan = testPlan({ dynamicTools: TOOLS, ...options });
  const { delegations } = readDelegations([{ worker_id: 'a', instructions: 'Count.', ...said }]);
  const who = { parent: { ...parent, ...manager } as Frame, worker, all: ALL, creating };
  const { order, tools, notes } = orderedWorker(plan, who, delegations[0]!);
  return { making: order?.making, tools, notes, order };
}

const asks = (more: JsonObject = {}): JsonObject => ({
  codemode: { tool_creation: true, ...more },
});

describe('what a worker may make', () => {
  it.each<[string, JsonObject, object]>([
    ['all that the policy gives', asks(), MOST],
    ['the same in camel case', { codemode: { toolCreation: true } }, MOST],
    [
      'in one of the namespaces',
      asks({ tool_creation_namespace: 'text' }),
      { ...MOST, namespaces: ['text'] },
    ],
    ['fewer', asks({ max_tools: 1, repair_attempts: 0 }), { ...MOST, maxTools: 1, repairs: 0 }],
    [
      'fewer, in camel case',
      asks({ maxTools: 2.9, repairAttempts: 1 }),
      { ...MOST, maxTools: 2, repairs: 1 },
    ],
    ['when it is to call what makes them', { required_tool_invocations: ['tools.create'] }, MOST],
    ['when it is given what makes them', { tools_allowed: ['file.read', 'tool.create'] }, MOST],
  ])('is %s', (_, said, making) => {
    const found = ordered(said);
    expect(found.making).toEqual(making);
    expect(found.notes).toEqual([]);
    expect(found.tools).toEqual(expect.arrayContaining([...CREATION_TOOLS]));
  });

  it.each<[string, JsonObject, Case, readonly string[]]>([
    ['nobody asks', {}, {}, []],
    ['it runs programs', { codemode: { enabled: true } }, {}, []],
    ['it asks for none', asks({ max_tools: 0 }), {}, []],
    [
      'it says no, whatever its tools are',
      { tools_allowed: ['file.*', 'tools.*'], codemode: { tool_creation: false } },
      {},
      [],
    ],
    [
      'it only says how many',
      { codemode: { max_tools: 5, tool_creation_namespace: 'text' } },
      {},
      [],
    ],
    ['a word is no yes', asks({ tool_creation: 'yes' }), {}, []],
    ['programs are off', asks({ enabled: false }), {}, ['tool_creation needs codemode.enabled']],
    [
      'the manager does not choose that',
      asks(),
      { options: { managerControls: ['instructions', 'tools_allowed'] } },
      ['codemode.tool_creation is not yours to choose'],
    ],
    [
      'nobody makes tools in the run',
      asks(),
      {
        options: {
          dynamicTools: false,
          managerControls: ['instructions', 'codemode.tool_creation'],
        },
      },
      ['your workers may make no tools'],
    ],
    [
      'agents make none by the policy',
      asks(),
      { options: { dynamicTools: { maxPerAgent: 0 } } },
      ['your workers may make no tools'],
    ],
    [
      'the tool for it is forbidden',
      asks(),
      { creating: [] },
      ['it cannot call tools.create in this run'],
    ],
    [
      'its sub-manager may not',
      asks(),
      {
        manager: {
          parent: '',
          order: { codemode: { enabled: true, toolCreation: false } },
        } as never,
      },
      ['your workers may make no tools'],
    ],
  ])('is nothing when %s', (_, said, more, notes) => {
    const found = ordered(said, more);
    expect(found.making).toBeUndefined();
    expect(found.notes).toEqual(notes);
    expect(found.tools.filter((name) => name.startsWith('tools.'))).toEqual([]);
    expect(found.order?.codemode?.toolCreation ?? false).toBe(false);
  });

  it('is what its sub-manager may at most', () => {
    const making = { namespaces: ['text'], maxTools: 2, repairs: 0 };
    const manager = { parent: '', order: { making } } as never;
    const said = asks({ tool_creation_namespace: 'stats', max_tools: 4, repair_attempts: 2 });
    expect(ordered(said, { manager })).toMatchObject({
      making,
      notes: [
        'it cannot make tools in the namespace "stats", only in text',
        'codemode.max_tools is 2 at most',
        'codemode.repair_attempts is 0 at most',
      ],
    });
    const node = { parent: 'g', node: { path: 'n' } } as never;
    expect(ordered(asks(), { manager: node }).making).toEqual(MOST);
  });
});

describe('a delegation that wants more than there is', () => {
  it('gets what the policy gives, and its manager is told (item 102)', () => {
    const found = ordered({
      codemode: {
        ...{ enabled: true, tool_creation: true, tool_creation_namespace: '*' },
        ...{ max_tools: 1e9, repair_attempts: 1000, sandbox: { network: true } },
        network_allowlist: ['*'],
      },
      sandbox: { network: true },
      ...{ capabilities: ['network'], required_secrets: ['LLM_API_KEY'], mood: 'good' },
    });
    expect(found.making).toEqual({ namespaces: ['stats'], maxTools: 4, repairs: 2 });
    expect(found.notes).toEqual([
      'it cannot make tools in the namespace "*", only in stats, text',
      'codemode.max_tools is 4 at most',
      'codemode.repair_attempts is 2 at most',
      'nothing came of these fields, which are not yours to set: "sandbox", "capabilities", "required_secrets", "codemode.sandbox", "codemode.network_allowlist"',
    ]);
    expect(JSON.stringify(found.order)).not.toMatch(/network|LLM_API_KEY|mood/);
  });

  it.each([
    'shell',
    'Stats',
    'st\u0430ts',
    '../stats',
    'stats ',
    '',
    'x'.repeat(10_000),
    '__proto__',
  ])('does not get the namespace %j', (namespace) => {
    const { making, notes } = ordered(asks({ tool_creation_namespace: namespace }));
    const known = namespace.trim() === 'stats' || namespace === '';
    if (!known) expect(making?.namespaces).toEqual(['stats']);
    for (const note of notes) expect(note.length).toBeLessThan(200);
  });

  it.each([-1, Number.NaN, '7', null, [], {}])('reads %j as no number of tools', (max_tools) => {
    const { making } = ordered(asks({ max_tools: max_tools as never }));
    expect(making).toEqual(max_tools === -1 ? undefined : MOST);
  });
});

const report = { summary: 'done', confidence: 1 };

/** How a worker is started in a real run. */
async function started(said: JsonObject, options: Partial<WorkflowOptions> = {}) {
  const { log } = await runOneTurn({
    envelopes: [{ worker_id: 'w', instructions: 'do it', ...said }],
    options: { dynamicTools: TOOLS, ...options },
    tools: builtinTools,
    host: { sandbox: boxOf() },
    worker: () => report,
  });
  const { tools, order, notes = [] } = only(log, 'agent.started').at(-1)!.data;
  return { tools, making: order?.making, notes };
}

describe('the tools of a worker', () => {
  it('have those for making tools when it may make some, and never besides', async () => {
    const one = await started(asks());
    expect(one.making).toEqual(MOST);
    expect(one.tools.filter((name) => name.startsWith('tools.'))).toEqual([...CREATION_TOOLS]);
    const other = await started({}, { tools: ['code.*', 'tools.create', 'tools.list'] });
    expect(other.tools).toEqual(['code.execute']);
  });

  it('are those that it was given and these, when its manager names some', async () => {
    const { tools } = await started({ ...asks(), tools_allowed: ['file.read'] });
    expect(tools).toEqual(['file.read', ...CREATION_TOOLS]);
  });

  it.each([['tools.create'], ['tool.create'], ['tools.*'], ['tool.*'], ['to*.cr*']])(
    'have none of them when %s is forbidden (item 104)',
    async (pattern) => {
      const { tools, making, notes } = await started(asks(), { forbiddenTools: [pattern] });
      expect(making).toBeUndefined();
      expect(tools.filter((name) => name.startsWith('tools.'))).toEqual([]);
      expect(notes).toEqual(['Worker w: it cannot call tools.create in this run.']);
    },
  );

  it.each([[['*.*']], [['*']], [['shell.*']], [['sh*.ex*']], [['shell.execute\n']]])(
    'have no forbidden one by %j (item 104)',
    async (tools_allowed) => {
      const { tools } = await started(
        { ...asks(), tools_allowed },
        { tools: ['*.*', 'shell.*'], forbiddenTools: ['shell.execute'] },
      );
      expect(tools).not.toContain('shell.execute');
    },
  );

  it('lack one of them that is forbidden alone', async () => {
    const { tools, making } = await started(asks(), { forbiddenTools: ['tools.remove'] });
    expect(making).toEqual(MOST);
    expect(tools).toContain('tools.create');
    expect(tools).not.toContain('tools.remove');
  });
});

describe('a sub-manager', () => {
  const team = async (own: JsonObject, below: JsonObject) => {
    using folder = temporaryFolder();
    const managers = {
      manager: [delegate(sub('lead', own)), complete()],
      lead: [delegate({ worker_id: 'hand', instructions: 'do it', ...below }), complete()],
    };
    const options = { dynamicTools: TOOLS };
    return await runTeam(
      folder.path,
      { managers },
      { options, host: { tools: builtinTools, sandbox: boxOf() } },
    );
  };

  it.each<[string, JsonObject, JsonObject, object | undefined]>([
    ['without leave gives none (item 112)', {}, asks(), undefined],
    ['with leave gives it', asks(), asks(), MOST],
    ['gives nothing that was not asked for', asks(), {}, undefined],
    [
      'gives what it was given at most (item 112)',
      asks({ tool_creation_namespace: 'text', max_tools: 1, repair_attempts: 0 }),
      asks({ tool_creation_namespace: 'stats', max_tools: 1e9, repair_attempts: 5 }),
      { namespaces: ['text'], maxTools: 1, repairs: 0 },
    ],
    ['gives none where programs are off', asks({ enabled: false }), asks(), undefined],
  ])('%s', async (_, own, below, making) => {
    const { log } = await team(own, below);
    const hand = only(log, 'agent.started').find(({ data }) => data.name === 'hand');
    expect(hand?.data.order?.making).toEqual(making);
    expect(hand?.data.tools.includes('tools.create')).toBe(making !== undefined);
  });

  it('gives no tool of the author that it was not given itself, whatever its namespace is', async () => {
    using folder = temporaryFolder();
    const given: Tool = {
      ...{ name: 'stats.given', description: 'x', parameters: { type: 'object' } },
      ...{ idempotent: true, origin: 'custom' },
      run: async () => ({ ok: true, status: 200, data: {} }),
    };
    const lead = sub('lead', { ...asks(), tools_allowed: ['code.execute', 'tools.create'] });
    const hand = { worker_id: 'hand', instructions: 'do it', ...asks() };
    const { log } = await runTeam(
      folder.path,
      {
        managers: {
          manager: [delegate(lead), complete()],
          lead: [delegate(hand), complete()],
        },
      },
      {
        options: { dynamicTools: TOOLS },
        host: { tools: [...builtinTools, given], sandbox: boxOf() },
      },
    );
    const tools = only(log, 'agent.started').find(({ data }) => data.name === 'hand')?.data.tools;
    expect(tools).toContain('tools.create');
    expect(tools).not.toContain('stats.given');
  });
});
