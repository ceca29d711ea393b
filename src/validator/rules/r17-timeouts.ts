import type { Finding } from '../../base/diagnostic.ts';
import { nodeAt, scalarAt, type YamlNode } from '../../base/yaml-node.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

/** `timeout_total` when nothing is written, in seconds (runtime 2.1). */
const DEFAULT_TOTAL = 300;

const execution = (times: string): string =>
  graph('- { id: writer, agent: writer }', `  execution: { ${times} }`);

/** R17: timeouts make sense. */
export const r17Timeouts: Rule = {
  code: 'R17',
  title: 'timeouts are positive, and an agent gets no more time than the whole run',
  severity: 'error',
  why: `Times are in seconds. \`timeout_per_agent\` above \`timeout_total\` can never be used up, which is
hardly meant: a warning.`,
  bad: execution('timeout_per_agent: 0'),
  good: execution('timeout_per_agent: 60, timeout_total: 300'),
  enforced:
    'When time is up the agent is stopped with its model call, tools and box, and `on_failure` applies: in the DAG engine; wall time of a delegation loop by runtime/budget.ts.',

  check(workflow, report) {
    const execution = nodeAt(workflow.manifest?.tree, 'orchestration', 'execution');
    for (const name of ['timeout_per_agent', 'timeout_total', 'timeout_idle']) {
      positive(nodeAt(execution, name), report);
    }
    for (const { node } of graphOf(workflow)) positive(nodeAt(node, 'timeout'), report);
    const agent = scalarAt(execution, 'timeout_per_agent');
    const total = scalarAt(execution, 'timeout_total');
    // Only what is written is compared: a short run need not say what its agents get.
    const most = total ? total.value : DEFAULT_TOTAL;
    if (typeof agent?.value !== 'number' || typeof most !== 'number') return;
    if (agent.value <= most) return;
    report({
      at: agent,
      severity: 'warning',
      message: `an agent gets ${agent.value} s, the whole run only ${most} s`,
      help: total
        ? 'lower this one or raise `timeout_total`'
        : 'lower it, or write `timeout_total`',
      related: total ? [{ message: 'the limit of the run', at: total }] : [],
    });
  },
};

function positive(at: YamlNode | undefined, report: (finding: Finding) => void): void {
  if (!at || (at.kind === 'scalar' && typeof at.value === 'number' && at.value > 0)) return;
  const value = at.kind === 'scalar' ? `\`${String(at.value)}\`` : 'this';
  report({ at, message: `${value} is not a time`, help: 'write seconds, more than 0' });
}
