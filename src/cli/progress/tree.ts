import { formatDuration } from '../../base/time.ts';
import { activeMsAt } from '../../events/active-time.ts';
import { rootGraph } from '../../events/graph-walk.ts';
import { mainModel } from '../../events/plan.ts';
import type { RunStatus } from '../../events/state.ts';
import { drawLine, type Span, spansWidth } from '../line.ts';
import type { Symbols, Tone } from '../style.ts';
import { cut, oneLine, pad, widthOf } from '../text.ts';
import { formatCost, formatTokens, usedOf } from './figures.ts';
import { foldNodes, type TreeNode } from './fold.ts';
import { familyOf, frameRow, halted, type RowView, spinner } from './frame-rows.ts';
import { endedNodes, graphRows } from './graph-rows.ts';

/** What the tree is drawn from. */
export interface TreeView extends Omit<RowView, 'activeMs'> {
  columns: number;
  /** Lines that the tree may take; finished agents are folded together to fit. */
  rows: number;
  /** The last line: what the user can do. Left out when undefined. */
  hint?: string;
}

type Drawn = TreeView & RowView;

/** Most lines of the tree that stays when the run has ended. */
export const FINAL_ROWS = 60;
/** Columns of one line that are never used: some terminals wrap when the last one is filled. */
const MARGIN = 1;
/** Share of the line that names of agents may take. */
const LABEL_SHARE = 0.4;
/** Least columns of a label, however deep it stands. */
const MIN_LABEL = 6;
/** From this width on, tokens of each agent are shown. */
const WIDE_COLUMNS = 60;

/**
 * The run as lines of a terminal: header, one line for each agent, budget. A pure function of what
 * it is given; every line is safe to print and at most `columns - 1` wide.
 */
export function treeLines(given: TreeView): string[] {
  const { state, style, columns } = given;
  // What stands still does not grow older.
  const now = halted(given) ? state.lastAt : given.now;
  const view = { ...given, now, activeMs: activeMsAt(state, now) };
  const isGraph = rootGraph(state) !== undefined;
  const width = Math.max(1, columns - MARGIN);
  const header = drawLine(headerSpans(view, width), width, style);
  const footer = state.plan ? [drawLine(budgetSpans(view, width), width, style)] : [];
  if (view.hint !== undefined) footer.push(drawLine([['dim', view.hint]], width, style));
  const room = view.rows - 1 - footer.length;
  if (room < 1) return [header, ...footer].slice(0, Math.max(1, view.rows));
  const nodes = foldNodes(rowsOf(view), { room, symbols: style.symbols, keepFirst: !isGraph });
  return [header, ...agentLines(nodes, view, width), ...footer];
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

function headerSpans(view: Drawn, width: number): Span[] {
  const { state, now, activeMs, style, interrupted } = view;
  const { plan, status } = state;
  const mark = statusMark(interrupted ? 'paused' : status, style.symbols, now);
  const title = oneLine(plan?.name === 'task' ? plan.task : (plan?.name ?? 'starting'));
  const graph = rootGraph(state);
  const loops = usedOf(state, 'loops', activeMs);
  const progress = graph ? endedNodes(graph) : loops === undefined ? undefined : `loop ${loops}`;
  const facts = [
    state.run,
    interrupted ? 'interrupted' : status === 'running' ? undefined : status,
    state.simulated ? 'simulated' : undefined,
    plan?.replay ? 'replayed' : undefined,
    plan && formatDuration(activeMs),
    progress,
    plan && oneLine(mainModel(plan)),
  ].filter((fact) => fact !== undefined && fact !== '');
  const room = width - 2;
  const least = Math.min(widthOf(title), Math.max(8, Math.floor(room * 0.3)));
  const shown = whatFits(facts, room - least, 3);
  const rest = shown.map((fact) => `   ${fact}`).join('');
  const head = cut(title, room - widthOf(rest), style.symbols.ellipsis);
  return [mark, ' ', ['strong', head], ['dim', rest]];
}

function budgetSpans({ state, activeMs, style }: Drawn, width: number): Span[] {
  const { symbols } = style;
  const { tokens } = state.limits;
  const { used, estimated } = state.ledger;
  const share = tokens ? Math.min(1, used.tokens / tokens) : 0;
  const bar = symbols.full.repeat(Math.round(share * 8)).padEnd(8, symbols.empty);
  const cost = formatCost(state, symbols);
  const first = usedOf(state, 'tokens', activeMs) ?? formatTokens(used.tokens, estimated);
  const facts = [
    ...(['workers', 'time', 'tools', 'calls'] as const).map((dimension) => {
      const text = usedOf(state, dimension, activeMs);
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

/** The tree's rows: the nodes of a graph, or the root manager beside its workers. */
function rowsOf(view: Drawn): TreeNode[] {
  const family = familyOf(view.state);
  const graph = rootGraph(view.state);
  if (graph) return graphRows(graph, family, view);
  return (family.children.get('') ?? []).flatMap((root) => {
    const { children, ...row } = frameRow(root, family, view);
    return [{ ...row, children: [] }, ...children];
  });
}

const TONES: Readonly<Record<TreeNode['kind'], Tone>> = {
  busy: 'busy',
  asks: 'warn',
  done: 'ok',
  failed: 'bad',
  waiting: 'dim',
  stopped: 'warn',
  skipped: 'dim',
};

function agentLines(nodes: readonly TreeNode[], view: TreeView, width: number): string[] {
  const labels = Math.min(
    Math.max(8, widestLabel(nodes, view.style.symbols.line.length)),
    Math.max(8, Math.floor(width * LABEL_SHARE)),
  );
  return linesOf(nodes, '', { view, width, labels });
}

/** Columns of the widest label, with how far those below others are indented. */
function widestLabel(nodes: readonly TreeNode[], indent: number): number {
  return nodes.reduce((widest, { label, children }) => {
    const below = children.length > 0 ? indent + widestLabel(children, indent) : 0;
    return Math.max(widest, widthOf(label), below);
  }, 0);
}

interface Layout {
  view: TreeView;
  width: number;
  /** Columns of labels of the first level; below it they begin further right and end there, too. */
  labels: number;
}

function linesOf(nodes: readonly TreeNode[], guide: string, layout: Layout): string[] {
  const { style } = layout.view;
  const { branch, last, line } = style.symbols;
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const below = guide + (isLast ? ' '.repeat(line.length) : line);
    const room = Math.max(MIN_LABEL, layout.labels - widthOf(guide));
    const lines = [agentLine(node, guide + (isLast ? last : branch), { ...layout, labels: room })];
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
