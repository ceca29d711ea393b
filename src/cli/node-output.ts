import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import type { NodeTry } from '../events/graph-state.ts';
import { skipReason, type WalkedNode, walkNodes } from '../events/graph-walk.ts';
import type { RunState } from '../events/state.ts';
import { oneLine } from './text.ts';

/** Most nodes that an error names. */
const NAMED = 20;

/** A node that was found, or one instance of its fan-out. */
interface FoundNode extends WalkedNode {
  /** From 0; left out for the node. */
  instance?: number;
}

/**
 * A node of a run by its path: `writer`, `weather/writer`, `each[2]` for the third instance of a
 * fan-out. Throws `usage/bad-value`.
 */
export function nodeAt(state: RunState, path: string): FoundNode {
  const all = [...walkNodes(state)];
  const found = all.find((one) => one.path === path);
  if (found) return found;
  const [, above = '', index = ''] = /^(.*)\[(\d{1,9})\]$/s.exec(path) ?? [];
  const whole = all.find((one) => one.path === above && one.node.fan);
  if (whole) return instanceAt(whole, path, Number(index));
  if (all.length === 0) {
    throw new AwpError('usage/bad-value', `${state.run} has no nodes: it is no graph`, {
      hint: `awp runs show ${state.run} has its agents and its result`,
    });
  }
  const paths = all.map((one) => one.path);
  const match = nearest(path, paths);
  const more = paths.length > NAMED ? ', ...' : '';
  throw new AwpError('usage/bad-value', `${state.run} has no node "${path}"`, {
    hint:
      match === undefined
        ? `its nodes: ${paths.slice(0, NAMED).join(', ')}${more}`
        : `did you mean ${match}?`,
  });
}

function instanceAt(whole: WalkedNode, path: string, instance: number): FoundNode {
  const count = whole.node.fan?.count ?? 0;
  if (instance < count) return { ...whole, path, instance };
  throw new AwpError('usage/bad-value', `${whole.path} has no item ${instance}`, {
    hint: count === 0 ? 'its list was empty' : `its items: ${whole.path}[0] to [${count - 1}]`,
  });
}

/**
 * What a node or an instance brought: its output, or what there is of it; undefined when there is
 * nothing. What had no room in the state is that of the agent, which brought it.
 */
export function outputOf(found: FoundNode, state: RunState): JsonObject | undefined {
  const { node, graph, instance } = found;
  const one = instance === undefined ? node.main : node.instances?.[instance];
  const brought = state.frames.get(one?.last ?? '')?.outcome?.output;
  if (instance !== undefined) return one?.output ?? filled(brought);
  const failed = node.status === 'failed' && node.code === TOO_LARGE;
  if (failed && filled(brought)) return brought;
  const value = graph.state[node.plan.id];
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value))
    return undefined;
  return value;
}

const TOO_LARGE = 'state/too-large';

function filled(output: JsonObject | undefined): JsonObject | undefined {
  return output && Object.keys(output).length > 0 ? output : undefined;
}

/** Why a node has no output, or not a whole one, safe to print; undefined when it ended well. */
export function notWhole(found: FoundNode): string | undefined {
  const { path, node, graph, instance } = found;
  if (instance !== undefined) return notWholeInstance(path, node.instances?.[instance]);
  switch (node.status) {
    case 'finished':
      return undefined;
    case 'failed':
      return oneLine(`${path} failed: ${node.code ?? ''}: ${node.reason ?? ''}${itemsIn(found)}`);
    case 'skipped':
      return oneLine(`${path} was skipped: ${skipReason(node, graph)}`);
    case 'waiting':
    case 'ready':
      return oneLine(`${path} has not started`);
    case 'running':
      return oneLine(`${path} has not ended`);
  }
}

/** Where the results of a fan-out are that had no room together. */
function itemsIn({ path, node: { code, fan } }: WalkedNode): string {
  return fan && code === TOO_LARGE ? `; each for itself: --node '${path}[0]'` : '';
}

function notWholeInstance(path: string, one: NodeTry | undefined): string | undefined {
  if (!one) return oneLine(`${path} has not started`);
  if (one.output) return undefined;
  const { failure, ended } = one;
  if (!failure) return oneLine(`${path} has not ended`);
  const verb = failure.code === 'node/stopped' ? 'was stopped' : 'failed';
  const far = ended ? '' : ', and may be tried again';
  return oneLine(`${path} ${verb}: ${failure.code}: ${failure.message}${far}`);
}
