import type { z } from 'zod';
import type { PlanNamespace, ToolMaking } from '../events/creation.ts';
import type { capabilitiesSchema } from '../models/capabilities.ts';
import type { DelegationLoop } from '../models/delegation.ts';
import type { Manifest } from '../models/manifest.ts';
import type { safetyEnvelopeSchema } from '../models/safety-envelope.ts';
import { type Creating, creationOption, type DynamicToolsOptions } from './creation-options.ts';

type SafetyEnvelope = z.infer<typeof safetyEnvelopeSchema>;
type Codemode = NonNullable<z.infer<typeof capabilitiesSchema>['codemode']>;

/** Tools that one worker may make when nobody says (spec, capabilities 4.1). */
const TOOLS_OF_A_WORKER = 10;

/** What somebody besides `dynamic_tools` says of making tools; the strictest counts (decision 36). */
interface Bound {
  /** Left out: all. */
  namespaces?: readonly string[] | undefined;
  maxTools: number;
}

/** What binds all agents that a safety envelope is for. */
function boundsOf(...envelopes: readonly (SafetyEnvelope | undefined)[]): Bound[] {
  return envelopes.flatMap((envelope) =>
    envelope ? [{ namespaces: envelope.allowed_namespaces, maxTools: envelope.max_tools }] : [],
  );
}

/** What binds the workers of a loop: its envelope, and what its policy enforces. */
function boundsOfLoop(loop: Partial<DelegationLoop> | undefined): Bound[] {
  const { codemode, allowed_namespaces } = loop?.worker_policy?.enforced ?? {};
  const maxTools = codemode?.max_tools_per_worker ?? TOOLS_OF_A_WORKER;
  return [...boundsOf(loop?.safety_envelope), { namespaces: allowed_namespaces, maxTools }];
}

/**
 * The option that `dynamic_tools` and the safety envelope of a workflow stand for (capabilities 4.1);
 * undefined: nobody may make tools. Nothing is checked: the validator has done it, and the option is.
 */
export function dynamicTools(
  { dynamic_tools: tools, safety_envelope }: Pick<Manifest, 'dynamic_tools' | 'safety_envelope'>,
  more: readonly Bound[] = [],
): DynamicToolsOptions | undefined {
  if (!tools?.enabled) return undefined;
  const bounds = [...boundsOf(safety_envelope), ...more];
  const namespaces = tools.allowed_namespaces
    .map((one) => (typeof one === 'string' ? { name: one } : namespaceOption(one)))
    .filter(({ name }) => bounds.every((bound) => bound.namespaces?.includes(name) ?? true));
  if (namespaces.length === 0) return undefined;
  return {
    namespaces,
    maxTotal: tools.max_total,
    maxPerAgent: Math.min(tools.max_total, ...bounds.map(({ maxTools }) => maxTools)),
    cache: tools.cache,
    dryRun: tools.dry_run,
    dryRunMs: tools.dry_run_timeout_seconds * 1000,
    timeoutMs: tools.timeout_seconds * 1000,
    persist: tools.persist,
    codeReview: tools.code_review,
    induction: tools.induction,
  };
}

type NamespaceEntry = Exclude<
  NonNullable<Manifest['dynamic_tools']>['allowed_namespaces'][number],
  string
>;

/** A list of hosts that is empty allows none, whatever the standard says: `*` must be written. */
function namespaceOption({ name, capabilities, network_allowlist, secrets }: NamespaceEntry) {
  return { name, capabilities, hosts: network_allowlist, secrets };
}

/** The option for a workflow whose engine is a delegation loop. */
export function loopDynamicTools(
  manifest: Manifest,
  loop: DelegationLoop | undefined,
): DynamicToolsOptions | undefined {
  return dynamicTools(manifest, boundsOfLoop(loop));
}

/** What workers of a loop that is a node may make, of what its graph allows; undefined: nothing. */
export function loopMaking(
  making: ToolMaking | undefined,
  loop: DelegationLoop,
): ToolMaking | undefined {
  return making && narrowed(making, boundsOfLoop(loop));
}

function narrowed(making: ToolMaking, bounds: readonly Bound[]): ToolMaking | undefined {
  const namespaces = making.namespaces.filter((name) =>
    bounds.every((bound) => bound.namespaces?.includes(name) ?? true),
  );
  const maxTools = Math.min(making.maxTools, ...bounds.map((bound) => bound.maxTools));
  return namespaces.length === 0 ? undefined : { ...making, namespaces, maxTools };
}

/** What agents of the outermost graph may make: a program's own option is within its envelope, too. */
export function rootMaking(
  creating: Creating | undefined,
  { safety_envelope }: Pick<Manifest, 'safety_envelope'>,
): Creating | undefined {
  const making = creating && narrowed(creating.making, boundsOf(safety_envelope));
  return making && creating && { ...creating, making };
}

/**
 * What agents of a sub-workflow may make of what the graph around it allows: its own `dynamic_tools`
 * can only narrow that. A namespace that can do more there than its author grants is none of its.
 */
export function innerMaking(outer: Creating | undefined, manifest: Manifest): Creating | undefined {
  const inner = creationOption(dynamicTools(manifest));
  if (!outer || !inner) return undefined;
  const names = outer.creation.namespaces.flatMap((namespace) => {
    const own = inner.creation.namespaces.find(({ name }) => name === namespace.name);
    return own && grants(own, namespace) ? [namespace.name] : [];
  });
  const making = narrowed(outer.making, [
    { namespaces: names, maxTools: inner.creation.maxPerAgent },
  ]);
  return making && { ...outer, making };
}

/** Whether a namespace allows all that another one of its name does. */
function grants(own: PlanNamespace, other: PlanNamespace): boolean {
  const hasAll = (all: readonly string[], some: readonly string[]): boolean =>
    some.every((one) => all.includes(one));
  return (
    hasAll(own.capabilities, other.capabilities) &&
    (own.hosts.includes('*') || hasAll(own.hosts, other.hosts)) &&
    hasAll(own.secrets, other.secrets)
  );
}

/** What an agent may make that its file lets make tools; undefined: nothing. */
export function agentMaking(
  making: ToolMaking | undefined,
  codemode: Codemode | undefined,
): ToolMaking | undefined {
  if (!making || !codemode?.enabled || !codemode.tool_creation) return undefined;
  const { tool_creation_namespace: namespace, max_tools, repair_attempts: repairs } = codemode;
  const own = narrowed(making, [{ namespaces: [namespace], maxTools: max_tools }]);
  return own && { ...own, repairs };
}
