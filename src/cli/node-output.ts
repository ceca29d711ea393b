import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import { skipReason, type WalkedNode, walkNodes } from '../events/graph-walk.ts';
import type { RunState } from '../events/state.ts';
import { oneLine } from './text.ts';

/** Most nodes that an error names. */
const NAMED = 20;

/** A node of a run by its path: `writer`, `weather/writer`. Throws `usage/bad-value`. */
export function nodeAt(state: RunState, path: string): WalkedNode {
  const all = [...walkNodes(state)];
  const found = all.find((one) => one.path === path);
  if (found) return found;
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

/** What a node brought: its output, or what there is of it; undefined when there is nothing. */
export function outputOf({ node, graph }: WalkedNode): JsonObject | undefined {
  const value = graph.state[node.plan.id];
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value))
    return undefined;
  return value;
}

/** Why a node has no output, or not a whole one, safe to print; undefined when it ended well. */
export function notWhole({ path, node, graph }: WalkedNode): string | undefined {
  switch (node.status) {
    case 'finished':
      return undefined;
    case 'failed':
      return oneLine(`${path} failed: ${node.code ?? ''}: ${node.reason ?? ''}`);
    case 'skipped':
      return oneLine(`${path} was skipped: ${skipReason(node, graph)}`);
    case 'waiting':
    case 'ready':
      return oneLine(`${path} has not started`);
    case 'running':
      return oneLine(`${path} has not ended`);
  }
}
