import { formatDuration } from '../../base/time.ts';
import type { Dimension } from '../../events/plan.ts';
import { isNested } from '../../events/scopes.ts';
import type { AgentUsage, RunState, Scope } from '../../events/state.ts';
import { activeMsOf } from '../budget-report.ts';
import { count, counted, table } from './markdown.ts';

/** Dimensions of a budget and how they are called. */
const NAMES: readonly (readonly [Dimension, string])[] = [
  ['loops', 'turns'],
  ['workers', 'workers'],
  ['tokens', 'tokens'],
  ['calls', 'model calls'],
  ['tools', 'tool calls'],
  ['cost', 'cost'],
  ['time', 'active time'],
];

/** What was used of a budget, on one line: `turns 2/15, tokens 61,000/500,000`. */
export function budgetLine(state: RunState, scope: Scope): string {
  return NAMES.flatMap(([dimension, name]) => {
    const { used, limit } = spent(state, scope, dimension);
    if (limit === undefined && (dimension === 'cost' || dimension === 'time')) return [];
    return [`${name} ${used}${limit === undefined ? '' : `/${limit}`}`];
  }).join(', ');
}

/** The budgets of a run as a table: its own, then the shares of loops. */
export function budgetTable(
  state: RunState,
  scopes: readonly { name: string; scope: Scope }[],
): string {
  const head = ['Budget', ...NAMES.map(([, name]) => name)];
  const rows = scopes.map(({ name, scope }) => [
    name,
    ...NAMES.map(([dimension]) => {
      const { used, limit } = spent(state, scope, dimension);
      return limit === undefined ? used : `${used} of ${limit}`;
    }),
  ]);
  return table(head, rows);
}

function spent(
  state: RunState,
  scope: Scope,
  dimension: Dimension,
): { used: string; limit: string | undefined } {
  const limit = scope.limits[dimension];
  const shown = (amount: number): string => amountOf(dimension, amount);
  return {
    used: shown(usedOf(state, scope, dimension)),
    limit: limit === null ? undefined : shown(limit),
  };
}

function usedOf(state: RunState, scope: Scope, dimension: Dimension): number {
  if (dimension === 'time') return activeMsOf({ activeMs: endOf(state, scope) }, scope);
  if (dimension === 'depth' || dimension === 'parallel') return 0;
  return scope.ledger.used[dimension];
}

/** The clock of a share stands when its loop has ended; in active time of the run, in milliseconds. */
function endOf({ frames, activeMs }: RunState, scope: Scope): number {
  return (isNested(scope) ? frames.get(scope.id)?.endedActiveMs : undefined) ?? activeMs;
}

function amountOf(dimension: Dimension, amount: number): string {
  if (dimension === 'time') return formatDuration(amount);
  return dimension === 'cost' ? dollars(amount) : count(amount);
}

/** US dollars; small amounts with four places. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount > 0 && amount < 0.01 ? 4 : 2)}`;
}

/** What one agent used itself. */
export function usageLine(usage: AgentUsage, ms: number): string {
  const { input, output, cached = 0, calls, tools, cost, estimated } = usage;
  return [
    `${estimated ? 'about ' : ''}${counted(input + output, 'token')}`,
    ...(cached > 0 ? [`${count(cached)} of them from a cache`] : []),
    counted(calls, 'model call'),
    counted(tools, 'tool call'),
    ...(cost > 0 ? [dollars(cost)] : []),
    formatDuration(ms),
  ].join(', ');
}

/** A size for people: `950 B`, `6.2 kB`, `1.5 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 999_950 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${size.toFixed(1)} ${unit}`;
}

/** The scopes of a run with their names: its own first, shares of loops by their managers. */
export function namedScopes(
  state: RunState,
  nameOf: (frame: string) => string,
): { name: string; scope: Scope }[] {
  const nested = [...state.scopes.values()].filter(isNested);
  return [
    { name: 'the run', scope: state },
    ...nested.map((scope) => ({ name: nameOf(scope.id), scope })),
  ];
}
