import type { Finding } from '../../base/diagnostic.ts';
import { nodeAt, type Place, scalarAt, textAt } from '../../base/yaml-node.ts';
import { agentFolder, agentName, type Workflow } from '../../models/workflow.ts';
import { agent, graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { Suggestions } from '../suggestions.ts';
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
    const nobody = missingAgents(workflow);
    for (const { folder, at } of graphOf(workflow).flatMap(agentsOf)) {
      if (!isThere(folder, workflow)) report(nobody(folder, at));
    }
    for (const { loop, at } of loopsOf(workflow)) {
      const manager = scalarAt(loop, 'manager');
      const message = noManager(manager?.value, workflow);
      if (message === undefined) continue;
      report({
        at: manager ?? at,
        severity: 'info',
        message: `${message}: the built-in manager leads`,
        help: 'nothing needs to be done; a folder with instructions makes a manager of your own',
      });
    }
  },
};

/** Folders that a node needs: that of its agent and that of its instances. */
function agentsOf({ node, at, folder, kind, id }: GraphNode): { folder: string; at: Place }[] {
  const agent = nodeAt(node, 'agent');
  // A name of a wrong type is reported as such.
  const named = agent ? textAt(node, 'agent') !== undefined : id !== '';
  const own = kind === 'agent' && named ? [{ folder, at: agent ?? at }] : [];
  const template = scalarAt(node, 'fan_out', 'agent_template');
  if (typeof template?.value !== 'string' || template.value === '') return own;
  return [...own, { folder: agentFolder(template.value), at: template }];
}

/** Whether an agent has its file; what is wrong inside of it is said there. */
function isThere(folder: string, { agents, unreadAgents }: Workflow): boolean {
  return agents.has(folder) || unreadAgents.has(folder);
}

/** Why a loop has no manager of its own; undefined when it has one, or nobody has looked. */
function noManager(name: unknown, workflow: Workflow): string | undefined {
  if (typeof name !== 'string' || name === '') return 'no manager is named';
  const folder = agentFolder(name);
  if (!workflow.whole || isThere(folder, workflow)) return undefined;
  return `there is no \`${folder}/agent.awp.yaml\``;
}

/** Says of folders that they have no agent. */
function missingAgents({ agents, whole }: Workflow): (folder: string, at: Place) => Finding {
  const paths = new Map([...agents.keys()].map((path) => [agentName(path), path]));
  const suggestions = new Suggestions(new Set(paths.keys()));
  return (folder, at) => {
    const near = paths.get(suggestions.near(agentName(folder)) ?? '');
    return {
      at,
      severity: whole ? 'error' : 'info',
      message: `${whole ? 'there is no' : 'nobody has looked for'} \`${folder}/agent.awp.yaml\``,
      label: whole ? 'no agent here' : 'only this file was looked at',
      help:
        near === undefined ? 'make the folder, or name another agent' : `did you mean \`${near}\`?`,
    };
  };
}
