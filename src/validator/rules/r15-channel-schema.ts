import { itemsAt, nodeAt } from '../../base/yaml-node.ts';
import { manifest } from '../examples.ts';
import { schemaProblems } from '../json-schema-problems.ts';
import type { Rule } from '../rule.ts';

const channel = (type: string): string =>
  manifest(`communication:\n  channels:\n    - name: drafts\n      schema: { type: ${type} }`);

/** R15: schemas of channels. */
export const r15ChannelSchema: Rule = {
  code: 'R15',
  title: 'the `schema` of a channel is a valid JSON Schema',
  severity: 'error',
  why: `Messages of a channel are held against its schema before they are delivered. It must not refer to
anything outside of itself.`,
  bad: channel('objekt'),
  good: channel('object'),
  enforced:
    'A message that does not fit is not delivered and its sender is told: in the message bus, a later issue.',

  check({ manifest: document }, report) {
    for (const item of itemsAt(document?.tree, 'communication', 'channels')) {
      const schema = nodeAt(item, 'schema');
      if (schema) schemaProblems(schema).forEach(report);
    }
  },
};
