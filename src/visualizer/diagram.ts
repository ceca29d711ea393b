import {
  entriesAt,
  itemsAt,
  nodeAt,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
} from '../base/yaml-node.ts';
import type { Workflow } from '../models/workflow.ts';

/** What a box stands for; it decides about its form. */
export type BoxKind =
  | 'agent'
  | 'loop'
  | 'fan-out'
  | 'subworkflow'
  | 'delegation'
  | 'task'
  | 'manager'
  | 'workers'
  | 'budget'
  | 'result';

/** One box. */
export interface Box {
  /** As it is called in the workflow. */
  id: string;
  kind: BoxKind;
  /** Lines of its text, the first one being its name. */
  lines: readonly string[];
  /** Whether it is switched off for good. */
  disabled: boolean;
  /** Boxes inside of it: those of a delegation loop as a node. */
  inside: readonly Box[];
}

/** An arrow: solid, dotted when it depends on a condition, or of a failure. */
export interface Arrow {
  from: string;
  to: string;
  kind: 'plain' | 'condition' | 'failure' | 'link';
  label: string;
  /** Drawn in both directions, as between a manager and its workers. */
  both: boolean;
}

/** A workflow as boxes and arrows, without form and place. */
export interface Diagram {
  boxes: readonly Box[];
  arrows: readonly Arrow[];
}

/** Boxes and arrows of a workflow; undefined when it has no orchestration. Linear. */
export function diagramOf({ manifest }: Workflow): Diagram | undefined {
  const orchestration = nodeAt(manifest?.tree, 'orchestration');
  if (orchestration?.kind !== 'map') return undefined;
  const nodes = itemsAt(orchestration, 'graph').filter((node) => node.kind === 'map');
  const loop = nodeAt(orchestration, 'delegation_loop');
  if (textAt(orchestration, 'engine') === 'delegation_loop' || (loop && nodes.length === 0)) {
    return delegation('', loop);
  }
  if (nodes.length === 0) return undefined;
  return graph(nodes);
}

function graph(nodes: readonly YamlMap[]): Diagram {
  const arrows: Arrow[] = [];
  const boxes = nodes.map((node) => {
    const box = boxOf(node);
    arrows.push(...arrowsTo(node, box.id));
    if (box.kind === 'delegation')
      arrows.push(...delegation(box.id, nodeAt(node, 'config')).arrows);
    return box;
  });
  const known = new Set(boxes.flatMap((box) => [box.id, ...box.inside.map(({ id }) => id)]));
  return {
    boxes,
    arrows: withoutTwins(arrows).filter(({ from, to }) => known.has(from) && known.has(to)),
  };
}

/** A dependency that is written twice is one arrow. */
function withoutTwins(arrows: readonly Arrow[]): Arrow[] {
  const one = new Map(arrows.map((arrow) => [JSON.stringify(Object.values(arrow)), arrow]));
  return [...one.values()];
}

function boxOf(node: YamlMap): Box {
  const id = textAt(node, 'id') ?? '';
  const kind = kindOf(node);
  const agent = textAt(node, 'agent');
  return {
    id,
    kind,
    lines: [
      id,
      ...(agent !== undefined && agent !== id ? [agent] : []),
      ...detailLines(node, kind),
    ],
    disabled: scalarAt(node, 'enabled')?.value === false,
    inside: kind === 'delegation' ? delegation(id, nodeAt(node, 'config')).boxes : [],
  };
}

function kindOf(node: YamlMap): BoxKind {
  if (textAt(node, 'type') === 'delegation_loop' || node.entries.has('config')) return 'delegation';
  if (textAt(node, 'type') === 'subworkflow' || node.entries.has('subworkflow'))
    return 'subworkflow';
  if (isOn(nodeAt(node, 'fan_out'))) return 'fan-out';
  return isOn(nodeAt(node, 'loop')) ? 'loop' : 'agent';
}

/** A section counts unless it says `enabled: false`. */
function isOn(section: YamlNode | undefined): boolean {
  return section?.kind === 'map' && scalarAt(section, 'enabled')?.value !== false;
}

function detailLines(node: YamlMap, kind: BoxKind): string[] {
  const lines: string[] = [];
  if (kind === 'subworkflow') lines.push(`workflow ${textAt(node, 'subworkflow') ?? ''}`.trim());
  if (isOn(nodeAt(node, 'fan_out'))) {
    const most = scalarAt(node, 'fan_out', 'max_parallel')?.value ?? 4;
    const strategy = textAt(node, 'fan_in', 'strategy') ?? 'merge';
    lines.push(`each of ${textAt(node, 'fan_out', 'source') ?? '?'}, ${most} at once, ${strategy}`);
  }
  if (isOn(nodeAt(node, 'loop'))) {
    const most = scalarAt(node, 'loop', 'max_iterations')?.value ?? 5;
    const condition = textAt(node, 'loop', 'condition');
    const person = textAt(node, 'loop', 'type') === 'interactive' ? ', asks a person' : '';
    lines.push(
      `up to ${most} times${condition === undefined ? '' : ` while ${condition}`}${person}`,
    );
  }
  const when = textAt(node, 'when') ?? textAt(node, 'enabled');
  if (when !== undefined) lines.push(`when: ${when}`);
  return lines;
}

function arrowsTo(node: YamlMap, to: string): Arrow[] {
  const held = textAt(node, 'when') ?? textAt(node, 'enabled');
  return itemsAt(node, 'depends_on').flatMap((dependency): Arrow[] => {
    const from = dependency.kind === 'scalar' ? String(dependency.value) : textAt(dependency, 'id');
    if (from === undefined) return [];
    const condition = textAt(dependency, 'condition') ?? 'success';
    const expression = textAt(dependency, 'expr');
    const label = [
      condition === 'success' ? '' : `on ${condition}`,
      expression === undefined ? '' : `when: ${expression}`,
      sharedFields(node, from),
    ];
    const kind = arrowKind(condition, (expression ?? held) !== undefined);
    return [{ from, to, kind, label: label.filter(Boolean).join(', '), both: false }];
  });
}

function arrowKind(condition: string, held: boolean): Arrow['kind'] {
  if (condition === 'failure') return 'failure';
  return held || condition === 'always' ? 'condition' : 'plain';
}

/** Fields that go along an arrow, when the node says so. */
function sharedFields(node: YamlMap, from: string): string {
  const shared = nodeAt(node, 'share_input');
  const fields = shared?.kind === 'map' ? itemsAt(shared, from) : itemsAt(node, 'share_input');
  const names = fields.flatMap((field) => (field.kind === 'scalar' ? [String(field.value)] : []));
  return names.join(', ');
}

const LIMITS: readonly (readonly [field: string, text: string])[] = [
  ['max_loops', 'turns'],
  ['max_total_workers', 'workers'],
  ['max_total_tokens', 'tokens'],
  ['max_wall_time', 's'],
  ['max_tool_calls', 'tool calls'],
  ['max_cost_usd', 'US dollars'],
];

/** A delegation loop: task, manager, workers, budget, result; `prefix` is the node it belongs to. */
function delegation(prefix: string, loop: YamlNode | undefined): Diagram {
  const id = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`);
  const value = (name: string) => scalarAt(loop, 'budget', name)?.value;
  const box = (name: string, kind: BoxKind, lines: readonly string[]): Box => ({
    id: id(name),
    kind,
    lines,
    disabled: false,
    inside: [],
  });
  const manager = textAt(loop, 'manager') || 'built in';
  const model = textAt(loop, 'models', 'manager');
  const workers = value('max_total_workers') ?? 20;
  const limits =
    entriesAt(loop, 'budget').length === 0
      ? []
      : LIMITS.flatMap(([field, text]) => {
          const limit = value(field);
          return limit === undefined || limit === null
            ? []
            : [`${Number(limit).toLocaleString('en')} ${text}`];
        });
  const depth = Number(value('max_depth') ?? 3);
  return {
    boxes: [
      box('task', 'task', ['task']),
      box('manager', 'manager', ['manager', manager, ...(model === undefined ? [] : [model])]),
      box('workers', 'workers', ['workers', ...(workers === null ? [] : [`at most ${workers}`])]),
      ...(limits.length > 0 ? [box('budget', 'budget', ['budget', ...limits])] : []),
      box('result', 'result', ['result']),
    ],
    arrows: [
      arrow(id('task'), id('manager')),
      { ...arrow(id('manager'), id('workers'), 'delegates'), both: true },
      ...(depth > 0
        ? [arrow(id('manager'), id('manager'), `sub-managers, depth at most ${depth}`)]
        : []),
      ...(limits.length > 0
        ? [{ ...arrow(id('manager'), id('budget')), kind: 'link' as const }]
        : []),
      arrow(id('manager'), id('result'), 'completes'),
    ],
  };
}

function arrow(from: string, to: string, label = ''): Arrow {
  return { from, to, kind: 'plain', label, both: false };
}
