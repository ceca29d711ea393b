import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../src/base/json.ts';
import type { WorkflowOptions } from '../src/data/options.ts';
import { nodeClock } from '../src/effects/clock.ts';
import type { Script } from '../src/providers/scripted.ts';
import { scriptedModel } from '../src/providers/scripted.ts';
import { median, type Report } from './table.ts';

/** A folder for one measurement. */
export function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'awp-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Processor time of this process so far, in milliseconds, all threads. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Collects garbage; needs --expose-gc. */
export function collect(): void {
  globalThis.gc?.();
  globalThis.gc?.();
}

/** Heap in use after a collection, in MB. */
export function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

/** A manager that delegates to `workers` workers in each of `turns` turns, then completes. */
export function loopScript({
  turns,
  workers,
  tools,
}: {
  turns: number;
  workers: number;
  tools: boolean;
}): Script {
  let turn = 0;
  // New ids in each turn, as the manager's prompt wants them.
  const delegations = (): JsonObject[] =>
    Array.from({ length: workers }, (_, index) => ({
      worker_id: `t${turn}_w${index}`,
      instructions: `add one and two, ${turn}.${index}`,
    }));
  return ({ headers, messages }) => {
    if (headers['x-awp-role'] === 'manager') {
      turn += 1;
      if (turn > turns) {
        turn = 0;
        return '{"decision":"complete","final_result":{"summary":"done"}}';
      }
      return JSON.stringify({ decision: 'delegate', delegations: delegations() });
    }
    if (tools && messages.at(-1)?.role !== 'tool') {
      return { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
    }
    return '{"summary":"three","confidence":1}';
  };
}

/** Options of a run over a script, budgets on and far away. */
export function loopOptions(script: Script, more: Partial<WorkflowOptions>): WorkflowOptions {
  return {
    task: 'Add',
    model: scriptedModel(script, { clock: nodeClock() }),
    tools: ['arithmetic.add'],
    stall: { enabled: false },
    policy: { turnWorkers: null },
    budget: {
      loops: 1000,
      workers: 10_000,
      tokens: 100_000_000,
      tools: 10_000,
      calls: 100_000,
      time: '1h',
      parallel: 8,
    },
    ...more,
  };
}

/** Hands the figures of a case to the harness. */
export function report(figures: Report): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** The median of five measurements, after warm-ups at full size; garbage is collected before each. */
export async function measured(once: () => Promise<number>, warmUps = 1): Promise<number> {
  const values: number[] = [];
  for (let time = 0; time < warmUps + 5; time++) {
    collect();
    values.push(await once());
  }
  return median(values.slice(warmUps));
}
