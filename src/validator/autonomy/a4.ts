import { nodeAt } from '../../base/yaml-node.ts';
import { isOn, keyPlace, loopsOf } from '../view.ts';
import { at, isWritten, ofLoops, unless } from './facts.ts';
import type { Requirement } from './requirement.ts';

/** A4, self-organizing: managers have managers. */
export const a4: readonly Requirement[] = [
  {
    id: 'A4-1',
    level: 'A4',
    force: 'must',
    text: 'recursion is allowed: `budget.max_depth` of at least 1',
    check: (workflow) => {
      const deep = loopsOf(workflow).some(({ loop }) => {
        const depth = nodeAt(loop, 'budget', 'max_depth');
        return depth?.kind === 'scalar' && typeof depth.value === 'number' && depth.value >= 1;
      });
      return unless(deep, () => ({
        at: at(workflow, 'orchestration', 'delegation_loop'),
        message: 'no manager may have sub-managers',
        help: 'add `max_depth: 2` to `budget`',
      }));
    },
  },
  {
    id: 'A4-2',
    level: 'A4',
    force: 'must',
    text: "budgets of sub-managers are carved out of their manager's",
    check: () => [], // always so here: one ledger for the whole tree
  },
  {
    id: 'A4-3',
    level: 'A4',
    force: 'must',
    text: 'an explicit `max_depth`',
    check: (workflow) =>
      ofLoops(workflow, (loop, key) =>
        unless(nodeAt(loop, 'budget', 'max_depth') !== undefined, () => ({
          at: keyPlace(loop, ['budget']) ?? key,
          message: 'how deep delegation may go is not said',
          help: 'add `max_depth` to `budget`',
        })),
      ),
  },
  {
    id: 'A4-4',
    level: 'A4',
    force: 'must',
    text: 'tracing, metrics and audit are enabled',
    check: (workflow) =>
      ['tracing', 'metrics', 'audit']
        .filter((name) => !isOn(workflow.manifest?.tree, 'observability', name, 'enabled'))
        .map((name) => ({
          at: at(workflow, 'observability', name),
          message: `\`observability.${name}\` is not enabled`,
          help: `add \`${name}: { enabled: true }\``,
        })),
  },
  {
    id: 'A4-5',
    level: 'A4',
    force: 'must',
    text: 'termination is enabled',
    check: (workflow) =>
      ofLoops(workflow, (loop, key) =>
        unless(isOn(loop, 'termination', 'enabled'), () => ({
          at: keyPlace(loop, ['termination']) ?? key,
          message: 'when a loop that goes nowhere ends is not said',
          help: 'add `termination: { enabled: true }`',
        })),
      ),
  },
  {
    id: 'A4-6',
    level: 'A4',
    force: 'should',
    text: 'checks of readiness and liveness',
    check: (workflow) =>
      ['readiness', 'liveness']
        .filter((name) => !isWritten(workflow, 'observability', 'health', name, 'checks'))
        .map((name) => ({
          at: at(workflow, 'observability', 'health'),
          message: `there are no checks of ${name}`,
          help: `add \`health: { ${name}: { checks: [llm_provider_reachable] } }\``,
        })),
  },
];
