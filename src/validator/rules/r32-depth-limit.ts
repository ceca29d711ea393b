import { scalarAt } from '../../base/yaml-node.ts';
import { loop } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { loopsOf } from '../view.ts';

/** R32: a delegation loop does not go too deep. */
export const r32DepthLimit: Rule = {
  code: 'R32',
  title: '`max_depth` is at most 10; more than 5 is a warning',
  severity: 'error',
  why: 'Every level costs a manager with its prompt, and what is found at the bottom is told on at each level.',
  bad: loop('budget: { max_loops: 5, max_depth: 12 }'),
  good: loop('budget: { max_loops: 5, max_depth: 2 }'),

  check(workflow, report) {
    for (const { loop: config } of loopsOf(workflow)) {
      const at = scalarAt(config, 'budget', 'max_depth');
      if (typeof at?.value !== 'number' || at.value <= 5) continue;
      const message = `${at.value} levels of managers are ${at.value > 10 ? 'too many' : 'a lot'}`;
      const severity = at.value > 10 ? 'error' : 'warning';
      report({ at, severity, message, help: 'two or three are usually enough; 10 is the most' });
    }
  },
};
