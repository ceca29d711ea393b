import type { RunEvent } from '../../events/event.ts';
import type { RunState } from '../../events/state.ts';

/** How a run is shown while it goes on. */
export interface Progress {
  /** Says that a run is about to start; its state is still empty. */
  begin(state: RunState): void;
  /** Takes an event, with the state after it. */
  event(event: RunEvent, state: RunState): void;
  /** Has a line written to where the progress is shown, so that neither tears the other apart. */
  aside(write: () => void): void;
  /** Shows nothing until the returned function is called: the terminal belongs to a question. */
  hold(): () => void;
  /** Says that the user asked to stop. */
  stopping(): void;
  /** Shows the end for good and gives the terminal back. May be called again. */
  close(): void;
}

/** Shows nothing. */
export const quietProgress: Progress = {
  begin() {},
  event() {},
  aside: (write) => write(),
  hold: () => () => {},
  stopping() {},
  close() {},
};
