import { section } from '../sections.ts';
import type { ManagerPart, WorkerPart } from './look.ts';

/** What the loop above knew when this sub-manager's conversation began (spec, capabilities 7.6). */
export const parentDigest: ManagerPart = ({ state, frame, marks }) => {
  const last = state.frames.get(frame.parent ?? '')?.delegation?.digests.at(-1);
  if (!last) return undefined;
  const text = JSON.stringify(last.digest);
  return section(
    'What your manager knows',
    `Digest ${last.sha256}\n${marks.block(text, 'the loop of your manager')}`,
  );
};

/**
 * The loop's own digest, in a conversation that had to begin anew: else all of it was told already, and
 * saying it in every turn would only cost tokens.
 */
export const ownDigest: ManagerPart = ({ frame, told, marks }) => {
  const last = frame.delegation?.digests.at(-1);
  if (!last || told === 0) return undefined;
  const { open_questions = [], key_facts = [], confidence_trend = [] } = last.digest;
  const text = JSON.stringify({ open_questions, key_facts, confidence_trend });
  return section('What is known so far', marks.block(text, 'workers of earlier turns'));
};

/** Where a worker finds what its loop knows. */
export const digestPart: WorkerPart = ({ manager, frame }) => {
  const last = manager?.delegation?.digests.at(-1);
  if (!last || !frame.tools.includes('digest.fetch')) return undefined;
  return section('Digest', `What was known after turn ${last.turn}: digest.fetch ${last.sha256}`);
};
