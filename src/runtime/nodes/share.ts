import { statePath } from '../../base/paths.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanAgent, PlanNode } from '../../events/plan-graph.ts';
import { textField } from '../../events/text-field.ts';
import { isTaken, type Names, namesOf, namesOfAgent } from './hide-fields.ts';

/** A part of another node's output that a node may see; undefined fields are all. */
export interface Grant {
  fields: ReadonlySet<string> | undefined;
  /** Expression over `value` and `state` that makes what is seen. */
  transform?: string;
}

const ALL: readonly Grant[] = [{ fields: undefined }];
const NONE: readonly Grant[] = [];

/** The rules of one graph about who sees what (capabilities 7.1, R16). Values play no part in them. */
export class Sharing {
  readonly #graph: Graph;
  readonly #agents: Plan['agents'];
  /** Keys that nobody else sees. */
  readonly never: Names;

  constructor(graph: Graph, agents: Plan['agents']) {
    this.#graph = graph;
    this.#agents = agents;
    this.never = namesOf(graph.plan.state.sharing.never);
  }

  /**
   * The nodes of which a node may see something, in the order of their places. With `full` these are
   * the nodes that end before it in every run (all before it when they run one by one): what a node
   * is told must not depend on which of two others is faster.
   */
  sources(reader: GraphNode): GraphNode[] {
    const found = new Set(this.#candidates(reader));
    found.delete(reader.plan.id);
    return [...found]
      .flatMap((id) => this.#graph.nodes.get(id) ?? [])
      .filter((source) => this.#mayShow(source, reader))
      .sort((a, b) => a.place - b.place);
  }

  /** Ids of the nodes that the strategy looks at; one may be there twice. */
  #candidates(reader: GraphNode): Iterable<string> {
    const { mode, state } = this.#graph.plan;
    const { strategy, rules } = state.sharing;
    const right = reader.plan.dependsOn.map(({ id }) => id);
    switch (strategy) {
      case 'full':
        return mode === 'sequential' ? this.#graph.nodes.keys() : this.#fullyShared(reader);
      case 'selective':
        return [...right, ...rules.flatMap(({ from }) => this.#idsOf(from))];
      case 'isolated':
        return [...right, ...namedIn(reader.plan).flatMap((name) => this.#idsOf(name))];
    }
  }

  /** All before it; where `share_input` says of which nodes, looking ends with the last of these. */
  #fullyShared(reader: GraphNode): Iterable<string> {
    const { shareInput } = reader.plan;
    if (shareInput === undefined || isList(shareInput)) return this.before(reader);
    const named = new Set(Object.keys(shareInput).flatMap((name) => this.#idsOf(name)));
    const found = this.before(reader, named);
    return [...named].filter((id) => found.has(id));
  }

  #mayShow(source: GraphNode, reader: GraphNode): boolean {
    if (this.#isClosedWhole(source) || this.#inputOf(reader, source) === undefined) return false;
    return this.grants(source, reader).length > 0;
  }

  #idsOf(name: string): string[] {
    return this.#called(name).map(({ plan }) => plan.id);
  }

  /** Ids of all nodes that a node depends on, directly or not; of enough to have all of `wanted`. */
  before(reader: GraphNode, wanted?: ReadonlySet<string>): ReadonlySet<string> {
    const found = new Set<string>();
    let left = wanted?.size;
    const open = reader.plan.dependsOn.map(({ id }) => id);
    for (let id = open.pop(); id !== undefined && left !== 0; id = open.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      if (left !== undefined && wanted?.has(id)) left -= 1;
      open.push(...(this.#graph.nodes.get(id)?.plan.dependsOn ?? []).map((one) => one.id));
    }
    return found;
  }

  /** What the strategy lets a node see of another, before `share_input` narrows it. */
  grants(source: GraphNode, reader: GraphNode): readonly Grant[] {
    const { strategy } = this.#graph.plan.state.sharing;
    if (strategy === 'full') return ALL;
    if (strategy === 'isolated') return reader.plan.shareInput === undefined ? NONE : ALL;
    const rules = this.#rulesFor(source.plan, reader.plan);
    if (rules.length > 0) return rules;
    // What `share_output` names is for the nodes that wait for this one.
    const isGranted = source.plan.shareOutput !== undefined;
    return isGranted && reader.plan.dependsOn.some(({ id }) => id === source.plan.id) ? ALL : NONE;
  }

  #rulesFor(source: PlanNode, reader: PlanNode): Grant[] {
    return this.#graph.plan.state.sharing.rules
      .filter(({ from, to }) => fits(from, source) && reaches(to, reader))
      .map(({ fields, transform }) => ({
        fields: fields.length === 0 ? undefined : new Set(fields),
        ...(transform !== undefined && { transform }),
      }));
  }

  /** Whether the fields of a node are closed to all others: `share_output`, contract, `never_share`. */
  isClosed(source: GraphNode, field: string): boolean {
    const { id, agent, shareOutput } = source.plan;
    if (shareOutput !== undefined && !shareOutput.includes(field)) return true;
    const unshared = this.#unshared(source);
    const names = [id, ...namesOfAgent(agent ?? id)];
    return this.#namesOf(source, field).some(
      (one) => unshared.includes(one) || names.some((name) => isTaken(this.never, [name, one])),
    );
  }

  /** An answer that is one text is in two fields: who closes one of them means both. */
  #namesOf(source: GraphNode, field: string): readonly string[] {
    const texts = this.#actors(source).map(({ output }) => textField(output));
    const twins = texts.flatMap((text) => (text === undefined ? [] : ['result', text]));
    return twins.includes(field) ? twins : [field];
  }

  /** The fields of a node that are shared with nobody, wherever they stand in its output. */
  closedWithin(source: GraphNode): Names {
    const { repeat, fanOut } = source.plan;
    if (!repeat && !fanOut) return this.never;
    // Its output has those of rounds or instances in it.
    const anywhere = new Set([...this.never.anywhere, ...this.#unshared(source)]);
    return { ...this.never, anywhere };
  }

  /** What the contracts of all agents that can act for a node keep from others. */
  #unshared(source: GraphNode): string[] {
    return this.#actors(source).flatMap(({ output }) => output.unshared);
  }

  /** All agents that can act for a node. */
  #actors({ plan: { agent, fanOut, degradation } }: GraphNode): PlanAgent[] {
    const replacing = degradation.map((one) => (one.fallback === 'agent' ? one.agent : undefined));
    const keys = new Set([agent, fanOut?.agent, ...replacing]);
    return [...keys].flatMap((key) => this.#agents?.[key ?? ''] ?? []);
  }

  /** Whether a value of the start is closed to all nodes. */
  isClosedKey(key: string): boolean {
    return this.never.anywhere.has(key);
  }

  #isClosedWhole({ plan: { id, agent = id } }: GraphNode): boolean {
    return [id, ...namesOfAgent(agent)].some((name) => this.isClosedKey(name));
  }

  /** The fields of a source that `share_input` leaves; `all`, or undefined when it leaves none. */
  #inputOf(reader: GraphNode, source: GraphNode): ReadonlySet<string> | 'all' | undefined {
    const { shareInput } = reader.plan;
    if (shareInput === undefined) return 'all';
    const fields = isList(shareInput)
      ? fieldsInList(shareInput, source.plan)
      : fieldsInMap(shareInput, source.plan);
    return fields !== 'all' && fields?.size === 0 ? undefined : fields;
  }

  /** Whether a node sees a field of a source that is not closed by this grant. */
  sees(reader: GraphNode, source: GraphNode): (grant: Grant, field: string) => boolean {
    const input = this.#inputOf(reader, source);
    return ({ fields }, field) =>
      (fields === undefined || fields.has(field)) &&
      (input === 'all' || (input?.has(field) ?? false));
  }

  /** What `share_input` names that the node may not see, with the reason. */
  refusals(reader: GraphNode): { key: string; reason: string }[] {
    const { shareInput } = reader.plan;
    if (shareInput === undefined) return [];
    const named = isList(shareInput)
      ? shareInput.map(statePath)
      : Object.entries(shareInput).flatMap(([node, fields]) =>
          fields.length === 0 ? [node] : fields.map((field) => `${node}.${field}`),
        );
    const sources = this.sources(reader);
    return named.flatMap((key) => {
      const reason = this.#refusal(reader, key, sources);
      return reason === undefined ? [] : [{ key, reason }];
    });
  }

  #refusal(reader: GraphNode, key: string, sources: readonly GraphNode[]): string | undefined {
    const [first = '', field] = key.split('.');
    if (Object.hasOwn(this.#graph.plan.state.initial, first)) {
      return this.isClosedKey(first) ? 'it is shared with nobody' : undefined;
    }
    const nodes = this.#called(first);
    if (nodes.length > 0) return this.#refusalOf(reader, nodes, field);
    if (field !== undefined) return `there is no node ${first}`;
    // A bare name is a field of the nodes before it.
    return sources.length === 0
      ? 'no node before it shares anything with it'
      : this.#refusalOf(reader, sources, first);
  }

  /** Why none of these shows a field, or anything at all; undefined when one does. */
  #refusalOf(
    reader: GraphNode,
    sources: readonly GraphNode[],
    field: string | undefined,
  ): string | undefined {
    const reasons = sources.map((source) => {
      if (source === reader) return undefined;
      if (this.#isClosedWhole(source)) return 'it is shared with nobody';
      const grants = this.grants(source, reader);
      if (grants.length === 0) return 'no rule shares it with this node';
      if (field === undefined) return undefined;
      if (this.isClosed(source, field)) return 'it is not shared';
      const isGranted = grants.some(({ fields }) => fields === undefined || fields.has(field));
      return isGranted ? undefined : 'no rule shares this field with the node';
    });
    return reasons.includes(undefined) ? undefined : reasons[0];
  }

  /** Nodes that a name stands for: an id, or the agent of one. */
  #called(name: string): GraphNode[] {
    const node = this.#graph.nodes.get(name);
    if (node) return [node];
    return [...this.#graph.nodes.values()].filter(({ plan }) => fits(name, plan));
  }
}

function isList<T>(value: readonly string[] | T): value is readonly string[] {
  return Array.isArray(value);
}

/** The nodes, or fields, that `share_input` names first. */
function namedIn({ shareInput }: PlanNode): string[] {
  return isList(shareInput) ? shareInput.map(firstPart) : Object.keys(shareInput ?? {});
}

function firstPart(entry: string): string {
  return statePath(entry).split('.')[0] ?? '';
}

function fits(name: string, { id, agent }: PlanNode): boolean {
  if (name === id || name === '*') return true;
  return agent !== undefined && namesOfAgent(agent).includes(name);
}

function reaches(to: readonly string[] | undefined, reader: PlanNode): boolean {
  return to === undefined || to.length === 0 || to.some((name) => fits(name, reader));
}

/** `node`, `node.field`, or the name of a field of whoever has it. */
function fieldsInList(entries: readonly string[], source: PlanNode): ReadonlySet<string> | 'all' {
  const fields = new Set<string>();
  for (const entry of entries) {
    const [first = '', field] = statePath(entry).split('.');
    if (field !== undefined) {
      if (fits(first, source)) fields.add(field);
    } else if (fits(first, source)) return 'all';
    else fields.add(first);
  }
  return fields;
}

function fieldsInMap(
  map: Readonly<Record<string, readonly string[]>>,
  source: PlanNode,
): ReadonlySet<string> | 'all' | undefined {
  // Looked up, not looked for: a node that needs a thousand others names all of them.
  const { id, agent } = source;
  const calls = new Set([id, '*', ...(agent === undefined ? [] : namesOfAgent(agent))]);
  const named = [...calls].flatMap((name) => (Object.hasOwn(map, name) ? [map[name] ?? []] : []));
  if (named.length === 0) return undefined;
  return named.some((names) => names.length === 0) ? 'all' : new Set(named.flat());
}
