import { AwpError } from '../base/errors.ts';
import type { LoopPlan, ModelSettings, Plan, PlanLoop } from '../events/plan.ts';
import type { PlanAgent } from '../events/plan-graph.ts';
import { DEFAULT_POLICY, type PlanPolicy } from '../events/plan-policy.ts';
import type { Frame } from '../events/state.ts';
import { imagesFor } from './nodes/images.ts';

type Part = Pick<Frame, 'role' | 'agentKey'> &
  Partial<Pick<Frame, 'managerKey' | 'review' | 'mends'>>;

/**
 * Manager, workers and stall of the delegation loop that a frame belongs to: the plan's own, or
 * those of a node that is a loop. A sub-manager may have another manager than its loop. Throws
 * `internal/bug` for a frame of no loop.
 */
export function loopOf(
  plan: Plan,
  { agentKey, managerKey }: Pick<Frame, 'agentKey'> & Partial<Pick<Frame, 'managerKey'>>,
): PlanLoop {
  const loop = wholeLoop(plan, agentKey);
  const manager = managerKey === undefined ? undefined : loop.submanagers?.[managerKey];
  return manager ? { ...loop, manager } : loop;
}

function isLoop(plan: Plan): plan is LoopPlan {
  return plan.manager !== undefined && plan.worker !== undefined && plan.stall !== undefined;
}

function wholeLoop(plan: Plan, agentKey: string | undefined): PlanLoop {
  if (agentKey === undefined && isLoop(plan)) return plan;
  const loop = plan.loops?.[agentKey ?? ''];
  if (!loop) throw new AwpError('internal/bug', `the plan has no loop ${agentKey}`);
  return loop;
}

const policies = new WeakMap<Partial<PlanPolicy>, PlanPolicy>();

/** How the loop of a frame goes about its work, with all defaults. */
export function policyOf(plan: Plan, frame: Pick<Frame, 'agentKey'>): PlanPolicy {
  const { policy } = frame.agentKey === undefined ? plan : loopOf(plan, frame);
  if (!policy) return DEFAULT_POLICY;
  const known = policies.get(policy) ?? { ...DEFAULT_POLICY, ...policy };
  policies.set(policy, known);
  return known;
}

/** The agent of a graph that a frame is. Throws `internal/bug` for other frames. */
export function agentOf(plan: Plan, { agentKey }: Pick<Frame, 'agentKey'>): PlanAgent {
  const agent = plan.agents?.[agentKey ?? ''];
  if (!agent) throw new AwpError('internal/bug', `the plan has no agent ${agentKey}`);
  return agent;
}

/** What the models of a frame are asked with. Throws `internal/bug` for one that asks none. */
export function settingsOf(plan: Plan, frame: Part): ModelSettings {
  if (roleAsked(frame) === 'node') return asking(plan, agentOf(plan, frame));
  if (frame.role === 'judge') return judgeOf(plan);
  if (frame.role === 'reviewer') return reviewerOf(plan, frame);
  const { manager, worker } = loopOf(plan, frame);
  return frame.role === 'manager' ? manager : worker;
}

/** Whose settings a frame has: who repairs drafts asks as the agent does whose draft it is. */
function roleAsked({ role, mends }: Part): Frame['role'] {
  return role === 'repairer' ? (mends?.as ?? 'worker') : role;
}

/** Tokens of a judge's answer. */
const JUDGE_TOKENS = 1024;

/** Tokens of a critic's answer. */
const CRITIC_TOKENS = 4096;

/** Who reviews results of workers: their own model, or the critic's where it has one. */
function reviewerOf(plan: Plan, { agentKey, review }: Part): ModelSettings {
  const { worker } = loopOf(plan, { agentKey });
  if (review?.kind !== 'critique') return { ...worker, maxOutputTokens: JUDGE_TOKENS };
  return criticOf(plan, agentKey) ?? { ...worker, maxOutputTokens: CRITIC_TOKENS };
}

/** The critic of a loop, when it has a model of its own. */
function criticOf(plan: Plan, agentKey: string | undefined): ModelSettings | undefined {
  const { critique } = policyOf(plan, { agentKey });
  if (critique?.mode !== 'dedicated' || critique.model === null) return undefined;
  const { temperature } = loopOf(plan, { agentKey }).worker;
  return { model: critique.model, temperature, maxOutputTokens: CRITIC_TOKENS };
}

/** Who judges results by rubrics. Throws `internal/bug` when nothing is scored. */
function judgeOf({ evaluation }: Plan): ModelSettings {
  if (!evaluation) throw new AwpError('internal/bug', 'the plan has no evaluation');
  return { ...evaluation.judge, maxOutputTokens: JUDGE_TOKENS };
}

/** The settings of an agent; where it is shown images, with the model that it has for them. */
function asking(plan: Plan, agent: PlanAgent): PlanAgent {
  const model = agent.vision?.model;
  if (model === undefined || imagesFor(plan, agent).images.length === 0) return agent;
  return { ...agent, model };
}

/** What a frame may call, and how it works with tools. */
interface Toolbox {
  /** Names or patterns. */
  tools: readonly string[];
  denied: readonly string[];
  /** Null is unlimited. */
  toolRounds: number | null;
  repairs: number;
  /** Attempts of one model call. */
  attempts: number;
}

const BARE: Toolbox = { tools: [], denied: [], toolRounds: 0, repairs: 0, attempts: 5 };

/** Who is asked once, and once more where the answer cannot be read. */
const ASKED_ONCE: ReadonlySet<Frame['role']> = new Set(['judge', 'reviewer', 'repairer']);

/** The toolbox of a worker or a node; managers, graphs and steps have an empty one. */
export function toolboxOf(plan: Plan, frame: Part): Toolbox {
  if (frame.role === 'node') {
    const agent = agentOf(plan, frame);
    // A program that failed is written again as often as an answer is elsewhere.
    return { ...agent, repairs: agent.codemode?.retries ?? agent.output.repairs };
  }
  if (frame.role === 'worker') return loopOf(plan, frame).worker;
  if (ASKED_ONCE.has(frame.role)) return { ...BARE, repairs: 1 };
  const loop = frame.role === 'manager' ? loopOf(plan, frame) : undefined;
  return loop ? { ...BARE, attempts: loop.worker.attempts } : BARE;
}

/** Somebody who may ask models. */
export interface Asker {
  /** As `askerId` gives it for a frame. */
  id: string;
  name: string;
  settings: ModelSettings;
  /** Left out where no tools are given. */
  toolbox?: Pick<Toolbox, 'tools' | 'denied'>;
  /** It is code: whether it asks its model, nobody knows before it does. */
  isCode?: true;
  /** It writes programs, which call its tools. */
  isCodemode?: true;
  /** It may never be needed: a model that it cannot ask fails when it is asked. */
  isIdle?: true;
}

/** Who of `askers` a frame is; code asks as the agent that it stands for. */
export function askerId(frame: Part): string {
  const { agentKey = '', managerKey, review } = frame;
  const role = roleAsked(frame);
  if (role === 'judge') return idOf('judge');
  if (role === 'reviewer') return idOf(review?.kind === 'critique' ? 'critic' : 'worker', agentKey);
  if (role === 'manager' && managerKey !== undefined) return subId(agentKey, managerKey);
  return idOf(role === 'step' ? 'node' : role, agentKey);
}

function subId(agentKey: string, managerKey: string): string {
  return `${idOf('manager', agentKey)} ${managerKey}`;
}

function idOf(role: string, key = ''): string {
  return `${role} ${key}`;
}

/** Everybody in a plan who asks models, and whether tools are given to it. */
export function askers(plan: Plan): Asker[] {
  const { manager, worker, submanagers, agents = {}, loops = {} } = plan;
  const all: [string, Pick<PlanLoop, 'manager' | 'worker' | 'submanagers'>][] =
    manager && worker ? [['', { manager, worker, ...(submanagers && { submanagers }) }]] : [];
  return [
    ...[...all, ...Object.entries(loops)].flatMap(([key, loop]) => [
      { id: idOf('manager', key), name: named(key, 'manager'), settings: loop.manager },
      {
        ...{ id: idOf('worker', key), name: named(key, 'worker') },
        ...{ settings: loop.worker, toolbox: loop.worker },
      },
      ...Object.entries(loop.submanagers ?? {}).map(([name, settings]) => ({
        ...{ id: subId(key, name), name: named(key, name), settings, isIdle: true as const },
      })),
    ]),
    ...[...all.map(([key]) => key), ...Object.keys(loops)].flatMap((key) => critics(plan, key)),
    ...(needsJudge(plan) ? [{ id: idOf('judge'), name: 'judge', settings: judgeOf(plan) }] : []),
    ...Object.entries(agents).map(([name, agent]) => ({
      ...{ id: idOf('node', name), name, settings: asking(plan, agent), toolbox: agent },
      ...(agent.module !== undefined && { isCode: true as const }),
      ...(agent.codemode && { isCodemode: true as const }),
    })),
  ];
}

/** The critic of a loop that has one. */
function critics(plan: Plan, key: string): Asker[] {
  const agentKey = key === '' ? undefined : key;
  if (!policyOf(plan, { agentKey }).critique) return [];
  const settings = settingsOf(plan, {
    ...{ role: 'reviewer', agentKey },
    review: { of: '', kind: 'critique' },
  });
  return [{ id: idOf('critic', key), name: named(key, 'critic'), settings }];
}

function needsJudge({ evaluation }: Plan): boolean {
  return evaluation?.metrics.some(({ kind }) => kind === 'llm_rubric') === true;
}

function named(key: string, role: string): string {
  return key === '' ? role : `${key}, ${role}`;
}
