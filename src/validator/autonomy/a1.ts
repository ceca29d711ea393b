import { itemsAt, textAt } from '../../base/yaml-node.ts';
import { graphOf } from '../view.ts';
import { at, isWritten, needsNoGraph, unless } from './facts.ts';
import type { Requirement } from './requirement.ts';

/** A1, adaptive: agents build on each other. */
export const a1: readonly Requirement[] = [
  {
    id: 'A1-1',
    level: 'A1',
    force: 'must',
    text: 'at least two nodes',
    check: (workflow) =>
      unless(needsNoGraph(workflow) || graphOf(workflow).length >= 2, () => ({
        at: at(workflow, 'orchestration', 'graph'),
        message: 'there are fewer than two nodes',
        help: 'split the work between agents',
      })),
  },
  {
    id: 'A1-2',
    level: 'A1',
    force: 'must',
    text: 'at least one dependency',
    check: (workflow) =>
      unless(
        needsNoGraph(workflow) || graphOf(workflow).some(({ dependsOn }) => dependsOn.length > 0),
        () => ({
          at: at(workflow, 'orchestration', 'graph'),
          message: 'no node builds on another one',
          help: 'add `depends_on: [<id>]` to a node',
        }),
      ),
  },
  {
    id: 'A1-3',
    level: 'A1',
    force: 'must',
    text: '`state` is present',
    check: (workflow) =>
      unless(isWritten(workflow, 'state'), () => ({
        at: at(workflow, 'state'),
        message: 'there is no `state` section',
        help: 'add `state: { sharing: { strategy: full } }`',
      })),
  },
  {
    id: 'A1-4',
    level: 'A1',
    force: 'must',
    text: '`state.sharing.strategy` is valid',
    check: (workflow) => {
      const strategy = textAt(workflow.manifest?.tree, 'state', 'sharing', 'strategy') ?? '';
      return unless(['full', 'selective', 'isolated'].includes(strategy), () => ({
        at: at(workflow, 'state', 'sharing', 'strategy'),
        message: 'how agents share is not said',
        help: 'add `sharing: { strategy: full }` to `state`',
      }));
    },
  },
  {
    id: 'A1-5',
    level: 'A1',
    force: 'should',
    text: 'some `share_output`',
    check: (workflow) => {
      const shares = graphOf(workflow).some(({ node }) => itemsAt(node, 'share_output').length > 0);
      return unless(needsNoGraph(workflow) || shares, () => ({
        at: at(workflow, 'orchestration', 'graph'),
        message: 'no node says which of its fields others see',
        help: 'add `share_output: [<field>]` to a node',
      }));
    },
  },
  {
    id: 'A1-6',
    level: 'A1',
    force: 'may',
    text: 'conditions, loops, fan-out',
    check: () => [],
  },
];
