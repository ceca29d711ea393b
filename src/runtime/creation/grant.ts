import type { ToolMaking } from '../../events/creation.ts';
import type { Envelope } from '../../events/decision.ts';
import type { Plan, PlanWorker } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
import { agentOf, askerId, loopOf } from '../plan-parts.ts';
import { accessProblem } from '../tools/policy.ts';
import { CREATES_TOOLS, CREATION_TOOLS } from './names.ts';

/** Whose tools they are. */
type Holder = Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>;

/**
 * The tools for making tools that an agent could have: those of the run that no rule takes away. Empty
 * without the one that makes them, and for a model that cannot call tools.
 */
export function creationTools(
  { plan, tools, models }: Pick<RunContext, 'plan' | 'tools' | 'models'>,
  holder: Holder & Partial<Pick<Frame, 'model'>>,
): readonly string[] {
  const { model } = holder;
  const own = CREATION_TOOLS.filter(
    (name) => tools.has(name) && accessProblem(plan, holder, name) === undefined,
  );
  if (!own.includes(CREATES_TOOLS)) return [];
  const asked = model === undefined ? undefined : models.get(askerId(holder))?.get(model);
  return asked?.capabilities?.tools === false ? [] : own;
}

/** Names of the tools that some agent of a plan may need to make tools. */
export function creationToolsOf({
  creation,
  worker,
  agents = {},
  loops = {},
}: Plan): ReadonlySet<string> {
  const makers = [
    worker,
    ...Object.values(agents),
    ...Object.values(loops).map((one) => one.worker),
  ];
  const isUsed = creation !== undefined && makers.some((one) => one?.making !== undefined);
  return new Set(isUsed ? CREATION_TOOLS : []);
}

/** The tools for making tools of an agent of a graph: it has them when its file lets it make some. */
export function ownCreationTools(
  context: Pick<RunContext, 'plan' | 'tools' | 'models'>,
  holder: Holder,
): readonly string[] {
  const { plan } = context;
  if (holder.role !== 'node' || !plan.creation) return [];
  return agentOf(plan, holder).making ? creationTools(context, holder) : [];
}

/** A manager, as far as it may let its workers make tools. */
type Manager = Pick<Frame, 'agentKey' | 'parent' | 'node' | 'order'>;

/**
 * What a manager may let one worker make at most; undefined: nothing. A sub-manager can give on what it
 * was given itself, and no more (spec, runtime 4.4).
 */
export function mostMaking(plan: Plan, manager: Manager): ToolMaking | undefined {
  const { making, managerControls } = loopOf(plan, manager).worker;
  if (!plan.creation || !making || making.maxTools < 1) return undefined;
  if (!managerControls.includes(CONTROL)) return undefined;
  return isSubmanager(manager) ? manager.order?.making : making;
}

/** What the policy of a loop calls the choice whether a worker makes tools. */
const CONTROL = 'codemode.tool_creation';

/** Managers of loops that are nodes are no sub-managers, although they have a parent. */
function isSubmanager({ parent, node }: Manager): boolean {
  return parent !== undefined && node === undefined;
}

/** Whether a pattern of a delegation means the tools for making tools and nothing else. */
export function meansCreation(pattern: string): boolean {
  return /^tools?\./.test(pattern);
}

/** What a delegation says of making tools. */
export interface MakingAsked {
  codemode: Envelope['codemode'];
  /** Whether it names the tools for it. */
  named: boolean;
  /** Those that the worker could have. */
  creating: readonly string[];
}

/** What one worker may make of what its manager asks for, and what the manager is told. */
export interface OrderedMaking {
  making?: ToolMaking;
  notes: readonly string[];
}

/** Nothing is made unless its manager says so; all that a delegation says of it can only narrow. */
export function orderedMaking(
  plan: Plan,
  manager: Manager,
  { codemode = {}, named, creating }: MakingAsked,
): OrderedMaking {
  const { toolCreation = named } = codemode;
  if (!toolCreation) return { notes: [] };
  const { managerControls } = loopOf(plan, manager).worker;
  if (!managerControls.includes(CONTROL)) return { notes: [`${CONTROL} is not yours to choose`] };
  const most = mostMaking(plan, manager);
  if (!most) return { notes: ['your workers may make no tools'] };
  if (codemode.enabled === false) return { notes: ['tool_creation needs codemode.enabled'] };
  if (creating.length === 0) return { notes: [`it cannot call ${CREATES_TOOLS} in this run`] };
  return narrowed(most, codemode);
}

function narrowed(most: ToolMaking, asked: NonNullable<Envelope['codemode']>): OrderedMaking {
  const { namespace, maxTools, repairs } = asked;
  const notes: string[] = [];
  const isThere = namespace === undefined || most.namespaces.includes(namespace);
  if (!isThere) {
    const shown = JSON.stringify(namespace.slice(0, 60));
    notes.push(
      `it cannot make tools in the namespace ${shown}, only in ${most.namespaces.join(', ')}`,
    );
  }
  if (maxTools !== undefined && maxTools > most.maxTools) {
    notes.push(`codemode.max_tools is ${most.maxTools} at most`);
  }
  if (repairs !== undefined && repairs > most.repairs) {
    notes.push(`codemode.repair_attempts is ${most.repairs} at most`);
  }
  const making: ToolMaking = {
    namespaces: namespacesOf(most, namespace),
    maxTools: Math.min(most.maxTools, maxTools ?? most.maxTools),
    repairs: Math.min(most.repairs, repairs ?? most.repairs),
  };
  return making.maxTools > 0 ? { making, notes } : { notes };
}

/** The namespace that was asked for; one that it cannot have leaves the first. */
function namespacesOf({ namespaces }: ToolMaking, asked: string | undefined): readonly string[] {
  if (asked === undefined) return namespaces;
  return namespaces.includes(asked) ? [asked] : namespaces.slice(0, 1);
}

/** The tools of a worker with those for making tools, which it has when it may make some. */
export function withCreationTools(
  tools: readonly string[],
  making: PlanWorker['making'],
  creating: readonly string[],
): readonly string[] {
  return making ? [...tools.filter((name) => !creating.includes(name)), ...creating] : tools;
}
