import type { Artifact } from '../../events/state.ts';

/** Workers end in any order; prompts must not depend on it. */
export function byPath(a: Pick<Artifact, 'path'>, b: Pick<Artifact, 'path'>): number {
  return a.path < b.path ? -1 : 1;
}
