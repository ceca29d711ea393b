import { formatDuration } from '../../base/time.ts';
import type { Approval, Frame, RunState, RunStatus } from '../../events/state.ts';
import { pendingOf } from '../approvals/approval-text.ts';
import { drawLine, type Span, spansWidth } from '../line.ts';
import type { Style, Symbols, Tone } from '../style.ts';
import { cut, oneLine, pad, widthOf } from '../text.ts';
import { type ActivityFacts, activityOf, troubleOf } from './activity.ts';
import { activeTime, formatCost, formatTokens, usedOf } from './figures.ts';
import { foldNodes, type TreeNode } from './fold.ts';

/** What the tree is drawn from. */
export interface TreeView {
  state: RunState;
  /** Milliseconds since 1970. */
  now: number;
  columns: number;
  /** Lines that the tree may take; finished agents are folded together to drawLine. */
  rows: number;
  style: Style;
  /** The log has no end, but nobody works on the run any more. */
  interrupted?: boolean;
  /** The last line: what the user can do. Left out when undefined. */
  hint?: string;
}

/** Columns of one line that are never used: some terminals wrap when the last one is filled. */
const MARGIN = 1;
/** Share of the line that names of agents may take. */
const LABEL_SHARE = 0.4;
/** From this width on, tokens of each agent are shown. */
const WIDE_COLUMNS = 60;

/**
 * The run as lines of a terminal: header, one line for each agent, budget. A pure function of what
 * it is given; every line is safe to print and at most `columns - 1` wide.
 */
export function treeLines(given: TreeView): string[] {
  const { state, style, columns } = given;
  // What stands still does not grow older.
  const view = halted(given) ? { ...given, now: state.lastAt } : given;
  const width = Math.max(1, columns - MARGIN);
  const header = drawLine(headerSpans(view, width), width, style);
  const footer = state.plan ? [drawLine(budgetSpans(view, width), width, style)] : [];
  if (view.hint !== undefined) footer.push(drawLine([['dim', view.hint]], width, style));
  const room = view.rows - 1 - footer.length;
  if (room < 1) return [header, ...footer].slice(0, Math.max(1, view.rows));
  const nodes = foldNodes(nodesOf(state, view), room, style.symbols);
  return [header, ...agentLines(nodes, view, width), ...footer];
}

function halted({ state, interrupted }: TreeView): boolean {
  return state.status !== 'running' || interrupted === true;
}

/** The mark of a run's status. */
export function statusMark(
  status: RunStatus,
  symbols: Symbols,
  now: number,
): readonly [Tone, string] {
  switch (status) {
    case 'running':
      return ['busy', spinner(symbols, now)];
    case 'waiting':
    case 'paused':
      return ['warn', symbols.waiting];
    case 'complete':
      return ['ok', symbols.ok];
    case 'partial':
      return ['warn', symbols.warn];
    case 'failed':
      return ['bad', symbols.bad];
    case 'cancelled':
      return ['warn', symbols.stopped];
  }
}

function headerSpans(view: TreeView, width: number): Span[] {
  const { state, now, style, interrupted } = view;
  const { plan, status } = state;
  const mark = statusMark(interrupted ? 'paused' : status, style.symbols, now);
  const title = oneLine(plan?.name === 'task' ? plan.task : (plan?.name ?? 'starting'));
  const loops = usedOf(state, 'loops', now);
  const facts = [
    state.run,
    interrupted ? 'interrupted' : status === 'running' ? undefined : status,
    state.simulated ? 'simulated' : undefined,
    plan?.replay ? 'replayed' : undefined,
    plan && formatDuration(activeTime(state, now)),
    loops === undefined ? undefined : `loop ${loops}`,
    plan && oneLine(plan.manager.model),
  ].filter((fact) => fact !== undefined && fact !== '');
  const room = width - 2;
  const least = Math.min(widthOf(title), Math.max(8, Math.floor(room * 0.3)));
  const shown = whatFits(facts, room - least, 3);
  const rest = shown.map((fact) => `   ${fact}`).join('');
  const head = cut(title, room - widthOf(rest), style.symbols.ellipsis);
  return [mark, ' ', ['strong', head], ['dim', rest]];
}

function budgetSpans({ state, now, style }: TreeView, width: number): Span[] {
  const { symbols } = style;
  const { tokens } = state.limits;
  const { used, estimated } = state.ledger;
  const share = tokens ? Math.min(1, used.tokens / tokens) : 0;
  const bar = symbols.full.repeat(Math.round(share * 8)).padEnd(8, symbols.empty);
  const cost = formatCost(state, symbols);
  const first = usedOf(state, 'tokens', now) ?? formatTokens(used.tokens, estimated);
  const facts = [
    ...(['workers', 'time', 'tools', 'calls'] as const).map((dimension) => {
      const text = usedOf(state, dimension, now);
      return text === undefined ? '' : `${dimension} ${text}`;
    }),
    cost === undefined ? '' : `cost ${cost}`,
  ].filter((fact) => fact !== '');
  const start: Span[] = [
    ['dim', 'tokens '],
    [share >= 0.9 ? 'bad' : share >= 0.75 ? 'warn' : 'ok', tokens === null ? '' : `${bar} `],
    first,
  ];
  const shown = whatFits(facts, width - spansWidth(start), 3);
  return [...start, ['dim', shown.map((fact) => ` ${symbols.dot} ${fact}`).join('')]];
}

/** The first of the facts that drawLine in `room`, each with `gap` columns before it. */
function whatFits(facts: readonly (string | undefined)[], room: number, gap: number): string[] {
  const shown: string[] = [];
  let left = room;
  for (const fact of facts) {
    if (fact === undefined) continue;
    left -= widthOf(fact) + gap;
    if (left < 0) break;
    shown.push(fact);
  }
  return shown;
}

/** The tree's nodes: the root manager beside its workers, deeper agents below their own. */
function nodesOf(state: RunState, view: TreeView): TreeNode[] {
  const children = new Map<string, Frame[]>();
  const roots: Frame[] = [];
  for (const frame of state.frames.values()) {
    if (frame.parent === undefined) roots.push(frame);
    else push(children, frame.parent, frame);
  }
  const files = new Map<string, string[]>();
  for (const { agent, path } of state.artifacts.values()) push(files, agent, path);
  const asked = new Map<string, Approval[]>();
  for (const approval of pendingOf(state)) push(asked, approval.agent, approval);
  const build = (frame: Frame): TreeNode => ({
    ...nodeOf(frame, { files: files.get(frame.id) ?? [], asked: asked.get(frame.id) ?? [] }, view),
    children: [...(children.get(frame.id) ?? []).map(build), ...waitingNodes(frame, view)],
  });
  return roots.flatMap((root) => {
    const { children: below, ...node } = build(root);
    return [{ ...node, children: [] }, ...below];
  });
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

function nodeOf(
  frame: Frame,
  facts: Pick<ActivityFacts, 'files' | 'asked'>,
  view: TreeView,
): Omit<TreeNode, 'children'> {
  const { now, style } = view;
  const { outcome, usage, parent, id, name, startedAt, endedAt } = frame;
  const tokens = usage.input + usage.output;
  const { kind, mark } = standing(frame, facts.asked.length > 0, view);
  return {
    ...{ kind, mark },
    label: oneLine(parent === undefined ? name : `${id} ${name}`),
    activity:
      kind === 'stopped'
        ? 'not finished'
        : activityOf(frame, { now, ...facts, symbols: style.symbols }),
    time: formatDuration(Math.max(0, (endedAt ?? now) - startedAt)),
    tokens: tokens === 0 ? '' : formatTokens(tokens, usage.estimated),
    trouble: outcome === undefined ? troubleOf(frame) : undefined,
  };
}

function standing(
  { outcome }: Frame,
  asks: boolean,
  view: TreeView,
): Pick<TreeNode, 'kind' | 'mark'> {
  const { symbols } = view.style;
  if (outcome?.ok) return { kind: 'done', mark: symbols.ok };
  if (outcome) return { kind: 'failed', mark: symbols.bad };
  if (asks) return { kind: 'asks', mark: symbols.warn };
  if (halted(view)) return { kind: 'stopped', mark: symbols.stopped };
  return { kind: 'busy', mark: spinner(symbols, view.now) };
}

function waitingNodes(frame: Frame, view: TreeView): TreeNode[] {
  return frame.waiting.map(({ workerId }) => ({
    kind: 'waiting',
    mark: view.style.symbols.waiting,
    label: oneLine(workerId),
    activity: halted(view) ? 'not started' : 'waiting',
    time: '',
    tokens: '',
    trouble: undefined,
    children: [],
  }));
}

const TONES: Readonly<Record<TreeNode['kind'], Tone>> = {
  busy: 'busy',
  asks: 'warn',
  done: 'ok',
  failed: 'bad',
  waiting: 'dim',
  stopped: 'warn',
};

function agentLines(nodes: readonly TreeNode[], view: TreeView, width: number): string[] {
  const labels = Math.min(
    nodes.reduce((widest, { label }) => Math.max(widest, widthOf(label)), 8),
    Math.max(8, Math.floor(width * LABEL_SHARE)),
  );
  return linesOf(nodes, '', { view, width, labels });
}

interface Layout {
  view: TreeView;
  width: number;
  labels: number;
}

function linesOf(nodes: readonly TreeNode[], guide: string, layout: Layout): string[] {
  const { style } = layout.view;
  const { branch, last, line } = style.symbols;
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const below = guide + (isLast ? ' '.repeat(line.length) : line);
    const lines = [agentLine(node, guide + (isLast ? last : branch), layout)];
    if (node.trouble !== undefined) {
      const spans: Span[] = [
        ['dim', `${below}  ${last}`],
        ['warn', node.trouble],
      ];
      lines.push(drawLine(spans, layout.width, style));
    }
    return [...lines, ...linesOf(node.children, below, layout)];
  });
}

function agentLine(node: TreeNode, guide: string, { view, width, labels }: Layout): string {
  const { style } = view;
  const left: Span[] = [
    ['dim', guide],
    [TONES[node.kind], node.mark],
    ' ',
    pad(cut(node.label, labels, style.symbols.ellipsis), labels),
  ];
  const right = figuresOf(node, width);
  const room = width - spansWidth(left) - widthOf(right) - 3;
  const activity = room > 0 ? cut(node.activity, room, style.symbols.ellipsis) : '';
  const spans: Span[] = [...left, '  ', [node.kind === 'failed' ? 'bad' : 'dim', activity]];
  if (right !== '')
    spans.push(' '.repeat(Math.max(1, room - widthOf(activity) + 1)), ['dim', right]);
  return drawLine(spans, width, style);
}

/** Time and, where there is room, tokens; empty for an agent that has not started. */
function figuresOf({ time, tokens }: TreeNode, width: number): string {
  if (time === '') return '';
  const first = pad(time, 7, 'left');
  return width >= WIDE_COLUMNS ? `${first} ${pad(tokens, 6, 'left')}` : first;
}

function spinner(symbols: Symbols, now: number): string {
  return symbols.busy[Math.floor(now / 250) % symbols.busy.length] ?? '';
}
