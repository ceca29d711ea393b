import type { Finding } from '../../base/diagnostic.ts';
import { nearest } from '../../base/nearest.ts';
import { scalarAt } from '../../base/yaml-node.ts';
import { agentFolder, type Workflow } from '../../models/workflow.ts';
import { agent, graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf, loopsOf } from '../view.ts';

/** R8: agents have their files. */
export const r08AgentFiles: Rule = {
  code: 'R8',
  aliases: ['R5', 'R9', 'R11'],
  title: 'every agent that is named has its `agent.awp.yaml`',
  severity: 'error',
  why: `A node of the graph is an agent, and an agent is a folder with an \`agent.awp.yaml\` (or the older
\`agent.yaml\`). Nodes of type \`delegation_loop\` and sub-workflows need none. A delegation loop whose
manager has no folder is led by the built-in manager.`,
  bad: {
    'workflow.awp.yaml': graph('- { id: writer, agent: writer }'),
    'agents/writers/agent.awp.yaml': agent({ id: 'writers' })['agent.awp.yaml'],
  },
  good: {
    'workflow.awp.yaml': graph('- { id: writer, agent: writer }'),
    'agents/writer/agent.awp.yaml': agent({})['agent.awp.yaml'],
  },

  check(workflow, report) {
    for (const node of graphOf(workflow)) {
      const named = node.id !== '' || node.node.entries.has('agent');
      if (node.kind !== 'agent' || !named || workflow.agents.has(node.folder)) continue;
      report(noAgent(node, workflow));
    }
    for (const { loop, at } of loopsOf(workflow)) {
      const manager = scalarAt(loop, 'manager');
      const name = typeof manager?.value === 'string' ? manager.value : '';
      if (name !== '' && workflow.agents.has(agentFolder(name))) continue;
      const message =
        name === '' ? 'no manager is named' : `there is no \`${agentFolder(name)}/agent.awp.yaml\``;
      report({
        at: manager ?? at,
        severity: 'info',
        message: `${message}: the built-in manager leads`,
        help: 'nothing needs to be done; a folder with instructions makes a manager of your own',
      });
    }
  },
};

function noAgent({ node, at, folder }: GraphNode, { agents, whole }: Workflow): Finding {
  const names = new Map([...agents.keys()].map((path) => [lastOf(path), path]));
  const near = names.get(nearest(lastOf(folder), names.keys()) ?? '');
  return {
    at: scalarAt(node, 'agent') ?? at,
    severity: whole ? 'error' : 'info',
    message: `${whole ? 'there is no' : 'nobody has looked for'} \`${folder}/agent.awp.yaml\``,
    label: 'no agent here',
    help:
      near === undefined ? 'make the folder, or name another agent' : `did you mean \`${near}\`?`,
  };
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
