import type { Finding } from '../../base/diagnostic.ts';
import { mapAt, scalarAt, textAt, type YamlMap } from '../../base/yaml-node.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf, keyPlace } from '../view.ts';

const reader = (fanIn: string): Record<string, string> => ({
  'workflow.awp.yaml':
    graph(`- { id: topics, type: delegation_loop, config: { budget: { max_depth: 0 } } }
- id: readers
  type: delegation_loop
  config: { budget: { max_depth: 0 } }
  depends_on: [topics]
  fan_out: { source: topics.list }
  fan_in: { ${fanIn} }`),
  'README.md': 'Readers.\n',
});

/** S19: what a fan-out needs. */
export const s19FanSettings: Rule = {
  code: 'S19',
  title: 'a fan-out has its list, and a fan-in what its strategy needs',
  severity: 'error',
  why: `Without \`source\` there is no list to go through. \`reduce\` puts results together with \`expr\`, and
\`custom\` with the tool that \`tool\` names; the other strategies need neither.`,
  bad: reader('strategy: reduce'),
  good: reader('strategy: reduce, expr: acc.count + item.count, target_field: count'),

  check(workflow, report) {
    for (const node of graphOf(workflow)) {
      for (const finding of problemsOf(node)) report(finding);
    }
  },
};

/** What a strategy cannot do without. */
const NEEDS: Readonly<Record<string, { field: string; help: string }>> = {
  reduce: { field: 'expr', help: 'add an expression, such as `expr: acc.count + item.count`' },
  custom: { field: 'tool', help: 'add the name of a tool, such as `tool: report.join`' },
};

function problemsOf({ node, at }: GraphNode): Finding[] {
  const found: Finding[] = [];
  const [fanOut, fanIn] = [mapAt(node, 'fan_out'), mapAt(node, 'fan_in')];
  if (fanOut && scalarAt(fanOut, 'enabled')?.value !== false && isMissing(fanOut, 'source')) {
    found.push({
      at: keyPlace(node, ['fan_out', 'source']) ?? at,
      message: 'there is no `source`: no list to go through',
      help: 'name a list in the state, such as `source: planner.topics`',
    });
  }
  const strategy = fanIn && textAt(fanIn, 'strategy');
  const needed = strategy === undefined ? undefined : NEEDS[strategy];
  if (fanIn && needed && isMissing(fanIn, needed.field)) {
    found.push({
      at: keyPlace(node, ['fan_in', 'strategy']) ?? at,
      message: `\`strategy: ${strategy}\` needs \`${needed.field}\``,
      help: needed.help,
    });
  }
  return found;
}

/** A value of a wrong type is told as such. */
function isMissing(map: YamlMap, field: string): boolean {
  const entry = map.entries.get(field);
  if (!entry) return true;
  const { value } = entry;
  if (value.kind !== 'scalar') return false;
  return value.value === null || (typeof value.value === 'string' && value.value.trim() === '');
}
