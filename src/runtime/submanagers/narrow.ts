import { namespaceOf } from '../../base/tool-names.ts';
import type { Envelope } from '../../events/decision.ts';
import type { WorkerOrder } from '../../events/loop-events.ts';
import type { Frame } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';

/**
 * A delegation of a sub-manager within the order that it was given itself: what was narrowed for it
 * stays narrow for all below it (spec, runtime 4.4).
 */
export function withinOrder({ order }: Pick<Frame, 'order'>, envelope: Envelope): Envelope {
  if (!order) return envelope;
  const packages = lesserList(order.packages, envelope.packages);
  const maxOutputTokens = lesser(order.maxOutputTokens, envelope.maxOutputTokens);
  return {
    ...envelope,
    ...(packages && { packages }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(order.codemode && { codemode: lesserCode(order.codemode, envelope.codemode ?? {}) }),
  };
}

/**
 * The tools that all below a sub-manager may have, of those of its loop: also what is made in the
 * namespaces in which it lets tools be made.
 */
export function withinTools(
  { order }: Pick<Frame, 'order'>,
  tools: readonly string[],
  known: ReadonlyMap<string, Pick<Tool, 'origin'>>,
): readonly string[] {
  const { workerTools: most, making } = order ?? {};
  if (!most) return tools;
  // The author may have given tools of the same namespace: those were taken away.
  const isMade = (tool: string): boolean =>
    known.get(tool)?.origin === 'dynamic' &&
    making?.namespaces.includes(namespaceOf(tool)) === true;
  return tools.filter((tool) => most.includes(tool) || isMade(tool));
}

function lesserList(
  most: readonly string[] | undefined,
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  return most && asked ? asked.filter((one) => most.includes(one)) : (asked ?? most);
}

function lesser(most: number | undefined, asked: number | undefined): number | undefined {
  if (most === undefined || asked === undefined) return asked ?? most;
  return Math.min(most, asked);
}

function lesserCode(
  most: NonNullable<WorkerOrder['codemode']>,
  { enabled = true, ...making }: NonNullable<Envelope['codemode']>,
): NonNullable<Envelope['codemode']> {
  return { ...making, enabled: most.enabled && enabled };
}
