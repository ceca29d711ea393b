import type { Decision } from './decision.ts';

/** What a manager is told of the parts of its decision that were not read; undefined when all were. */
export function unreadNote(decision: Decision): string | undefined {
  switch (decision.decision) {
    case 'delegate':
      return noteOf(
        decision.unread,
        'delegations were',
        'too many, or without an id or instructions',
      );
    case 'plan':
      return noteOf(
        decision.dropped,
        'parts of the plan were',
        'too many, or without a description',
      );
    case 'diagnose':
      return noteOf(decision.dropped, 'hypotheses were', 'too many, or without a cause');
    default:
      return undefined;
  }
}

function noteOf(count: number | undefined, what: string, why: string): string | undefined {
  return count ? `${count} ${what} not read: ${why}.` : undefined;
}
