import type { JsonObject } from '../../../src/base/json.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { LoopPlan } from '../../../src/events/plan.ts';
import {
  DEFAULT_POLICY,
  type PlanCritique,
  type PlanPolicy,
} from '../../../src/events/plan-policy.ts';
import type { RunState } from '../../../src/events/state.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { type ScriptedAnswer, scriptedModel } from '../../../src/providers/scripted.ts';
import { type Run, resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  type TestHostOptions,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';

/** A critique policy of a test. */
export function critiquePolicy(change: Partial<PlanCritique> = {}): PlanCritique {
  return {
    ...{ mode: 'inline', model: null, repairs: 2, budgetShare: 0.15, patterns: true },
    ...{ minToComplete: 0, minToDelegate: 0, delegationBlocks: 2 },
    categories: ['missing_data', 'wrong_format', 'incomplete', 'hallucinated'],
    ...{ diagnoseAt: 30, endAt: 50, phaseAware: true },
    ...change,
  };
}

/** A whole policy of a test. */
export function policyWith(change: Partial<PlanPolicy>): PlanPolicy {
  return { ...DEFAULT_POLICY, ...change };
}

/** What a reviewer is asked for, or undefined when somebody else asks. */
export function reviewAsked(request: ModelRequest): 'validation' | 'critique' | undefined {
  if (request.headers['x-awp-role'] !== 'judge') return undefined;
  return request.messages[0]?.text.startsWith('You check') ? 'validation' : 'critique';
}

/** How often the manager was asked before. */
export function turnOf({ messages }: ModelRequest): number {
  return messages.filter(({ role }) => role === 'assistant').length;
}

/** All that a question has in it. */
export function textOf({ messages }: ModelRequest): string {
  return messages.map(({ text }) => text).join('\n');
}

/** A critic's answer. */
export function critique(score: number, more: JsonObject = {}): JsonObject {
  return { summary: 'seen', score, defects: [], prescriptions: [], ...more };
}

/** A defect, critical unless it says something else. */
export function defect(description = 'half of it is not there', more: JsonObject = {}): JsonObject {
  return { category: 'incomplete', description, severity: 'critical', ...more };
}

/** Whose answers a model of a test gives; what is left out answers well. */
export interface Answers {
  /** By turn of the manager, from 0; the last one again and again. */
  manager?: readonly ScriptedAnswer[];
  /** Of managers below it. */
  submanager?: readonly ScriptedAnswer[];
  /** In its last turn; left out: as in any other. */
  closing?: ScriptedAnswer;
  /** By the name of the worker. */
  worker?: (name: string, request: ModelRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;
  /** Of the validator. */
  check?: (request: ModelRequest) => ScriptedAnswer;
  /** By the name of the critic, `critic_a`, `critic_a_repair`. */
  critic?: (name: string, request: ModelRequest) => ScriptedAnswer;
}

/** A model without memory: what it answers depends on the question alone, as after a crash. */
export function answering({ manager, submanager, closing, worker, check, critic }: Answers) {
  const turns = manager ?? [delegate('a'), complete()];
  return scriptedModel((request) => {
    const name = askedBy(request);
    const kind = reviewAsked(request);
    if (kind === 'validation') return check?.(request) ?? { valid: true, feedback: 'fine' };
    if (kind === 'critique') return critic?.(name, request) ?? critique(0.9);
    if (request.headers['x-awp-role'] === 'manager') {
      const isLast = request.messages.at(-1)?.text.includes('This is the last turn');
      if (isLast && closing !== undefined) return closing;
      const own = name === 'manager' ? turns : (submanager ?? turns);
      return own[Math.min(turnOf(request), own.length - 1)] ?? '';
    }
    return worker?.(name, request) ?? { summary: `${name} did it`, confidence: 0.7 };
  });
}

export interface ReviewedOptions {
  answers?: Answers;
  policy?: Partial<PlanPolicy>;
  plan?: Partial<LoopPlan>;
  options?: Partial<WorkflowOptions>;
  host?: Partial<TestHostOptions>;
  /** The log of a process that died, which the run goes on from. */
  prefix?: readonly RunEvent[];
}

export interface Reviewed {
  run: Run;
  state: RunState;
  events: RunEvent[];
  /** Every question, with the name of who asked. */
  asked: { by: string; text: string }[];
  /** Lengths of the log at which it was made safe. */
  cuts: number[];
}

/** A run of a loop with this policy, to its end. */
export async function reviewed(given: ReviewedOptions, at?: string): Promise<Reviewed> {
  if (at === undefined) {
    using folder = temporaryFolder();
    return await reviewed(given, folder.path);
  }
  const { answers = {}, policy = {}, plan, options, host: more, prefix = [] } = given;
  const asked: Reviewed['asked'] = [];
  const model = answering(answers);
  const store = memoryStore({ folder: at });
  const cuts: number[] = [];
  // What is appended together is there together, so a log can only be cut between appends.
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  const host = testHost(at, {
    script: {
      name: model.name,
      ask(request, signal) {
        asked.push({ by: askedBy(request), text: textOf(request) });
        return model.ask(request, signal);
      },
    },
    store,
    ...more,
  });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const whole = { ...testPlan(options, plan), policy: policyWith(policy) };
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan: whole, inputs: [] });
  await run.done;
  return { run, state: run.state, events: await logOf(host.store), asked, cuts };
}
