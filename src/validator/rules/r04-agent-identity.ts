import { scalarAt } from '../../base/yaml-node.ts';
import { agentName } from '../../models/workflow.ts';
import { agent, graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

const NODE = graph('- { id: writer, agent: writer }');

/** R4: an agent has one name everywhere. */
export const r04AgentIdentity: Rule = {
  code: 'R4',
  title: 'folder, node id and `identity.id` of an agent agree',
  severity: 'warning',
  why: `Results are kept under the id of the node, prompts and logs name the agent by its identity, and
files are found by the folder. One name for all three keeps them together.`,
  bad: {
    'workflow.awp.yaml': NODE,
    'agents/writer/agent.awp.yaml': agent({ id: 'author' })['agent.awp.yaml'],
  },
  good: {
    'workflow.awp.yaml': NODE,
    'agents/writer/agent.awp.yaml': agent({})['agent.awp.yaml'],
  },

  check(workflow, report) {
    // One agent may serve several nodes; only a single one must bear its name.
    const usedBy = new Map<string, string | undefined>();
    for (const { id, folder, kind } of graphOf(workflow)) {
      if (kind === 'agent') usedBy.set(folder, usedBy.has(folder) ? undefined : id);
    }
    for (const [folder, { tree }] of workflow.agents) {
      const at = scalarAt(tree, 'identity', 'id');
      if (typeof at?.value !== 'string') continue;
      const name = agentName(folder);
      if (workflow.whole && name !== at.value) {
        const message = `the agent is called \`${at.value}\`, its folder \`${name}\``;
        report({ at, message, help: `write \`${name}\`, or rename the folder` });
        continue;
      }
      const id = usedBy.get(folder);
      if (id === undefined || id === '' || id === at.value) continue;
      const message = `the agent is called \`${at.value}\`, its node \`${id}\``;
      report({ at, message, help: `write \`${id}\`, or rename the node` });
    }
  },
};
