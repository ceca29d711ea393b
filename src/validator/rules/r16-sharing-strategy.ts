import { nodeAt } from '../../base/yaml-node.ts';
import { choiceProblem } from '../choice.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';

const STRATEGIES = ['full', 'selective', 'isolated'];
const sharing = (strategy: string): string =>
  manifest(`state:\n  sharing: { strategy: ${strategy} }`);

/** R16: how agents share. */
export const r16SharingStrategy: Rule = {
  code: 'R16',
  title: '`state.sharing.strategy` is `full`, `selective` or `isolated`',
  severity: 'error',
  why: `With \`full\` an agent sees all results, with \`selective\` only what \`share_output\` and the rules
grant, with \`isolated\` nothing of others.`,
  bad: sharing('everything'),
  good: sharing('selective'),
  enforced: 'What an agent is shown follows it: in the DAG engine.',

  check({ manifest: document }, report) {
    const at = nodeAt(document?.tree, 'state', 'sharing', 'strategy');
    if (!at) return;
    const problem = choiceProblem(at, STRATEGIES, 'is not a way to share');
    if (problem) report(problem);
  },
};
