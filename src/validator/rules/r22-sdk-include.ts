import { itemsAt, textAt } from '../../base/yaml-node.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { placeIn } from '../view.ts';

const surface = (include: string): { 'agent.awp.yaml': string } =>
  agent({
    rest: `capabilities:\n  tools: { enabled: true }\n  codemode:\n    sdk_surface: { mode: explicit, include: [${include}] }`,
  });

/** R22: an explicit surface has tools. */
export const r22SdkInclude: Rule = {
  code: 'R22',
  title: '`sdk_surface.mode: explicit` needs at least one `include`',
  severity: 'error',
  why: 'An explicit surface without tools gives programs nothing to call.',
  bad: surface(''),
  good: surface('web.search'),

  check({ agents }, report) {
    for (const document of agents.values()) {
      const path = ['capabilities', 'codemode', 'sdk_surface'] as const;
      if (textAt(document.tree, ...path, 'mode') !== 'explicit') continue;
      if (itemsAt(document.tree, ...path, 'include').length > 0) continue;
      const at = placeIn(document, ...path, 'mode');
      const message = 'the surface is explicit and includes nothing';
      report({ at, message, help: 'add `include: [namespace.action]`, or write `mode: auto`' });
    }
  },
};
