import type { Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { readDecision } from '../engines/decision.ts';
import { schemaProblems } from '../schema.ts';
import { checkOutput } from './check-output.ts';

/** Reads an answer once and says what was found; later parsers cannot change it. */
export async function readAnswer(plan: Plan, frame: Frame): Promise<Fact> {
  const last = frame.transcript.at(-1);
  const text = last?.role === 'assistant' ? last.text : '';
  const agent = frame.id;
  if (frame.role === 'worker') {
    return { type: 'output.checked', agent, data: await checkOutput(text, frame.contract) };
  }
  const call = frame.call ?? '';
  const reading = readDecision(text);
  if ('problem' in reading) {
    return { type: 'manager.rejected', agent, data: { call, reason: reading.problem } };
  }
  const problem = await outputProblem(plan, reading.decision);
  if (problem !== undefined) {
    return { type: 'manager.rejected', agent, data: { call, reason: problem } };
  }
  const repaired = reading.repaired && { repaired: true };
  return { type: 'manager.decided', agent, data: { ...reading.decision, call, ...repaired } };
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
