/**
 * Calls of tools: what the call path adds to the tool itself (schema, access, quota, rate, breaker,
 * time, result, redaction, two events), in the process and from a program in its box, and what twenty
 * thousand calls leave in memory.
 */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { tool } from '../../src/data/tool.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { type Figure, median } from '../table.ts';
import { cpuMs, folder, heapMb, measured, report } from '../world.ts';

const ROUNDS = 10;
const PER_ROUND = 200;
const CALLS = ROUNDS * PER_ROUND;
const INSIDE = 500;

const add = tool({
  name: 'bench.add',
  description: 'Adds two numbers',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  execute: ({ a, b }: { a?: unknown; b?: unknown }) => ({ sum: Number(a) + Number(b) }),
});

const RULES: WorkflowOptions['toolPolicy'] = {
  callsPerAgent: 1_000_000,
  rate: { perAgent: 1_000_000, perTool: 1_000_000, onExceeded: 'reject' },
  overrides: [{ tool: 'bench.*', timeoutMs: 1000, calls: 1_000_000 }],
  breaker: {
    ...{ failures: 5, resetMs: 1000, halfOpen: 1 },
    monitored: ['server_error'],
    perTool: {},
  },
  access: [{ agent: '*', denied: ['file.*'] }],
};

/** One worker that asks for `calls` in each of its rounds, then reports. */
function caller(rounds: number, calls: readonly { name: string; args: object }[]) {
  return scriptedModel(({ headers, messages }) => {
    if (headers['x-awp-role'] === 'manager') {
      return JSON.stringify(messages).includes('Results of turn')
        ? '{"decision":"complete","final_result":{"summary":"done"}}'
        : '{"decision":"delegate","delegations":[{"worker_id":"w","instructions":"add"}]}';
    }
    const answered = messages.filter(({ role }) => role === 'assistant').length;
    if (answered >= rounds) return '{"summary":"three","confidence":1}';
    return { toolCalls: calls.map(({ name, args }) => ({ name, args: { ...args } })) };
  });
}

async function run(
  path: string,
  model: ReturnType<typeof caller>,
  more: Partial<WorkflowOptions> = {},
): Promise<void> {
  const budget = { tokens: null, tools: null, time: null };
  const store = memoryStore({ folder: path });
  const options = { task: 'Add', model, tools: ['code.execute', add], store, budget, ...more };
  const { status, usage } = await new AgentWorkflow(options).run();
  if (status !== 'complete') throw new Error(`${status} after ${usage.toolCalls} calls`);
}

const asked = Array.from({ length: PER_ROUND }, () => ({
  name: 'bench.add',
  args: { a: 1, b: 2 },
}));

async function cpuPerCall(path: string, more: Partial<WorkflowOptions> = {}): Promise<number> {
  const start = cpuMs();
  await run(path, caller(ROUNDS, asked), { tools: [add], ...more });
  return (cpuMs() - start) / CALLS;
}

async function cpuPerStub(): Promise<number> {
  const stub = async (a: number, b: number): Promise<number> => a + b;
  const start = cpuMs();
  for (let call = 0; call < CALLS; call++) await stub(call, 2);
  return (cpuMs() - start) / CALLS;
}

async function inside(path: string, calls: number): Promise<number> {
  const code = `for i in range(${calls}): tools.call('bench.add', a=i, b=1)`;
  const program = { name: 'code.execute', args: { language: 'python', code } };
  const start = performance.now();
  await run(path, caller(1, [program]));
  return performance.now() - start;
}

async function fromInside(path: string): Promise<Figure> {
  const none: number[] = [];
  const all: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    none.push(await inside(path, 0));
    all.push(await inside(path, INSIDE));
  }
  return {
    name: 'tool call of a program in its box, with the whole call path',
    value: (median(all) - median(none)) / INSIDE,
    unit: 'ms wall',
  };
}

/** Twenty thousand calls in runs of two thousand; each run is over before the next begins. */
async function left(path: string): Promise<Figure> {
  for (let turn = 0; turn < 3; turn++) await cpuPerCall(path);
  const before = heapMb();
  for (let turn = 0; turn < 20_000 / CALLS; turn++) await cpuPerCall(path);
  return {
    name: 'heap that 20,000 tool calls leave behind',
    value: heapMb() - before,
    unit: 'MB',
    aim: { atMost: 1 },
  };
}

using temporary = folder();
const { path } = temporary;
const floor = { name: 'awaiting the tool alone', value: await measured(cpuPerStub, 5) };
report([
  {
    name: 'tool call in the process',
    value: await measured(() => cpuPerCall(path), 5),
    unit: 'ms CPU',
    floor,
  },
  {
    name: 'tool call in the process, every kind of rule on',
    value: await measured(() => cpuPerCall(path, { toolPolicy: RULES }), 5),
    unit: 'ms CPU',
    floor,
  },
  await fromInside(path),
  await left(path),
]);
