import { nodeAt } from '../../base/yaml-node.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, keyPlace } from '../view.ts';

const thresholds = (values: string): string =>
  manifest(
    `observability:\n  evaluation:\n    enabled: true\n    metrics: [{ name: length, kind: budget, weight: 1 }]\n    thresholds: { ${values} }`,
  );

/** Defaults of the thresholds (runtime 8.1). */
const DEFAULTS = { accept: 0.85, retry: 0.65, fail: 0.4 };
const PATH = ['observability', 'evaluation', 'thresholds'];

/** R28: order of the thresholds. */
export const r28Thresholds: Rule = {
  code: 'R28',
  aliases: ['R28'],
  title: 'thresholds lie in 0..1, and accept >= retry >= fail',
  severity: 'error',
  why: `Scores go from 0 to 1. What is not accepted is repaired, what is worse than \`fail\` ends the run: in
another order one of these could never happen. Those that are left out are 0.85, 0.65 and 0.4.`,
  bad: thresholds('accept: 0.5, retry: 0.8'),
  good: thresholds('accept: 0.9, retry: 0.8, fail: 0.3'),

  check({ manifest: document }, report) {
    const tree = document?.tree;
    if (!isOn(tree, 'observability', 'evaluation', 'enabled')) return;
    const values = new Map<string, number>(Object.entries(DEFAULTS));
    for (const name of values.keys()) {
      const at = nodeAt(tree, ...PATH, name);
      if (!at) continue;
      const value = at.kind === 'scalar' ? at.value : undefined;
      if (isThreshold(value)) values.set(name, value);
      else {
        const what = at.kind === 'scalar' ? `\`${String(value)}\`` : 'this';
        report({ at, message: `${what} is not a threshold`, help: 'write a number from 0 to 1' });
      }
    }
    const { accept = 0, retry = 0, fail = 0 } = Object.fromEntries(values);
    const at = keyPlace(tree, PATH);
    if ((accept >= retry && retry >= fail) || !at) return;
    report({
      at,
      message: `the thresholds are out of order: accept ${accept}, retry ${retry}, fail ${fail}`,
      help: 'make accept >= retry >= fail',
    });
  },
};

function isThreshold(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
