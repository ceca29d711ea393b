import { sha256 } from '../../base/hash.ts';
import type { JsonObject } from '../../base/json.ts';
import { fileSafe } from '../../base/paths.ts';
import { writeError } from '../../base/write-error.ts';
import type { RunEvent } from '../../events/event.ts';
import { nodeIn, placeOf } from '../../events/graph-agents.ts';
import { type GraphPlace, hasEnded } from '../../events/graph-nodes.ts';
import type { Graph } from '../../events/graph-state.ts';
import type { RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';
import { hideValues } from './hide-fields.ts';

interface Parts {
  state: RunState;
  files: Files;
  /** The run's folder. */
  folder: string;
}

/** A file that is due: of one node, or the last state of a graph. */
interface Due {
  graph: Graph;
  /** Undefined: the last state. */
  node: string | undefined;
  /** ISO 8601 of the event. */
  at: string;
}

/**
 * Files of the states of a run's graphs for whoever looks at them from outside (capabilities 7.1,
 * runtime 6.2): `<node>.json` after each node with `{agent_id, timestamp, state}`, and `final.json`.
 * They follow the log and are no part of it: a run is never read from them.
 */
export class StateFiles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes the files that an earlier process did not come to. Throws `store/...`. */
  async repair(): Promise<void> {
    const { state, files } = this.#parts;
    const at = new Date(state.lastAt).toISOString();
    for (const graph of state.graphs.values()) {
      for (const due of this.#all(graph, at)) {
        if ((await files.info(this.#pathOf(due))) === undefined) await this.#write(due);
      }
    }
  }

  /** All files that a graph has by now. */
  #all(graph: Graph, at: string): Due[] {
    const { persistence } = graph.plan.state;
    const isOver = !this.#parts.state.openFrames.has(graph.frame);
    const last = isOver && isLastWanted(graph) ? [{ graph, node: undefined, at }] : [];
    if (persistence?.interval !== 'per_agent') return last;
    const brought = [...graph.nodes.values()].filter(
      (node) => hasEnded(node) && node.status !== 'skipped',
    );
    return [...last, ...brought.flatMap((node) => ofNode({ graph, node }, at))];
  }

  /** Writes the files of events that are in the log; undefined when none is due. Throws `store/...`. */
  follow(events: readonly RunEvent[]): Promise<void> | undefined {
    const all = new Map<string, Due>();
    for (const event of events) {
      // Of several for one file the last one counts: all show the state as it is now.
      for (const due of this.#due(event)) all.set(this.#pathOf(due), due);
    }
    return all.size === 0 ? undefined : this.#writeAll([...all.values()]);
  }

  async #writeAll(all: readonly Due[]): Promise<void> {
    for (const due of all) await this.#write(due);
  }

  #due({ type, agent = '', data, ts: at }: RunEvent): Due[] {
    const { state } = this.#parts;
    switch (type) {
      case 'agent.finished':
      case 'agent.failed':
        return this.#ofAgent(agent, at);
      case 'node.finished':
      case 'node.failed':
      case 'loop.repeated': {
        const place = nodeIn(state.graphs.get(agent), data.node);
        const isPart = 'instance' in data && data.instance !== undefined;
        return place && !isPart ? ofNode(place, at) : [];
      }
      default:
        return [];
    }
  }

  /** An agent that ends may end its node, and a graph with it. */
  #ofAgent(agent: string, at: string): Due[] {
    const { state } = this.#parts;
    const ended = state.graphs.get(agent);
    const frame = state.frames.get(agent);
    const place = frame && placeOf(state, frame);
    const endsNode = place?.node.main.last === agent && hasEnded(place.node);
    return [
      ...(ended && isLastWanted(ended) ? [{ graph: ended, node: undefined, at }] : []),
      ...(place && endsNode ? ofNode(place, at) : []),
    ];
  }

  async #write(due: Due): Promise<void> {
    const { files } = this.#parts;
    const { graph, node, at } = due;
    const state = openValues(graph);
    const text = JSON.stringify({
      ...(node !== undefined && { agent_id: node }),
      timestamp: at,
      state,
    });
    const path = this.#pathOf(due);
    try {
      await files.makeFolder(path.slice(0, path.lastIndexOf('/')));
      await files.write(path, `${text}\n`);
    } catch (error) {
      throw writeError(error, 'the state of the run could not be kept');
    }
  }

  #pathOf({ graph, node }: Due): string {
    const { state, folder } = this.#parts;
    const { persistence } = graph.plan.state;
    const frame = state.frames.get(graph.frame);
    // Each sub-workflow has a folder of its own: its nodes may be called like those around it.
    const below = frame?.parent === undefined ? '' : `/${fileName(frame.name)}`;
    return `${folder}/${persistence?.folder}${below}/${node === undefined ? 'final' : fileName(node)}.json`;
  }
}

function isLastWanted({ plan }: Graph): boolean {
  const { persistence } = plan.state;
  return persistence !== undefined && (persistence.last || persistence.interval === 'per_run');
}

function ofNode({ graph, node }: GraphPlace, at: string): Due[] {
  const isDue = graph.plan.state.persistence?.interval === 'per_agent';
  return isDue ? [{ graph, node: node.plan.id, at }] : [];
}

/** The state without the values that never leave the process (R14); outputs were recorded without. */
function openValues({ plan, state }: Graph): JsonObject {
  return hideValues(plan.state.sharing.sensitive, state);
}

/** A name that is safe as one, and no other node's: what had to be changed has a part of its hash. */
function fileName(name: string): string {
  const safe = fileSafe(name);
  const isOwn = safe === name && safe.toLowerCase() !== 'final';
  return isOwn ? safe : `${safe}-${sha256(name).slice(0, 8)}`;
}
