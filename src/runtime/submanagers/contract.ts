import type { Decision } from '../../events/decision.ts';
import type { Frame } from '../../events/state.ts';
import { checkOutput } from '../agent/check-output.ts';

/**
 * What the result of a sub-manager misses of the contract that its delegation came with; empty when it
 * has none, or does not end with a result.
 */
export async function contractProblems(
  { contract }: Pick<Frame, 'contract'>,
  decision: Decision,
): Promise<readonly string[]> {
  if (!contract || decision.decision !== 'complete') return [];
  const text = JSON.stringify(decision.result);
  const held = await checkOutput(text, { contract, checks: ['schema', 'required_fields'] });
  return held.problems;
}
