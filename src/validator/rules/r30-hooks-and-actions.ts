import type { Finding } from '../../base/diagnostic.ts';
import { itemsAt, nodeAt, type YamlNode } from '../../base/yaml-node.ts';
import { RETRY_ACTIONS, STEP_HOOKS } from '../../models/evaluation.ts';
import { choiceProblem } from '../choice.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn } from '../view.ts';

const hooks = (hook: string): string =>
  manifest(
    `observability:\n  evaluation:\n    enabled: true\n    metrics: [{ name: length, kind: budget, weight: 1 }]\n    step_scores: { enabled: true, hooks: [${hook}] }`,
  );

/** R30: hooks and actions of the evaluation. */
export const r30HooksAndActions: Rule = {
  code: 'R30',
  aliases: ['R30'],
  title: 'step hooks and retry actions are known',
  severity: 'error',
  why: `Steps can be scored at ${STEP_HOOKS.join(', ')}; a low score can lead to ${RETRY_ACTIONS.join(', ')}.
The key is \`hooks\`, because YAML 1.1 reads \`on\` as true.`,
  bad: hooks('worker_start'),
  good: hooks('worker_result'),

  check({ manifest: document }, report) {
    const evaluation = nodeAt(document?.tree, 'observability', 'evaluation');
    if (!isOn(evaluation, 'enabled')) return;
    const hooks = nodeAt(evaluation, 'step_scores', 'hooks');
    if (hooks && hooks.kind !== 'list') {
      report({ at: hooks, message: 'hooks are a list', help: `write [${STEP_HOOKS[0]}]` });
    }
    for (const at of itemsAt(hooks)) known(at, STEP_HOOKS, report);
    for (const name of ['below_retry', 'below_fail']) {
      const at = nodeAt(evaluation, 'retry_policy', 'actions', name);
      if (at) known(at, RETRY_ACTIONS, report);
    }
  },
};

function known(at: YamlNode, values: readonly string[], report: (finding: Finding) => void): void {
  const problem = choiceProblem(at, values, 'is not known here');
  if (problem) report(problem);
}
