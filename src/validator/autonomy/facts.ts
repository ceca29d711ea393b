import { sourceFile } from '../../base/source-file.ts';
import { itemsAt, mapAt, nodeAt, type Place, textAt, type YamlMap } from '../../base/yaml-node.ts';
import type { Workflow } from '../../models/workflow.ts';
import { graphOf, isOn, keyPlace, loopsOf } from '../view.ts';
import type { Shortfall } from './requirement.ts';

/** Where a key of the manifest is, or the nearest one above it, or the start of the file. */
export function at({ manifest }: Workflow, ...steps: string[]): Place {
  const tree = manifest?.tree;
  if (!tree) return { source: sourceFile('workflow.awp.yaml', ''), from: 0, to: 0, path: '' };
  return keyPlace(tree, steps) ?? { ...tree, to: Math.min(tree.to, tree.from + 1) };
}

/** One shortfall, unless the requirement is met. */
export function unless(met: boolean, shortfall: () => Shortfall): readonly Shortfall[] {
  return met ? [] : [shortfall()];
}

/** Whether a key of the manifest is written. */
export function isWritten({ manifest }: Workflow, ...steps: string[]): boolean {
  return nodeAt(manifest?.tree, ...steps) !== undefined;
}

/** Whether requirements about the graph do not count: a delegation loop may have none. */
export function needsNoGraph(workflow: Workflow): boolean {
  const engine = textAt(workflow.manifest?.tree, 'orchestration', 'engine');
  return engine === 'delegation_loop' && graphOf(workflow).length === 0;
}

/** Whether something leads workers: the engine, or a node. */
export function hasLoop(workflow: Workflow): boolean {
  const engine = textAt(workflow.manifest?.tree, 'orchestration', 'engine');
  if (engine === 'delegation_loop') return true;
  return graphOf(workflow).some(({ kind }) => kind === 'delegation_loop');
}

/** What each delegation loop lacks; where there is none, that. */
export function ofLoops(
  workflow: Workflow,
  check: (loop: YamlMap, at: Place) => readonly Shortfall[],
): readonly Shortfall[] {
  const loops = loopsOf(workflow);
  if (loops.length > 0) return loops.flatMap(({ loop, at: key }) => check(loop, key));
  const [message, help] = hasLoop(workflow)
    ? ['nothing is said of the delegation loop', 'add `delegation_loop` with its `budget`']
    : ['there is no delegation loop', 'write `engine: delegation_loop`'];
  return [{ at: at(workflow, 'orchestration', 'engine'), message, help }];
}

/** The envelope of a loop, or that of the workflow. */
export function envelopeOf(workflow: Workflow) {
  const tree = workflow.manifest?.tree;
  for (const { loop } of loopsOf(workflow)) {
    const own = mapAt(loop, 'safety_envelope') ?? mapAt(loop, 'worker_policy', 'enforced');
    if (own) return own;
  }
  return mapAt(tree, 'safety_envelope');
}

/** Whether an agent, the workflow or a manager may make tools or skills. */
export function makesTools(workflow: Workflow): boolean {
  const tree = workflow.manifest?.tree;
  if (isOn(tree, 'dynamic_tools', 'enabled')) return true;
  for (const { tree: agent } of workflow.agents.values()) {
    if (isOn(agent, 'capabilities', 'codemode', 'tool_creation')) return true;
  }
  return loopsOf(workflow).some(({ loop }) =>
    itemsAt(loop, 'worker_policy', 'manager_controlled').some(
      (item) =>
        item.kind === 'scalar' &&
        (item.value === 'codemode.tool_creation' || item.value === 'skills'),
    ),
  );
}
