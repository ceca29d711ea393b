import type { AgentUsage, Frame, RunState } from '../../events/state.ts';
import type { Style } from '../style.ts';
import { oneLine, pad, widthOf } from '../text.ts';
import { dollars, formatCost, formatTokens } from './figures.ts';

/** What each agent used itself, all runs of a node as one, and the sum, as a small table. */
export function usageLines(state: RunState, style: Style): string[] {
  const { used, estimated } = state.ledger;
  const rows = usersOf(state).map(({ label, runs, usage }) => [
    oneLine(runs > 1 ? `${label} (${runs} runs)` : label),
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

interface User {
  label: string;
  /** Agents that are counted together. */
  runs: number;
  usage: AgentUsage;
}

/** Agents in the order of their starts; of a graph only those that used something. */
function usersOf({ frames }: RunState): User[] {
  const users = new Map<string, User>();
  for (const frame of frames.values()) {
    if (!isCounted(frame)) continue;
    const { key, label } = userOf(frame);
    const known = users.get(key);
    if (!known) users.set(key, { label, runs: 1, usage: frame.usage });
    else {
      known.runs += 1;
      known.usage = sumOf(known.usage, frame.usage);
    }
  }
  return [...users.values()];
}

function isCounted({ node, role, usage }: Frame): boolean {
  if (role === 'graph') return false;
  return node === undefined || usage.calls > 0 || usage.tools > 0;
}

function userOf({ id, parent, name, node }: Frame): { key: string; label: string } {
  if (node) return { key: `${parent}/${node.id}`, label: `${withoutRun(id)} ${node.id}` };
  return { key: id, label: parent === undefined ? name : `${id} ${name}` };
}

/** The place of a node without the number of its run: `2` for `2.3`, `3-1` for `3-1.2`. */
function withoutRun(frame: string): string {
  return frame.replace(/(?<=-|^)(\d+)\.\d+$/, '$1');
}

function sumOf(one: AgentUsage, other: AgentUsage): AgentUsage {
  return {
    calls: one.calls + other.calls,
    tools: one.tools + other.tools,
    input: one.input + other.input,
    output: one.output + other.output,
    cost: one.cost + other.cost,
    estimated: one.estimated || other.estimated,
  };
}

function figures({ input, output, calls, tools, cost, estimated }: AgentUsage): string[] {
  return [
    formatTokens(input + output, estimated),
    String(calls),
    String(tools),
    cost > 0 ? dollars(cost) : '',
  ];
}
