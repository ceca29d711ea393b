import { formatDuration } from '../../base/time.ts';
import type { AgentRole, EventOf } from '../../events/event.ts';
import { nodeIn, placeOf } from '../../events/graph-agents.ts';
import type { GraphEventData, LoopEnd } from '../../events/graph-events.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import { nodeRequest } from '../../events/node-requests.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { called, short, type Writer } from './plain-words.ts';

/** The instances of a fan-out with more are told of by tenths. */
const LOUD_INSTANCES = 20;

const ROLES: Readonly<Record<AgentRole, string>> = {
  manager: 'manager',
  worker: 'worker',
  node: 'node',
  step: 'step',
  graph: 'sub-workflow',
  judge: 'judge',
  reviewer: 'reviewer',
  repairer: 'repairer',
};

/** What a frame is called in a line about its start or end: `node 2.2 editor (round 2)`. */
export function runOf(frame: Frame): string {
  const { attempt = 1, round, instance } = frame.node ?? {};
  const facts = [
    ...(instance === undefined ? [] : [`item ${instance}`]),
    ...(round === undefined ? [] : [`round ${round}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ];
  const more = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return `${ROLES[frame.role]} ${called(frame)}${more}`;
}

/** Whether a frame is one of so many instances that each is not worth a line. */
export function isOneOfMany(frame: Frame, state: RunState): boolean {
  return frame.node?.instance !== undefined && countOf(frame, state) > LOUD_INSTANCES;
}

function countOf(frame: Frame, state: RunState): number {
  return placeOf(state, frame)?.node.fan?.count ?? 0;
}

/** Whether a frame is an instance that was stopped because nothing needed it any more. */
export function isLoser(frame: Frame | undefined, state: RunState): boolean {
  if (frame?.node?.instance === undefined || frame.outcome?.code !== 'node/stopped') return false;
  return placeOf(state, frame)?.node.fan?.over === true;
}

/** How far a large fan-out has come, once for each tenth. */
export function tenthLine(frame: Frame, state: RunState): string | undefined {
  const { node } = placeOf(state, frame) ?? {};
  if (!node?.fan) return undefined;
  const { ended, count, failed } = node.fan;
  const tenth = (done: number): number => Math.floor((done * 10) / count);
  if (tenth(ended) === tenth(ended - 1)) return undefined;
  return `${nodeName(state, frame.parent, node.plan.id)}: ${ended}/${count} items${failures(failed)}`;
}

/** Who waits for a person: the agent, or the node that the request is about. */
export function whoAsks(
  request: { call: string; tool: string },
  frame: Frame | undefined,
  state: RunState,
): string {
  const asked = nodeRequest(request);
  return asked ? nodeName(state, asked.frame, asked.node) : called(frame);
}

type GraphWriters = { [T in keyof GraphEventData]?: Writer<T> };

/** Lines for the facts of graphs. */
export const graphWriters: GraphWriters = {
  'node.failed': (event, _frame, state) => {
    const { code, action, instance } = event.data;
    const item = instance === undefined ? '' : ` item ${instance}`;
    const follows = instance === undefined ? `; ${FOLLOWS[action]}` : '';
    return `${named(event, state)}${item} gives up (${code})${follows}`;
  },
  'node.skipped': (event, _frame, state) => {
    const { reason, message } = event.data;
    return reason === 'stopped' ? undefined : `${named(event, state)} skipped: ${short(message)}`;
  },
  'node.retried': (event, _frame, state) => {
    const { attempt, inMs, code } = event.data;
    const when = inMs === 0 ? 'at once' : `in ${formatDuration(inMs)}`;
    return `${named(event, state)} is tried again ${when} (attempt ${attempt}, after ${code})`;
  },
  'node.degraded': (event, _frame, state) =>
    `${named(event, state)} ${replacement(event.data)} (after ${event.data.code})`,
  'expression.failed': (event, _frame, state) => {
    const { at, expression, message } = event.data;
    return `${named(event, state)} ${at} could not be evaluated: ${short(message)}: ${short(expression)}`;
  },
  'loop.finished': (event, _frame, state) => {
    const { rounds, reason } = event.data;
    const count = `${rounds} round${rounds === 1 ? '' : 's'}`;
    return `${named(event, state)} ended after ${count}: ${ENDS[reason]}`;
  },
  'fanout.started': (event, _frame, state) => `${named(event, state)}: ${event.data.count} items`,
  'fanout.finished': (event, _frame, state) => {
    const { node, count, failed, full } = event.data;
    const { ended = count } = nodeIn(state.graphs.get(event.agent ?? ''), node)?.node.fan ?? {};
    if (ended === count)
      return `${named(event, state)}: all ${count} items ended${failures(failed)}`;
    const why = full === undefined ? 'the others are not needed' : short(full);
    return `${named(event, state)}: ${ended}/${count} items ended${failures(failed)}; ${why}`;
  },
  'state.refused': (event, _frame, state) => {
    const { key, reason } = event.data;
    return `${named(event, state)}: "${short(key)}" was refused: ${short(reason)}`;
  },
  'output.scored': ({ data: { hook, target, score, verdict } }, _frame, { frames }) =>
    `score ${score === null ? 'none' : score.toFixed(2)} (${verdict}) for ${hook} of ${called(frames.get(target))}`,
};

const FOLLOWS: Readonly<Record<'stop' | 'continue' | 'skip', string>> = {
  stop: 'nothing new starts',
  continue: 'what needs it is skipped',
  skip: 'the others go on without it',
};

const ENDS: Readonly<Record<LoopEnd, string>> = {
  condition: 'its condition no longer holds',
  max: 'it has no more rounds',
  error: 'its condition could not be evaluated',
  person: 'a person ended it',
};

function replacement({ fallback, agent, ageMs }: GraphEventData['node.degraded']): string {
  if (fallback === 'agent') return `goes on with the agent ${agent}`;
  if (fallback === 'skip') return 'counts as empty';
  if (ageMs === undefined) return 'has no kept result that is young enough';
  return `takes a kept result, ${formatDuration(ageMs)} old`;
}

function failures(failed: number): string {
  return failed === 0 ? '' : `, ${failed} failed`;
}

function named(
  { agent, data }: Pick<EventOf<'node.skipped'>, 'agent'> & { data: { node: string } },
  state: RunState,
): string {
  return nodeName(state, agent, data.node);
}

/** A node as frames of it are called: place and id, below the frame of a sub-workflow. */
function nodeName(state: RunState, frame: string | undefined, id: string): string {
  const node: GraphNode | undefined = nodeIn(state.graphs.get(frame ?? ''), id)?.node;
  const isRoot = state.frames.get(frame ?? '')?.parent === undefined;
  return `${isRoot ? '' : `${frame}-`}${node?.place ?? ''} ${id}`.trimStart();
}
