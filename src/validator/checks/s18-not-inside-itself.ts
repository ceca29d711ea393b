import type { Finding } from '../../base/diagnostic.ts';
import { normalPath } from '../../base/paths.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type SubworkflowUse, subworkflowsOf } from '../view.ts';

const WEATHER = graph(
  '- { id: author, type: delegation_loop, config: { budget: { max_depth: 0 } } }',
);
const includes = (path: string): Record<string, string> => ({
  'workflow.awp.yaml': graph(`- { id: weather, subworkflow: ${path} }`),
  'workflows/weather/workflow.awp.yaml': WEATHER.replace('name: news-digest', 'name: weather'),
});

/** How a workflow names itself. */
const OWN: ReadonlySet<string> = new Set(['', 'workflow.awp.yaml']);

/** S18: workflows inside of themselves. */
export const s18NotInsideItself: Rule = {
  code: 'S18',
  title: 'a workflow does not include itself',
  severity: 'error',
  why: `It would never end. A node that is to be repeated has a \`loop\`; agents that start agents of their own
are a \`delegation_loop\`. A run refuses such a workflow with \`spec/recursive-workflow\`.`,
  bad: includes('.'),
  good: includes('workflows/weather'),

  check(workflow, report) {
    for (const use of subworkflowsOf(workflow)) {
      if (OWN.has(normalPath(use.path))) report(insideItself(use));
    }
  },
};

/** The finding about a node that is a workflow around it. */
export function insideItself({ at }: SubworkflowUse): Finding {
  return {
    at,
    message: 'the workflow includes itself',
    help: 'name another workflow, or repeat a node with `loop`',
  };
}
