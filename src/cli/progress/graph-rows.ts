import { formatDuration } from '../../base/time.ts';
import { togetherMs } from '../../events/active-time.ts';
import type { Graph, GraphNode, NodeTry } from '../../events/graph-state.ts';
import { graphOfTry, skipReason } from '../../events/graph-walk.ts';
import type { Frame } from '../../events/state.ts';
import { oneLine } from '../text.ts';
import { troubleOf } from './activity.ts';
import { formatTokens } from './figures.ts';
import type { TreeNode } from './fold.ts';
import { activityIn, type Family, frameRow, halted, type RowView, spinner } from './frame-rows.ts';

/** A fan-out with more instances is one line with counts. */
const SHOWN_INSTANCES = 8;
/** Most names of nodes that another one waits for. */
const SHOWN_NAMES = 3;

/** One row for each node of a graph, in its order; sub-workflows and loops have theirs below. */
export function graphRows(graph: Graph, family: Family, view: RowView): TreeNode[] {
  const runs = new Map<string, Frame[]>();
  for (const frame of family.children.get(graph.frame) ?? []) {
    const id = frame.node?.id ?? '';
    const list = runs.get(id);
    if (list) list.push(frame);
    else runs.set(id, [frame]);
  }
  return [...graph.nodes].map(([id, node]) =>
    nodeRow({ graph, node, frames: runs.get(id) ?? [], family, view }),
  );
}

/** How many of a graph's nodes have ended, as `3/12 nodes`. */
export function endedNodes({ nodes, left }: Graph): string {
  return `${nodes.size - left}/${nodes.size} nodes`;
}

interface NodeView {
  graph: Graph;
  node: GraphNode;
  /** The runs of the node, oldest first. */
  frames: readonly Frame[];
  family: Family;
  view: RowView;
}

function nodeRow(one: NodeView): TreeNode {
  const { graph, node, frames, family, view } = one;
  const isRoot = view.state.frames.get(graph.frame)?.parent === undefined;
  const place = `${isRoot ? '' : `${graph.frame}-`}${node.place}`;
  const used = usedBy(frames, family);
  return {
    ...standing(one),
    label: oneLine(`${place} ${node.plan.id}`),
    activity: oneLine(activityOfNode(one)),
    time: timeOf(one),
    tokens: used.tokens === 0 ? '' : formatTokens(used.tokens, used.estimated),
    trouble: troubleOfNode(one),
    children: childrenOf(one),
  };
}

function standing(one: NodeView): Pick<TreeNode, 'kind' | 'mark'> {
  const { node, frames, family, view } = one;
  const { symbols } = view.style;
  switch (node.status) {
    case 'finished':
      return { kind: 'done', mark: symbols.ok };
    case 'failed':
      return { kind: 'failed', mark: symbols.bad };
    case 'skipped':
      return { kind: 'skipped', mark: symbols.skipped };
    case 'waiting':
    case 'ready':
      return { kind: 'waiting', mark: symbols.waiting };
    case 'running':
      if (node.held !== undefined || frames.some(({ id }) => family.asked.has(id)))
        return { kind: 'asks', mark: symbols.warn };
      if (halted(view)) return { kind: 'stopped', mark: symbols.stopped };
      return { kind: 'busy', mark: spinner(symbols, view.now) };
  }
}

/** What a node is doing or has done, in a few words that are not yet safe to print. */
function activityOfNode(one: NodeView): string {
  const { graph, node, view } = one;
  switch (node.status) {
    case 'waiting':
      return halted(view) ? 'not started' : waitingFor(node, graph);
    case 'ready':
      return halted(view) ? 'not started' : 'ready';
    case 'skipped':
      return `skipped: ${skipReason(node, graph)}`;
    case 'failed':
      return joined(one, [...countsOf(node), `${node.code ?? 'failed'}: ${node.reason ?? ''}`]);
    case 'finished':
      return joined(one, [...countsOf(node), ...filesOf(one)]);
    case 'running':
      return joined(one, [...countsOf(node), doing(one)]);
  }
}

function joined({ view }: NodeView, facts: readonly string[]): string {
  return facts.filter((fact) => fact !== '').join(` ${view.style.symbols.dot} `);
}

function waitingFor({ plan }: GraphNode, { nodes }: Graph): string {
  const open = plan.dependsOn.filter(({ id }) => !hasEnded(nodes.get(id)));
  if (open.length === 0) return 'waits for its turn';
  const names = open.slice(0, SHOWN_NAMES).map(({ id }) => id);
  const more = open.length - names.length;
  return `waits for ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function hasEnded(node: GraphNode | undefined): boolean {
  return node?.status === 'finished' || node?.status === 'failed' || node?.status === 'skipped';
}

/** Instances, round, attempt and replacement, as far as there is something to tell. */
function countsOf(node: GraphNode): string[] {
  const { plan, rounds, main, status } = node;
  const isOver = status !== 'running';
  const facts = instanceCounts(node);
  if (plan.repeat) {
    const now = isOver ? rounds.length : Math.min(rounds.length + 1, plan.repeat.max);
    facts.push(`round ${now}/${plan.repeat.max}`);
  }
  if (main.attempt > 1) facts.push(`attempt ${main.attempt}`);
  if (main.agent !== undefined) facts.push(`replaced by ${main.agent}`);
  return [...facts, ...keptCounts(node)];
}

/** What it brought of an earlier time, and how old the oldest of that was when it was taken. */
function keptCounts({ kept }: GraphNode): string[] {
  if (!kept) return [];
  const age = `${formatDuration(kept.ageMs)} old`;
  return [kept.count > 1 ? `${kept.count} kept results, up to ${age}` : `kept result, ${age}`];
}

function instanceCounts({ fan, openInstances, status }: GraphNode): string[] {
  if (!fan) return [];
  const { count, ended, failed, stopped } = fan;
  return [
    `${ended}/${count} items`,
    ...(openInstances > 0 && status === 'running' ? [`${openInstances} at work`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
  ];
}

function filesOf({ frames, family }: NodeView): string[] {
  const paths = frames.flatMap(({ id }) => family.files.get(id) ?? []);
  const problems = frames.at(-1)?.outcome?.problems.length ?? 0;
  return [...paths, ...(problems === 0 ? [] : [`${problems} problem${problems === 1 ? '' : 's'}`])];
}

/** What goes on in a node that is at work. */
function doing(one: NodeView): string {
  const { node, family, view } = one;
  const { main, held, fan } = node;
  const { state, now } = view;
  if (held !== undefined) return `waits for you: ${held} ${state.approvals.get(held)?.tool ?? ''}`;
  if (fan) return askedBelow(one);
  const frame = state.frames.get(main.open ?? '');
  if (frame) return inside(frame, main, one) ?? activityIn(frame, family, view);
  if (halted(view)) return 'not finished';
  if (main.retryAt === undefined) return '';
  const wait = formatDuration(Math.max(0, main.retryAt - now));
  return `${main.failure?.code ?? 'interrupted'}, again in ${wait}`;
}

function inside(frame: Frame, one: NodeTry, { view }: NodeView): string | undefined {
  const graph = frame.role === 'graph' ? graphOfTry(view.state, one) : undefined;
  return graph && endedNodes(graph);
}

function askedBelow({ frames, family, view }: NodeView): string {
  const ids = frames.flatMap(({ id }) => family.asked.get(id) ?? []).map(({ id }) => id);
  if (ids.length > 0) return `waits for you: ${ids.slice(0, SHOWN_NAMES).join(', ')}`;
  return halted(view) ? 'not finished' : '';
}

function troubleOfNode({ node, view }: NodeView): string | undefined {
  if (node.status !== 'running' || node.fan) return undefined;
  const frame = view.state.frames.get(node.main.open ?? '');
  if (frame) return troubleOf(frame);
  return node.main.failure && oneLine(node.main.failure.message);
}

/** How long agents of the node were at work, all runs of it together. */
function timeOf({ frames, view }: NodeView): string {
  return frames.length === 0 ? '' : formatDuration(togetherMs(frames, view.activeMs));
}

/** Tokens of frames and of all below them. */
function usedBy(
  frames: readonly Frame[],
  { children }: Family,
): { tokens: number; estimated: boolean } {
  let [tokens, estimated] = [0, false];
  const left = [...frames];
  for (let frame = left.pop(); frame; frame = left.pop()) {
    tokens += frame.usage.input + frame.usage.output;
    estimated ||= frame.usage.estimated;
    for (const child of children.get(frame.id) ?? []) left.push(child);
  }
  return { tokens, estimated };
}

/** Rows below a node: its sub-workflow, the workers of its loop, or its few instances. */
function childrenOf(one: NodeView): TreeNode[] {
  const { node, view } = one;
  const { main, fan, instances = [] } = node;
  if (!fan) return below(main, one);
  if (fan.count > SHOWN_INSTANCES || node.status !== 'running') return [];
  return instances.flatMap((instance) => {
    const frame = view.state.frames.get(instance?.open ?? instance?.last ?? '');
    if (!frame || !instance) return [];
    return [{ ...frameRow(frame, one.family, view), children: below(instance, one) }];
  });
}

function below(one: NodeTry, { family, view }: NodeView): TreeNode[] {
  const graph = graphOfTry(view.state, one);
  if (graph) return graphRows(graph, family, view);
  const frame = view.state.frames.get(one.open ?? one.last ?? '');
  return frame ? [...frameRow(frame, family, view).children] : [];
}
