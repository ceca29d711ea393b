import { entriesAt, itemsAt, type Place } from '../../base/yaml-node.ts';
import { RESERVED_STATE_KEYS } from '../../models/common.ts';
import { contractFields } from '../../models/contract.ts';
import type { Workflow } from '../../models/workflow.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

/** R13: reserved keys of the state. */
export const r13ReservedState: Rule = {
  code: 'R13',
  title: 'nobody writes the keys `_meta`, `_errors`, `_trace` and `_workflow` of the state',
  severity: 'error',
  why: `The runtime keeps its own records under these keys. A workflow must not set them: not in
\`state.initial\`, \`auto_inject\`, \`share_output\` or a contract.`,
  bad: manifest('state:\n  initial: { _meta: { author: me } }'),
  good: manifest('state:\n  initial: { meta: { author: me } }'),
  enforced:
    'When agents answer, such keys are refused with an event and the rest is kept: in the DAG engine.',

  check(workflow, report) {
    for (const [key, at] of writtenKeys(workflow)) {
      if (!RESERVED_STATE_KEYS.includes(key)) continue;
      const message = `\`${key}\` is a key of the runtime`;
      report({ at, message, help: 'choose a name without the `_`' });
    }
  },
};

function writtenKeys(workflow: Workflow): [string, Place][] {
  const state = workflow.manifest?.tree;
  const keys = ['initial', 'auto_inject'].flatMap((name) => entriesAt(state, 'state', name));
  const shared = graphOf(workflow).flatMap(({ node }) => itemsAt(node, 'share_output'));
  const fields = [...workflow.agents.values()].flatMap(({ contract }) => contractFields(contract));
  return [
    ...keys.map(({ key, keyPlace }): [string, Place] => [key, keyPlace]),
    ...shared.flatMap((at): [string, Place][] =>
      at.kind === 'scalar' ? [[String(at.value), at]] : [],
    ),
    ...fields.map(({ name, value }): [string, Place] => [name, value]),
  ];
}
