import { scalarAt } from '../../base/yaml-node.ts';
import { agent, manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { customToolsOf, isOn } from '../view.ts';

const WORKER = agent({
  rest: 'capabilities:\n  tools: { enabled: true }\n  sandbox: { enabled: true, type: subprocess }\n  codemode: { enabled: true, language: python }',
})['agent.awp.yaml'];
const tool = (async: boolean): Record<string, string> => ({
  'workflow.awp.yaml': manifest(
    `capabilities:\n  custom_tools:\n    declarations:\n      - { fqn: news.feed, description: Reads a feed., async: ${async} }`,
  ),
  'agents/writer/agent.awp.yaml': WORKER,
});

/** CT10: custom tools in code mode are asynchronous. */
export const ct10AsyncTools: Rule = {
  code: 'CT10',
  title: 'custom tools that are used in code mode are async',
  severity: 'error',
  why: `A program in code mode waits for a tool while others go on: a tool that blocks would hold them all.
A declaration that says \`async: false\` breaks it. A plain function of a Python file is a warning: here
it runs in a box of its own and holds nobody up, elsewhere it would.`,
  bad: tool(false),
  good: tool(true),

  check(workflow, report) {
    const used = [...workflow.agents.values()].some(({ tree }) =>
      isOn(tree, 'capabilities', 'codemode', 'enabled'),
    );
    if (!used) return;
    for (const { name, declaration } of customToolsOf(workflow)) {
      const at = scalarAt(declaration, 'async');
      if (at?.value !== false) continue;
      const message = `\`${String(name)}\` is not async, but code mode may use it`;
      report({ at, message, help: 'make the function async and write `async: true`' });
    }
    for (const { name, at, async } of workflow.foundTools) {
      if (async) continue;
      const message = `\`${name}\` is not async, but code mode may use it`;
      report({ at, message, help: 'write `async def`', severity: 'warning' });
    }
  },
};
