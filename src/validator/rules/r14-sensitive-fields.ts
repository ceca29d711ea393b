import { entriesAt, itemsAt } from '../../base/yaml-node.ts';
import { contractFields } from '../../models/contract.ts';
import type { Workflow } from '../../models/workflow.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

const sharing = (initial: string): string =>
  manifest(
    `state:\n  initial: { ${initial}: null }\n  sharing: { strategy: full, sensitive_fields: [password] }`,
  );

/** R14: sensitive fields exist. */
export const r14SensitiveFields: Rule = {
  code: 'R14',
  title: 'fields named in `sensitive_fields` exist',
  severity: 'error',
  why: `What is called sensitive is never written anywhere: not to a log, an event, a span, a metric, the
audit trail, an error or a stream. A name that no field has protects nothing, so it is an error. It
may be a key of the state, a field of a contract, or \`agent.field\`.`,
  bad: { 'workflow.awp.yaml': sharing('user') },
  good: { 'workflow.awp.yaml': sharing('password') },
  enforced:
    'Values of secrets are redacted by runtime/redact.ts before anything is written; fields of the state by the DAG engine.',

  check(workflow, report) {
    if (!workflow.whole) return;
    const names = knownNames(workflow);
    for (const at of itemsAt(workflow.manifest?.tree, 'state', 'sharing', 'sensitive_fields')) {
      if (at.kind !== 'scalar' || names.has(String(at.value))) continue;
      const message = `no field is called \`${String(at.value)}\``;
      report({ at, message, help: 'write the name of a field of the state or of a contract' });
    }
  },
};

function knownNames(workflow: Workflow): ReadonlySet<string> {
  const tree = workflow.manifest?.tree;
  const names = ['initial', 'auto_inject'].flatMap((section) =>
    entriesAt(tree, 'state', section).map(({ key }) => key),
  );
  for (const item of itemsAt(tree, 'state', 'required_fields')) {
    if (item.kind === 'scalar') names.push(String(item.value));
  }
  for (const { id, node } of graphOf(workflow)) {
    names.push(id);
    for (const item of itemsAt(node, 'share_output')) {
      if (item.kind === 'scalar') names.push(String(item.value));
    }
  }
  for (const [folder, { contract }] of workflow.agents) {
    const agent = folder.slice(folder.lastIndexOf('/') + 1);
    for (const { name } of contractFields(contract)) names.push(name, `${agent}.${name}`);
  }
  for (const { key } of entriesAt(tree, 'inputs')) names.push(key);
  return new Set(names);
}
