import type { JsonObject } from '../../base/json.ts';
import type { EventData, Fact } from '../../events/event.ts';
import { hasEnded } from '../../events/graph-nodes.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import { said } from '../agent/check-output.ts';
import type { Command } from '../command.ts';
import { evaluated, lowFinal } from '../evaluation/decide.ts';
import { stoppedNodes, toldAbove } from './graph-cut.ts';
import type { Look } from './graph-look.ts';
import { mapOut, outputsOf } from './graph-mapping.ts';

/** How a graph ends: status, and why it is not complete. */
type Ending = Pick<EventData['run.finished'], 'status' | 'reason' | 'message'>;

/**
 * Ends a graph that came to its end by itself. The result of the run is scored before, where that is
 * wanted: one that scores too low has failed, and its outputs are kept.
 */
export function closeGraph(look: Look): Command[] {
  const ending = endingOf(look);
  const { plan, state, frame } = look;
  if (frame.parent !== undefined || ending.status === 'failed') return endGraph(look, ending);
  const next = evaluated(plan, state, { frame, mayRepair: false });
  if (next.next === 'commands') return next.commands;
  const low = ending.status === 'complete' ? lowFinal(plan, state) : undefined;
  if (low === undefined) return endGraph(look, ending);
  return endGraph(look, { status: 'failed', reason: 'evaluation/failed', message: low });
}

/**
 * Ends a graph of which nothing is open: what has not ended is skipped, its outputs are its result.
 * How it ends is what became of its nodes, unless it is said.
 */
export function endGraph(look: Look, ending: Ending = endingOf(look)): Command[] {
  const facts = skipRest(look, ending);
  facts.push(...(look.frame.parent === undefined ? endRun(look, ending) : endNested(look, ending)));
  return [{ do: 'record', facts }];
}

function endingOf({ state, graph }: Look): Ending {
  const { exhausted } = state;
  if (exhausted) {
    const { dimension, limit } = exhausted;
    const shown = dimension === 'time' ? `${limit / 1000} s` : String(limit);
    const message = `the limit on ${dimension} (${shown}) is reached`;
    return { status: 'partial', reason: `budget/${dimension}`, message };
  }
  const { stopping, failure, failures } = graph;
  if (stopping) {
    const { node, code, message } = stopping;
    return { status: 'failed', reason: code, message: `${node} failed: ${message}` };
  }
  if (failure) {
    const others = failures > 1 ? ` (and ${failures - 1} more)` : '';
    const message = `${failure.node} failed: ${failure.message}${others}`;
    return { status: 'partial', reason: 'node/failed', message };
  }
  if (graph.left > 0) {
    const message = 'the nodes that are left wait for each other';
    return { status: 'failed', reason: 'node/cycle', message };
  }
  return { status: 'complete' };
}

/** Looks at all nodes, once in the life of a graph. */
function skipRest({ graph }: Look, { message = '' }: Ending): Fact[] {
  if (graph.left === 0) return [];
  const left = [...graph.nodes].flatMap(([node, one]) => (hasEnded(one) ? [] : [node]));
  return stoppedNodes(graph.frame, left, message);
}

function endRun(look: Look, ending: Ending): Fact[] {
  const { frame, graph } = look;
  const text = textOf(look, ending);
  const result = { ...graph.state };
  return [
    closed(frame.id, ending, { output: result, text, confidence: confidenceOf(graph) }),
    { type: 'run.finished', data: { ...ending, text, result } },
  ];
}

interface Result {
  output: JsonObject;
  text: string;
  confidence: number;
}

function closed(agent: string, ending: Ending, { output, text, confidence }: Result): Fact {
  const { status, reason: code = 'node/failed', message = '' } = ending;
  if (status === 'failed') {
    return { type: 'agent.failed', agent, data: { code, message, output, text } };
  }
  return { type: 'agent.finished', agent, data: { output, text, confidence, problems: [] } };
}

/** A sub-workflow is one unit: what a limit of the run cut off has failed (spec, runtime 2.2). */
function endNested(look: Look, ending: Ending): Fact[] {
  const { frame, graph } = look;
  const isCut = ending.reason?.startsWith('budget/') === true;
  const whole: Ending = isCut ? { ...ending, status: 'failed' } : ending;
  const mapped = whole.status === 'failed' ? { output: outputsOf(look) } : mapOut(look);
  const result = { text: textOf(look, whole), confidence: confidenceOf(graph) };
  if ('output' in mapped) {
    const end = closed(frame.id, whole, { ...result, output: mapped.output });
    return [toldAbove(look.frame, whole.status !== 'failed'), end];
  }
  const failed: Ending = {
    status: 'failed',
    reason: 'node/bad-mapping',
    message: mapped.problem,
  };
  const end = closed(frame.id, failed, { ...result, output: outputsOf(look) });
  return [...mapped.facts, toldAbove(look.frame, false), end];
}

/** What the last node said that no other depends on; before it, what went wrong. */
function textOf({ state, graph }: Look, { message }: Ending): string {
  const node = graph.nodes.get(graph.lastSink ?? graph.last ?? '');
  const text = node ? saidBy(state, node) : 'no node brought anything';
  return message === undefined ? text : `${message}\n${text}`;
}

function saidBy({ frames }: Look['state'], { main }: GraphNode): string {
  const { output = {}, last = '' } = main;
  const outcome = frames.get(last)?.outcome;
  if (outcome && outcome.output === output) return outcome.text;
  return said(output, JSON.stringify(output));
}

function confidenceOf({ nodes, lastSink, last }: Graph): number {
  return nodes.get(lastSink ?? last ?? '')?.main.confidence ?? 0;
}
