import { graph } from '../examples.ts';
import type { Card } from '../rule.ts';

const when = (condition: string): string =>
  graph(`- { id: planner, agent: planner }
- { id: writer, agent: writer, depends_on: [planner], when: "${condition}" }`);

/** What can be wrong with the text of an expression; what it refers to is looked at by X3 and X5. */
export const expressionCards: readonly Card[] = [
  {
    code: 'X1',
    title: 'an expression can be read',
    severity: 'error',
    why: `Expressions are a small part of Python's: values, comparisons, \`and\`, \`or\`, \`not\`, \`in\`,
arithmetic, \`len(x)\` and \`.get('key', default)\`. \`true\`, \`false\` and \`null\` may be written in lower
case. All expressions of a workflow are read when it is loaded; the place is that inside of the text.`,
    bad: when('state.planner.score >'),
    good: when('state.planner.score > 0.5'),
  },
  {
    code: 'X2',
    title: 'an expression is at most 2,000 characters and 32 levels',
    severity: 'error',
    why: 'What needs more is work for an agent, whose result a short condition can look at.',
    bad: when(`${'('.repeat(40)}state.planner.ready${')'.repeat(40)}`),
    good: when('(state.planner.ready)'),
  },
  {
    code: 'X4',
    title: 'an expression only compares and computes',
    severity: 'error',
    why: `Calls, lambdas, comprehensions, slices, powers, formatted strings and conditional expressions are no
part of the grammar: an expression reads values and does nothing else.`,
    bad: when("state.planner.plan.upper() == 'NONE'"),
    good: when("state.planner.plan == 'none'"),
  },
];
