import type { Json } from '../../src/base/json.ts';
import type { EventData, RunEvent, RunEventType } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Event number `seq` of a run, one millisecond after the one before. */
export function event<T extends RunEventType>(
  place: { run: string; seq: number },
  type: T,
  data: EventData[T],
): RunEvent {
  const ts = new Date(TIME + place.seq).toISOString();
  return { v: 1, ...place, ts, type, depth: 0, agent: '0', data } as unknown as RunEvent;
}

/** A tool's answer that holds any JSON. */
export function note(run: string, seq: number, data: Json = `note ${seq}`): RunEvent {
  const rest = { call: `c${seq}`, tool: 'test.note', ok: true, status: 200, ms: 1 };
  return event({ run, seq }, 'tool.returned', { ...rest, data });
}

/** `count` tool answers after number `after`. */
export function notes(run: string, after: number, count: number): RunEvent[] {
  return Array.from({ length: count }, (_, index) => note(run, after + 1 + index));
}

/** The first event of a run; only what the store looks at is in its plan. */
export function started(run: string, task = 'Count the words'): RunEvent {
  const plan = { name: 'words', task, manager: { model: 'demo/manager' } } as Plan;
  return event({ run, seq: 1 }, 'run.started', { plan, simulated: true, version: '1.2.3' });
}

/** The time of event number `seq`, in milliseconds since 1970. */
export function timeOf(seq: number): number {
  return TIME + seq;
}
