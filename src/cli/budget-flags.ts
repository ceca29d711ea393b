import type { BudgetOptions } from '../data/options.ts';
import type { Arguments } from './command.ts';
import { BUDGET_FLAGS, parseLimit } from './values.ts';

/** The limits that `--budget.NAME` sets. Throws `usage/bad-value`. */
export function budgetFlags(args: Arguments): BudgetOptions {
  const limits = BUDGET_FLAGS.flatMap(({ name }) => {
    const text = args.text(`budget.${name}`);
    return text === undefined ? [] : [{ [name]: parseLimit(name, text) }];
  });
  return Object.assign({}, ...limits);
}
