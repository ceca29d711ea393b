import { entriesAt, itemsAt, nodeAt, type YamlNode } from '../../base/yaml-node.ts';
import { contractFields } from '../../models/contract.ts';
import { agentName, type Workflow } from '../../models/workflow.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { Suggestions } from '../suggestions.ts';
import { graphOf, loopsOf } from '../view.ts';

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
may be a key of the state, an input, a node, a field of a contract, or \`agent.field\`. What a workflow
calls sensitive is so inside of its sub-workflows, too.`,
  bad: { 'workflow.awp.yaml': sharing('user') },
  good: { 'workflow.awp.yaml': sharing('password') },
  enforced:
    'Values of secrets are redacted by runtime/redact.ts before anything is written; fields of the state by runtime/nodes/hide-fields.ts, and inputs by data/hide-inputs.ts.',

  check(workflow, report) {
    if (!workflow.whole) return;
    const tree = workflow.manifest?.tree;
    const names = knownNames(workflow);
    const suggestions = new Suggestions(names);
    const inside = graphOf(workflow).flatMap(({ id, kind }) =>
      kind === 'subworkflow' ? [id] : [],
    );
    // Of a delegation loop's workers nobody knows beforehand which fields they answer with.
    const severity = loopsOf(workflow).length === 0 ? 'error' : 'warning';
    for (const at of itemsAt(tree, 'state', 'sharing', 'sensitive_fields')) {
      if (at.kind !== 'scalar') continue;
      const name = String(at.value);
      if (names.has(name) || nodeAt(tree, 'state', 'initial', ...name.split('.'))) continue;
      // What a sub-workflow brings is told by its own files.
      if (inside.some((id) => name.startsWith(`${id}.`))) continue;
      const near = suggestions.near(name);
      const help =
        near === undefined
          ? 'write the name of a field of the state or of a contract'
          : `did you mean \`${near}\`?`;
      report({ at, severity, message: `no field is called \`${name}\``, help });
    }
  },
};

function knownNames(workflow: Workflow): ReadonlySet<string> {
  const tree = workflow.manifest?.tree;
  const names = new Set<string>();
  for (const section of ['initial', 'auto_inject']) {
    for (const { key } of entriesAt(tree, 'state', section)) names.add(key);
  }
  for (const { key } of entriesAt(tree, 'inputs')) names.add(key);
  for (const name of textsOf(itemsAt(tree, 'state', 'required_fields'))) names.add(name);
  for (const [folder, { contract }] of workflow.agents) {
    addFields(agentName(folder), contract, names);
  }
  for (const { id, node, folder } of graphOf(workflow)) {
    if (id !== '') names.add(id);
    const handed = entriesAt(node, 'output_mapping').map(({ key }) => key);
    for (const name of [...textsOf(itemsAt(node, 'share_output')), ...handed]) {
      names.add(name).add(`${id}.${name}`);
    }
    // A node may bear another name than its agent.
    addFields(id, workflow.agents.get(folder)?.contract, names);
  }
  return names;
}

function addFields(agent: string, contract: YamlNode | undefined, names: Set<string>): void {
  for (const { name } of contractFields(contract)) names.add(name).add(`${agent}.${name}`);
}

function textsOf(items: readonly YamlNode[]): string[] {
  return items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []));
}
