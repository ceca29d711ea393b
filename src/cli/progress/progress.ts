import type { RunEvent } from '../../events/event.ts';
import type { RunState } from '../../events/state.ts';

/** How a run is shown while it goes on. */
export interface Progress {
  /** Takes an event, with the state after it. */
  event(event: RunEvent, state: RunState): void;
  /** Says that the user asked to stop. */
  stopping(): void;
  /** Shows the end for good and gives the terminal back. May be called again. */
  close(): void;
}

/** Shows nothing. */
export const quietProgress: Progress = { event() {}, stopping() {}, close() {} };
