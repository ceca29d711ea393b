import type { RunEvent } from '../src/events/event.ts';
import { only } from './make.ts';

/** Calls of a log that were made, and of which nothing was ever heard. */
export function unsettled(log: readonly RunEvent[]): string[] {
  const open = new Set<string>();
  for (const { type, data } of log) {
    if (type === 'model.asked' || type === 'tool.called') open.add(data.call);
    if (type === 'model.responded' || type === 'model.failed' || type === 'tool.returned') {
      open.delete(data.call);
    }
    if (type === 'run.resumed') for (const call of data.abandoned) open.delete(call);
  }
  return [...open].map((call) => `nothing was heard of the call ${call}`);
}

/** Agents that did not end once, and once more for each time that they were opened again. */
export function endedOften(log: readonly RunEvent[]): string[] {
  const ends = log.flatMap(({ type, agent }) =>
    type === 'agent.finished' || type === 'agent.failed' ? [agent] : [],
  );
  const reopened = only(log, 'run.reopened').map(({ agent }) => agent);
  const started = only(log, 'agent.started').map(({ agent }) => agent);
  return started.flatMap((agent) => {
    const isMeant = (one: string | undefined): boolean => one === agent;
    const count = ends.filter(isMeant).length;
    const due = 1 + reopened.filter(isMeant).length;
    const isTwice = started.filter(isMeant).length > 1;
    if (isTwice) return [`the agent ${agent} started twice`];
    return count === due ? [] : [`the agent ${agent} ended ${count} times`];
  });
}

/** Effects that a log tells the end of before its event `length`, and that were begun again after it. */
export function begunAgain(log: readonly RunEvent[], length: number): string[] {
  const ended = new Set<string>();
  const keys = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, event] of log.entries()) {
    const { type, data, agent } = event;
    if (type === 'model.asked' || type === 'tool.called') {
      const what = type === 'model.asked' ? data.inputHash : JSON.stringify([data.tool, data.args]);
      const key = `${agent} ${what}`;
      keys.set(data.call, key);
      if (index < length) continue;
      if (ended.has(data.call)) problems.push(`the call ${data.call} was made again`);
      else if (ended.has(key)) problems.push(`the call ${data.call} had been made before`);
    }
    const isEnd = type === 'model.responded' || type === 'tool.returned';
    if (isEnd && index < length) ended.add(data.call).add(keys.get(data.call) ?? '');
  }
  return problems;
}

/** Tools that a log makes, refuses or takes away more than once. */
export function madeTwice(log: readonly RunEvent[]): string[] {
  const seen = new Set<string>();
  return log.flatMap((event) => {
    const what = endingOf(event);
    if (what === undefined || !seen.has(what)) {
      if (what !== undefined) seen.add(what);
      return [];
    }
    return [`${what} twice`];
  });
}

function endingOf({ type, data, seq }: RunEvent): string | undefined {
  if (type === 'tool.created') return `the tool ${data.tool.name} was made`;
  if (type === 'tool.removed') return `the tool ${data.name} was taken away`;
  if (type === 'tool.proposed') return `the tool ${data.proposal.name} was proposed`;
  if (type !== 'tool.refused') return undefined;
  // A program that a crash cuts off runs again as a whole, and is refused the same again.
  const { call = String(seq) } = data;
  return /\.i\d+$/.test(call) ? undefined : `the call ${call} was refused`;
}
