import { sha256 } from '../../../src/base/hash.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { DraftProblem, PlanCreation } from '../../../src/events/creation.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { DraftCheck, Toolsmith } from '../../../src/ports/toolsmith.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { askedBy, type TestHostOptions, testHost } from '../../make.ts';
import { graphPlan, planAgent, planGraph } from '../graphs.ts';
import { type Program, type ProgramBox, programBox } from '../program-box.ts';

/** The author's policy of a test: tools of `stats` compute. */
export const CREATION: PlanCreation = {
  namespaces: [{ name: 'stats', capabilities: ['compute'], hosts: [], secrets: [] }],
  ...{ maxTotal: 50, maxPerAgent: 20, cache: true, dryRun: true, dryRunMs: 5000, callMs: 5000 },
  ...{ persist: false, codeReview: false, induction: false },
};

/** What a check of a test says of code that has the word `BROKEN` in it. */
export const BROKEN: DraftProblem = {
  ...{ stage: 'source', status: 400, category: 'validation', repairable: true },
  ...{ error: 'line 1, column 1: the code is broken', hint: 'write it anew' },
};

/** A toolsmith of a test: code is refused that has the word `BROKEN` in it. */
export function testToolsmith(checks: readonly DraftCheck[] = [check()]): Toolsmith {
  return {
    checks,
    hashOf: ({ name, code, parameters }) => sha256(JSON.stringify([name, code, parameters])),
    tool: ({ name, description, parameters, code }) => ({
      ...{ name, description, parameters, idempotent: true, origin: 'dynamic' },
      run: async (args) => ({ ok: true, status: 200, data: { ...args, code } }),
    }),
  };
}

/** A check that refuses code with the word `BROKEN`. */
export function check(problem: Partial<DraftProblem> = {}): DraftCheck {
  return {
    stage: 'source',
    check: ({ code }) => (code.includes('BROKEN') ? { ...BROKEN, ...problem } : undefined),
  };
}

/** The arguments of a draft. */
export function draftOf(name: string, code: string, more: JsonObject = {}): JsonObject {
  const parameters = { type: 'object', properties: {} };
  return { name, description: `what ${name} does`, parameters, code, language: 'python', ...more };
}

/** A graph of agents that may make tools, all at once. */
export function makingPlan(
  agents: Readonly<Record<string, Partial<PlanAgent>>>,
  change: Partial<Plan> = {},
): Plan {
  const nodes = Object.fromEntries(Object.keys(agents).map((name) => [name, { agent: name }]));
  const making = { namespaces: ['stats'], maxTools: 10, repairs: 2 };
  const own = Object.entries(agents).map(([name, more]) => [
    name,
    planAgent(name, { making, tools: ['stats.*', 'code.execute'], ...more }),
  ]);
  return graphPlan(planGraph(nodes), {
    creation: CREATION,
    agents: Object.fromEntries(own),
    ...change,
  });
}

/** A box of a test that has a boundary, and the languages of tools. */
export function makingBox(programs: Readonly<Record<string, Program>> = {}): ProgramBox {
  return {
    ...programBox(programs),
    ...{ name: 'bwrap', isolation: 'a boundary, for tests' },
    languages: [
      { language: 'python', description: 'functions of a test' },
      { language: 'javascript', description: 'functions of a test' },
    ],
  };
}

/** A host on which tools can be made. */
export function makingHost(
  folder: string,
  { toolsmith = testToolsmith(), ...options }: TestHostOptions & { toolsmith?: Toolsmith },
): Host {
  const sandbox = options.sandbox ?? makingBox();
  return { ...testHost(folder, { tools: builtinTools, ...options, sandbox }), toolsmith };
}

/** Whether a question is one to a repairer. */
export const isRepair = (request: ModelRequest): boolean => askedBy(request).startsWith('repair_');

/** Agents that call `tools.create` once with these drafts, in one answer, and then report. */
export function creates(
  drafts: Readonly<Record<string, readonly JsonObject[]>>,
  repair: (request: ModelRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
): (request: ModelRequest) => ScriptedAnswer | Promise<ScriptedAnswer> {
  return (request) => {
    if (isRepair(request)) return repair(request);
    const told = request.messages.filter(({ role }) => role === 'tool').map(({ text }) => text);
    if (told.length > 0) return { said: told, confidence: 1 };
    const own = drafts[askedBy(request)] ?? [];
    return { toolCalls: own.map((args) => ({ name: 'tools.create', args })) };
  };
}

/** A store with the beginning of a log, as a process that died left it. */
export async function cutStore(folder: string, log: readonly RunEvent[]) {
  const store = memoryStore({ folder });
  const lease = await store.create('r-test', 'a process that died');
  await store.append(lease, log, 'full');
  await store.release(lease);
  return store;
}
