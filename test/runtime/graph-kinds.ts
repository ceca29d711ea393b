import { copyFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import type { Plan } from '../../src/events/plan.ts';
import type {
  PlanDependency,
  PlanFanIn,
  PlanGraph,
  PlanNode,
} from '../../src/events/plan-graph.ts';
import type { Files } from '../../src/ports/effects.ts';
import type { Host } from '../../src/ports/host.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Tool } from '../../src/ports/tool.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import type { AskPerson } from '../../src/runtime/approvals/desk.ts';
import { askedBy, complete, delegate, testPlan } from '../make.ts';
import {
  graphPlan,
  planAgent,
  planGraph,
  planState,
  type Steps,
  stepHost,
  type TestNode,
} from './graphs.ts';
import { type Program, programBox } from './program-box.ts';

/** Kinds of node: what runs them, how often, who must allow them, and what takes their place. */
export const KINDS = [
  'step',
  'agent',
  'caller',
  'prepared',
  'module',
  'nested',
  'manager',
  'loop',
  'talk',
  'fan',
  'joined',
  'before',
  'after',
  'replaced',
] as const;

/** A node of a test that is made of kinds. */
export interface KindNode {
  id: string;
  kind: (typeof KINDS)[number];
  after: readonly string[];
  /** Whether what it does fails for good. */
  fails: boolean;
  onFailure: PlanNode['onFailure'];
  /** Whether its agents fail at their first attempt. */
  shaky: boolean;
  fanIn: Extract<PlanFanIn['strategy'], 'merge' | 'concat' | 'reduce' | 'majority'>;
  /** How those before it must have ended; `success` when left out. */
  condition?: PlanDependency['condition'];
  /** Whether it runs only when the first before it brought what its own kind says. */
  asks?: boolean;
}

/** Waits before something outside of the run happens, by a name of it; the signal ends it. */
export type Wait = (label: string, signal?: AbortSignal) => Promise<unknown>;

const RETRY: PlanNode['retry'] = {
  ...{ attempts: 2, backoff: 'none', baseMs: 0, maxMs: 0 },
  ...{ retryable: ['*'], nonRetryable: [] },
};
const GIVEN = { list: ['a', 'b', 'c', 'b'] };
const USAGE = { input: 3, output: 4 };

/** The plan of such nodes. */
export function planOfKinds(list: readonly KindNode[], change: Partial<PlanGraph> = {}): Plan {
  const nodes = Object.fromEntries(list.map((one) => [one.id, nodeOf(one)]));
  const { manager, worker, stall } = testPlan();
  const plan = graphPlan(planGraph(nodes, { state: planState({ initial: GIVEN }), ...change }));
  const preprocessors = [{ name: 'ready', language: 'javascript', code: 'ready' }] as const;
  return {
    ...plan,
    agents: {
      good: planAgent('good'),
      bad: planAgent('bad'),
      caller: planAgent('caller', { tools: ['mine.note'] }),
      prepared: planAgent('prepared', { preprocessors }),
      module: planAgent('module', { tools: ['mine.note'], module: '/flow/agent.ts' }),
    },
    loops: { loop: { manager, worker: { ...worker, tools: [] }, stall, limits: { calls: 9 } } },
    limits: { ...plan.limits, loops: null, tokens: null, tools: null, calls: null },
  };
}

function nodeOf({ kind, fails, onFailure, shaky, fanIn, ...ways }: KindNode): TestNode {
  const { after, condition = 'success', asks } = ways;
  const usual: TestNode = {
    onFailure,
    dependsOn: after.map((id) => ({ id, condition })),
    ...(asks && after[0] !== undefined && { when: `"of" in state.get("${after[0]}", {})` }),
    ...(shaky && { retry: RETRY }),
  };
  const fanOut = { source: 'list', variable: 'item', maxParallel: 2 };
  const graph = planGraph({
    x: {},
    y: { after: ['x'], onFailure },
    z: { agent: 'good' },
    again: { after: ['z'], repeat: { interactive: false, max: 2 } },
  });
  const expr = 'acc + [item.of]';
  const own: Readonly<Record<KindNode['kind'], TestNode>> = {
    step: {},
    agent: { agent: fails ? 'bad' : 'good' },
    caller: { agent: fails ? 'bad' : 'caller' },
    prepared: { agent: 'prepared' },
    module: { kind: 'module', agent: 'module' },
    nested: { kind: 'subworkflow', graph, outputMapping: { y: 'y' } },
    manager: { kind: 'delegation_loop', loop: 'loop' },
    loop: { repeat: { interactive: false, max: 4, condition: 'result.round < 3' } },
    talk: { repeat: { interactive: true, max: 3, promptField: 'of' } },
    fan: {
      fanOut,
      fanIn: fanIn === 'reduce' ? { strategy: fanIn, expr } : { strategy: fanIn },
      ...(!fails && { agent: 'good' }),
    },
    joined: { fanOut, fanIn: { strategy: 'custom', tool: 'mine.join' } },
    before: { approval: 'before' },
    after: { approval: 'after' },
    replaced: {
      agent: 'bad',
      degradation: [
        { fallback: 'cached_results', maxStalenessMs: null },
        { fallback: 'agent', agent: fails ? 'bad' : 'good' },
      ],
    },
  };
  return { ...usual, ...own[kind] };
}

/** What is outside of such a run. */
export interface Outside {
  folder: string;
  wait: Wait;
  store?: Store;
  /** How often each thing that may be done once only was done. */
  notes?: string[];
}

/** A host whose steps, models, code, tools and box do what the nodes say, each after a wait. */
export function hostOfKinds(
  list: readonly KindNode[],
  { folder, wait, store, notes }: Outside,
): Host {
  const found = new Map(list.map((one) => [one.id, one]));
  const tools = [tool('mine.join', wait), tool('mine.note', wait, notes)];
  const ready: Program = async (_call, _job, signal) => {
    await wait('box', signal);
    return { ready: true };
  };
  const host = stepHost(folder, stepsOf(list, wait), {
    script: (request) => answer(request, found, wait),
    tools,
    sandbox: programBox({ ready }),
    effects: { files: unsynced() },
    ...(store && { store }),
  });
  return { ...host, runModule: { run: (call) => code(call, found.get(call.node), wait) } };
}

/** Files that are not synced to the disk, which would be waited for and matters elsewhere. */
function unsynced(): Files {
  const files = nodeFiles();
  return {
    ...files,
    async write(path, data) {
      await files.makeFolder(dirname(path));
      await writeFile(path, data);
    },
    async copy(from, to) {
      await files.makeFolder(dirname(to));
      await copyFile(from, to);
    },
  };
}

function tool(name: string, wait: Wait, notes: string[] = []): Tool {
  return {
    ...{ name, description: name, parameters: { type: 'object' }, idempotent: true },
    run: async (args, { signal }) => {
      await wait(name, signal);
      notes.push(`${name} ${JSON.stringify(args)}`);
      return { ok: true, status: 200, data: { joined: args } };
    },
  };
}

function stepsOf(list: readonly KindNode[], wait: Wait): Steps {
  const steps: Record<string, Steps[string]> = {};
  for (const { id, kind, fails, shaky } of list) {
    steps[id] = async ({ attempt, round, last, item, index, said, signal }) => {
      await wait(`step ${id} ${round ?? index ?? ''}`, signal);
      const breaks = kind === 'before' || kind === 'after' || kind === 'talk' ? false : fails;
      if (breaks && (round ?? index ?? 1) === 1) throw new Error(`${id} is broken`);
      if (shaky && attempt === 1) throw new Error(`${id} shakes`);
      return {
        ...{ of: id, round: round ?? null, last: last?.round ?? null },
        ...{ item: item ?? null, said: said ?? null },
      };
    };
    for (const inner of ['x', 'y', 'again']) {
      steps[`${id}/${inner}`] = async ({ signal }) => {
        await wait(`step ${id}/${inner}`, signal);
        if (fails && inner === 'y') throw new Error(`${id} is broken inside`);
        return { of: inner };
      };
    }
  }
  return steps;
}

/** The code of an agent asks its model, and calls a tool. */
async function code(
  call: Parameters<NonNullable<Host['runModule']>['run']>[0],
  node: KindNode | undefined,
  wait: Wait,
): Promise<JsonObject> {
  await wait(`code of ${call.node}`, call.signal);
  const { text } = await call.ask({ messages: [{ role: 'user', text: `for ${call.node}` }] });
  const noted = await call.callTool('mine.note', { node: call.node });
  if (node?.fails) throw new Error(`${call.node} is broken`);
  if (node?.shaky && call.attempt === 1) throw new Error(`${call.node} shakes`);
  return { text, noted: noted.data };
}

/** What a model answers depends on the question alone, as after a crash. */
async function answer(
  request: ModelRequest,
  found: ReadonlyMap<string, KindNode>,
  wait: Wait,
): Promise<ScriptedAnswer> {
  const name = askedBy(request);
  const role = request.headers['x-awp-role'];
  await wait(`${role} ${name}`);
  const text = request.messages.map((message) => message.text).join('\n');
  if (role === 'manager') return decision(text, found.get(name.replace(/-\d+$/, '')));
  if (role === 'worker')
    return { text: JSON.stringify({ summary: 'did it', confidence: 1 }), usage: USAGE };
  if (text.includes('You are bad.')) return new ModelError('model/auth', 'no', { usage: USAGE });
  if (text.includes('You are caller.') && request.messages.at(-1)?.role !== 'tool') {
    return {
      toolCalls: [{ name: 'mine.note', args: { by: name.replace(/-\d+$/, '') } }],
      usage: USAGE,
    };
  }
  return { text: JSON.stringify({ of: 'good', confidence: 1 }), usage: USAGE };
}

function decision(text: string, node: KindNode | undefined): ScriptedAnswer {
  const turn = Number(/.*## Turn\n(\d+)/s.exec(text)?.[1]);
  const decided =
    turn === 1
      ? delegate(`left_${node?.id}`, `right_${node?.id}`)
      : node?.fails
        ? { decision: 'fail', reason: 'no way' }
        : complete('both did it');
  return { text: JSON.stringify(decided), usage: USAGE };
}

/** A person who allows what does not fail, edits what comes after, and answers twice. */
export function personOfKinds(list: readonly KindNode[], wait: Wait): AskPerson {
  const found = new Map(list.map((one) => [one.id, one]));
  return async ({ call, tool: what, args }, signal) => {
    await wait(`person ${call}`, signal);
    const { id = '', fails = false } = found.get(call.split('/')[1] ?? '') ?? {};
    if (fails) return { decision: 'rejected', by: 'test', reason: `not ${id}` };
    if (what === 'loop.input') {
      return { decision: 'approved', by: 'test', args: { ...args, input: `more of ${id}` } };
    }
    if (what !== 'node.output') return { decision: 'approved', by: 'test' };
    return { decision: 'approved', by: 'test', args: { ...args, output: { of: 'a person' } } };
  };
}
