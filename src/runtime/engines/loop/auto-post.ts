import type { Fact } from '../../../events/event.ts';
import { resultFiles } from '../../../events/loop-results.ts';
import { keyFact } from '../../board/key-fact.ts';
import { MOST_ENTRIES } from '../../board/limits.ts';
import type { LoopStep } from './look.ts';
import { outcomeOf } from './results.ts';
import { isSeenTo } from './see-to-results.ts';

/** Topic of what the runtime posts. */
const TOPIC = 'finding';
/** Files that one entry names. */
const MOST_FILES = 10;

/**
 * What a worker found is posted on the board when it ends, so that siblings which start later hear of it
 * (spec, capabilities 6.5: `blackboard_auto_post`). Once for each worker; a full board takes no more.
 */
export const autoPost: LoopStep = (look) => {
  const { state, frame, policy } = look;
  if (policy.board?.autoPost !== true) return undefined;
  const { boardAuto: posted, board = [] } = frame.delegation ?? {};
  const facts: Fact[] = [];
  for (const id of frame.turns.at(-1)?.workers ?? []) {
    const outcome = outcomeOf(state, frame, id);
    if (!outcome?.ok || posted?.has(id) || !isSeenTo(look, id)) continue;
    const finding = keyFact(outcome.output);
    if (finding === undefined || board.length + facts.length >= MOST_ENTRIES) continue;
    const files = resultFiles(state, frame, id)
      .slice(0, MOST_FILES)
      .map(({ path }) => `shared/${path}`);
    const payload = { finding, confidence: outcome.confidence, ...(files.length > 0 && { files }) };
    const data = {
      id: `b${board.length + facts.length + 1}`,
      board: frame.id,
      topic: TOPIC,
      payload,
    };
    facts.push({ type: 'board.posted', agent: id, data });
  }
  return facts.length > 0 ? [{ do: 'record', facts }] : undefined;
};
