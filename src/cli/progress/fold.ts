import type { Symbols } from '../style.ts';

/** One line of the tree, before it is drawn; all its text is safe to print. */
export interface TreeNode {
  kind: 'busy' | 'asks' | 'done' | 'failed' | 'waiting' | 'stopped' | 'skipped';
  mark: string;
  label: string;
  activity: string;
  time: string;
  tokens: string;
  /** What went wrong in the last step, on a line of its own. */
  trouble: string | undefined;
  children: readonly TreeNode[];
}

/** What is folded first when there is no room, and what the fold is called. */
const FOLDING: readonly { kind: TreeNode['kind']; word: string }[] = [
  { kind: 'done', word: 'done' },
  { kind: 'skipped', word: 'skipped' },
  { kind: 'waiting', word: 'waiting' },
  { kind: 'failed', word: 'failed' },
  { kind: 'stopped', word: 'not finished' },
  { kind: 'busy', word: 'more at work' },
  { kind: 'asks', word: 'wait for you' },
];

/** What there is room for. */
export interface Room {
  /** Most lines. */
  room: number;
  symbols: Symbols;
  /** Whether the first line stays: it is the root manager. */
  keepFirst: boolean;
}

/**
 * At most `room` lines of nodes: the oldest finished ones become one line such as `✓ 12 done`,
 * then skipped, waiting and failed ones, and at last those that work; of each kind those that are
 * deeper first.
 */
export function foldNodes(nodes: readonly TreeNode[], fit: Room): readonly TreeNode[] {
  const { room } = fit;
  let list = linesIn(nodes) > room ? withoutTrouble(nodes, room) : nodes;
  for (const { kind, word } of FOLDING) {
    for (const isDeep of [true, false]) {
      const excess = linesIn(list) - room;
      if (excess <= 0) return list;
      const fold = { ...fit, kind, word, excess };
      list = isDeep ? foldChildren(list, { ...fold, keepFirst: false }) : foldKind(list, fold);
    }
  }
  return linesIn(list) > room
    ? list.slice(0, room).map((node) => ({ ...node, children: [] }))
    : list;
}

interface Fold extends Room {
  kind: TreeNode['kind'];
  word: string;
  /** Lines that are too many. */
  excess: number;
}

/** Folds below nodes, the deepest first, until enough lines are saved. */
function foldChildren(nodes: readonly TreeNode[], fold: Fold): TreeNode[] {
  let { excess } = fold;
  return nodes.map((node) => {
    if (excess <= 0 || node.children.length === 0) return node;
    const before = linesIn(node.children);
    const deeper = foldChildren(node.children, { ...fold, excess });
    const left = excess - (before - linesIn(deeper));
    const children = left > 0 ? foldKind(deeper, { ...fold, excess: left }) : deeper;
    excess -= before - linesIn(children);
    return { ...node, children };
  });
}

function foldKind(nodes: readonly TreeNode[], fold: Fold): TreeNode[] {
  const { kind, word, excess, symbols } = fold;
  const folded = new Set<TreeNode>();
  let saved = -1;
  for (const node of nodes.slice(fold.keepFirst ? 1 : 0)) {
    if (saved >= excess) break;
    if (node.kind !== kind) continue;
    folded.add(node);
    saved += linesIn([node]);
  }
  if (folded.size < 2) return [...nodes];
  const [first] = folded;
  const summary: TreeNode = {
    kind,
    mark: markOf(kind, symbols),
    label: `${folded.size} ${word}`,
    activity: '',
    time: '',
    tokens: '',
    trouble: undefined,
    children: [],
  };
  return nodes.flatMap((node) => {
    if (node === first) return [summary];
    return folded.has(node) ? [] : [node];
  });
}

function markOf(kind: TreeNode['kind'], symbols: Symbols): string {
  if (kind === 'done') return symbols.ok;
  if (kind === 'failed') return symbols.bad;
  return kind === 'skipped' ? symbols.skipped : symbols.waiting;
}

/** The same nodes; lines about trouble go first when even the open agents have no room. */
function withoutTrouble(nodes: readonly TreeNode[], room: number): readonly TreeNode[] {
  const open = nodes.filter(({ kind }) => kind === 'busy' || kind === 'asks');
  if (linesIn(open) <= room) return nodes;
  return nodes.map((node) => ({ ...node, trouble: undefined }));
}

function linesIn(nodes: readonly TreeNode[]): number {
  let lines = 0;
  for (const { trouble, children } of nodes) {
    lines += 1 + (trouble === undefined ? 0 : 1) + linesIn(children);
  }
  return lines;
}
