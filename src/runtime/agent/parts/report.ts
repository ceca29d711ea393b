import type { JsonObject } from '../../../base/json.ts';
import { resultFiles, resultOf } from '../../../events/loop-results.ts';
import type { Frame, RunState, Turn } from '../../../events/state.ts';
import { isUntrusted } from '../../../events/taint.ts';
import { isBelow } from '../../nodes/earlier-files.ts';
import { byPath } from '../by-path.ts';
import { clip } from '../clip.ts';
import { whereIs } from '../handed.ts';
import { type Spilled, spillOf } from '../spilled.ts';
import type { ManagerLook } from './look.ts';

/** Files of one worker that its report names. */
const MOST_FILES = 40;
/** Characters of an error. */
const ERROR_CHARS = 2000;
/** Problems of one result, and characters of one. */
const MOST_PROBLEMS = 20;
const PROBLEM_CHARS = 500;

/** What a manager is shown of the workers of a turn, in the order of its delegations. */
export function reportsOf(look: ManagerLook, turn: Turn): JsonObject[] {
  const { plan, state, frame } = look;
  const shown = spillOf(plan, state, frame).get(turn.number);
  const files = filesByAgent(state);
  return turn.workers.map((id) => {
    const name = state.frames.get(id)?.name ?? id;
    const counted = resultOf(state, frame, id);
    if (!counted?.outcome) return { worker_id: name, ok: false, error: 'not finished' };
    const isOwn = counted.id === id;
    return {
      worker_id: name,
      ...(!isOwn && { repaired: true }),
      ...outcomeJson(look, counted, shown?.get(id)),
      ...filesJson(isOwn ? ownFiles(state, files, id) : mendedFiles(look, id)),
    };
  });
}

/** The outcome that counts of a worker: its own, or that of its repair. */
function outcomeJson(
  { squeeze }: ManagerLook,
  counted: Frame,
  cut: Spilled | undefined,
): JsonObject {
  const { outcome } = counted;
  if (!outcome) return {};
  const { ok, confidence, problems, message, status, reason } = outcome;
  // What the worker said of its confidence is in the combined one.
  const { confidence: _, ...output } = outcome.output;
  const whole = cut ? { cut: cut.begin, chars: cut.chars, file: whereIs(cut.file) } : output;
  return {
    ok,
    ...(isUntrusted(counted) && { untrusted: true }),
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { reason }),
    confidence,
    output: squeeze === undefined ? whole : clip(whole, squeeze),
    ...(problems.length > 0 && {
      problems: problems.slice(0, MOST_PROBLEMS).map((one) => one.slice(0, PROBLEM_CHARS)),
    }),
    ...(message !== undefined && {
      error: message.slice(0, Math.min(squeeze ?? ERROR_CHARS, ERROR_CHARS)),
    }),
  };
}

function filesJson(files: readonly string[]): JsonObject {
  return {
    ...(files.length > 0 && { files: files.slice(0, MOST_FILES) }),
    ...(files.length > MOST_FILES && { more_files: files.length - MOST_FILES }),
  };
}

/** The files of a result that was repaired. */
function mendedFiles({ state, frame }: ManagerLook, id: string): string[] {
  return resultFiles(state, frame, id).map(({ path }) => `shared/${path}`);
}

function filesByAgent(state: RunState): Map<string, string[]> {
  const paths = [...state.artifacts.values()].sort(byPath);
  const found = new Map<string, string[]>();
  for (const { agent, path } of paths) {
    const known = found.get(agent) ?? [];
    known.push(`shared/${path}`);
    found.set(agent, known);
  }
  return found;
}

/** The files of a worker, or of all below a sub-manager. */
function ownFiles(state: RunState, files: ReadonlyMap<string, string[]>, id: string): string[] {
  const frame = state.frames.get(id);
  if (frame?.role !== 'manager') return files.get(id) ?? [];
  return [...files].flatMap(([agent, paths]) => (isBelow(state, agent, frame) ? paths : []));
}
