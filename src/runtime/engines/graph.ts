import type { Fact } from '../../events/event.ts';
import { tryOf } from '../../events/graph-fold-repeat.ts';
import { hasEnded } from '../../events/graph-nodes.ts';
import type { GraphNode, Later } from '../../events/graph-state.ts';
import { NODE_REQUESTS } from '../../events/node-requests.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { onceStopped } from './graph-cut.ts';
import { eligible } from './graph-eligible.ts';
import { closeGraph, endGraph } from './graph-end.ts';
import { nextInFanOut } from './graph-fan.ts';
import { finishing } from './graph-finish.ts';
import { type Look, lookAt, type Moment } from './graph-look.ts';
import { nextInLoop } from './graph-loop.ts';
import { isHeldBack } from './graph-rates.ts';
import { nextOfTry } from './graph-try.ts';

/**
 * What a graph does next: nodes at work that something happened to, tries whose time has come, nodes
 * that wait for room, its end. Pure; costs what it looks at, never the whole graph but at its end. An
 * empty list means that something is still out.
 */
export function nextInGraph(moment: Moment, frame: Frame): Command[] {
  const graph = moment.state.graphs.get(frame.id);
  if (!graph) return [noGraph(frame)];
  const look = lookAt(moment, frame, graph);
  if (isStopped(look)) return stopGraph(look);
  const { due, next } = tries(look);
  const commands: Command[] = [];
  for (const id of new Set([...graph.ready, ...due])) commands.push(...nextOfNode(look, id));
  commands.push(...fromQueue(look));
  if (commands.length === 0 && isOver(look)) return closeGraph(look);
  const until = Math.min(next ?? Infinity, look.heldUntil ?? Infinity);
  if (until < Infinity) commands.push({ do: 'wait', frame: frame.id, until });
  return [...onceStopped(look.state, commands)];
}

/** Whether a failure stops what is at work; a limit lets it end. */
function isStopped({ graph, state }: Look): boolean {
  if (!graph.stopping) return false;
  return !(state.exhausted && graph.stopping.code.startsWith('budget/'));
}

/** Agents at work, and its own calls, are stopped first; the graph ends when nothing is open. */
function stopGraph(look: Look): Command[] {
  const { frame, graph } = look;
  const message = `it was stopped because ${graph.stopping?.node} failed`;
  const why = { code: 'node/stopped', message };
  const stops: Command[] = [];
  if (frame.open.size > 0) stops.push({ do: 'stop-frames', frames: [...frame.open], ...why });
  if (isCalling(look)) stops.push({ do: 'cut-calls', frame: frame.id, ...why });
  return stops.length === 0 ? endGraph(look) : stops;
}

/** Whether a tool is at work that puts results together. */
function isCalling({ state, frame }: Look): boolean {
  return [...state.inFlight.values()].some((effect) => effect.frame === frame.id);
}

/** Nodes with tries whose time has come, and when the next one's comes. */
function tries({ graph, closing, now }: Look): { due: string[]; next: number | undefined } {
  const due: string[] = [];
  let next: number | undefined;
  if (closing) return { due, next };
  const waits = ({ node, instance, at }: Later): boolean => {
    const one = graph.nodes.get(node);
    return one !== undefined && !hasEnded(one) && tryOf(one, instance)?.retryAt === at;
  };
  graph.later.visit((later) => {
    if (!waits(later)) return true;
    if (later.at > now) {
      next = Math.min(next ?? later.at, later.at);
      return false;
    }
    due.push(later.node);
    return true;
  });
  return { due, next };
}

/** What a node at work does next. */
function nextOfNode(look: Look, id: string): Command[] {
  const node = look.graph.nodes.get(id);
  if (!node || hasEnded(node) || node.held !== undefined) return [];
  return work(look, node);
}

function work(look: Look, node: GraphNode): Command[] {
  const { main, plan } = node;
  const isRefused = main.failure?.code === 'approval/rejected';
  if (plan.fanOut && !isRefused) return nextInFanOut(look, node);
  if (plan.repeat && !isRefused) return nextInLoop(look, node);
  const { output, confidence, last: from, failure } = main;
  if (output && !failure) return finishing(look, node, { output, confidence, from });
  return nextOfTry(look, node);
}

/** Starts or skips nodes that nothing stands before, for as long as there is room. */
function fromQueue(look: Look): Command[] {
  const { graph } = look;
  const commands: Command[] = [];
  for (const id of graph.queue) {
    if (look.room <= 0) break;
    const node = graph.nodes.get(id);
    if (node && !isHeldBack(look, node)) commands.push(...begin(look, node));
  }
  return commands;
}

function begin(look: Look, node: GraphNode): Command[] {
  const { graph } = look;
  const { id, approval } = node.plan;
  const { facts, skip } = eligible(look, node);
  if (skip) facts.push({ type: 'node.skipped', agent: graph.frame, data: { node: id, ...skip } });
  const told: Command[] = facts.length > 0 ? [{ do: 'record', facts }] : [];
  if (skip) return told;
  if (approval === 'before' && !node.approved) {
    return [...told, { do: 'ask-person', graph, node: id, about: 'before', args: { node: id } }];
  }
  return [...told, ...work(look, node)];
}

/** Whether nothing is out any more and nothing will start. */
function isOver(look: Look): boolean {
  const { graph, frame, closing } = look;
  if (frame.open.size > 0 || waitsForPerson(look) || isCalling(look)) return false;
  return (
    graph.left === 0 ||
    closing ||
    (graph.ready.size === 0 && graph.queue.size === 0 && graph.open === 0)
  );
}

/** Whether an answer would still be of use: what may not start any more needs none. */
function waitsForPerson({ graph, state, closing }: Look): boolean {
  if (graph.held === 0 || !closing) return graph.held > 0;
  const isOutput = ({ held }: GraphNode): boolean =>
    state.approvals.get(held ?? '')?.tool === NODE_REQUESTS.after;
  return [...graph.nodes.values()].some(isOutput);
}

function noGraph({ id, parent }: Frame): Command {
  const failure = { code: 'internal/bug', message: 'the plan has no such graph' };
  const facts: Fact[] = [{ type: 'agent.failed', agent: id, data: failure }];
  const { code: reason, message } = failure;
  const data = { status: 'failed', reason, message, text: message, result: {} } as const;
  if (parent === undefined) facts.push({ type: 'run.finished', data });
  return { do: 'record', facts };
}
