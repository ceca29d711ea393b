import { sha256 } from '../../base/hash.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { RunContext } from '../context.ts';
import { unused } from '../engines/decision.ts';
import type { RepairWish } from './repair.ts';
import { repairQuestion } from './repair-prompt.ts';

/**
 * Id of the frame that repairs a draft. It follows from the call, the attempt and the draft, so that a
 * call that is made again after a crash finds its repairer, and a program that hands in something else
 * under the same call does not.
 */
export function repairerId({ frame, call, attempt, draft }: RepairWish): string {
  const { name, description, parameters, code, language, secrets } = draft;
  const key = [call, name, description, parameters, code, language, [...secrets]];
  return `${frame.id}-m${attempt}-${sha256(canonicalJson(key)).slice(0, 12)}`;
}

/**
 * The facts that repairers start, each below the agent whose draft it is and with that one's model. They
 * count as no workers, and need no room of their own: their questions are admitted as those of all.
 */
export function startRepairers({ plan, state }: RunContext, wishes: readonly RepairWish[]): Fact[] {
  const names = new Set<string>();
  return wishes.map((wish): Fact => {
    const { frame, call, attempt } = wish;
    const name = unused(
      `repair_${frame.name}`,
      (taken) => state.names.has(taken) || names.has(taken),
    );
    names.add(name);
    return {
      type: 'agent.started',
      agent: repairerId(wish),
      parent: frame.id,
      depth: frame.depth + 1,
      ...(frame.loop !== undefined && { loop: frame.loop }),
      data: {
        role: 'repairer',
        ...(frame.agentKey !== undefined && { agentKey: frame.agentKey }),
        ...{ name, model: frame.model, temperature: 0, tools: [] },
        instructions: repairQuestion(plan, wish),
        mends: { call, attempt, as: frame.role === 'node' ? 'node' : 'worker' },
        index: attempt,
      },
    };
  });
}
