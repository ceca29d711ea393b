import { parseExpression } from '../../base/expression/parse.ts';
import { referencesOf } from '../../base/expression/references.ts';
import { nearest } from '../../base/nearest.ts';
import type { ExpressionUse } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { partOf } from './part-of.ts';

const NAMES: Readonly<Record<ExpressionUse, readonly string[]>> = {
  condition: ['state'],
  loop: ['state', 'result'],
  evaluation: ['result', 'state'],
  reduce: ['acc', 'item', 'state'],
  transform: ['value', 'state'],
};

const when = (condition: string): string =>
  graph(`- { id: writer, agent: writer, when: "${condition}" }`);

/** X3: names of expressions. */
export const x03KnownNames: Rule = {
  code: 'X3',
  title: 'expressions use names that are there',
  severity: 'error',
  why: `A condition sees \`state\`; a loop and an evaluation see \`result\` too; \`reduce\` sees \`acc\` and
\`item\`. The result of an agent is \`state.<id>\`.`,
  bad: when('planner.ready'),
  good: when('state.planner.ready'),

  check({ expressions }, report) {
    for (const { at, use } of expressions) {
      const text = String(at.value);
      const parsed = parseExpression(text);
      if (!parsed.ok) continue;
      for (const reference of referencesOf(parsed.expression)) {
        if (NAMES[use].includes(reference.name)) continue;
        const near = nearest(reference.name, NAMES[use]);
        const usual =
          use === 'condition' ? `; the result of an agent is \`state.${reference.name}\`` : '';
        report({
          at: partOf(at, text, reference),
          message: `there is no \`${reference.name}\` here`,
          help:
            near === undefined
              ? `known: ${NAMES[use].join(', ')}${usual}`
              : `did you mean \`${near}\`?`,
        });
      }
    }
  },
};
