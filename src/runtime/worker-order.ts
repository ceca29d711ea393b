import type { Envelope, OutputContract } from '../events/decision.ts';
import type { WorkerOrder } from '../events/loop-events.ts';
import type { Plan, PlanWorker } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import { orderedSkills } from './agent/ordered-skills.ts';
import { loopOf } from './plan-parts.ts';
import { declaredPackages } from './tools/box-policy.ts';
import { RUNS_PROGRAMS } from './tools/policy.ts';
import { chosenTools } from './worker-tools.ts';

/** What a worker is started with. */
export interface Ordered {
  instructions: string;
  temperature: number;
  tools: readonly string[];
  contract?: OutputContract;
  order?: WorkerOrder;
  /** What was not taken as it was asked for, and why. */
  notes: readonly string[];
}

/** Whose delegation it is, and who gets it. */
interface OrderFor {
  /** The manager. */
  parent: Frame;
  worker: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>;
  /** Names of the tools that the worker may have. */
  all: readonly string[];
}

/** One field of a delegation after the policy: what is kept of it, and what is told. */
interface Part {
  order?: Partial<WorkerOrder>;
  notes?: readonly string[];
}

/**
 * What is left of a delegation after the policy of its loop (spec, runtime 4.1 and 4.4). What the
 * manager controls is taken as it says; packages, timeout, tokens of an answer and tools that must be
 * called can only narrow, so it may always say them; the rest is as the loop has it. The manager is told
 * of each field that was not taken. Pure.
 */
export function orderedWorker(
  plan: Plan,
  { parent, worker, all }: OrderFor,
  envelope: Envelope,
): Ordered {
  const policy = loopOf(plan, parent).worker;
  const may = new Set(policy.managerControls);
  const fields = controlled(may, envelope);
  const { instructions = parent.instructions, temperature, contract } = fields.kept;
  const chosen = chosenTools(
    plan,
    { worker, all },
    {
      allowed: fields.kept.toolsAllowed,
      required: envelope.requiredTools ?? [],
      programs: may.has('codemode.enabled') ? envelope.codemode?.enabled : undefined,
    },
  );
  const parts: Part[] = [
    { notes: fields.notes },
    {
      notes: chosen.notes,
      ...(chosen.required.length > 0 && { order: { requiredTools: chosen.required } }),
    },
    codemodePart(may, envelope, chosen.tools),
    skillsPart(plan, parent, envelope),
    packagesPart(plan, envelope),
    limitsPart(policy, envelope),
    envelope.subtaskId === undefined ? {} : { order: { subtaskId: envelope.subtaskId } },
  ];
  const order: WorkerOrder = Object.assign({}, ...parts.map((part) => part.order ?? {}));
  return {
    instructions,
    temperature: temperature ?? policy.temperature,
    tools: chosen.tools,
    ...(contract && { contract }),
    ...(Object.keys(order).length > 0 && { order }),
    notes: parts.flatMap(({ notes = [] }) => notes),
  };
}

/** Fields that a manager may choose only where the policy says so, by the policy's names of them. */
const CONTROLLED = [
  ['instructions', 'instructions'],
  ['toolsAllowed', 'tools_allowed'],
  ['contract', 'output_contract'],
  ['temperature', 'temperature'],
] as const;

type Kept = Partial<Pick<Envelope, (typeof CONTROLLED)[number][0]>>;

function controlled(
  may: ReadonlySet<string>,
  envelope: Envelope,
): { kept: Kept; notes: readonly string[] } {
  const said = CONTROLLED.filter(([key]) => envelope[key] !== undefined);
  const kept = said.filter(([, name]) => may.has(name)).map(([key]) => [key, envelope[key]]);
  const others = said.filter(([, name]) => !may.has(name)).map(([, name]) => name);
  return { kept: Object.fromEntries(kept), notes: others.map(notYours) };
}

function notYours(name: string): string {
  return name === 'instructions'
    ? 'instructions are not yours to choose: it has the task that you have'
    : `${name} is not yours to choose`;
}

function codemodePart(
  may: ReadonlySet<string>,
  { codemode }: Envelope,
  tools: readonly string[],
): Part {
  if (!codemode) return {};
  const { enabled, toolCreation } = codemode;
  const mayEnable = may.has('codemode.enabled');
  const mayCreate = may.has('codemode.tool_creation');
  const notes = [
    ...(enabled !== undefined && !mayEnable ? ['codemode.enabled is not yours to choose'] : []),
    // Who says that none are to be made asks for nothing.
    ...(toolCreation && !mayCreate ? ['codemode.tool_creation is not yours to choose'] : []),
  ];
  if (!mayEnable && !mayCreate) return { notes };
  const isOn = tools.includes(RUNS_PROGRAMS);
  const codemodeOrder = { enabled: isOn, toolCreation: mayCreate && toolCreation === true };
  return { notes, order: { codemode: codemodeOrder } };
}

function skillsPart(plan: Plan, parent: Frame, envelope: Envelope): Part {
  const { skills, notes } = orderedSkills(plan, parent, envelope.skills);
  return { notes, ...(skills.length > 0 && { order: { skills } }) };
}

function packagesPart({ sandbox }: Plan, { packages: asked }: Envelope): Part {
  if (!asked) return {};
  const { declared, others } = declaredPackages(sandbox, asked);
  const names = others.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60)));
  const notes =
    names.length === 0 ? [] : [`packages that the author did not declare: ${names.join(', ')}`];
  return { notes, order: { packages: declared } };
}

/** Times and tokens: less than the policy gives is taken, more is not. */
function limitsPart(policy: PlanWorker, { timeoutMs, maxOutputTokens }: Envelope): Part {
  const notes: string[] = [];
  const order: Partial<WorkerOrder> = {};
  if (timeoutMs !== undefined && timeoutMs > 0 && Number.isFinite(timeoutMs)) {
    order.timeoutMs = Math.ceil(timeoutMs);
  } else if (timeoutMs !== undefined) notes.push('timeout must be more than 0');
  if (maxOutputTokens === undefined) return { notes, order };
  if (!(maxOutputTokens >= 1)) notes.push('max_tokens must be 1 or more');
  else if (maxOutputTokens > policy.maxOutputTokens) {
    notes.push(`max_tokens is ${policy.maxOutputTokens} at most`);
  } else order.maxOutputTokens = Math.floor(maxOutputTokens);
  return { notes, order };
}
