import type { Finding } from '../../base/diagnostic.ts';
import { nodeAt, textAt, type YamlMap, type YamlNode } from '../../base/yaml-node.ts';
import { contractFields, contractForm, FIELD_TYPES } from '../../models/contract.ts';
import type { AgentDocument } from '../../models/workflow.ts';
import { agent } from '../examples.ts';
import { schemaProblems } from '../json-schema-problems.ts';
import type { Rule } from '../rule.ts';
import { managersOf, placeIn } from '../view.ts';

/** R9: agents say what they answer. */
export const r09OutputContract: Rule = {
  code: 'R9',
  aliases: ['R17'],
  title: 'every agent has an output contract that can be read',
  severity: 'error',
  why: `What an agent answers is checked against its contract before others build on it. A contract is a
JSON Schema, a map of fields with their types, or a file with one of the two (also as
\`output.schema\`). \`confidence\` (a number from 0 to 1) should be among its fields: Python runtimes
demand it, here its absence is a warning. Managers of delegation loops answer with decisions and need
no contract.`,
  bad: agent({ output: 'output: { format: json }' }),
  good: agent({}),

  check(workflow, report) {
    const managers = managersOf(workflow);
    for (const [folder, document] of workflow.agents) {
      if (!managers.has(folder)) checkAgent(document, report);
    }
  },
};

function checkAgent(document: AgentDocument, report: (finding: Finding) => void): void {
  const { contract, tree } = document;
  if (!contract) {
    // A file that is named and cannot be had is reported where it was looked for.
    if (named(tree)) return;
    // What has the wrong type is said by the schema.
    const output = nodeAt(tree, 'output');
    if (output && output.kind !== 'map') return;
    const message = 'the agent has no output contract';
    const help =
      'add `output.contract` with a JSON Schema, or fields such as `summary: { type: string }`';
    report({ at: placeIn(document, 'output'), message, help });
    return;
  }
  const form = contractForm(contract);
  if (contract.kind !== 'map' || form === undefined) {
    const help = 'write a JSON Schema, or fields such as `summary: { type: string }`';
    report({ at: contract, message: 'this is not a contract', help });
    return;
  }
  if (form === 'json-schema') schemaProblems(contract).forEach(report);
  else checkFields(contract, report);
  const asksConfidence =
    textAt(tree, 'output', 'format') === 'json' || !nodeAt(tree, 'output', 'format');
  if (!asksConfidence || contractFields(contract).some(({ name }) => name === 'confidence')) return;
  const help = 'add `confidence: { type: number }`, 0 to 1';
  const message = 'the contract has no field `confidence`';
  report({ at: placeIn(document, 'output', 'contract'), severity: 'warning', message, help });
}

function named(tree: YamlMap): boolean {
  return [textAt(tree, 'output', 'contract'), textAt(tree, 'output', 'schema')].some(Boolean);
}

function checkFields(contract: YamlMap, report: (finding: Finding) => void): void {
  for (const { key, value } of contract.entries.values()) {
    const at = typeAt(value);
    const type = at?.kind === 'scalar' ? at.value : undefined;
    if (typeof type === 'string' && FIELD_TYPES.has(type)) continue;
    const known = 'string, number, integer, boolean, array, object';
    if (at) {
      const message = `\`${String(type)}\` is not a type of the field \`${key}\``;
      report({ at, message, help: `write one of ${known}` });
    } else {
      report({
        at: value,
        message: `the field \`${key}\` has no type`,
        help: `write \`${key}: { type: string }\``,
      });
    }
  }
}

/** `summary: string` and `summary: { type: string }`. */
function typeAt(field: YamlNode): YamlNode | undefined {
  if (field.kind === 'scalar') return field.value === null ? undefined : field;
  return nodeAt(field, 'type');
}
