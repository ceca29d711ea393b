import { isTrue } from '../../base/expression/evaluate.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { LoopEnd } from '../../events/graph-events.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { PlanRepeat } from '../../events/plan-graph.ts';
import type { Command } from '../command.ts';
import { failing, limitReached } from './graph-cut.ts';
import { valueIn } from './graph-expression.ts';
import { finishing, type NodeResult } from './graph-finish.ts';
import type { Look } from './graph-look.ts';
import { stateWith } from './graph-loop-state.ts';
import { nextOfTry } from './graph-try.ts';

/**
 * What a node with a loop does next (spec, runtime 2.7; decision 27): rounds one after the other, for
 * as long as its condition is true and there are fewer than the most. A round is tried again and
 * replaced as a node without a loop is. Before each round but the first an interactive loop asks a
 * person.
 */
export function nextInLoop(look: Look, node: GraphNode): Command[] {
  const { main, plan, loop, loopEnd } = node;
  if (!plan.repeat) return [];
  if (loop === undefined) return [begin(look, node, plan.repeat), ...nextOfTry(look, node)];
  if (loop === 'finished') return finishing(look, node, resultOf(node));
  if (loopEnd) return end(look, node, loopEnd);
  if (main.output && !main.failure) return afterRound(look, node, plan.repeat);
  if (main.open === undefined && !main.failure && node.rounds.length > 0) {
    return beforeRound(look, node, plan.repeat);
  }
  return withRounds(node, nextOfTry(look, node));
}

function begin({ graph }: Look, { plan }: GraphNode, { max }: PlanRepeat): Command {
  const data = { node: plan.id, max };
  return { do: 'record', facts: [{ type: 'loop.started', agent: graph.frame, data }] };
}

/** A person is asked first where one must; a limit of the run lets no other round start. */
function beforeRound(look: Look, node: GraphNode, repeat: PlanRepeat): Command[] {
  const limit = limitReached(look);
  if (limit) return [failing(look, node, { ...limit, output: resultOf(node).output })];
  if (!repeat.interactive || node.said !== undefined) return nextOfTry(look, node);
  const { graph } = look;
  const args = questionOf(node, repeat);
  return [{ do: 'ask-person', graph, node: node.plan.id, about: 'input', args }];
}

function questionOf({ rounds }: GraphNode, { promptField, inputChannel }: PlanRepeat): JsonObject {
  const last = rounds.at(-1)?.output ?? {};
  const field = promptField ?? '';
  const prompt = Object.hasOwn(last, field) ? (last[field] ?? null) : last;
  const channel = inputChannel === undefined ? {} : { channel: inputChannel };
  return { prompt, round: rounds.length + 1, ...channel };
}

function afterRound(look: Look, node: GraphNode, repeat: PlanRepeat): Command[] {
  const { graph } = look;
  const { id } = node.plan;
  const { output = {}, confidence, last: from = '' } = node.main;
  const round = node.rounds.length + 1;
  const facts: Fact[] = [];
  const reason =
    afterCondition(look, { node, result: output, facts }, repeat) ??
    (round >= repeat.max ? 'max' : undefined);
  const goesOn = reason === undefined;
  const data = { node: id, round, from, goesOn, ...(reason && { reason }) };
  facts.push({ type: 'loop.repeated', agent: graph.frame, data });
  const told: Command = { do: 'record', facts };
  if (!reason) return [told];
  const rounds = [...node.rounds, { output, confidence }];
  return [told, ...end(look, { ...node, rounds }, reason)];
}

interface Round {
  node: GraphNode;
  result: JsonObject;
  facts: Fact[];
}

/** Whether the condition ends the loop: it is not true, or has no value. */
function afterCondition(
  look: Look,
  { node, result, facts }: Round,
  { condition }: PlanRepeat,
): LoopEnd | undefined {
  if (condition === undefined) return undefined;
  const { graph } = look;
  const { id } = node.plan;
  const state = stateWith(graph, condition, { key: id, value: result });
  const names = new Map<string, Json>([
    ['state', state],
    ['result', result],
  ]);
  const value = valueIn(look, { at: 'loop.condition', text: condition, names });
  if ('value' in value) return isTrue(value.value) ? undefined : 'condition';
  const data = { node: id, at: 'loop.condition', expression: condition, message: value.problem };
  if (!node.saidFailed?.has(condition)) {
    facts.push({ type: 'expression.failed', agent: graph.frame, data });
  }
  return 'error';
}

function end(look: Look, node: GraphNode, reason: LoopEnd): Command[] {
  const data = { node: node.plan.id, rounds: node.rounds.length, reason };
  const said: Command = {
    do: 'record',
    facts: [{ type: 'loop.finished', agent: look.graph.frame, data }],
  };
  return [said, ...finishing(look, node, resultOf(node))];
}

/** The last round's output, with all of them in order. */
function resultOf({ rounds }: GraphNode): NodeResult {
  const { output, confidence } = rounds.at(-1) ?? { output: {}, confidence: 0 };
  const history = rounds.map((round) => round.output);
  return {
    output: { ...output, _loop_iterations: rounds.length, _loop_history: history },
    confidence,
  };
}

/** Rounds that ended well are kept where a later one fails for good. */
function withRounds(node: GraphNode, commands: Command[]): Command[] {
  if (node.rounds.length === 0) return commands;
  return commands.map((command) => {
    if (command.do !== 'record') return command;
    const facts = command.facts.map((fact) => {
      if (fact.type !== 'node.failed') return fact;
      return { ...fact, data: { ...fact.data, output: resultOf(node).output } };
    });
    return { ...command, facts };
  });
}
