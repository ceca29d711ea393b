import type { JsonObject } from '../../src/base/json.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Host } from '../../src/ports/host.ts';
import type { Tool, ToolResult } from '../../src/ports/tool.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import type { AskPerson } from '../../src/runtime/approvals/desk.ts';
import { type Run, startRun } from '../../src/runtime/run.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  type TestHostOptions,
  testHost,
  testPlan,
} from '../make.ts';

/** A tool of a test: it counts its calls and says `data` to all of them. */
export function countingTool(
  name: string,
  more: Partial<Tool> = {},
): Tool & { calls: JsonObject[] } {
  const calls: JsonObject[] = [];
  return {
    name,
    calls,
    description: name,
    parameters: { type: 'object' },
    idempotent: false,
    origin: 'external',
    async run(args): Promise<ToolResult> {
      calls.push(args);
      return { ok: true, status: 200, data: { said: name } };
    },
    ...more,
  };
}

/** A call that a worker asks for, `['mail.send', { to: 'a' }]`. */
export type WorkerCall = readonly [name: string, args?: JsonObject];

/**
 * A model whose workers ask for these calls, one answer after another, and then report; `rounds` by
 * name of the worker.
 */
export function callingModel(rounds: Readonly<Record<string, readonly (readonly WorkerCall[])[]>>) {
  return scriptedModel((request) => {
    const who = askedBy(request);
    if (request.headers['x-awp-role'] === 'manager') {
      const done = JSON.stringify(request.messages).includes('Results of turn');
      return done ? complete() : delegate(...Object.keys(rounds));
    }
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    const calls = rounds[who]?.[round];
    if (!calls) return { summary: 'reported', confidence: 1 };
    return { toolCalls: calls.map(([name, args = {}]) => ({ name, args })) };
  });
}

export interface CallingOptions {
  rounds: Parameters<typeof callingModel>[0];
  tools: readonly Tool[];
  options?: Partial<WorkflowOptions>;
  host?: Partial<TestHostOptions>;
  ask?: AskPerson;
}

/** Starts a run whose workers make these calls. */
export async function startCalling(
  folder: string,
  { rounds, tools, options, host: more, ask }: CallingOptions,
): Promise<{ host: Host; run: Run }> {
  const host = testHost(folder, { script: callingModel(rounds), tools, ...more });
  const plan = testPlan(options);
  const run = await startRun(host, { id: 'r-test', plan, inputs: [], ...(ask && { ask }) });
  return { host, run };
}

/** Runs them to the end; the log. */
export async function runCalling(folder: string, calling: CallingOptions): Promise<RunEvent[]> {
  const { host, run } = await startCalling(folder, calling);
  await run.done;
  return logOf(host.store);
}
