import { referencesOf } from '../../base/expression/references.ts';
import { nearest } from '../../base/nearest.ts';
import { placesIn } from '../../base/places-in.ts';
import type { ExpressionUse } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';

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
    for (const { at, expression, use } of expressions) {
      const placeOf = placesIn(at, String(at.value));
      for (const reference of referencesOf(expression)) {
        if (NAMES[use].includes(reference.name)) continue;
        const near = nearest(reference.name, NAMES[use]);
        const usual =
          use === 'condition' ? `; the result of an agent is \`state.${reference.name}\`` : '';
        report({
          at: placeOf(reference.from, reference.to),
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
