import type { JsonObject } from '../../../src/base/json.ts';
import type { PlanCreation, ToolMaking } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import type { DraftCheck, Toolsmith } from '../../../src/ports/toolsmith.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { toolsmith } from '../../../src/tools/created/index.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { only, type TestHostOptions, testHost } from '../../make.ts';
import { graphPlan, planAgent, planGraph, type TestNode } from '../graphs.ts';
import { type Program, programBox } from '../program-box.ts';

/** Tools may be made in `stats` and `net`; nothing else is special. */
export const CREATION: PlanCreation = {
  namespaces: [
    { name: 'stats', capabilities: ['compute'], hosts: [], secrets: [] },
    {
      name: 'net',
      capabilities: ['compute', 'network'],
      hosts: ['api.example.com'],
      secrets: ['API_KEY', 'UNKNOWN_KEY'],
    },
  ],
  ...{ maxTotal: 50, maxPerAgent: 10, cache: true, dryRun: true, dryRunMs: 5000, callMs: 10_000 },
  ...{ persist: false, codeReview: false, induction: false },
};

export const MAKING: ToolMaking = { namespaces: ['stats', 'net'], maxTools: 10, repairs: 0 };

/** A draft that is right in all that nobody changes. */
export function draftOf(name: string, change: JsonObject = {}): JsonObject {
  return {
    name,
    description: 'adds one',
    parameters: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
    code: 'function handler({ a }) { return { ok: true, status: 200, data: a + 1 }; }',
    language: 'javascript',
    ...change,
  };
}

/** A toolsmith whose tools say the name of their maker, and whose checks are those of a test. */
export function fakeSmith(checks: readonly DraftCheck[] = []): Toolsmith {
  return {
    checks,
    hashOf: toolsmith.hashOf,
    tool: ({ name, description, parameters, creator }) => ({
      ...{ name, description, parameters, idempotent: true, origin: 'dynamic' },
      ...{ needsBox: true, nested: true },
      run: async (args) => ({ ok: true, status: 200, data: { name, creator, args } }),
    }),
  };
}

/** A box with a boundary whose programs are functions of the test. */
export function boxOf(programs: Readonly<Record<string, Program>> = {}): Sandbox {
  return { ...programBox(programs), name: 'bwrap' };
}

/** Calls that the agents of a graph make, answer after answer, by the name of the agent. */
export type Rounds = Readonly<
  Record<string, readonly (readonly (readonly [name: string, args: JsonObject])[])[]>
>;

/** A model without memory whose agents make these calls, and then report. */
export function makingModel(
  rounds: Rounds,
  repair: (request: ModelRequest) => ScriptedAnswer = () => '',
): (request: ModelRequest) => ScriptedAnswer {
  return (request) => {
    const system = request.messages[0]?.text ?? '';
    if (system.includes('You repair one tool')) return repair(request);
    const who = Object.keys(rounds).find((name) => system.includes(`You are ${name}.`)) ?? '';
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    const calls = rounds[who]?.[round];
    if (!calls) return { summary: `${who} is done`, confidence: 1 };
    return { toolCalls: calls.map(([name, args]) => ({ name, args })) };
  };
}

export interface Making {
  rounds: Rounds;
  /** Nodes by their agents; one behind the other when left out. */
  nodes?: Readonly<Record<string, TestNode>>;
  creation?: Partial<PlanCreation>;
  making?: Partial<ToolMaking>;
  /** What else an agent is. */
  agents?: Readonly<Record<string, Partial<PlanAgent>>>;
  plan?: Partial<Plan>;
  checks?: readonly DraftCheck[];
  tools?: readonly Tool[];
  programs?: Readonly<Record<string, Program>>;
  repair?: (request: ModelRequest) => ScriptedAnswer;
  host?: Partial<TestHostOptions>;
}

/** A graph whose agents may make tools. */
export function makingPlan({ rounds, nodes, creation, making, agents, plan }: Making): Plan {
  const names = Object.keys(rounds);
  const inOrder = Object.fromEntries(
    names.map((name, index) => [name, { agent: name, after: names.slice(0, index).slice(-1) }]),
  );
  const agentOf = (name: string): PlanAgent =>
    planAgent(name, {
      tools: ['tools.*', 'stats.*', 'net.*', 'code.execute'],
      making: { ...MAKING, ...making },
      toolRounds: 50,
      ...agents?.[name],
    });
  return graphPlan(planGraph(nodes ?? inOrder), {
    creation: { ...CREATION, ...creation },
    agents: Object.fromEntries(names.map((name) => [name, agentOf(name)])),
    ...plan,
  });
}

/** A host for it. */
export function makingHost(folder: string, given: Making): Host {
  const host = testHost(folder, {
    script: makingModel(given.rounds, given.repair),
    tools: [...builtinTools, ...(given.tools ?? [])],
    sandbox: boxOf(given.programs),
    ...given.host,
  });
  return { ...host, toolsmith: fakeSmith(given.checks) };
}

/** What calls came to, in the order in which they returned: status, and data or error. */
export function returnsOf(
  log: readonly RunEvent[],
  tool = 'tools.create',
): { status: number; data: JsonObject; error: string | undefined }[] {
  return only(log, 'tool.returned')
    .filter(({ data }) => data.tool === tool)
    .map(({ data: { status, data, error } }) => ({ status, data: data as JsonObject, error }));
}
