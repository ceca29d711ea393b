import type { Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { codemodeOf } from '../codemode/codemode.ts';
import { solveCall, solvedText, unsolved } from '../codemode/read-solve.ts';
import { readRepair } from '../creation/repair-answer.ts';
import { readDecision } from '../engines/decision.ts';
import { readJudgement } from '../evaluation/judge.ts';
import { checkNodeOutput, type NodeChecked } from '../nodes/check-node-output.ts';
import { hiddenFields, hideSensitive } from '../nodes/hide-fields.ts';
import { agentOf, policyOf } from '../plan-parts.ts';
import { readReview } from '../quality/read-review.ts';
import { schemaProblems } from '../schema.ts';
import { contractProblems } from '../submanagers/contract.ts';
import { checkWorker } from './check-worker.ts';
import { creationsIn, withRegistered } from './tools-created.ts';

/** Reads an answer once and says what was found; later parsers cannot change it. */
export async function readAnswer(state: RunState, frame: Frame): Promise<Fact[]> {
  const last = frame.transcript.at(-1);
  const text = last?.role === 'assistant' ? last.text : '';
  const { plan } = state;
  if (!plan) return [];
  if (frame.role === 'worker') {
    const { checks } = policyOf(plan, frame);
    const creations = creationsIn(plan, frame, text);
    if (creations) return [creations];
    const data = await checkWorker(state, { frame, text, checks });
    return [{ type: 'output.checked', agent: frame.id, data }];
  }
  if (frame.role === 'judge') {
    return [{ type: 'output.checked', agent: frame.id, data: readJudgement(text) }];
  }
  if (frame.role === 'repairer') {
    return [{ type: 'output.checked', agent: frame.id, data: readRepair(text) }];
  }
  if (frame.role === 'reviewer') {
    const { critique } = policyOf(plan, frame);
    const kind = frame.review?.kind ?? 'validation';
    const data = readReview(text, { kind }, critique?.categories ?? []);
    return [{ type: 'output.checked', agent: frame.id, data }];
  }
  if (frame.role === 'node') return readOutput(state, { plan, frame, text });
  return [await readTurn(plan, frame, text)];
}

interface Reading {
  plan: Plan;
  frame: Frame;
  text: string;
}

/** The output of a node's agent, without what it may not write and with hidden values hidden. */
async function readOutput(state: RunState, { plan, frame, text }: Reading): Promise<Fact[]> {
  const agent = agentOf(plan, frame);
  const codemode = codemodeOf(plan, frame);
  const program = codemode && solveCall(codemode, frame, text);
  if (program) return [program];
  const creations = creationsIn(plan, frame, text);
  if (creations) return [creations];
  const graph = state.graphs.get(frame.parent ?? '');
  const node = frame.node?.id ?? '';
  const sharing = graph?.plan.state.sharing;
  const from = { node, agent };
  const hidden = sharing ? hiddenFields(from, sharing) : new Set<string>();
  const { refused, ...checked } = await checkedOutput({ plan, frame, text }, hidden);
  const own = withRegistered(state, frame, checked.output);
  const output = sharing ? hideSensitive(from, sharing, own) : own;
  const said = { ...checked, output };
  const facts = refused.map((key): Fact => {
    const reason = 'the key belongs to the runtime';
    return { type: 'state.refused', agent: graph?.frame ?? '', data: { node, key, reason } };
  });
  return [...facts, { type: 'output.checked', agent: frame.id, data: said }];
}

/** What the answer says; in code mode what its program returned, as if that were the answer. */
async function checkedOutput(
  { plan, frame, text }: Reading,
  hidden: ReadonlySet<string>,
): Promise<NodeChecked> {
  const agent = agentOf(plan, frame);
  const codemode = codemodeOf(plan, frame);
  if (!codemode) return await checkNodeOutput(agent, text, hidden);
  const solved = solvedText(codemode, frame, { text, format: agent.output.format });
  if ('problem' in solved) return { ...unsolved(solved.problem), refused: [] };
  return await checkNodeOutput(agent, solved.text, hidden);
}

async function readTurn(plan: Plan, frame: Frame, text: string): Promise<Fact> {
  const agent = frame.id;
  const call = frame.call ?? '';
  const reading = readDecision(text, policyOf(plan, frame));
  if ('problem' in reading) {
    return { type: 'manager.rejected', agent, data: { call, reason: reading.problem } };
  }
  // The typed output is the run's: the manager of a node owes none.
  const isRoot = frame.parent === undefined;
  const problem = isRoot ? await outputProblem(plan, reading.decision) : undefined;
  if (problem !== undefined) {
    return { type: 'manager.rejected', agent, data: { call, reason: problem } };
  }
  const unmet = await contractProblems(frame, reading.decision);
  // Nothing is asked after a last turn: what it brought is kept, and what it misses is told.
  if (unmet.length > 0 && frame.purpose !== 'closing') {
    const reason = `"final_result" does not meet its contract: ${unmet.join('; ')}.`;
    return { type: 'manager.rejected', agent, data: { call, reason } };
  }
  const repaired = reading.repaired && { repaired: true };
  const problems = unmet.length > 0 && { problems: unmet };
  const data = { ...reading.decision, call, ...repaired, ...problems };
  return { type: 'manager.decided', agent, data };
}

/** Why a typed result does not fit; undefined when it does, or none was asked for. */
async function outputProblem(
  plan: Plan,
  decision: Extract<ReturnType<typeof readDecision>, { decision: unknown }>['decision'],
): Promise<string | undefined> {
  if (!plan.output || decision.decision !== 'complete') return undefined;
  if (!Object.hasOwn(decision.result, 'output')) {
    return '"final_result" has no field "output".';
  }
  const problems = await schemaProblems(plan.output, decision.result.output ?? null);
  return problems.length === 0 ? undefined : `"final_result.output": ${problems.join('; ')}.`;
}
