import { choiceHelp } from '../../base/nearest.ts';
import { itemsAt, nodeAt } from '../../base/yaml-node.ts';
import { METRIC_KINDS } from '../../models/evaluation.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn } from '../view.ts';

const metric = (kind: string): string =>
  manifest(
    `observability:\n  evaluation:\n    enabled: true\n    metrics:\n      - { name: length, kind: ${kind}, weight: 1 }`,
  );

/** R27: kinds of metric. */
export const r27MetricKinds: Rule = {
  code: 'R27',
  aliases: ['R27'],
  title: 'the `kind` of every metric is known',
  severity: 'error',
  why: `Both vocabularies are known: \`llm_rubric\`, \`deterministic\`, \`schema\`, \`budget\`, \`policy\` of the
specification and \`rubric_judge\`, \`deterministic_test\`, \`deterministic_assertion\`,
\`budget_utility\`, \`policy_score\` of the Python models.`,
  bad: metric('feeling'),
  good: metric('deterministic_test'),

  check({ manifest: document }, report) {
    const evaluation = nodeAt(document?.tree, 'observability', 'evaluation');
    if (!isOn(evaluation, 'enabled')) return;
    for (const metric of itemsAt(evaluation, 'metrics')) {
      if (metric.kind !== 'map') continue; // reported as that
      const at = nodeAt(metric, 'kind');
      const value = at?.kind === 'scalar' ? String(at.value) : undefined;
      if (METRIC_KINDS.some((kind) => kind === value)) continue;
      report({
        at: at ?? metric,
        message:
          value === undefined ? 'the metric has no kind' : `\`${value}\` is not a kind of metric`,
        help: choiceHelp(value, METRIC_KINDS),
      });
    }
  },
};
