import { replace } from '../../base/diagnostic.ts';
import { scalarAt } from '../../base/yaml-node.ts';
import { loop } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { loopsOf } from '../view.ts';

/** S9: budgets that leave nothing. */
export const s09ZeroBudget: Rule = {
  code: 'S9',
  title: 'a budget without which nothing can run is not zero',
  severity: 'error',
  why: `Zero is none: without turns, tokens or time nothing runs. Some Python releases read 0 as unlimited;
that is \`null\` here (decision 11).`,
  bad: loop('budget: { max_loops: 5, max_total_tokens: 0, max_depth: 1 }'),
  good: loop('budget: { max_loops: 5, max_total_tokens: null, max_depth: 1 }'),

  check(workflow, report) {
    for (const { loop: config } of loopsOf(workflow)) {
      for (const name of ['max_loops', 'max_total_tokens', 'max_wall_time']) {
        const at = scalarAt(config, 'budget', name);
        if (at?.value !== 0) continue;
        const fix = { title: 'write null', edits: [replace(at, 'null')] };
        report({
          at,
          message: `\`${name}: 0\` leaves nothing to run with`,
          help: 'write null for unlimited',
          fix,
        });
      }
    }
  },
};
