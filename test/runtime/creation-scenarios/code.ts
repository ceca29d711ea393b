import { expect } from 'vitest';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import { CODEMODE, codemodePlan } from '../codemode/solve-box.ts';
import { CREATION } from '../creation/makers.ts';
import { planAgent, planGraph } from '../graphs.ts';
import type { Scenario, Scenarios } from '../loop-scenarios/scenario.ts';
import { adds, draft, making, UNREADABLE } from './making.ts';

const MAKING = { namespaces: ['stats'], maxTools: 3, repairs: 1 };
const TOOLS = ['code.solve', 'stats.*', 'tools.*'];

/** An answer of an agent in code mode. */
function solves(body: string): string {
  return `I do it.\n\n\`\`\`javascript\nexport async function solve(sdk) {\n${body}\n}\n\`\`\`\n`;
}

/** Agents in code mode, one after the other. */
function inCode(agents: Readonly<Record<string, Partial<PlanAgent>>>, story: Scenario): Scenario {
  const names = Object.keys(agents);
  const codemode = { ...CODEMODE, language: 'javascript' as const };
  const plan = codemodePlan(
    {},
    {
      plan: {
        graph: planGraph(
          Object.fromEntries(
            names.map((name, at) => [name, { agent: name, after: names.slice(0, at).slice(-1) }]),
          ),
        ),
        agents: Object.fromEntries(
          names.map((name) => [name, planAgent(name, { codemode, tools: TOOLS, ...agents[name] })]),
        ),
        creation: CREATION,
      },
    },
  );
  return making({ plan: () => plan, ...story });
}

const codemode = { ...CODEMODE, language: 'javascript' as const };

/** Agents of graphs that write programs, which make tools and call them. */
export const CODE: Scenarios = {
  'an agent in code mode that makes a tool, and a later one that calls it': inCode(
    { maker: { making: MAKING }, user: {} },
    {
      script: {
        maker: [
          solves(`const made = await sdk.tools.create(${JSON.stringify(draft('stats.inc'))});
return { made: made.name, sum: (await sdk.stats.inc({ a: 1 })).sum, confidence: 0.9 };`),
        ],
        user: [solves('return { ...(await sdk.stats.inc({ a: 9 })), confidence: 1 };')],
      },
      ends: { status: 'complete' },
      holds: ({ end }) =>
        expect(end.result).toEqual({
          maker: { made: 'stats.inc', sum: 2, confidence: 0.9 },
          user: { sum: 10, confidence: 1 },
        }),
    },
  ),
  'an agent in code mode whose first program fails, and whose tool is repaired': inCode(
    { maker: { making: MAKING } },
    {
      script: {
        maker: [
          solves('return await sdk.stats.nothing({ a: 1 });'),
          solves(`await sdk.tools.create(${JSON.stringify(draft('stats.inc', UNREADABLE))});
return { ...(await sdk.stats.inc({ a: 1 })), confidence: 0.9 };`),
        ],
        repair_maker: [{ code: adds() }],
      },
      ends: { status: 'complete' },
      holds: ({ end }) => expect(end.result).toEqual({ maker: { sum: 2, confidence: 0.9 } }),
    },
  ),
  'an agent in code mode that keeps a state between its programs': inCode(
    { maker: { codemode: { ...codemode, state: 'memory' as const } } },
    {
      script: {
        maker: [
          solves('sdk.state.count = 1;\nthrow new Error("not yet");'),
          solves('sdk.state.count += 1;\nreturn { count: sdk.state.count, confidence: 0.9 };'),
        ],
      },
      ends: { status: 'complete' },
      holds: ({ end }) => expect(end.result).toEqual({ maker: { count: 2, confidence: 0.9 } }),
    },
  ),
  'an agent in code mode that makes a tool, takes it away and calls it': inCode(
    { maker: { making: MAKING } },
    {
      script: {
        maker: [
          solves(`const draft = ${JSON.stringify(draft('stats.inc'))};
await sdk.tools.create(draft).catch((error) => error.status);
await sdk.tools.remove({ name: 'stats.inc' }).catch((error) => error.status);
const status = await sdk.stats.inc({ a: 1 }).catch((error) => error.status);
const { count } = await sdk.tools.list({});
return { status, count, confidence: 0.9 };`),
        ],
      },
      ends: { status: 'complete' },
      // A program that has taken a tool away is not run again: its agent is told that it was cut off.
      countsCrashes: true,
    },
  ),
};
