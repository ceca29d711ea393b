import type { Dimension } from '../../events/plan.ts';
import type { Ledger, RunState } from '../../events/state.ts';
import type { Symbols } from '../style.ts';

/** A count of tokens for people: `950`, `6.2k`, `61k`, `1.5M`; `~` in front of an estimate. */
export function formatTokens(tokens: number, estimated = false): string {
  const mark = estimated ? '~' : '';
  if (tokens < 1000) return `${mark}${tokens}`;
  if (tokens < 999_500) return `${mark}${short(tokens / 1000)}k`;
  return `${mark}${short(tokens / 1_000_000)}M`;
}

/**
 * What the run cost: `$0.42`, `≥ $0.42` when the price of some calls is unknown, a dash when that
 * of all is; undefined when no model was paid because none was called or all were simulated.
 */
export function formatCost(state: RunState, symbols: Symbols): string | undefined {
  const { used, unpriced }: Ledger = state.ledger;
  if (used.calls === 0 || state.simulated) return undefined;
  if (unpriced === 0) return dollars(used.cost);
  return used.cost > 0 ? `${symbols.atLeast} ${dollars(used.cost)}` : symbols.unknown;
}

/**
 * How much of one limit is used, as `61k/500k`, after `activeMs` of active time; undefined when it has
 * no limit.
 */
export function usedOf(
  state: RunState,
  dimension: Dimension,
  activeMs: number,
): string | undefined {
  const limit = state.limits[dimension];
  if (limit === null) return undefined;
  const { used, estimated } = state.ledger;
  switch (dimension) {
    case 'tokens':
      return `${formatTokens(used.tokens, estimated)}/${formatTokens(limit)}`;
    case 'time':
      return `${Math.round(activeMs / 1000)}/${Math.round(limit / 1000)}s`;
    case 'cost':
      return `${dollars(used.cost)}/${dollars(limit)}`;
    case 'loops':
    case 'workers':
    case 'tools':
    case 'calls':
      return `${used[dimension]}/${limit}`;
    case 'parallel':
      return `${state.openWorkers}/${limit}`;
    case 'depth':
      return `${limit}`;
  }
}

/** A limit as the user would write it in a flag. */
export function limitText(dimension: Dimension, limit: number): string {
  if (dimension === 'time') return limit % 60_000 === 0 ? `${limit / 60_000}m` : `${limit / 1000}s`;
  return dimension === 'cost' ? String(limit) : formatTokens(limit).toLowerCase();
}

/** An amount of US dollars; small ones with four places. */
export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.01) return `$${amount.toFixed(4)}`;
  return `$${amount.toFixed(2)}`;
}

function short(value: number): string {
  return value < 9.95 ? value.toFixed(1).replace('.0', '') : String(Math.round(value));
}
