import { agent, graph, manifest } from '../examples.ts';
import type { Card } from '../rule.ts';

const WRITER = agent({})['agent.awp.yaml'];
const node = (fields: string): string => graph(`- { id: writer, agent: writer, ${fields} }`);
const level = (field: string): string =>
  manifest('').replace('  description', `  ${field}\n  description`);

/** Spellings that are accepted and told with the standard's own. */
export const dialectCards: readonly Card[] = [
  {
    code: 'D1',
    title: "a key has the standard's name",
    severity: 'info',
    why: `The specification and the Python implementation name some fields differently. Both spellings are read;
\`awp validate --fix\` writes the standard's.`,
    bad: node('loop: { mode: standard }'),
    good: node('loop: { type: standard }'),
  },
  {
    code: 'D2',
    title: "a value has the standard's name",
    severity: 'info',
    why: 'Both spellings are read and mean the same.',
    bad: node('on_failure: abort'),
    good: node('on_failure: stop'),
  },
  {
    code: 'D3',
    title: "a value has the standard's form",
    severity: 'info',
    why: `Some fields have a short or an older form. What they mean is kept: \`retry: 2\` counts further attempts,
\`max_attempts: 3\` counts all of them.`,
    bad: node('retry: 2'),
    good: node('retry: { max_attempts: 3 }'),
  },
  {
    code: 'D4',
    title: 'an agent is named without `agents/`',
    severity: 'info',
    why: 'Agents live below `agents/`; the name of the folder is enough.',
    bad: graph('- { id: writer, agent: agents/writer }'),
    good: graph('- { id: writer, agent: writer }'),
  },
  {
    code: 'D5',
    title: 'the file of an agent is `agent.awp.yaml`',
    severity: 'info',
    why: 'The older name `agent.yaml` is read where there is no other.',
    bad: {
      'workflow.awp.yaml': graph('- { id: writer, agent: writer }'),
      'agents/writer/agent.yaml': WRITER,
    },
    good: {
      'workflow.awp.yaml': graph('- { id: writer, agent: writer }'),
      'agents/writer/agent.awp.yaml': WRITER,
    },
  },
  {
    code: 'D6',
    title: 'the level is `workflow.autonomy`, A0 to A4',
    severity: 'info',
    why: `The older \`workflow.conformance\` had L0 to L5: L0 is A0, L1 to L4 are A1 with features that any level
may have, L5 is A4.`,
    bad: level('conformance: L1'),
    good: level('autonomy: A1'),
  },
  {
    code: 'D7',
    title: 'true and false are written out',
    severity: 'info',
    why: `YAML 1.1 read \`yes\`, \`no\`, \`on\` and \`off\` as booleans, YAML 1.2 reads texts. Where a boolean
belongs they are read as one; anywhere else they stay texts.`,
    bad: manifest('memory:\n  enabled: yes'),
    good: manifest('memory:\n  enabled: true'),
  },
  {
    code: 'D8',
    title: 'a loop has a `condition`, not an `until_condition`',
    severity: 'info',
    why: `Despite its name the loop goes on **while** \`until_condition\` is true. It is read with that meaning;
\`condition\` says it without deceiving.`,
    bad: node('loop: { until_condition: "result.score < 0.8" }'),
    good: node('loop: { condition: "result.score < 0.8" }'),
  },
  {
    code: 'D9',
    title: 'a field stands where the standard has it',
    severity: 'info',
    why: 'The other place is read too; the finding names the path of the standard.',
    bad: manifest('memory:\n  long_term: { inject: true }'),
    good: manifest('memory:\n  tiers:\n    long_term: { inject: true }'),
  },
];
