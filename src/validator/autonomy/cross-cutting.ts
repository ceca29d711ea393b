import { entriesAt, itemsAt } from '../../base/yaml-node.ts';
import type { Workflow } from '../../models/workflow.ts';
import { isOn } from '../view.ts';
import { at, isWritten, unless } from './facts.ts';
import type { Shortfall } from './requirement.ts';

/** What is good at every level; told by `awp compliance` as warnings. */
export interface CrossCutting {
  id: string;
  text: string;
  check(workflow: Workflow): readonly Shortfall[];
}

/** Sections that a grown workflow has (validation 2). */
export const crossCutting: readonly CrossCutting[] = [
  {
    id: 'AX-1',
    text: 'communication has a bus type and a channel',
    check: (workflow) => {
      const channels = itemsAt(workflow.manifest?.tree, 'communication', 'channels').length > 0;
      const met = channels && isWritten(workflow, 'communication', 'bus', 'type');
      return wanting(met, workflow, ['communication']);
    },
  },
  {
    id: 'AX-2',
    text: 'a memory tier is enabled',
    check: (workflow) => {
      const tiers = entriesAt(workflow.manifest?.tree, 'memory', 'tiers');
      const met = tiers.some(({ value }) => isOn(value, 'enabled'));
      return wanting(met, workflow, ['memory', 'tiers']);
    },
  },
  {
    id: 'AX-3',
    text: 'there is an observability section',
    check: (workflow) => wanting(isWritten(workflow, 'observability'), workflow, ['observability']),
  },
  {
    id: 'AX-4',
    text: 'there is a security section',
    check: (workflow) => wanting(isWritten(workflow, 'security'), workflow, ['security']),
  },
  {
    id: 'AX-5',
    text: 'circuit breaker and rate limits are set',
    check: (workflow) => {
      const breaker = isOn(workflow.manifest?.tree, 'security', 'circuit_breaker', 'enabled');
      const met = breaker && isWritten(workflow, 'security', 'rate_limiting');
      return wanting(met, workflow, ['security', 'circuit_breaker']);
    },
  },
  {
    id: 'AX-6',
    text: 'the audit trail shows changes',
    check: (workflow) => {
      const audit = isOn(workflow.manifest?.tree, 'observability', 'audit', 'enabled');
      const met = audit && isWritten(workflow, 'observability', 'audit', 'integrity');
      return wanting(met, workflow, ['observability', 'audit', 'integrity']);
    },
  },
];

function wanting(met: boolean, workflow: Workflow, steps: readonly string[]): readonly Shortfall[] {
  return unless(met, () => ({
    at: at(workflow, ...steps),
    message: `\`${steps.join('.')}\` is not set`,
    help: `add it; \`awp schema workflow\` has its fields`,
  }));
}
