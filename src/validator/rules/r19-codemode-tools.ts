import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, placeIn } from '../view.ts';

const BOX = 'sandbox: { enabled: true, type: subprocess }';
const codemode = (tools: boolean): { 'agent.awp.yaml': string } =>
  agent({
    rest: `capabilities:\n  tools: { enabled: ${tools} }\n  ${BOX}\n  codemode: { enabled: true, language: python }`,
  });

/** R19: code mode needs tools. */
export const r19CodemodeTools: Rule = {
  code: 'R19',
  aliases: ['R13', 'R14'],
  title: '`codemode.enabled` needs `tools.enabled`',
  severity: 'error',
  why: 'In code mode an agent writes programs that call its tools: without tools there is nothing to call.',
  bad: codemode(false),
  good: codemode(true),

  check({ agents }, report) {
    for (const document of agents.values()) {
      const capabilities = ['capabilities', 'codemode', 'enabled'];
      if (!isOn(document.tree, ...capabilities)) continue;
      if (isOn(document.tree, 'capabilities', 'tools', 'enabled')) continue;
      const at = placeIn(document, ...capabilities);
      const message = 'code mode is on, but the agent has no tools';
      report({ at, message, help: 'add `tools: { enabled: true }` to `capabilities`' });
    }
  },
};
