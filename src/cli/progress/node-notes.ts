import type { GraphNode } from '../../events/graph-state.ts';
import { skipReason, type WalkedNode, walkNodes } from '../../events/graph-walk.ts';
import type { RunState } from '../../events/state.ts';
import type { Style } from '../style.ts';
import { cut, oneLine } from '../text.ts';

/** Most nodes of each kind that are told of. */
const MAX_NODES = 20;
/** Columns of a node's reason. */
const REASON_COLUMNS = 160;

/** What can be tried when a node failed, where the failure itself does not say. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['node/timeout', 'give it more time with timeout, or execution.timeout_per_agent'],
  [
    'state/too-large',
    'runs show --node has what it brought; raise state.limits and start anew, as a resumed run keeps its limits',
  ],
  ['approval/rejected', 'on_failure: skip or continue goes on without it'],
]);

/**
 * Nodes of a graph that failed, each with why and what can be tried, and those that did not run for
 * that; nothing for delegation loops and graphs that went well. Every line is safe to print.
 */
export function nodeNotes(state: RunState, style: Style): string[] {
  const all = [...walkNodes(state)];
  const failed = all.filter((one) => one.node.status === 'failed' && !isTold(one, state));
  const lost = all.filter(({ node }) => node.reason !== 'stopped' && isLost(node, state));
  const stopped = all.filter(({ node }) => node.status === 'skipped' && node.reason === 'stopped');
  return [
    ...listed(failed, { label: 'failed', style, note: (one) => failureNote(one, state, style) }),
    ...listed(lost, { label: 'skipped', style, note: (one) => [skipNote(one, style)] }),
    ...stoppedNote(stopped, style),
  ];
}

/** Whether the end of the run has said all that there is to say about a failure. */
function isTold({ path, node }: WalkedNode, state: RunState): boolean {
  const { ending } = state;
  const message = `${path} failed: ${node.reason}`;
  const hint = hintOf(node.main.last, state) ?? nodeHint(node.code);
  return ending?.message === message && (hint === undefined || ending.reason === node.code);
}

/** Whether a node was skipped in a run that did not go well, or for a failure. */
function isLost({ status, reason }: GraphNode, run: RunState): boolean {
  const isForFailure = reason === 'upstream_failed' || reason === 'output';
  return status === 'skipped' && (run.status !== 'complete' || isForFailure);
}

/** Nodes that the end of the run cut off, on one line: none of them has a reason of its own. */
function stoppedNote(nodes: readonly WalkedNode[], style: Style): string[] {
  if (nodes.length === 0) return [];
  const more = nodes.length > MAX_NODES ? ` and ${nodes.length - MAX_NODES} more` : '';
  const names = nodes.slice(0, MAX_NODES).map(({ path }) => path);
  return [`${'stopped'.padEnd(8)}${fitted(names.join(', '), style)}${more}`];
}

/** What can be tried after a failure of this code; undefined when only the failure itself can say. */
export function nodeHint(code: string | undefined): string | undefined {
  return HINTS.get(code ?? '');
}

interface List {
  label: string;
  style: Style;
  note(one: WalkedNode): string[];
}

function listed(nodes: readonly WalkedNode[], { label, style, note }: List): string[] {
  const [first, ...others] = nodes.slice(0, MAX_NODES).map(note);
  if (!first) return [];
  const indent = ' '.repeat(8);
  const lines = [first, ...others].flat();
  const more = nodes.length - MAX_NODES;
  if (more > 0) lines.push(`${style.symbols.ellipsis} and ${more} more`);
  return lines.map((line, index) => `${index === 0 ? label.padEnd(8) : indent}${line}`);
}

function failureNote({ path, node }: WalkedNode, state: RunState, style: Style): string[] {
  const { code = 'failed', reason = '' } = node;
  const hint = hintOf(node.main.last, state) ?? nodeHint(code);
  return [
    fitted(`${path}: ${code}: ${reason}`, style),
    ...(hint === undefined ? [] : [`  ${style.paint('dim', '=')} try: ${fitted(hint, style)}`]),
  ];
}

/** What the failure of its last agent says, if that says anything. */
function hintOf(frame: string | undefined, { frames }: RunState): string | undefined {
  return frames.get(frame ?? '')?.failure?.hint;
}

function skipNote({ path, node, graph }: WalkedNode, style: Style): string {
  return fitted(`${path}: ${skipReason(node, graph)}`, style);
}

function fitted(text: string, { symbols }: Style): string {
  return cut(oneLine(text.slice(0, 2 * REASON_COLUMNS)), REASON_COLUMNS, symbols.ellipsis);
}
