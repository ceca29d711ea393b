import { sha256 } from '../../../base/hash.ts';
import { canonicalJson, type JsonObject, listedTexts } from '../../../base/json.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import { keyFact } from '../../board/key-fact.ts';
import { clipText } from '../../evaluation/clip-text.ts';
import type { LoopStep } from './look.ts';
import { outcomeOf } from './results.ts';

/** Bounds of a digest (spec, capabilities 7.6). */
const GOAL_CHARS = 500;
const MOST_ITEMS = 10;
const QUESTION_CHARS = 240;
/** Turns of the trend, and digests of sub-managers, that a digest holds. */
const MOST_TURNS = 50;
const MOST_CHILDREN = 50;
/** From this confidence on what a worker says is a fact; below the other one it is an open question. */
const SURE = 0.8;
const UNSURE = 0.7;
/** Fields in which workers list what is open. */
const OPEN = ['open_questions', 'questions', 'blockers', 'unknowns'];

/**
 * What the loop knows after a turn, named by its own hash: short, the same for the same state, made
 * without a model (spec, capabilities 7.6). One for each turn, when all of its workers have ended.
 */
export const digestTurn: LoopStep = ({ state, frame, policy }) => {
  const turn = frame.turns.length;
  if (!policy.digest || turn === 0 || frame.delegation?.digests.at(-1)?.turn === turn) {
    return undefined;
  }
  const digest = digestOf(state, frame, policy.digest.maxDepth);
  const data = { sha256: sha256(canonicalJson(digest)), turn, digest };
  return [{ do: 'record', facts: [{ type: 'digest.made', agent: frame.id, data }] }];
};

function digestOf(state: RunState, frame: Frame, maxDepth: number): JsonObject {
  const goal = frame.parent === undefined ? (state.plan?.task ?? '') : frame.instructions;
  return {
    goal: goal.slice(0, GOAL_CHARS).toWellFormed(),
    open_questions: newest(state, frame, questionsOf),
    key_facts: newest(state, frame, factsOf),
    confidence_trend: trendOf(state, frame),
    child_digest_hashes: childrenOf(state, frame, maxDepth).slice(-MOST_CHILDREN),
    iteration: frame.turns.length,
    run_id: state.run,
  };
}

/** The newest lines of the workers of all turns, in the order in which they came. */
function newest(state: RunState, frame: Frame, linesOf: (worker: Told) => string[]): string[] {
  const lines: string[] = [];
  for (const { workers } of frame.turns.toReversed()) {
    for (const id of workers.toReversed()) {
      const worker = state.frames.get(id);
      const outcome = outcomeOf(state, frame, id);
      const own = worker
        ? linesOf({ name: worker.name, outcome }).filter((line) => !lines.includes(line))
        : [];
      lines.push(...own.reverse());
      if (lines.length >= MOST_ITEMS) return lines.slice(0, MOST_ITEMS).reverse();
    }
  }
  return lines.reverse();
}

/** A worker with the outcome that counts. */
type Told = Pick<Frame, 'name' | 'outcome'>;

function factsOf({ name, outcome }: Told): string[] {
  if (!outcome?.ok || outcome.confidence < SURE) return [];
  const fact = keyFact(outcome.output);
  return fact === undefined ? [] : [`${name}: ${fact}`];
}

function questionsOf({ name, outcome }: Told): string[] {
  if (!outcome) return [];
  const { output, confidence } = outcome;
  const listed = OPEN.flatMap((key) =>
    Object.hasOwn(output, key) ? listedTexts(output[key]).slice(0, MOST_ITEMS) : [],
  );
  const asked = listed.map((line) => clipText(line, QUESTION_CHARS).toWellFormed()).filter(Boolean);
  if (asked.length > 0) return asked.map((line) => `${name}: ${line}`);
  if (confidence <= 0 || confidence >= UNSURE) return [];
  return [`${name} is only ${confidence} sure: ${keyFact(output) ?? 'it said nothing telling'}`];
}

/** Mean confidence of the workers of each turn, to two digits. */
function trendOf(state: RunState, frame: Frame): number[] {
  return frame.turns.slice(-MOST_TURNS).map(({ workers }) => {
    const all = workers.map((id) => outcomeOf(state, frame, id)?.confidence ?? 0);
    const mean = all.length === 0 ? 0 : all.reduce((sum, one) => sum + one, 0) / all.length;
    return Math.round(mean * 100) / 100;
  });
}

/** Hashes of the last digests of the managers below, so many levels down. */
function childrenOf(state: RunState, frame: Frame, levels: number): string[] {
  if (levels <= 0) return [];
  return frame.turns.flatMap(({ workers }) =>
    workers.flatMap((id) => {
      const child = state.frames.get(id);
      if (child?.role !== 'manager') return [];
      const own = child.delegation?.digests.at(-1)?.sha256;
      return [...(own === undefined ? [] : [own]), ...childrenOf(state, child, levels - 1)];
    }),
  );
}
