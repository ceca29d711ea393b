import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../src/base/json.ts';
import { makePlan } from '../src/data/make-plan.ts';
import type { WorkflowOptions } from '../src/data/options.ts';
import { nodeEffects } from '../src/effects/index.ts';
import type { EventOf, RunEvent, RunEventType } from '../src/events/event.ts';
import type { LoopPlan, Plan } from '../src/events/plan.ts';
import type { Effects } from '../src/ports/effects.ts';
import type { GrantedSecret, Host } from '../src/ports/host.ts';
import type { ModelProvider, ModelRequest, Price } from '../src/ports/model-provider.ts';
import type { Sandbox } from '../src/ports/sandbox.ts';
import type { Store } from '../src/ports/store.ts';
import type { Tool } from '../src/ports/tool.ts';
import { type Script, scriptedModel } from '../src/providers/scripted.ts';
import { type Run, startRun } from '../src/runtime/run.ts';
import { memoryStore } from '../src/stores/memory-store.ts';
import { toolsmith } from '../src/tools/created/index.ts';
import { builtinTools } from '../src/tools/index.ts';

/** A temporary folder that is removed when the block ends. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'awp-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestHostOptions {
  script: Script | ModelProvider;
  store?: Store;
  tools?: readonly Tool[];
  effects?: Partial<Effects>;
  price?: Price;
  secrets?: readonly string[];
  granted?: ReadonlyMap<string, GrantedSecret>;
  toolOpeners?: Host['toolOpeners'];
  sandbox?: Sandbox;
}

/** A host with a scripted model, a store in memory and no box. */
export function testHost(folder: string, options: TestHostOptions): Host {
  const provider =
    typeof options.script === 'object' && 'ask' in options.script
      ? options.script
      : scriptedModel(options.script);
  const tools = options.tools ?? builtinTools.filter(({ needsBox }) => !needsBox);
  return {
    effects: { ...nodeEffects(), ...options.effects },
    store: options.store ?? memoryStore({ folder }),
    models: (model) => ({ provider, model, price: options.price, simulated: true }),
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    openSandbox: async () => {
      if (options.sandbox) return options.sandbox;
      throw new Error('no box in this test');
    },
    toolsmith,
    toolOpeners: options.toolOpeners ?? [],
    findSecrets: async () => options.granted ?? new Map(),
    secretValues: () => options.secrets ?? [],
    version: 'test',
  };
}

/** What a box of a test does that has nothing ready and keeps nothing. */
export const nothingKept: Pick<Sandbox, 'prepare' | 'endSession' | 'close'> = {
  prepare: () => {},
  endSession: async () => {},
  close: async () => {},
};

/** A plan of defaults for a scripted model. */
export function testPlan(
  options: Partial<WorkflowOptions> = {},
  change: Partial<LoopPlan> = {},
): LoopPlan {
  const plan = makePlan(
    { task: 'Do it', ...options },
    {
      managerModel: 'scripted',
      workerModel: 'scripted',
      simulated: true,
      inputs: [],
      output: undefined,
    },
  );
  return { ...plan, ...change };
}

/** Starts a run over a test host. */
export function startTestRun(host: Host, plan: Plan, id = 'r-test'): Promise<Run> {
  return startRun(host, { id, plan, inputs: [] });
}

/** The whole log of a run. */
export async function logOf(store: Store, run = 'r-test'): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.read(run, events.length);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** The events of one type. */
export function only<T extends RunEventType>(events: readonly RunEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> & RunEvent => event.type === type);
}

/** A manager's decision to delegate to workers with these ids. */
export function delegate(...ids: readonly (string | JsonObject)[]): JsonObject {
  return {
    decision: 'delegate',
    delegations: ids.map((id) =>
      typeof id === 'string' ? { worker_id: id, instructions: `do ${id}` } : id,
    ),
  };
}

/** A manager's decision to end. */
export function complete(summary = 'done', more: JsonObject = {}): JsonObject {
  return { decision: 'complete', final_result: { summary, ...more }, confidence: 0.9 };
}

/** Who asks: `manager`, or the worker's id. */
export function askedBy({ headers }: ModelRequest): string {
  return headers['x-awp-agent'] ?? '';
}
