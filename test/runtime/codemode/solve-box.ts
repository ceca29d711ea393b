import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { PlanCodemode } from '../../../src/events/creation.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { Execution, Sandbox, SandboxJob } from '../../../src/ports/sandbox.ts';
import { nothingKept } from '../../make.ts';
import { graphPlan, planAgent, planGraph } from '../graphs.ts';

/** What a program of a test does; what it returns is what its `solve` returns. */
export type Solve = (sdk: {
  call(name: string, args?: JsonObject): Promise<Json>;
  /** What `sdk.state` is at its beginning; the same object is handed back. */
  state: JsonObject;
}) => Promise<Json | undefined>;

/** How a program ended that did not end well. */
export class Ended extends Error {
  execution: Partial<Execution>;
  constructor(execution: Partial<Execution>) {
    super('ended');
    this.execution = execution;
  }
}

const GOOD: Execution = {
  ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
};

/** A box whose programs are functions: the first word of a program is the name of one. */
export function solveBox(
  programs: Readonly<Record<string, Solve>>,
  more: Partial<Execution> = {},
): Sandbox & { jobs: SandboxJob[] } {
  const jobs: SandboxJob[] = [];
  return {
    ...nothingKept,
    ...{ name: 'bwrap', isolation: 'none, for tests', jobs },
    languages: [{ language: 'python', description: 'functions of a test' }],
    async run(job, signal) {
      jobs.push(job);
      const call = async (name: string, args: JsonObject = {}): Promise<Json> => {
        const reply = await job.tools?.call(name, args, signal);
        if (!reply?.ok) throw new Ended({ exitCode: 1, stderr: `ToolError: ${reply?.error}\n` });
        return reply.data;
      };
      const keeps = job.tools?.names.includes('awp.state') === true;
      const state = keeps ? ((await call('awp.state')) as JsonObject) : {};
      const [name = ''] = /\w+/.exec(job.code) ?? [];
      try {
        const value = await programs[name]?.({ call, state });
        if (value !== undefined) await call('awp.result', { value, ...(keeps && { state }) });
        return { ...GOOD, ...more };
      } catch (error) {
        if (!(error instanceof Ended)) throw error;
        if (keeps) await call('awp.result', { state });
        return { ...GOOD, ...more, ...error.execution };
      }
    },
  };
}

/** A program of this name, as a model writes it. */
export function block(name: string, tag = 'python'): string {
  return `I run ${name}.\n\`\`\`${tag}\n${name}\n\`\`\`\n`;
}

/** How agents of tests work in code mode. */
export const CODEMODE: PlanCodemode = {
  ...{ language: 'python', retries: 1, timeoutMs: 20_000, console: true },
};

/** A graph of one agent in code mode. */
export function codemodePlan(
  codemode: Partial<PlanCodemode> = {},
  { agent = {}, plan = {} }: { agent?: Partial<PlanAgent>; plan?: Partial<Plan> } = {},
): Plan {
  const writer = planAgent('writer', {
    codemode: { ...CODEMODE, ...codemode },
    tools: ['arithmetic.*', 'file.*', 'code.solve'],
    ...agent,
  });
  return graphPlan(planGraph({ writer: { agent: 'writer' } }), { agents: { writer }, ...plan });
}
