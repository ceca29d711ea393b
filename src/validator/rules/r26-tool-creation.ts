import { agent, manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, placeIn } from '../view.ts';

const builder = (enabled: boolean): Record<string, string> => ({
  'workflow.awp.yaml': manifest(`dynamic_tools: { enabled: ${enabled} }`),
  'agents/writer/agent.awp.yaml': agent({
    rest: 'capabilities:\n  tools: { enabled: true }\n  sandbox: { enabled: true, type: subprocess }\n  codemode: { enabled: true, tool_creation: true }',
  })['agent.awp.yaml'],
});

/** R26: what the making of tools needs. */
export const r26ToolCreation: Rule = {
  code: 'R26',
  aliases: ['R26'],
  title: "`tool_creation` needs `codemode.enabled` and the workflow's `dynamic_tools.enabled`",
  severity: 'error',
  why: 'An agent makes a tool by writing code, and only where the author of the workflow allows it.',
  bad: builder(false),
  good: builder(true),

  check({ agents, manifest: document }, report) {
    for (const agentDocument of agents.values()) {
      const { tree } = agentDocument;
      if (!isOn(tree, 'capabilities', 'codemode', 'tool_creation')) continue;
      const at = placeIn(agentDocument, 'capabilities', 'codemode', 'tool_creation');
      if (!isOn(tree, 'capabilities', 'codemode', 'enabled')) {
        const message = 'the agent may make tools, but its code mode is off';
        report({ at, message, help: 'add `enabled: true` to `codemode`' });
      }
      if (document && !isOn(document.tree, 'dynamic_tools', 'enabled')) {
        const message = 'the agent may make tools, but the workflow does not allow it';
        report({ at, message, help: 'add `dynamic_tools: { enabled: true }` to the workflow' });
      }
    }
  },
};
