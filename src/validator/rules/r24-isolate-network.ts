import { nodeAt, textAt } from '../../base/yaml-node.ts';
import { agent } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { keyPlace } from '../view.ts';

const box = (network: string): { 'agent.awp.yaml': string } =>
  agent({ rest: `capabilities:\n  sandbox: { enabled: true, type: isolate${network} }` });

/** R24: an isolate says whether it has a network. */
export const r24IsolateNetwork: Rule = {
  code: 'R24',
  title: '`sandbox.type: isolate` needs `sandbox.network.enabled`',
  severity: 'error',
  why: 'An isolate has no network of its own: whether it gets one must be said.',
  bad: box(''),
  good: box(', network: { enabled: false }'),

  check({ agents, manifest }, report) {
    const boxes = [...agents.values()].map(({ tree }) => ({
      tree,
      path: ['capabilities', 'sandbox'],
    }));
    if (manifest) boxes.push({ tree: manifest.tree, path: ['sandbox'] });
    for (const { tree, path } of boxes) {
      if (textAt(tree, ...path, 'type') !== 'isolate') continue;
      if (nodeAt(tree, ...path, 'network', 'enabled')) continue;
      const at = keyPlace(tree, [...path, 'type']);
      const message = 'this isolate does not say whether it has a network';
      if (at) report({ at, message, help: 'add `network: { enabled: false }`' });
    }
  },
};
