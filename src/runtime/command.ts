import type { AskPurpose, Envelope, Fact } from '../events/event.ts';
import type { Frame, PendingCall } from '../events/state.ts';

/** What an engine may ask for. It is admitted, written ahead and done by the shell. */
export type Command =
  /** Ask the frame's model; `reason` is told to it where the purpose needs one. */
  | { do: 'ask'; frame: Frame; purpose: AskPurpose; reason?: string; notBefore?: number }
  /** Read the answer: a manager's decision, or a worker's output against its contract. */
  | { do: 'read'; frame: Frame }
  | { do: 'call-tool'; frame: Frame; pending: PendingCall }
  | { do: 'start-worker'; frame: Frame; envelope: Envelope; index: number }
  /** Write down what follows from the state alone. */
  | { do: 'record'; facts: readonly Fact[] };
