import type {
  AskPurpose,
  EventData,
  EventOf,
  Message,
  ToolCall,
  Usage,
} from '../../events/event.ts';
import type { Store } from '../../ports/store.ts';
import { loadState } from '../../runtime/load-state.ts';

/** How an attempt stands: `interrupted` when its process ended before it did. */
export type CallStatus = 'answered' | 'failed' | 'out' | 'interrupted';

/** One attempt of one call of a model, as the log tells of it. */
export interface CallAttempt {
  /** Id of the call, `2.1/3`. */
  call: string;
  attempt: number;
  /** Name of the agent that asked. */
  agent: string;
  model: string;
  purpose: AskPurpose;
  /** ISO 8601, UTC. */
  at: string;
  status: CallStatus;
  /** The conversation that was asked; empty unless the call was asked for in full. */
  messages: readonly Message[];
  tools: readonly string[];
  temperature: number;
  maxOutputTokens: number;
  /** Milliseconds from the question to its answer or failure. */
  ms?: number;
  text?: string;
  toolCalls?: readonly ToolCall[];
  servedBy?: string;
  usage?: Usage;
  /** US dollars; null when the price is not known. */
  cost?: number | null;
  failure?: Pick<EventData['model.failed'], 'code' | 'message' | 'hint' | 'retryInMs'>;
}

/**
 * All attempts of all calls of a run, in the order they were asked; of the call `wanted` with its whole
 * conversation. `alive`: a process drives the run.
 */
export async function collectCalls(
  store: Store,
  run: string,
  { wanted, alive }: { wanted: string | undefined; alive: boolean },
): Promise<CallAttempt[]> {
  const attempts: CallAttempt[] = [];
  const open = new Map<string, CallAttempt>();
  await loadState(store, run, (event, { frames }) => {
    if (event.type === 'model.asked') {
      const frame = frames.get(event.agent ?? '');
      const asked = askedOf(event, frame?.name ?? '');
      if (event.data.call === wanted) asked.messages = [...(frame?.transcript ?? [])];
      attempts.push(asked);
      open.set(asked.call, asked);
    } else if (event.type === 'model.responded' || event.type === 'model.failed') {
      const asked = open.get(event.data.call);
      if (asked) settle(asked, event);
      open.delete(event.data.call);
    }
  });
  if (alive) for (const asked of open.values()) asked.status = 'out';
  return attempts;
}

function askedOf({ ts, data }: EventOf<'model.asked'>, agent: string): CallAttempt {
  const { call, attempt, model, purpose, tools, temperature, maxOutputTokens } = data;
  return {
    ...{ call, attempt, agent, model, purpose, at: ts, tools, temperature, maxOutputTokens },
    status: 'interrupted',
    messages: [],
  };
}

function settle(
  asked: CallAttempt,
  event: EventOf<'model.responded'> | EventOf<'model.failed'>,
): void {
  const { usage, cost } = event.data;
  Object.assign(asked, { usage, cost });
  if (event.type === 'model.failed') {
    const { code, message, hint, retryInMs } = event.data;
    asked.status = 'failed';
    asked.ms = Math.max(0, Date.parse(event.ts) - Date.parse(asked.at));
    asked.failure = {
      ...{ code, message },
      ...(hint !== undefined && { hint }),
      ...(retryInMs !== undefined && { retryInMs }),
    };
    return;
  }
  const { ms, text, toolCalls, servedBy } = event.data;
  Object.assign(asked, { status: 'answered', ms, text, toolCalls });
  if (servedBy !== undefined) asked.servedBy = servedBy;
}
