import type { EventData, Fact } from '../../events/event.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { PlanDependency } from '../../events/plan-graph.ts';
import { judged } from './graph-expression.ts';
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
  const told = { node, facts };
  const skip = waysInto(look, told);
  if (skip || enabled === false) return skip ?? { reason: 'disabled', message: OFF };
  const on = typeof enabled === 'string' ? ask(look, told, { at: 'enabled', text: enabled }) : YES;
  if (!on.holds) return { reason: 'disabled', message: inWords(on, OFF) };
  const met = when === undefined ? YES : ask(look, told, { at: 'when', text: when });
  if (met.holds) return undefined;
  return { reason: 'condition', message: inWords(met, 'its condition is not met') };
}

const OFF = 'it is switched off';

/** An expression, whether it holds, and why it has no value. */
interface Answer {
  holds: boolean;
  text: string;
  problem?: string;
}

const YES: Answer = { holds: true, text: '' };

interface Told {
  node: GraphNode;
  facts: Fact[];
}

function ask(look: Look, told: Told, expression: { at: string; text: string }): Answer {
  return { text: expression.text, ...judged(look, told, expression) };
}

/** What does not hold is told in other words than what could not be evaluated. */
function inWords({ text, problem }: Answer, words: string): string {
  if (problem === undefined) return `${words}: ${text}`;
  return `its condition could not be evaluated: ${text}: ${problem}`;
}

/** What the nodes before it say: nothing may be blocked, and one way must be taken. */
function waysInto(look: Look, told: Told): Skip | undefined {
  const { dependsOn } = told.node.plan;
  if (dependsOn.length === 0) return undefined;
  let taken = false;
  let problem: string | undefined;
  for (const dependency of dependsOn) {
    const way = byEnd(look.graph.nodes.get(dependency.id), dependency.condition);
    if (way === 'blocked') {
      return { reason: 'upstream_failed', message: `${dependency.id} failed` };
    }
    if (way === 'untaken') continue;
    const { expr: text } = dependency;
    const answer = text === undefined ? YES : ask(look, told, { at: 'depends_on', text });
    taken ||= answer.holds;
    if (answer.problem !== undefined) problem ??= inWords(answer, '');
  }
  if (taken) return undefined;
  const names = dependsOn.map(({ id }) => id).join(', ');
  const why = problem === undefined ? '' : `: ${problem}`;
  return { reason: 'dependency', message: `no way that leads here was taken (${names})${why}` };
}

/**
 * The table of spec, runtime 2.4; what a failed node with action `skip` leaves is empty, but there, and
 * so is what one leaves whose answer was skipped.
 */
function byEnd(upstream: GraphNode | undefined, condition: PlanDependency['condition']): Way {
  if (upstream?.status === 'finished') return condition === 'failure' ? 'untaken' : 'satisfied';
  if (upstream?.status === 'skipped' && upstream.reason === 'output') return 'satisfied';
  if (upstream?.status !== 'failed') return condition === 'always' ? 'satisfied' : 'untaken';
  return condition === 'success' && upstream.action !== 'skip' ? 'blocked' : 'satisfied';
}
