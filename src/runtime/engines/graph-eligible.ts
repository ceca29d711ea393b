import type { EventData, Fact } from '../../events/event.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { PlanDependency } from '../../events/plan-graph.ts';
import { holds } from './graph-expression.ts';
import type { Look } from './graph-look.ts';

/** How a dependency turned out: its way is taken, is not, or can never be. */
type Way = 'satisfied' | 'untaken' | 'blocked';

type Skip = Omit<EventData['node.skipped'], 'node'>;

/** Whether a node runs: what its dependencies, `enabled` and `when` say, in this order. */
export function eligible(look: Look, node: GraphNode): { facts: Fact[]; skip?: Skip } {
  const facts: Fact[] = [];
  const skip = skipOf(look, node, facts);
  return skip ? { facts, skip } : { facts };
}

function skipOf(look: Look, node: GraphNode, facts: Fact[]): Skip | undefined {
  const { enabled, when } = node.plan;
  const skip = waysInto(look, node, facts);
  if (skip) return skip;
  const told = { node, facts };
  const isOn =
    typeof enabled === 'string' ? holds(look, told, { at: 'enabled', text: enabled }) : enabled;
  if (!isOn) return { reason: 'disabled', message: `it is switched off${quoted(enabled)}` };
  if (when === undefined || holds(look, told, { at: 'when', text: when })) return undefined;
  return { reason: 'condition', message: `its condition is not met${quoted(when)}` };
}

function quoted(expression: boolean | string): string {
  return typeof expression === 'string' ? `: ${expression}` : '';
}

/** What the nodes before it say: nothing may be blocked, and one way must be taken. */
function waysInto(look: Look, node: GraphNode, facts: Fact[]): Skip | undefined {
  const { dependsOn } = node.plan;
  if (dependsOn.length === 0) return undefined;
  let taken = false;
  for (const dependency of dependsOn) {
    const way = wayOf(look, { node, facts }, dependency);
    if (way === 'blocked') {
      return { reason: 'upstream_failed', message: `${dependency.id} failed` };
    }
    taken ||= way === 'satisfied';
  }
  if (taken) return undefined;
  const names = dependsOn.map(({ id }) => id).join(', ');
  return { reason: 'dependency', message: `no way that leads here was taken (${names})` };
}

interface Told {
  node: GraphNode;
  facts: Fact[];
}

function wayOf(look: Look, told: Told, dependency: PlanDependency): Way {
  const upstream = look.graph.nodes.get(dependency.id);
  const way = byEnd(upstream, dependency.condition);
  const { expr } = dependency;
  if (way !== 'satisfied' || expr === undefined) return way;
  return holds(look, told, { at: 'depends_on', text: expr }) ? 'satisfied' : 'untaken';
}

/** The table of spec, runtime 2.4; what a failed node with action `skip` leaves is empty, but there. */
function byEnd(upstream: GraphNode | undefined, condition: PlanDependency['condition']): Way {
  if (upstream?.status === 'finished') return condition === 'failure' ? 'untaken' : 'satisfied';
  if (upstream?.status !== 'failed') return condition === 'always' ? 'satisfied' : 'untaken';
  return condition === 'success' && upstream.action !== 'skip' ? 'blocked' : 'satisfied';
}
