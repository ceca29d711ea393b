import {
  itemsAt,
  mapAt,
  type Place,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../base/yaml-node.ts';
import { type AgentDocument, agentFolder, type Workflow } from '../models/workflow.ts';

/** A node of the graph, as far as it can be made out. */
export interface GraphNode {
  /** Empty when it has none. */
  id: string;
  /** Its id, or the node itself. */
  at: Place;
  node: YamlMap;
  /** Ids that it waits for, with their places. */
  dependsOn: readonly { id: string; at: YamlScalar }[];
  kind: 'agent' | 'delegation_loop' | 'subworkflow';
  /** Folder of its agent. */
  folder: string;
}

const views = new WeakMap<Workflow, readonly GraphNode[]>();

/** The nodes of the graph, in order; those that are no maps are left out. */
export function graphOf(workflow: Workflow): readonly GraphNode[] {
  const known = views.get(workflow);
  if (known) return known;
  const nodes = itemsAt(workflow.manifest?.tree, 'orchestration', 'graph').flatMap((node) =>
    node.kind === 'map' ? [viewOf(node)] : [],
  );
  views.set(workflow, nodes);
  return nodes;
}

function viewOf(node: YamlMap): GraphNode {
  const idAt = scalarAt(node, 'id');
  const id = typeof idAt?.value === 'string' ? idAt.value : '';
  return {
    id,
    at: idAt ?? { ...node, to: Math.min(node.to, node.from + 1) },
    node,
    dependsOn: itemsAt(node, 'depends_on').flatMap((item) => {
      const at = item.kind === 'scalar' ? item : scalarAt(item, 'id');
      return at && typeof at.value === 'string' ? [{ id: at.value, at }] : [];
    }),
    kind: kindOf(node),
    folder: agentFolder(textAt(node, 'agent') || id),
  };
}

function kindOf(node: YamlMap): GraphNode['kind'] {
  const type = textAt(node, 'type');
  if (type === 'delegation_loop' || node.entries.has('config')) return 'delegation_loop';
  return type === 'subworkflow' || node.entries.has('subworkflow') ? 'subworkflow' : 'agent';
}

/** A node of the graph that is another workflow. */
export interface SubworkflowUse {
  /** Its folder or manifest from the folder of this workflow, as it is written. */
  path: string;
  /** Where that is written: at the node, or at the entry of `subworkflows` that it names. */
  at: YamlScalar;
}

/** The workflows that run as nodes, in the order of the nodes. */
export function subworkflowsOf(workflow: Workflow): readonly SubworkflowUse[] {
  const entries = itemsAt(workflow.manifest?.tree, 'orchestration', 'subworkflows');
  const refs = new Map(entries.map((entry) => [textAt(entry, 'name'), scalarAt(entry, 'ref')]));
  return graphOf(workflow).flatMap(({ node }) => {
    const named = scalarAt(node, 'subworkflow');
    const at = refs.get(textAt(node, 'subworkflow')) ?? named;
    return at && typeof at.value === 'string' && at.value !== '' ? [{ path: at.value, at }] : [];
  });
}

/** All delegation loops: the engine's own and those of nodes, with the key that they stand at. */
export function loopsOf({ manifest }: Workflow): { loop: YamlMap; at: Place }[] {
  const orchestration = mapAt(manifest?.tree, 'orchestration');
  const entry = orchestration?.entries.get('delegation_loop');
  const nodes = itemsAt(orchestration, 'graph').flatMap((node) => {
    const config = node.kind === 'map' ? node.entries.get('config') : undefined;
    return config ? [config] : [];
  });
  return [...(entry ? [entry] : []), ...nodes].flatMap(({ value, keyPlace }) =>
    value.kind === 'map' ? [{ loop: value, at: keyPlace }] : [],
  );
}

/** Agents that lead a delegation loop: their answers are decisions. */
export function managersOf(workflow: Workflow): ReadonlySet<string> {
  const folders = loopsOf(workflow).flatMap(({ loop }) => {
    const manager = textAt(loop, 'manager');
    return manager === undefined || manager === '' ? [] : [agentFolder(manager)];
  });
  return new Set(folders);
}

/** A key of an agent's file, or the start of the file when it is not there. */
export function placeIn(agent: AgentDocument, ...steps: string[]): Place {
  return (
    keyPlace(agent.tree, steps) ?? {
      ...agent.tree,
      to: Math.min(agent.tree.to, agent.tree.from + 1),
    }
  );
}

/** Where a key is written, or the nearest one above it that is there. */
export function keyPlace(root: YamlNode | undefined, steps: readonly string[]): Place | undefined {
  let at = root;
  let place: Place | undefined;
  for (const step of steps) {
    const entry = at?.kind === 'map' ? at.entries.get(step) : undefined;
    if (!entry) return place;
    place = entry.keyPlace;
    at = entry.value;
  }
  return place;
}

/** Whether the switch at these keys is on. */
export function isOn(node: YamlNode | undefined, ...steps: string[]): boolean {
  return scalarAt(node, ...steps)?.value === true;
}

/** Names of the workflow's own tools, with their places and the declaration that they stand in. */
export function customToolsOf({
  manifest,
}: Workflow): { name: unknown; at: Place; declaration: YamlMap }[] {
  const declarations = itemsAt(manifest?.tree, 'capabilities', 'custom_tools', 'declarations');
  return declarations.flatMap((declaration) => {
    if (declaration.kind !== 'map') return [];
    const fqn = scalarAt(declaration, 'fqn');
    const names = fqn ? [fqn] : itemsAt(declaration, 'tools');
    return names.map((at) => ({
      name: at.kind === 'scalar' ? at.value : undefined,
      at,
      declaration,
    }));
  });
}
