import type { AgentUsage, RunState } from '../../events/state.ts';
import type { Style } from '../style.ts';
import { oneLine, pad, widthOf } from '../text.ts';
import { dollars, formatCost, formatTokens } from './figures.ts';

/** What each agent used itself, and the sum, as a small table. */
export function usageLines(state: RunState, style: Style): string[] {
  const { used, estimated } = state.ledger;
  const rows = [...state.frames.values()].map(({ id, parent, name, usage }) => [
    oneLine(parent === undefined ? name : `${id} ${name}`),
    ...figures(usage),
  ]);
  const cost = formatCost(state, style.symbols);
  const sum = [
    'in all',
    formatTokens(used.tokens, estimated),
    String(used.calls),
    String(used.tools),
    cost ?? '',
  ];
  const table = [
    ['used by', 'tokens', 'calls', 'tools', cost === undefined ? '' : 'cost'],
    ...rows,
    sum,
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => widthOf(row[column] ?? ''))),
  );
  return table.map((row, index) => {
    const cells = row.map((cell, column) => {
      if (column === 0) return pad(cell, widths[0] ?? 0);
      return column === 4 ? cell : pad(cell, widths[column] ?? 0, 'left');
    });
    const line = cells.join('  ').trimEnd();
    return index === 0 ? style.paint('dim', line) : line;
  });
}

function figures({ input, output, calls, tools, cost, estimated }: AgentUsage): string[] {
  return [
    formatTokens(input + output, estimated),
    String(calls),
    String(tools),
    cost > 0 ? dollars(cost) : '',
  ];
}
