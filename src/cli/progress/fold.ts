import type { Symbols } from '../style.ts';

/** One line of the tree, before it is drawn; all its text is safe to print. */
export interface TreeNode {
  kind: 'busy' | 'asks' | 'done' | 'failed' | 'waiting' | 'stopped';
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
  { kind: 'failed', word: 'failed' },
  { kind: 'waiting', word: 'waiting' },
  { kind: 'stopped', word: 'not finished' },
  { kind: 'busy', word: 'more at work' },
  { kind: 'asks', word: 'wait for you' },
];

/**
 * At most `room` lines of nodes: the oldest finished ones become one line such as `✓ 12 done`,
 * then failed ones, waiting ones, and at last those that work.
 */
export function foldNodes(
  nodes: readonly TreeNode[],
  room: number,
  symbols: Symbols,
): readonly TreeNode[] {
  let list = linesIn(nodes) > room ? withoutTrouble(nodes, room) : nodes;
  for (const { kind, word } of FOLDING) {
    const excess = linesIn(list) - room;
    if (excess <= 0) break;
    list = foldKind(list, { kind, word, excess, symbols });
  }
  return linesIn(list) > room
    ? list.slice(0, room).map((node) => ({ ...node, children: [] }))
    : list;
}

interface Fold {
  kind: TreeNode['kind'];
  word: string;
  /** Lines that are too many. */
  excess: number;
  symbols: Symbols;
}

function foldKind(nodes: readonly TreeNode[], { kind, word, excess, symbols }: Fold): TreeNode[] {
  const folded = new Set<TreeNode>();
  let saved = -1;
  // The first line is the root manager, which stays.
  for (const node of nodes.slice(1)) {
    if (saved >= excess) break;
    if (node.kind !== kind) continue;
    folded.add(node);
    saved += linesIn([node]);
  }
  if (folded.size < 2) return [...nodes];
  const [first] = folded;
  const summary: TreeNode = {
    kind,
    mark: kind === 'done' ? symbols.ok : kind === 'failed' ? symbols.bad : symbols.waiting,
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
