import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Usage } from '../events/event.ts';
import { MOST_TOKENS } from './usage.ts';

// What stands on a tape goes into budgets and bills, so nothing of it is taken on trust.

/** Whether a value is a finite number that can be an amount. */
export function isAmount(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isTokens(value: Json | undefined): value is number {
  return isAmount(value) && value <= MOST_TOKENS;
}

/** Whether a value can be the tokens of a call. */
export function isSoundUsage(value: Json | undefined): value is JsonObject & Usage {
  if (!isObject(value)) return false;
  const { input, output, cached, cacheWritten, reasoning, estimated } = value;
  return (
    isTokens(input) &&
    isTokens(output) &&
    [cached, cacheWritten, reasoning].every((part) => part === undefined || isTokens(part)) &&
    (estimated === undefined || typeof estimated === 'boolean')
  );
}

/** Whether a value can be the answer of a model: its text and a list of calls at least. */
export function isSoundAnswer({ text, toolCalls, usage, cost, servedBy }: JsonObject): boolean {
  return (
    typeof text === 'string' &&
    Array.isArray(toolCalls) &&
    toolCalls.every(isSoundCall) &&
    (usage === undefined || isSoundUsage(usage)) &&
    (cost === undefined || isAmount(cost)) &&
    (servedBy === undefined || typeof servedBy === 'string')
  );
}

function isSoundCall(call: Json): boolean {
  if (!isObject(call)) return false;
  const { id, name, args } = call;
  return typeof id === 'string' && typeof name === 'string' && isObject(args);
}

/** Whether values can be what was known of a model: its own name, its price, what it can do. */
export function isSoundFacts({ model, price, simulated, capabilities }: JsonObject): boolean {
  return (
    (model === undefined || typeof model === 'string') &&
    (price === undefined || price === null || isSoundPrice(price)) &&
    (simulated === undefined || typeof simulated === 'boolean') &&
    (capabilities === undefined || isObject(capabilities))
  );
}

function isSoundPrice(price: Json): boolean {
  if (!isObject(price)) return false;
  const { long, asOf } = price;
  return (
    hasRates(price) &&
    (asOf === undefined || typeof asOf === 'string') &&
    (long === undefined || (isObject(long) && isAmount(long.above) && hasRates(long)))
  );
}

function hasRates({ input, output, cachedInput, cacheWrite }: JsonObject): boolean {
  return (
    isAmount(input) &&
    isAmount(output) &&
    [cachedInput, cacheWrite].every((rate) => rate === undefined || isAmount(rate))
  );
}
