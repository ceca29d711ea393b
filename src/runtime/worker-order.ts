import type { Envelope, OutputContract } from '../events/decision.ts';
import type { WorkerOrder } from '../events/loop-events.ts';
import type { Plan, PlanWorker } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import { type MadeSkills, type OrderedSkills, orderedSkills } from './agent/ordered-skills.ts';
import {
  meansCreation,
  type OrderedMaking,
  orderedMaking,
  withCreationTools,
} from './creation/grant.ts';
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
  /** Skills that it brings, and those that are refused; left out without any. */
  written?: Pick<OrderedSkills, 'created' | 'refused'>;
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
  /** Tools for making tools that it could have; none when left out. */
  creating?: readonly string[];
  /** Skills that managers wrote in the run so far; none when left out. */
  made?: MadeSkills;
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
  { parent, worker, all, creating = [], made }: OrderFor,
  envelope: Envelope,
): Ordered {
  const policy = loopOf(plan, parent).worker;
  const may = new Set(policy.managerControls);
  const fields = controlled(may, envelope);
  const { instructions = parent.instructions, temperature, contract } = fields.kept;
  const { toolsAllowed } = fields.kept;
  const { codemode, requiredTools = [] } = envelope;
  const named = [...(toolsAllowed ?? []), ...requiredTools].some(meansCreation);
  const own = orderedMaking(plan, parent, { codemode, named, creating });
  const known = (pattern: string): boolean => own.making !== undefined || !meansCreation(pattern);
  const chosen = chosenTools(
    plan,
    { worker, all: own.making ? [...all, ...creating] : all },
    {
      allowed: toolsAllowed?.filter(known),
      required: requiredTools.filter(known),
      programs: may.has('codemode.enabled') ? codemode?.enabled : undefined,
    },
  );
  const skills = orderedSkills(plan, parent, { asked: envelope.skills, ...(made && { made }) });
  const parts: Part[] = [
    { notes: fields.notes },
    {
      notes: chosen.notes,
      ...(chosen.required.length > 0 && { order: { requiredTools: chosen.required } }),
    },
    codemodePart(may, envelope, { isOn: chosen.tools.includes(RUNS_PROGRAMS), ...own }),
    { notes: own.notes, ...(own.making && { order: { making: own.making } }) },
    skillsPart(skills),
    packagesPart(plan, envelope),
    authorPart(plan, envelope),
    limitsPart(policy, envelope),
    envelope.subtaskId === undefined ? {} : { order: { subtaskId: envelope.subtaskId } },
  ];
  const order: WorkerOrder = Object.assign({}, ...parts.map((part) => part.order ?? {}));
  return {
    instructions,
    temperature: temperature ?? policy.temperature,
    tools: withCreationTools(chosen.tools, own.making, creating),
    ...(contract && { contract }),
    ...(Object.keys(order).length > 0 && { order }),
    ...(skills.created.length + skills.refused.length > 0 && { written: skills }),
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
  { isOn, making }: { isOn: boolean } & Pick<OrderedMaking, 'making'>,
): Part {
  if (!codemode) return {};
  const mayEnable = may.has('codemode.enabled');
  const mayCreate = may.has('codemode.tool_creation');
  const isRefused = codemode.enabled !== undefined && !mayEnable;
  const notes = isRefused ? ['codemode.enabled is not yours to choose'] : [];
  if (!mayEnable && !mayCreate) return { notes };
  return { notes, order: { codemode: { enabled: isOn, toolCreation: making !== undefined } } };
}

function skillsPart({ skills, notes }: OrderedSkills): Part {
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

/** Fields that models are fond of, and that only the author of a workflow sets (rule NC1, decision 36). */
const OF_THE_AUTHOR: ReadonlySet<string> = new Set([
  ...['sandbox', 'capabilities', 'network', 'network_allowlist', 'hosts', 'allowed_hosts'],
  ...['allowed_namespaces', 'safety_envelope', 'dynamic_tools', 'secrets', 'required_secrets'],
  ...['tool_creation', 'tool_creation_namespace', 'max_tools', 'repair_attempts'],
]);

/** Where tools may be made, whoever asks for more than it may have is told that nothing came of it. */
function authorPart({ creation }: Plan, { extra = {} }: Envelope): Part {
  if (!creation) return {};
  const asked = Object.keys(extra).filter(
    (key) => key.startsWith('codemode.') || OF_THE_AUTHOR.has(key),
  );
  if (asked.length === 0) return {};
  const names = asked.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60)));
  return {
    notes: [`nothing came of these fields, which are not yours to set: ${names.join(', ')}`],
  };
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
