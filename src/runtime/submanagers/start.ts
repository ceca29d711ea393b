import type { Envelope } from '../../events/decision.ts';
import type { Fact } from '../../events/event.ts';
import type { WorkerOrder } from '../../events/loop-events.ts';
import type { Limits, Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import type { RunContext } from '../context.ts';
import { creationTools } from '../creation/grant.ts';
import { unused } from '../engines/decision.ts';
import { toolsOf } from '../grants.ts';
import type { Pass } from '../pass.ts';
import { loopOf, policyOf } from '../plan-parts.ts';
import { orderedWorker } from '../worker-order.ts';
import { inherited } from './inherit.ts';
import { withinOrder, withinTools } from './narrow.ts';

/** The facts that a sub-manager's share is set aside and that it starts. */
export function starting(
  { context, names }: Pass,
  { frame: parent, envelope, index }: Extract<Command, { do: 'start-worker' }>,
  limits: Limits,
): Fact[] {
  const { plan, state, skills } = context;
  const { agentKey } = parent;
  const { forbiddenKeys, refund } = policyOf(plan, parent).submanagers;
  const loop = parent.turns.length;
  const scope = `${parent.parent === undefined ? '' : `${parent.id}-`}${loop}.${index}`;
  const name = unused(envelope.workerId, (taken) => state.names.has(taken) || names.has(taken));
  names.add(name);
  const ordered = orderFor(context, parent, { envelope, name });
  const { values, leftOut } = inherited(state, parent, { envelope, forbidden: forbiddenKeys });
  const led = ledBy(plan, parent, envelope);
  const notes = [...led.notes, ...ordered.notes, ...leftOutNotes(leftOut)];
  return [
    ...(ordered.written ? skills.factsOf(parent, ordered.written) : []),
    {
      ...{ type: 'budget.reserved', agent: parent.id },
      data: { scope, limits, ...(!refund && { noRefund: true }) },
    },
    {
      ...{ type: 'agent.started', agent: scope, parent: parent.id },
      ...{ depth: parent.depth + 1, loop },
      data: {
        role: 'manager',
        ...(agentKey !== undefined && { agentKey }),
        ...led.data,
        name,
        ...(envelope.workerId !== name && { askedAs: envelope.workerId }),
        tools: [],
        instructions: ordered.instructions,
        ...(ordered.contract && { contract: ordered.contract }),
        ...(ordered.order && { order: ordered.order }),
        ...(Object.keys(values).length > 0 && { values }),
        ...(notes.length > 0 && { notes: notes.map((note) => `${name}: ${note}.`) }),
        index,
      },
    },
  ];
}

/**
 * What is left of its delegation after the policy, as for a worker. Its time is a limit of its share;
 * tools, packages and the like bound all below it.
 */
function orderFor(
  context: RunContext,
  parent: Frame,
  { envelope, name }: { envelope: Envelope; name: string },
) {
  const { agentKey } = parent;
  const who = { name, askedAs: envelope.workerId, role: 'worker', agentKey } as const;
  const all = withinTools(parent, toolsOf(context, who), context.tools);
  const asked = withinOrder(parent, envelope);
  const creating = creationTools(context, who);
  const {
    order = {},
    tools,
    ...rest
  } = orderedWorker(
    context.plan,
    { parent, worker: who, all, creating, made: context.skills },
    asked,
  );
  const { timeoutMs: _, ...others } = order;
  const lacks = all.some((name) => !tools.includes(name));
  const isNarrow = lacks || parent.order?.workerTools !== undefined;
  const own: WorkerOrder = { ...others, ...(isNarrow && { workerTools: tools }) };
  return { ...rest, ...(Object.keys(own).length > 0 && { order: own }) };
}

/** Which manager it has, and with which settings. */
function ledBy(plan: Plan, { agentKey }: Frame, { submanagerAgent, temperature }: Envelope) {
  const loop = loopOf(plan, { agentKey });
  const managerKey = keyOf(loop.submanagers ?? {}, submanagerAgent);
  const { manager } = loopOf(plan, { agentKey, managerKey });
  const own = loop.worker.managerControls.includes('temperature') ? temperature : undefined;
  const isUnknown = submanagerAgent !== undefined && managerKey === undefined;
  return {
    data: {
      ...(managerKey !== undefined && { managerKey }),
      ...{ model: manager.model, temperature: own ?? manager.temperature },
    },
    notes: isUnknown
      ? [
          `there is no agent ${JSON.stringify(submanagerAgent.slice(0, 80))}, the usual manager leads it`,
        ]
      : [],
  };
}

/** An agent by its name, or by the path of its folder. */
function keyOf(known: Readonly<Record<string, unknown>>, wanted = ''): string | undefined {
  const path = wanted.replace(/\/+$/, '');
  return [path, path.slice(path.lastIndexOf('/') + 1)].find((key) => Object.hasOwn(known, key));
}

function leftOutNotes(leftOut: readonly string[]): string[] {
  if (leftOut.length === 0) return [];
  return [
    `there was no room to hand it all earlier results, these are missing: ${leftOut.join(', ')}`,
  ];
}
