import { AwpError } from '../base/errors.ts';
import { itemsAt, textAt } from '../base/yaml-node.ts';
import { activeMsAt, ownMs, togetherMs } from '../events/active-time.ts';
import type { GraphNode, NodeStatus } from '../events/graph-state.ts';
import { rootGraph } from '../events/graph-walk.ts';
import type { Frame, RunState } from '../events/state.ts';
import type { Workflow } from '../models/workflow.ts';
import type { Files } from '../ports/effects.ts';
import { toAscii } from '../visualizer/ascii.ts';
import { toMermaid } from '../visualizer/mermaid.ts';
import type { BoxStatus, Overlay } from '../visualizer/overlay.ts';
import { readWorkflow } from './read-workflow.ts';
import { reportOn } from './validate.ts';

/** How a workflow is drawn. */
export interface DrawOptions {
  format: 'ascii' | 'mermaid';
  direction: 'TD' | 'LR';
  /** Columns of an ASCII drawing. */
  width: number;
  ascii: boolean;
  /** A run whose status and durations are drawn in, as it stands at `now`. */
  state?: RunState;
  now?: number;
  files?: Files;
  /** Told what the reader should know of the drawing. Default nobody. */
  onNote?: (note: string) => void;
}

/**
 * A workflow on disk as Mermaid or as a drawing for terminals, also with errors in it. Throws
 * `spec/no-workflow`, `spec/invalid` when there is nothing to draw, and `usage/bad-option` for a run
 * of which nothing is in the drawing.
 */
export async function draw(path: string, options: DrawOptions): Promise<string> {
  const read = await readWorkflow(path, options.files);
  const { state, now = 0, format } = options;
  if (state) compare(state, read.workflow, options);
  const overlay = state && overlayOf(state, now);
  const drawing = { ...options, ...(overlay && { overlay }) };
  const text = (format === 'mermaid' ? toMermaid : toAscii)(read.workflow, drawing);
  if (text !== undefined) return text;
  const { diagnostics, sources, folder } = reportOn(read);
  throw new AwpError('spec/invalid', 'there is nothing to draw: no orchestration with a node', {
    hint: 'add a node to orchestration.graph, or engine: delegation_loop',
    findings: { diagnostics, sources, folder },
  });
}

/** A run of another workflow is told; one without a single box in common cannot be drawn. */
function compare(state: RunState, { manifest }: Workflow, { onNote }: DrawOptions): void {
  const { tree } = manifest ?? {};
  const own = textAt(tree, 'workflow', 'name') ?? '';
  const { plan, run } = state;
  const ids = itemsAt(tree, 'orchestration', 'graph').flatMap((node) => textAt(node, 'id') ?? []);
  const boxes = new Set(ids.length > 0 ? ids : ['manager']);
  const graph = rootGraph(state);
  const names = graph ? graph.nodes.keys() : [...state.frames.values()].map(({ name }) => name);
  const isOfAnother = state.frames.size > 0 && ![...names].some((name) => boxes.has(name));
  const other = plan?.name ?? '';
  if (isOfAnother) {
    throw new AwpError('usage/bad-option', `the run ${run} is not one of this workflow`, {
      hint: other === '' ? 'awp runs lists the runs' : `it is one of ${other}: draw that`,
    });
  }
  if (graph && own !== '' && other !== '' && own !== other) {
    onNote?.(`the run ${run} is one of the workflow ${other}, not of ${own}`);
  }
}

/** Nodes of a graph by their ids; agents of a loop by their names, and its boxes by their roles. */
function overlayOf(state: RunState, now: number): Overlay {
  const graph = rootGraph(state);
  const overlay = new Map<string, BoxStatus>();
  if (graph) {
    const runs = framesByNode(state, graph.frame);
    for (const [id, node] of graph.nodes) {
      const part = { frames: runs.get(id) ?? [], state, now };
      if (node.plan.kind === 'delegation_loop') addLoop(overlay, `${id}/`, part);
      const status = statusOfNode(node, part);
      if (status) overlay.set(id, status);
    }
    return overlay;
  }
  const frames = [...state.frames.values()];
  for (const frame of frames) overlay.set(frame.name, statusAt(frame, state, now));
  addLoop(overlay, '', { frames, state, now });
  return overlay;
}

/** The runs of each node of a graph; those of loops with their workers, which have the loop's key. */
function framesByNode({ frames }: RunState, graph: string): Map<string, Frame[]> {
  const above = new Map<string, string>();
  const runs = new Map<string, Frame[]>();
  for (const frame of frames.values()) {
    const { id, parent = '', node } = frame;
    const owner = parent === graph ? node?.id : above.get(parent);
    if (owner === undefined) continue;
    above.set(id, owner);
    const list = runs.get(owner);
    if (list) list.push(frame);
    else runs.set(owner, [frame]);
  }
  return runs;
}

interface Part {
  /** Oldest first. */
  frames: readonly Frame[];
  state: RunState;
  /** Milliseconds since 1970. */
  now: number;
}

const NODE_STATUS: Readonly<Partial<Record<NodeStatus, BoxStatus['status']>>> = {
  finished: 'complete',
  failed: 'failed',
  skipped: 'skipped',
  running: 'running',
};

/** The box of a node that has started, or will not; undefined for one that waits. */
function statusOfNode(node: GraphNode, { frames, state, now }: Part): BoxStatus | undefined {
  const status = NODE_STATUS[node.status];
  if (status === undefined) return undefined;
  const isHalted = state.status !== 'running';
  return {
    status: status === 'running' && isHalted ? 'stopped' : status,
    ...(frames.length > 0 && { ms: togetherMs(frames, activeMsAt(state, now)) }),
  };
}

/** The boxes of a delegation loop, below `prefix` when it is a node. */
function addLoop(
  overlay: Map<string, BoxStatus>,
  prefix: string,
  { frames, state, now }: Part,
): void {
  const workers: BoxStatus[] = [];
  for (const frame of frames) {
    const status = statusAt(frame, state, now);
    const isManager = frame.role === 'manager' && (frame.parent === undefined || frame.node);
    if (isManager) for (const box of ['manager', 'result']) overlay.set(`${prefix}${box}`, status);
    else workers.push(status);
  }
  if (workers.length === 0) return;
  const ms = workers.reduce((sum, worker) => sum + (worker.ms ?? 0), 0);
  const statuses = new Set(workers.map(({ status }) => status));
  const worst = (['running', 'stopped', 'failed'] as const).find((one) => statuses.has(one));
  overlay.set(`${prefix}workers`, { status: worst ?? 'complete', ms });
}

/** What is still open when nobody works on the run any more was stopped. */
function statusAt(frame: Frame, state: RunState, now: number): BoxStatus {
  const isRunning = state.status === 'running';
  const { outcome, endedAt } = frame;
  const ms = ownMs(frame, activeMsAt(state, now));
  if (endedAt === undefined) return { status: isRunning ? 'running' : 'stopped', ms };
  return { status: outcome?.ok === false ? 'failed' : 'complete', ms };
}
