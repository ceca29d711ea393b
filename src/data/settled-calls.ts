import type { Message } from '../events/event.ts';
import type { Store } from '../ports/store.ts';
import { conversationOf, type RunMarks } from '../providers/tape-request.ts';
import type { SettledCall } from '../providers/tape-shelf.ts';
import { loadState } from '../runtime/load-state.ts';

/** Failures of calls that are on no tape: the run ended them, or the tape itself failed. */
const ON_NO_TAPE = /^budget\/|^model\/tape-/;

/** The model calls whose outcome the log of a run has, in its order, as a tape of it knows them. */
export async function settledCalls(
  store: Store,
  run: string,
  marks: RunMarks,
): Promise<readonly SettledCall[]> {
  const asked = new Map<string, { agent: string; model: string; messages: readonly Message[] }>();
  const settled: SettledCall[] = [];
  await loadState(store, run, ({ type, agent: id = '', data }, state) => {
    if (type === 'model.asked') {
      const frame = state.frames.get(id);
      const { name: agent = '', transcript = [] } = frame ?? {};
      asked.set(data.call, { agent, model: data.model, messages: [...transcript] });
      return;
    }
    const failed = type === 'model.failed' && !ON_NO_TAPE.test(data.code);
    if (type !== 'model.responded' && !failed) return;
    const call = asked.get(data.call);
    if (!call) return;
    settled.push({ ...call, messages: conversationOf(call.messages, run, marks) });
    asked.delete(data.call);
  });
  return settled;
}
