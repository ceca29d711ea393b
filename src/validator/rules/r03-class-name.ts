import { scalarAt } from '../../base/yaml-node.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';

/** R3: the class of an agent, recommended only. */
export const r03ClassName: Rule = {
  code: 'R3',
  aliases: ['R3'],
  title: '`runtime.class_name` is `Agent` (recommended)',
  severity: 'info',
  why: 'Python runtimes look for a class of this name in `agent.py`. Here it has no meaning.',
  bad: agent({ rest: 'runtime: { class_name: Writer }' }),
  good: agent({ rest: 'runtime: { class_name: Agent }' }),

  check({ agents }, report) {
    for (const { tree } of agents.values()) {
      const at = scalarAt(tree, 'runtime', 'class_name');
      if (typeof at?.value !== 'string' || at.value === 'Agent') continue;
      const message = `the class is called \`${at.value}\`; \`Agent\` is usual`;
      report({ at, message, help: 'write `Agent` if Python runtimes are to run it too' });
    }
  },
};
