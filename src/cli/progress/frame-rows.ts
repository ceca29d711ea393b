import { formatDuration } from '../../base/time.ts';
import { ownMs } from '../../events/active-time.ts';
import { pendingOf } from '../../events/loop-requests.ts';
import type { Approval, Frame, RunState } from '../../events/state.ts';
import type { Style, Symbols } from '../style.ts';
import { oneLine } from '../text.ts';
import { type ActivityFacts, activityOf, troubleOf } from './activity.ts';
import { formatTokens } from './figures.ts';
import type { TreeNode } from './fold.ts';

/** What rows of the tree are made from. */
export interface RowView {
  state: RunState;
  /** Milliseconds since 1970. */
  now: number;
  /** Active time of the run at `now`, in milliseconds. */
  activeMs: number;
  style: Style;
  /** The log has no end, but nobody works on the run any more. */
  interrupted?: boolean;
}

/** Who belongs to whom in a run, gathered once for a drawing. */
export interface Family {
  /** Frames by the id of their parent, in the order of their starts. */
  children: ReadonlyMap<string, readonly Frame[]>;
  /** Paths of artifacts by the id of the frame that wrote them. */
  files: ReadonlyMap<string, readonly string[]>;
  /** Requests that wait for a person, by the id of the frame that made them. */
  asked: ReadonlyMap<string, readonly Approval[]>;
}

/** The family of a run's frames. Linear. */
export function familyOf(state: RunState): Family {
  const children = new Map<string, Frame[]>();
  for (const frame of state.frames.values()) push(children, frame.parent ?? '', frame);
  const files = new Map<string, string[]>();
  for (const { agent, path } of state.artifacts.values()) push(files, agent, path);
  const asked = new Map<string, Approval[]>();
  for (const approval of pendingOf(state)) push(asked, approval.agent, approval);
  return { children, files, asked };
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Whether nothing of the run moves any more. */
export function halted({ state, interrupted }: Pick<RowView, 'state' | 'interrupted'>): boolean {
  return state.status !== 'running' || interrupted === true;
}

/** The picture of the spinner at a time. */
export function spinner(symbols: Symbols, now: number): string {
  return symbols.busy[Math.floor(now / 250) % symbols.busy.length] ?? '';
}

/** Levels below a row that are drawn; a log that nests deeper is no work of ours. */
const MAX_LEVELS = 20;

/** The row of an agent, with those below it. Judges are shown only while they are not content. */
export function frameRow(frame: Frame, family: Family, view: RowView): TreeNode {
  return rowAt(frame, { family, view, level: 0 });
}

interface Place {
  family: Family;
  view: RowView;
  level: number;
}

function rowAt(frame: Frame, { family, view, level }: Place): TreeNode {
  const { activeMs, style } = view;
  const { outcome, usage, parent, id, name } = frame;
  const tokens = usage.input + usage.output;
  const asked = family.asked.get(id) ?? [];
  const { kind, mark } = standing(frame, asked.length > 0, view);
  return {
    ...{ kind, mark },
    label: oneLine(parent === undefined ? name : `${id} ${name}`),
    activity: activityIn(frame, family, view),
    time: formatDuration(ownMs(frame, activeMs)),
    tokens: tokens === 0 ? '' : formatTokens(tokens, usage.estimated),
    trouble: outcome === undefined ? troubleOf(frame) : undefined,
    children: [
      ...childrenOf(frame, family, level).map((child) =>
        rowAt(child, { family, view, level: level + 1 }),
      ),
      ...waitingRows(frame, style.symbols, halted(view)),
    ],
  };
}

/** Agents that are not worth a row when they ended well. */
const HELPERS: ReadonlySet<Frame['role']> = new Set(['judge', 'reviewer', 'repairer']);

function childrenOf({ id }: Frame, { children }: Family, level: number): readonly Frame[] {
  if (level >= MAX_LEVELS) return [];
  return (children.get(id) ?? []).filter(({ role, outcome }) => !HELPERS.has(role) || !outcome?.ok);
}

/** What an agent is doing or has done; one of a run that stands still has not finished. */
export function activityIn(frame: Frame, family: Family, view: RowView): string {
  const asked = family.asked.get(frame.id) ?? [];
  if (frame.outcome === undefined && asked.length === 0 && halted(view)) return 'not finished';
  const facts: ActivityFacts = {
    now: view.now,
    files: family.files.get(frame.id) ?? [],
    asked,
    symbols: view.style.symbols,
  };
  return activityOf(frame, facts);
}

function standing(
  { outcome }: Frame,
  asks: boolean,
  view: RowView,
): Pick<TreeNode, 'kind' | 'mark'> {
  const { symbols } = view.style;
  if (outcome?.ok) return { kind: 'done', mark: symbols.ok };
  if (outcome?.code === 'node/stopped') return { kind: 'stopped', mark: symbols.stopped };
  if (outcome) return { kind: 'failed', mark: symbols.bad };
  if (asks) return { kind: 'asks', mark: symbols.warn };
  if (halted(view)) return { kind: 'stopped', mark: symbols.stopped };
  return { kind: 'busy', mark: spinner(symbols, view.now) };
}

/** Workers that their manager wants and that have not started. */
function waitingRows(frame: Frame, symbols: Symbols, isHalted: boolean): TreeNode[] {
  return frame.waiting.map(({ envelope: { workerId } }) => ({
    kind: 'waiting',
    mark: symbols.waiting,
    label: oneLine(workerId),
    activity: isHalted ? 'not started' : 'waiting',
    time: '',
    tokens: '',
    trouble: undefined,
    children: [],
  }));
}
