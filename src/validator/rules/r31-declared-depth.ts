import { nodeAt } from '../../base/yaml-node.ts';
import { loop } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { keyPlace, loopsOf } from '../view.ts';

/** R31: a delegation loop says how deep it may go. */
export const r31DeclaredDepth: Rule = {
  code: 'R31',
  title: 'a delegation loop declares `budget.max_depth`, a whole number from 0 on',
  severity: 'error',
  why: `A manager may hand parts of its task to sub-managers, and these again. How deep that may go is to be
said; 0 means no sub-managers. Without it the depth is 3, with a warning.`,
  bad: loop('budget: { max_loops: 5, max_depth: deep }'),
  good: loop('budget: { max_loops: 5, max_depth: 1 }'),

  check(workflow, report) {
    for (const { loop: config, at: key } of loopsOf(workflow)) {
      const at = nodeAt(config, 'budget', 'max_depth');
      if (!at) {
        const place = keyPlace(config, ['budget']) ?? key;
        const message = 'how deep delegation may go is not said; it is 3';
        report({
          at: place,
          severity: 'warning',
          message,
          help: 'add `max_depth: 1` to `budget`, or 0 for no sub-managers',
        });
        continue;
      }
      const value = at.kind === 'scalar' ? at.value : undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0) continue;
      const message = value === null ? 'depth cannot be unlimited' : 'this is not a depth';
      report({ at, message, help: 'write a whole number, 0 to 10' });
    }
  },
};
