import type { Fact } from '../../events/event.ts';
import { reviewId } from '../../events/loop-results.ts';
import type { Limits } from '../../events/plan.ts';
import { scopesOf } from '../../events/scopes.ts';
import { costOf, highestPrice, promptTokens } from '../budget-tokens.ts';
import type { Command } from '../command.ts';
import { unused } from '../engines/decision.ts';
import { modelFor } from '../fallback.ts';
import type { Pass } from '../pass.ts';
import { policyOf, settingsOf } from '../plan-parts.ts';
import { type Needed, ownBudget } from './own-budget.ts';
import { reviewQuestion } from './review-prompt.ts';

/** How freely a reviewer answers (spec, runtime 4.5 and 8.2). */
const TEMPERATURE = 0.1;
/** Model calls of one reviewer: a question, its correction, and attempts at them. */
const CALLS = 4;
/** Tokens of an answer below which a question is not worth asking. */
const LEAST_ANSWER = 256;

type StartReview = Extract<Command, { do: 'start-review' }>;

/**
 * Admits a reviewer, with a budget of its own. When there is no room for it, it ends as soon as it has
 * started, which says why the result is not reviewed: it never blocks (spec, runtime 4.5).
 */
export function startReview(pass: Pass, command: StartReview): void {
  const { decided, context } = pass;
  const { frame: manager, result, kind } = command;
  const scope = reviewId(result.id, kind);
  const tokens = tokensOf(pass, command);
  const critique = kind === 'critique' ? policyOf(context.plan, manager).critique : undefined;
  const more = { calls: CALLS, ...costLimit(pass, command, tokens) };
  const own = ownBudget(pass, { manager, scope, tokens, more, critique });
  if (own === 'wait') {
    decided.blocked.push(manager.id);
    return;
  }
  if ('fact' in own) decided.facts.push(own.fact);
  decided.facts.push(started(pass, command));
  if ('fact' in own) return;
  const data = { code: 'worker/not-reviewed', message: own.reason };
  decided.facts.push({ type: 'agent.failed', agent: scope, data });
}

/** The fact that a reviewer starts. */
function started({ context, names }: Pass, { frame: manager, result, kind }: StartReview): Fact {
  const { plan, state } = context;
  const { agentKey } = manager;
  const review = { of: result.id, kind };
  const { model } = settingsOf(plan, { role: 'reviewer', agentKey, review });
  const prefix = kind === 'critique' ? 'critic' : 'check';
  const isTaken = (name: string): boolean => state.names.has(name) || names.has(name);
  const name = unused(`${prefix}_${result.name}`, isTaken);
  names.add(name);
  return {
    type: 'agent.started',
    agent: reviewId(result.id, kind),
    parent: manager.id,
    depth: manager.depth + 1,
    ...(result.loop !== undefined && { loop: result.loop }),
    data: {
      role: 'reviewer',
      ...(agentKey !== undefined && { agentKey }),
      ...{ name, model, temperature: TEMPERATURE, tools: [], instructions: '' },
      ...{ review, index: result.index },
    },
  };
}

/** Tokens of its question and answer; at most those of a correction, too. */
function tokensOf({ context }: Pass, { frame: manager, result, kind }: StartReview): Needed {
  const { plan, state } = context;
  const { agentKey } = manager;
  const messages = reviewQuestion(state, { plan, manager, result, kind });
  const prompt = promptTokens(messages, []);
  const review = { of: result.id, kind };
  const { maxOutputTokens } = settingsOf(plan, { role: 'reviewer', agentKey, review });
  return { least: prompt + LEAST_ANSWER, most: 2 * prompt + 3 * maxOutputTokens };
}

/** Money that it can use at most, where that is limited: a limit of its own, so that it ends alone. */
function costLimit(
  { context }: Pass,
  { frame: manager, result, kind }: StartReview,
  { most }: Needed,
): Partial<Limits> {
  const { plan, state } = context;
  if (scopesOf(state, manager).every(({ limits }) => limits.cost === null)) return {};
  const asker = {
    role: 'reviewer',
    agentKey: manager.agentKey,
    review: { of: result.id, kind },
  } as const;
  const model = modelFor(context, asker, settingsOf(plan, asker).model);
  const price = highestPrice(model?.price, most);
  const cost = costOf(price, { input: most, output: most });
  return cost === null ? {} : { cost };
}
