import { nodeAt } from '../../base/yaml-node.ts';
import { keyPlace } from '../view.ts';
import { at, hasLoop, ofLoops, unless } from './facts.ts';
import type { Requirement } from './requirement.ts';

/** A2, delegating: a manager splits the work. */
export const a2: readonly Requirement[] = [
  {
    id: 'A2-1',
    level: 'A2',
    force: 'must',
    text: 'a delegation loop, as the engine or as a node',
    check: (workflow) =>
      unless(hasLoop(workflow), () => ({
        at: at(workflow, 'orchestration', 'engine'),
        message: 'nobody delegates: there is no delegation loop',
        help: 'write `engine: delegation_loop`, or a node with `type: delegation_loop`',
      })),
  },
  {
    id: 'A2-2',
    level: 'A2',
    force: 'must',
    text: 'a manager: a folder, or the built-in one',
    check: () => [], // where no folder is, the built-in manager leads
  },
  {
    id: 'A2-3',
    level: 'A2',
    force: 'must',
    text: 'an explicit budget with loops or workers, tokens, and wall time',
    check: (workflow) =>
      ofLoops(workflow, (loop, key) => {
        const has = (name: string): boolean => nodeAt(loop, 'budget', name) !== undefined;
        const missing = [
          ...(has('max_loops') || has('max_total_workers') ? [] : ['max_loops']),
          ...['max_total_tokens', 'max_wall_time'].filter((name) => !has(name)),
        ];
        const names = missing.map((name) => `\`${name}\``).join(', ');
        return unless(missing.length === 0, () => ({
          at: keyPlace(loop, ['budget']) ?? key,
          message: `the budget does not say ${names}`,
          help: 'a limit that nobody wrote is not a limit: add it to `budget`',
        }));
      }),
  },
  {
    id: 'A2-4',
    level: 'A2',
    force: 'must',
    text: "workers live within the manager's budget",
    check: () => [], // always so here: runtime/budget.ts
  },
  {
    id: 'A2-5',
    level: 'A2',
    force: 'should',
    text: 'a policy for workers',
    check: (workflow) =>
      ofLoops(workflow, (loop, key) =>
        unless(nodeAt(loop, 'worker_policy') !== undefined, () => ({
          at: key,
          message: 'there is no policy for workers',
          help: 'add `worker_policy` with what is enforced',
        })),
      ),
  },
];
