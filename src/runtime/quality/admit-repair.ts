import type { Fact } from '../../events/event.ts';
import { repairId, resultOf } from '../../events/loop-results.ts';
import type { Command } from '../command.ts';
import { unused } from '../engines/decision.ts';
import type { Pass } from '../pass.ts';
import { policyOf } from '../plan-parts.ts';
import { ownBudget } from './own-budget.ts';
import { repairTask } from './repair-task.ts';
import { critiqueOf } from './scores.ts';
import { LEAST_REPAIR } from './share.ts';

type StartRepair = Extract<Command, { do: 'start-repair' }>;

/**
 * Admits a worker that goes over a result again: with everything that the worker had, its name for
 * rules of access included, and a budget out of the share for critique and repair. It counts as a worker.
 */
export function startRepair(pass: Pass, command: StartRepair): void {
  const { context, admission, decided } = pass;
  const { frame: manager, worker, attempt, tokens } = command;
  const { critique } = policyOf(context.plan, manager);
  if (!critique) return;
  const scope = repairId(worker.id, attempt);
  const needed = { least: LEAST_REPAIR, most: tokens };
  const own = ownBudget(pass, { manager, scope, tokens: needed, more: {}, critique });
  if (own === 'wait' || !('fact' in own) || admission.worker(manager) !== 'go') {
    // What it waits for is at work; when that has ended the engine looks again whether there is room.
    decided.blocked.push(manager.id);
    return;
  }
  decided.facts.push(own.fact, started(pass, command));
}

function started({ context, names }: Pass, { frame: manager, worker, attempt }: StartRepair): Fact {
  const { state } = context;
  const counted = resultOf(state, manager, worker.id) ?? worker;
  const critique = critiqueOf(manager, counted.id);
  const validated = manager.delegation?.reviews.get(worker.id)?.validated;
  const { agentKey, contract, model, temperature, tools, index } = worker;
  const isTaken = (name: string): boolean => state.names.has(name) || names.has(name);
  const name = unused(`${worker.name}_repair`, isTaken);
  names.add(name);
  return {
    type: 'agent.started',
    agent: repairId(worker.id, attempt),
    parent: manager.id,
    depth: worker.depth,
    ...(worker.loop !== undefined && { loop: worker.loop }),
    data: {
      role: 'worker',
      ...(agentKey !== undefined && { agentKey }),
      ...{ name, askedAs: worker.askedAs ?? worker.name },
      ...{ model, temperature, tools, index },
      instructions: critique
        ? repairTask(worker, counted, { critique, validated })
        : worker.instructions,
      ...(contract && { contract }),
      order: { ...worker.order, repairOf: worker.id },
    },
  };
}
