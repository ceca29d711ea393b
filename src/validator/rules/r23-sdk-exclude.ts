import { matchesTool } from '../../base/paths.ts';
import { itemsAt } from '../../base/yaml-node.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';

const surface = (exclude: string): { 'agent.awp.yaml': string } =>
  agent({
    rest: `capabilities:\n  tools: { enabled: true, allowed: ["web.*"] }\n  codemode:\n    sdk_surface: { mode: auto, exclude: [${exclude}] }`,
  });

/** R23: what is excluded was there. */
export const r23SdkExclude: Rule = {
  code: 'R23',
  title: 'every `sdk_surface.exclude` entry matches an allowed tool',
  severity: 'error',
  why: `An entry that matches nothing excludes nothing, so a tool that was meant to be kept away may be
there. Without \`tools.allowed\` all tools are allowed.`,
  bad: surface('file.write'),
  good: surface('web.search'),

  check({ agents }, report) {
    for (const { tree } of agents.values()) {
      const allowed = itemsAt(tree, 'capabilities', 'tools', 'allowed').flatMap((item) =>
        item.kind === 'scalar' ? [String(item.value)] : [],
      );
      if (allowed.length === 0) continue;
      for (const at of itemsAt(tree, 'capabilities', 'codemode', 'sdk_surface', 'exclude')) {
        if (at.kind !== 'scalar') continue;
        const name = String(at.value);
        if (allowed.some((pattern) => matchesTool(pattern, name) || matchesTool(name, pattern)))
          continue;
        const message = `\`${name}\` is not an allowed tool of this agent`;
        report({ at, message, help: `allowed: ${allowed.slice(0, 8).join(', ')}` });
      }
    }
  },
};
