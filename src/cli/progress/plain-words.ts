import type { EventOf, RunEventType } from '../../events/event.ts';
import type { Frame, RunState } from '../../events/state.ts';

/** Longest message in a line, in characters. */
const MESSAGE_CHARS = 300;

/** The line for an event; undefined when it is not worth one. Not yet safe to print. */
export type Writer<T extends RunEventType> = (
  event: EventOf<T>,
  frame: Frame | undefined,
  state: RunState,
) => string | undefined;

/** An agent as lines name it: `2.1 profile`; the outermost one by its name alone. */
export function called(frame: Frame | undefined): string {
  if (!frame) return '';
  return frame.parent === undefined ? frame.name : `${frame.id} ${frame.name}`;
}

/** A message as long as a line can take. */
export function short(message: string): string {
  return message.length > MESSAGE_CHARS ? `${message.slice(0, MESSAGE_CHARS)}…` : message;
}
