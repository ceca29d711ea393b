import { itemsAt, nodeAt } from '../../base/yaml-node.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, keyPlace } from '../view.ts';

const weight = (value: number): string =>
  manifest(
    `observability:\n  evaluation:\n    enabled: true\n    metrics:\n      - { name: length, kind: budget, weight: ${value} }`,
  );

/** R29: weights of metrics. */
export const r29Weights: Rule = {
  code: 'R29',
  aliases: ['R29'],
  title: 'weights are >= 0 and at least one is > 0',
  severity: 'error',
  why: 'The score is the mean of the metrics by their weights: there must be something to divide by.',
  bad: weight(0),
  good: weight(2),

  check({ manifest: document }, report) {
    const evaluation = nodeAt(document?.tree, 'observability', 'evaluation');
    if (!isOn(evaluation, 'enabled')) return;
    const metrics = itemsAt(evaluation, 'metrics');
    let total = 0;
    let wrong = false;
    for (const metric of metrics) {
      const at = nodeAt(metric, 'weight');
      const value = at === undefined ? 1 : at.kind === 'scalar' ? at.value : undefined;
      if (typeof value === 'number' && value >= 0) total += value;
      else if (at) {
        wrong = true;
        report({ at, message: 'this is not a weight', help: 'write a number, 0 or more' });
      }
    }
    const at = keyPlace(document?.tree, ['observability', 'evaluation', 'metrics']);
    if (total > 0 || wrong || !at) return;
    const message =
      metrics.length === 0 ? 'there is nothing to score by' : 'no metric has a weight above 0';
    report({ at, message, help: 'give at least one metric a weight, such as `weight: 1`' });
  },
};
