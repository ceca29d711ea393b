import type { Finding } from '../../base/diagnostic.ts';
import { itemsAt, nodeAt, type YamlNode } from '../../base/yaml-node.ts';
import { agentName, type Workflow } from '../../models/workflow.ts';
import { choiceProblem } from '../choice.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf } from '../view.ts';

const STRATEGIES = ['full', 'selective', 'isolated'];
const sharing = (strategy: string): string =>
  manifest(`state:\n  sharing: { strategy: ${strategy} }`);

/** R16: how agents share. */
export const r16SharingStrategy: Rule = {
  code: 'R16',
  title: '`state.sharing.strategy` is `full`, `selective` or `isolated`',
  severity: 'error',
  why: `With \`full\` an agent sees all results, with \`selective\` only what \`share_output\` and the rules
grant, with \`isolated\` nothing of others. A dependency of which \`selective\` shows nothing is told as an info.`,
  bad: sharing('everything'),
  good: sharing('selective'),
  enforced: 'What an agent is shown follows it: in the DAG engine.',

  check(workflow, report) {
    const at = nodeAt(workflow.manifest?.tree, 'state', 'sharing', 'strategy');
    if (!at) return;
    const problem = choiceProblem(at, STRATEGIES, 'is not a way to share');
    if (problem) report(problem);
    else if (at.kind === 'scalar' && at.value === 'selective') {
      for (const finding of unshared(workflow)) report(finding);
    }
  },
};

/** Dependencies of which the node that waits sees nothing. */
function unshared(workflow: Workflow): Finding[] {
  const rules = itemsAt(workflow.manifest?.tree, 'state', 'sharing', 'rules');
  const nodes = new Map(graphOf(workflow).map((node) => [node.id, node]));
  return [...nodes.values()].flatMap((reader) =>
    reader.dependsOn.flatMap(({ id, at }): Finding[] => {
      const source = nodes.get(id);
      if (!source || itemsAt(source.node, 'share_output').length > 0) return [];
      if (rules.some((rule) => isFor(rule, 'from', source) && isFor(rule, 'to', reader))) return [];
      const message = `\`${reader.id}\` waits for \`${id}\` and sees nothing of it`;
      const help = `if it should, name fields in \`share_output\` of \`${id}\`, or add a rule`;
      return [{ at, severity: 'info', message, help }];
    }),
  );
}

/** Whether a rule names a node on one of its sides; one that names nobody to show it to shows all. */
function isFor(rule: YamlNode, side: 'from' | 'to', { id, folder }: GraphNode): boolean {
  const named = nodeAt(rule, side);
  const list = named?.kind === 'list' ? named.items : named ? [named] : [];
  if (list.length === 0) return side === 'to';
  return list.some((item) => {
    const name = item.kind === 'scalar' ? item.value : undefined;
    return name === '*' || name === id || name === agentName(folder) || name === folder;
  });
}
