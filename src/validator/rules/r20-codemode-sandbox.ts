import { textAt } from '../../base/yaml-node.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, placeIn } from '../view.ts';

const codemode = (type: string): { 'agent.awp.yaml': string } =>
  agent({
    rest: `capabilities:\n  tools: { enabled: true }\n  sandbox: { enabled: true, type: ${type} }\n  codemode: { enabled: true, language: python }`,
  });

/** R20: code mode needs a box. */
export const r20CodemodeSandbox: Rule = {
  code: 'R20',
  title: '`codemode.enabled` needs `sandbox.type`, and not `none`',
  severity: 'error',
  why: `Code that nobody has read runs in a box or not at all. The box may be the agent's own or the
workflow's \`sandbox\`.`,
  bad: codemode('none'),
  good: codemode('subprocess'),

  check({ agents, manifest }, report) {
    const fallback = textAt(manifest?.tree, 'sandbox', 'type');
    for (const document of agents.values()) {
      if (!isOn(document.tree, 'capabilities', 'codemode', 'enabled')) continue;
      const type = textAt(document.tree, 'capabilities', 'sandbox', 'type') ?? fallback;
      if (type !== undefined && type !== 'none') continue;
      const at = placeIn(document, 'capabilities', type === 'none' ? 'sandbox' : 'codemode');
      const message =
        type === 'none'
          ? 'code mode cannot run without a box'
          : 'code mode is on, but no sandbox is named';
      report({
        at,
        message,
        help: 'add `sandbox: { type: subprocess }` to `capabilities`',
      });
    }
  },
};
