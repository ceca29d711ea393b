import { nearest } from '../../base/nearest.ts';
import { namespaceOf, RESERVED_NAMESPACES, sentName, TOOL_NAME } from '../../base/tool-names.ts';
import type { DraftProblem, PlanCreation, ToolDraft, ToolMaking } from '../../events/creation.ts';
import type { CreationState } from '../../events/creation-state.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { accessProblem } from '../tools/policy.ts';
import type { CreationClaims } from './claims.ts';
import { formProblem, policyProblem } from './draft-problem.ts';

/** Longest name of a tool that services of models take, in the form that is sent. */
const SENT_CHARS = 64;

/** What the policy of a run is kept with. */
export interface PolicyLook {
  plan: Plan;
  creation: PlanCreation;
  state: Pick<RunState, 'creation' | 'frames'>;
  draft: ToolDraft;
  /** The call of `tools.create`; left out for tools that a run begins with. */
  call?: string;
  /** Who wants the tool; left out for tools that a run begins with, which count for no agent. */
  maker?: { frame: Frame; making: ToolMaking };
  claims: CreationClaims;
  /** Names of all tools that no agent made. */
  others: Iterable<string>;
  /** Names of the secrets that the author granted with the hosts that they may go to. */
  secrets: ReadonlySet<string>;
  /** Languages of the box. */
  languages: readonly string[];
}

type Rule = (look: PolicyLook) => DraftProblem | undefined;

/** Whose quota an agent's tools count for: runs of one node of a graph share theirs. */
export function makerOf({ role, agentKey, id }: Frame): string {
  return role === 'node' ? `node ${agentKey}` : id;
}

/**
 * What is said against the name of a draft and where it is to be: asked also about tools that are there
 * already, so that nobody gets one from a namespace that is not his (spec, capabilities 4.4, 12.6).
 */
export function placeProblem(look: PolicyLook): DraftProblem | undefined {
  return firstOf(PLACE_RULES, look);
}

/** What is said against one more tool of that name. */
export function roomProblem(look: PolicyLook): DraftProblem | undefined {
  return firstOf(ROOM_RULES, look);
}

function firstOf(rules: readonly Rule[], look: PolicyLook): DraftProblem | undefined {
  for (const rule of rules) {
    const problem = rule(look);
    if (problem) return problem;
  }
  return undefined;
}

const PLACE_RULES: readonly Rule[] = [
  hasForm,
  isShort,
  isNotReserved,
  isInRun,
  isOfMaker,
  isNotForbidden,
  hasLanguage,
];
const ROOM_RULES: readonly Rule[] = [isNew, isOnItsWay, hasRoomOfMaker, hasRoomInRun, hasSecrets];

function hasForm({ draft: { name }, creation, maker }: PolicyLook): DraftProblem | undefined {
  if (TOOL_NAME.test(name)) return undefined;
  const namespaces = maker?.making.namespaces ?? creation.namespaces.map((one) => one.name);
  const namespace = namespaces[0] ?? 'dynamic';
  const shown = JSON.stringify(name.slice(0, 60));
  const action = /^[a-z][a-z0-9_]{0,62}$/.test(name) ? name : 'action';
  return policyProblem(
    400,
    `${shown} is not the name of a tool (DT1)`,
    `write ${namespace}.${action}: a namespace, one dot and an action, in a-z, 0-9 and _`,
  );
}

function isShort({ draft: { name } }: PolicyLook): DraftProblem | undefined {
  if (sentName(name).length <= SENT_CHARS) return undefined;
  const most = `models take names of at most ${SENT_CHARS - 1} characters`;
  return policyProblem(400, `the name ${name} is too long`, most);
}

function isNotReserved({ draft: { name } }: PolicyLook): DraftProblem | undefined {
  const namespace = namespaceOf(name);
  if (!RESERVED_NAMESPACES.includes(namespace)) return undefined;
  const error = `the namespace ${namespace} is kept for built-in tools (DT2)`;
  return policyProblem(403, error, 'take a namespace in which tools may be made');
}

function isInRun({ draft: { name }, creation }: PolicyLook): DraftProblem | undefined {
  const names = creation.namespaces.map((one) => one.name);
  const namespace = namespaceOf(name);
  if (names.includes(namespace)) return undefined;
  const error = `no tools may be made in the namespace ${namespace} in this run`;
  return policyProblem(403, error, insteadOf(namespace, names));
}

function isOfMaker({ draft: { name }, maker }: PolicyLook): DraftProblem | undefined {
  const namespace = namespaceOf(name);
  if (!maker || maker.making.namespaces.includes(namespace)) return undefined;
  const error = `the namespace ${namespace} is not one of this agent (DT1)`;
  return policyProblem(403, error, insteadOf(namespace, maker.making.namespaces));
}

function isNotForbidden({ plan, draft: { name }, maker }: PolicyLook): DraftProblem | undefined {
  const problem = maker && accessProblem(plan, maker.frame, name);
  if (problem === undefined) return undefined;
  return policyProblem(403, problem, 'do the work without a tool of this name');
}

function hasLanguage({ draft: { language }, languages }: PolicyLook): DraftProblem | undefined {
  if (languages.includes(language)) return undefined;
  const there = languages.length > 0 ? `write it in ${languages.join(' or ')}` : 'there is none';
  const problem = formProblem('source', `the sandbox of this run has no ${language}`, there);
  return { ...problem, repairable: false };
}

function isNew({ draft: { name }, state, others }: PolicyLook): DraftProblem | undefined {
  const sent = sentName(name);
  const { tools, removed } = state.creation ?? NOTHING;
  const alike = (one: string): boolean => sentName(one) === sent;
  if ([...removed].some(alike)) {
    const error = `there was a tool ${name} in this run, and its name is not given again (DT8)`;
    return policyProblem(409, error, 'take another name');
  }
  const taken = [...tools.keys(), ...others].find(alike);
  if (taken === undefined) return undefined;
  const error =
    taken === name
      ? `there is a tool ${name} already (DT8)`
      : `models cannot tell ${name} from the tool ${taken} (DT8)`;
  return policyProblem(409, error, 'call the one that is there, or take another name');
}

function isOnItsWay({ draft: { name }, claims, call }: PolicyLook): DraftProblem | undefined {
  const claim = claims.find(name);
  if (!claim || claim.call === call) return undefined;
  const error = `a tool of the name ${name} is being made by another call (DT8)`;
  return policyProblem(409, error, 'take another name, or wait and look with tools.list');
}

function hasRoomOfMaker({
  creation,
  state,
  claims,
  call = '',
  maker,
}: PolicyLook): DraftProblem | undefined {
  if (!maker) return undefined;
  const most = Math.min(maker.making.maxTools, creation.maxPerAgent);
  const who = makerOf(maker.frame);
  const taken = madeBy(who, state) + claims.count(call, who);
  if (taken < most) return undefined;
  const error = `this agent has made its ${most} tools; those that it removed count, too`;
  return policyProblem(429, error, 'go on with the tools that are there');
}

function hasRoomInRun({
  creation: { maxTotal },
  state,
  claims,
  call = '',
}: PolicyLook): DraftProblem | undefined {
  const { tools, removed } = state.creation ?? NOTHING;
  if (tools.size + removed.size + claims.count(call) < maxTotal) return undefined;
  const error = `this run has its ${maxTotal} tools; those that were removed count, too`;
  return policyProblem(429, error, 'go on with the tools that are there');
}

function hasSecrets({ draft, creation, secrets }: PolicyLook): DraftProblem | undefined {
  const namespace = creation.namespaces.find(({ name }) => name === namespaceOf(draft.name));
  const granted = namespace?.secrets.filter((name) => secrets.has(name)) ?? [];
  const other = draft.secrets.find((name) => !granted.includes(name));
  if (other === undefined) return undefined;
  const error = `tools of ${namespace?.name} may not ask for the secret ${JSON.stringify(other.slice(0, 60))}`;
  const there = granted.length > 0 ? `granted are ${granted.join(', ')}` : 'none is granted there';
  return policyProblem(403, error, `${there}; only the author of the workflow grants secrets`);
}

const NOTHING: Pick<CreationState, 'tools' | 'removed'> = { tools: new Map(), removed: new Set() };

/** Tools that an agent made in this run, those that it removed included. */
function madeBy(maker: string, { creation, frames }: PolicyLook['state']): number {
  let count = 0;
  for (const [id, made] of creation?.made ?? []) {
    const frame = frames.get(id);
    if (frame && makerOf(frame) === maker) count += made;
  }
  return count;
}

function insteadOf(namespace: string, names: readonly string[]): string {
  if (names.length === 0) return 'no namespace is left for it';
  const near = nearest(namespace, names);
  return near === undefined ? `there is ${names.join(', ')}` : `did you mean ${near}?`;
}
