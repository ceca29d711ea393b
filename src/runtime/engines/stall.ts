import { similarity } from '../../base/similarity.ts';
import type { Frame, RunState, Turn } from '../../events/state.ts';
import { findings } from '../agent/findings.ts';
import { outcomeOf } from './loop/results.ts';

/** Mean confidence from which workers are sure enough: a plateau there is no stall. */
const SURE = 0.8;
/** Findings that are more alike than this are the same. */
const ALIKE = 0.85;
/** Characters of a turn's findings that are compared. */
const COMPARED_CHARS = 2000;

/** What stall detection goes by. */
export interface StallRules {
  /** Turns that are looked at; two at least. */
  window: number;
  /** Change of the mean confidence that counts as progress. */
  minDelta: number;
}

/**
 * Why a loop goes nowhere, or undefined when it gets on. Either no worker of the window succeeded; or
 * both channels say so: the workers are no surer than at its start and not sure either, and they found
 * the same. One channel alone is no stall: other findings with the same confidence are progress, and so
 * are the same findings that are surer, a new file, or a part of the plan that was completed (spec,
 * runtime 4.10, without its false alarm on steady success).
 */
export function whyStalled(rules: StallRules, state: RunState, frame: Frame): string | undefined {
  const window = Math.max(2, rules.window);
  const turns = frame.turns.slice(-window);
  const [first, last] = [turns[0], turns.at(-1)];
  if (turns.length < window || !first || !last) return undefined;
  const told = turns.map((turn) => lookAt(state, frame, turn));
  if (told.every(({ ok }) => !ok)) return `no worker succeeded in the last ${window} turns`;
  const means = told.map(({ confidence }) => confidence);
  if (mean(means) >= SURE) return undefined;
  const change = Math.abs((means.at(-1) ?? 0) - (means[0] ?? 0));
  if (change >= rules.minDelta) return undefined;
  const [before = '', now = ''] = [told[0]?.found, told.at(-1)?.found];
  if (before === '' || now === '' || similarity(before, now) <= ALIKE) return undefined;
  if (isPartDone(frame, turns) || hasNewFile(state, turns)) return undefined;
  return `the last ${window} turns found the same and were no surer of it`;
}

interface Told {
  ok: boolean;
  /** Mean of its workers. */
  confidence: number;
  found: string;
}

function lookAt(state: RunState, frame: Frame, { workers }: Turn): Told {
  const outcomes = workers.map((id) => outcomeOf(state, frame, id));
  const found = outcomes.map((outcome) => findings(outcome?.output ?? {}));
  return {
    ok: outcomes.some((outcome) => outcome?.ok),
    confidence: mean(outcomes.map((outcome) => (outcome?.ok ? outcome.confidence : 0))),
    found: found.filter(Boolean).sort().join('\n').slice(0, COMPARED_CHARS),
  };
}

function mean(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whether a part of the plan was completed after the first of these turns. */
function isPartDone({ delegation }: Frame, turns: readonly Turn[]): boolean {
  const doers = new Set(turns.slice(1).flatMap(({ workers }) => workers));
  const parts = delegation?.subtasks.values() ?? [];
  return [...parts].some(({ status, by }) => status === 'completed' && doers.has(by ?? ''));
}

/** Whether a file came up after the first of these turns that nobody had written before. */
function hasNewFile({ artifacts }: RunState, turns: readonly Turn[]): boolean {
  const doers = new Set(turns.slice(1).flatMap(({ workers }) => workers));
  const files = [...artifacts.values()];
  const known = new Set(files.filter(({ agent }) => !doers.has(agent)).map(({ name }) => name));
  return files.some(({ agent, name }) => doers.has(agent) && !known.has(name));
}
