import { formatDuration } from '../../base/time.ts';
import { activeMsAt, ownMs } from '../../events/active-time.ts';
import type { EventOf, RunEvent, RunEventType } from '../../events/event.ts';
import { mainModel } from '../../events/plan.ts';
import { isRefusedDraft } from '../../events/refused-draft.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Clock } from '../../ports/effects.ts';
import { answerWords } from '../approvals/approval-text.ts';
import { counted } from '../diagnostics/summary.ts';
import type { Stream } from '../shell.ts';
import { oneLine } from '../text.ts';
import { lastLine } from './activity.ts';
import { formatTokens, limitText } from './figures.ts';
import { creationWriters } from './plain-creation.ts';
import { graphWriters, isLoser, isOneOfMany, runOf, tenthLine, whoAsks } from './plain-graph.ts';
import { loopWriters } from './plain-loop.ts';
import { called, short, type Writer } from './plain-words.ts';
import type { Progress } from './progress.ts';

/** Silence after which a line says that the run still goes on, in milliseconds. */
const HEARTBEAT_MS = 30_000;

/** One line for each key event, without any escape code, and a heartbeat in between. */
export function plainProgress(stream: Stream, clock: Clock): Progress {
  let current: RunState | undefined;
  let cancel = (): void => {};
  const rest = (): void => {
    cancel();
    cancel = clock.timer(HEARTBEAT_MS, () => {
      const activeMs = activeNow();
      if (current?.status === 'running' && !held) print(activeMs, heartbeat(current, activeMs));
      rest();
    });
  };
  /** Lines that come while a question has the terminal. */
  let held: string[] | undefined;
  const activeNow = (): number => (current ? activeMsAt(current, clock.now()) : 0);
  let last = 0;
  /** Clocks of computers are set back at times; lines are in their order all the same. */
  const print = (activeMs: number, text: string): void => {
    last = Math.max(last, activeMs);
    const line = `[${stamp(last)}] ${text}\n`;
    if (held) held.push(line);
    else stream.write(line);
  };
  const release = (): void => {
    for (const line of held ?? []) stream.write(line);
    held = undefined;
  };
  rest();
  return {
    begin() {},
    event(event, state) {
      current = state;
      const text = lineOf(event, state);
      if (text === undefined) return;
      print(state.activeMs, text);
      rest();
    },
    aside: (write) => write(),
    hold() {
      held ??= [];
      return release;
    },
    stopping() {
      print(activeNow(), 'stopping; a second Ctrl-C ends at once');
    },
    close() {
      release();
      cancel();
      cancel = () => {};
    },
  };
}

/** The line for an event, safe to print; undefined when it is not worth one. */
function lineOf(event: RunEvent, state: RunState): string | undefined {
  return write(event, state);
}

function write<T extends RunEventType>(event: EventOf<T>, state: RunState): string | undefined {
  const frame = event.agent === undefined ? undefined : state.frames.get(event.agent);
  const text = writers[event.type]?.(event, frame, state);
  return text === undefined ? undefined : oneLine(text);
}

/** Only the events that are worth a line. */
const writers: { [T in RunEventType]?: Writer<T> } = {
  ...graphWriters,
  ...loopWriters,
  ...creationWriters,

  'run.started': ({ run, data }) => {
    const { plan } = data;
    const model = mainModel(plan);
    const other = plan.worker?.model;
    const facts = [
      ...(plan.graph ? [`nodes=${plan.graph.nodes.length}`] : []),
      ...(model === '' ? [] : [`model=${model}`]),
      ...(other === undefined || other === model ? [] : [`worker-model=${other}`]),
      ...(data.simulated ? ['(simulated)'] : []),
      ...(plan.replay ? ['(replayed)'] : []),
    ];
    return [`run ${run} started`, ...facts].join(' ');
  },
  'run.resumed': ({ run, data: { raise, abandoned } }) => {
    const raised = Object.entries(raise ?? {}).map(([name, limit]) => ` ${name}=${limit}`);
    const lost =
      abandoned.length === 0 ? '' : `, ${counted(abandoned.length, 'call')} had been in flight`;
    return `run ${run} resumed${raised.join('')}${lost}`;
  },
  'run.finished': ({ run, data }) => {
    const reason = data.reason === undefined ? '' : ` reason=${data.reason}`;
    return `run ${run} ${data.status}${reason}`;
  },
  'run.stopped': ({ run, data }) => `run ${run} stopped: ${short(data.reason)}`,
  'run.paused': ({ run, data }, _frame, { status }) =>
    `run ${run} ${status === 'waiting' ? 'waits for a person' : `paused: ${short(data.reason)}`}`,
  'agent.started': (_event, frame, state) =>
    frame?.parent === undefined || isQuiet(frame, state) ? undefined : `${runOf(frame)} started`,
  'agent.finished': ({ data }, frame, state) => {
    if (frame?.parent === undefined || isReviewer(frame)) return undefined;
    if (isOneOfMany(frame, state)) return tenthLine(frame, state);
    const how = data.status === 'partial' ? `partial ${data.reason ?? ''}`.trim() : 'ok';
    return `${runOf(frame)} ${how}${figures(frame, state)}`;
  },
  'agent.failed': ({ data }, frame, state) => {
    if (isLoser(frame, state)) return undefined;
    if (frame?.parent !== undefined)
      return `${runOf(frame)} failed ${data.code}: ${short(data.message)}`;
    // What ends a graph was said of the node that did.
    if (frame?.role === 'graph') return undefined;
    return `${called(frame)} failed ${data.code}: ${short(data.message)}`;
  },
  'agent.skipped': ({ data: { worker, reason, guard } }, frame) => {
    if (guard !== 'turn-limit') return `worker ${worker} not started: ${short(reason)}`;
    // The manager is told of all of them together; there may be a hundred.
    const isFirst = frame?.notes.some((note) => note.endsWith(`: ${worker}`));
    return isFirst
      ? `${called(frame)} puts off workers from ${worker} on: ${short(reason)}`
      : undefined;
  },
  'manager.decided': ({ data }, frame) => {
    // What came of these is a line of its own.
    if (data.decision === 'plan' || data.decision === 'diagnose') return undefined;
    if (data.decision !== 'delegate') return `${called(frame)} decided: ${data.decision}`;
    const names = data.delegations.map(({ workerId }) => workerId).join(', ');
    return `${called(frame)} delegates to ${names}`;
  },
  'manager.rejected': ({ data }, frame) => `${called(frame)} is asked again: ${short(data.reason)}`,
  'model.failed': ({ data }, frame) => {
    const again =
      data.retryInMs === undefined ? '' : `; again in ${formatDuration(data.retryInMs)}`;
    return `${called(frame)} model call failed ${data.code}: ${short(data.message)}${again}`;
  },
  'model.switched': ({ data }, frame) =>
    `${called(frame)} goes on with ${data.to} in place of ${data.from} (${data.reason})`,
  'tool.returned': ({ data }, frame) =>
    data.ok || isRefusedDraft(data)
      ? undefined
      : `${called(frame)} ${data.tool} failed: ${short(lastLine(data.error ?? `status ${data.status}`))}`,
  'output.checked': ({ data }, frame) =>
    data.ok
      ? undefined
      : `${called(frame)} output is not right: ${short(data.problems.join('; '))}`,
  'budget.warned': ({ data: { dimension, used, limit, scope } }, _frame, state) =>
    `${budgetOf(scope, state)}: ${limitText(dimension, used)} of ${limitText(dimension, limit)} ${dimension} used`,
  'budget.exhausted': ({ data: { dimension, limit, scope } }, _frame, state) =>
    `${budgetOf(scope, state)}: the limit of ${limitText(dimension, limit)} ${dimension} is reached`,
  'security.denied': ({ data }, frame) => {
    const kind = data.kind === undefined ? '' : ` (${data.kind})`;
    return `${called(frame)} ${data.tool} denied${kind}: ${short(data.reason)}`;
  },
  'approval.requested': ({ data }, frame, state) => {
    const { id, tool, reason } = data;
    return `${whoAsks(data, frame, state)} waits for you: ${id} ${tool}: ${short(reason)}`;
  },
  'approval.resolved': ({ data }, frame, state) => {
    const tool = state.approvals.get(data.id)?.tool ?? '';
    const who = whoAsks({ call: data.call, tool }, frame, state);
    return `${who} ${data.id} ${tool} ${short(answerWords(data))}`;
  },
};

/** Whose budget it is: the run's, or that of a loop that is a node. */
function budgetOf(scope: string | undefined, { frames }: RunState): string {
  const loop = scope === undefined ? undefined : frames.get(scope);
  return loop ? `budget of ${loop.name}` : 'budget';
}

function heartbeat(state: RunState, activeMs: number): string {
  const open = [...state.openFrames]
    .map((id) => state.frames.get(id))
    .filter((frame) => frame !== undefined)
    .filter(isWorthNaming)
    .map((frame) => `${called(frame)} (${formatDuration(ownMs(frame, activeMs))})`);
  const shown = open.length > 5 ? [...open.slice(0, 5), `${open.length - 5} more`] : open;
  const { tokens } = state.ledger.used;
  const limit = state.limits.tokens === null ? '' : `/${state.limits.tokens}`;
  return oneLine(`still running: ${shown.join(', ') || 'starting'} tokens=${tokens}${limit}`);
}

function isQuiet(frame: Frame, state: RunState): boolean {
  return isReviewer(frame) || isOneOfMany(frame, state);
}

/** What a judge or a reviewer found, and what came of a repair, is told in a line of its own. */
function isReviewer({ role }: Frame): boolean {
  return role === 'judge' || role === 'reviewer' || role === 'repairer';
}

/** Who stands above others that are at work is told of by these. */
function isWorthNaming({ parent, open, role }: Frame): boolean {
  return open.size === 0 || (parent !== undefined && role !== 'graph');
}

function figures(frame: Frame, state: RunState): string {
  const { usage } = frame;
  const files = [...state.artifacts.values()]
    .filter(({ agent }) => agent === frame.id)
    .map(({ path }) => path);
  const time = formatDuration(ownMs(frame, state.activeMs));
  const used = usage.input + usage.output;
  const isFree = used === 0 && (frame.role === 'graph' || frame.role === 'step');
  const tokens = isFree ? '' : ` tokens=${formatTokens(used, usage.estimated)}`;
  return ` ${time}${tokens}${files.length === 0 ? '' : ` files=${files.join(',')}`}`;
}

/** Active time of the run as `mm:ss.d`; hours in front when there are any. */
function stamp(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const seconds = Math.floor(tenths / 10);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${two(minutes)}:${two(seconds % 60)}.${tenths % 10}`;
  return hours > 0 ? `${two(hours)}:${rest}` : rest;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
