import { isObject, type JsonObject } from '../base/json.ts';
import type { Usage } from '../events/event.ts';

/** More tokens than any model's context holds: a figure above it is an error of the service. */
export const MOST_TOKENS = 10_000_000;

/** Token figures as the AI SDK reports them. */
export interface ReportedUsage {
  inputTokens: {
    total: number | undefined;
    cacheRead: number | undefined;
    cacheWrite?: number | undefined;
  };
  outputTokens: { total: number | undefined; reasoning: number | undefined };
  /** As the service sent it. */
  raw?: { cost?: unknown } | undefined;
}

/**
 * The usage of an answer, or undefined when the service was silent or absurd (decision 12). A
 * question of no tokens is absurd, and so is an answer of none that says something.
 */
export function usageFrom(reported: ReportedUsage, answered: boolean): Usage | undefined {
  const input = reported.inputTokens.total;
  const output = reported.outputTokens.total;
  if (!isCount(input) || !isCount(output)) return undefined;
  if (input === 0 || (answered && output === 0)) return undefined;
  const cached = reported.inputTokens.cacheRead;
  const written = reported.inputTokens.cacheWrite;
  const reasoning = reported.outputTokens.reasoning;
  return {
    input,
    output,
    ...(isCount(cached) && cached > 0 && cached <= input ? { cached } : {}),
    ...(isCount(written) && written > 0 && written <= input ? { cacheWritten: written } : {}),
    ...(isCount(reasoning) && reasoning > 0 && reasoning <= output ? { reasoning } : {}),
  };
}

/** US dollars that a service says a call cost; undefined when it says no amount. */
export function statedCost({ raw }: ReportedUsage): number | undefined {
  const cost = raw?.cost;
  return typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? cost : undefined;
}

/** Whether the `usage` of an answer on the wire can be read: absent, or counts in known places. */
export function isSoundUsage(usage: unknown): boolean {
  if (usage === undefined || usage === null) return true;
  if (!isObject(usage) || !hasSoundCounts(usage)) return false;
  return Object.entries(usage).every(
    ([key, value]) =>
      !key.endsWith('_tokens_details') ||
      value === null ||
      (isObject(value) && hasSoundCounts(value)),
  );
}

function hasSoundCounts(fields: JsonObject): boolean {
  return Object.entries(fields).every(
    ([key, value]) => !key.endsWith('_tokens') || value === null || isCount(value),
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS;
}
