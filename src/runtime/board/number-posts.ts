import type { Fact } from '../../events/event.ts';
import type { RunState } from '../../events/state.ts';
import { MOST_ENTRIES } from './limits.ts';

type Posted = Extract<Fact, { type: 'board.posted' }>;

/**
 * Gives posts their numbers in the order in which they are recorded, so that who knows an entry finds
 * all that is newer behind it. What a call posted before a crash keeps its number: it is not posted
 * twice. The call's result says the number, or that the board is full. The state moves on only after
 * all facts of a pass, so one numbering counts what it has given out.
 */
export function numberPosts(state: RunState): (facts: readonly Fact[]) => readonly Fact[] {
  const more = new Map<string, number>();
  return (facts) => {
    const post = facts.find((fact) => fact.type === 'board.posted');
    if (!post) return facts;
    const { board, call } = post.data;
    const entries = state.frames.get(board)?.delegation?.board ?? [];
    const known = entries.find((entry) => entry.call === call);
    if (known) return answered(facts, post, { id: known.id });
    const added = more.get(board) ?? 0;
    if (entries.length + added >= MOST_ENTRIES) return answered(facts, post, {});
    more.set(board, added + 1);
    return answered(facts, post, { id: `b${entries.length + added + 1}`, isNew: true });
  };
}

function answered(
  facts: readonly Fact[],
  post: Posted,
  { id, isNew = false }: { id?: string; isNew?: boolean },
): Fact[] {
  return facts.flatMap((fact): Fact[] => {
    if (fact === post) {
      return isNew && id !== undefined ? [{ ...post, data: { ...post.data, id } }] : [];
    }
    if (fact.type !== 'tool.returned' || fact.data.call !== post.data.call) return [fact];
    if (id !== undefined) return [{ ...fact, data: { ...fact.data, data: { entry_id: id } } }];
    const error = `tool/quota: the board is full; it holds ${MOST_ENTRIES} entries`;
    return [{ ...fact, data: { ...fact.data, ok: false, status: 429, data: {}, error } }];
  });
}
