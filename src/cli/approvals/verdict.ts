import type { JsonObject } from '../../base/json.ts';
import type { Person } from '../person.ts';
import type { LineAnswer, Shell } from '../shell.ts';

/** What a person said to a request; `similar` allows further calls of this tool as well. */
export type Verdict =
  | { decision: 'approve'; args?: JsonObject; similar: boolean }
  | { decision: 'reject'; reason?: string }
  | Exclude<LineAnswer, object>;

/** Who is asked, and where. */
export interface Asking {
  person: Person;
  shell: Shell;
  /** Withdraws the question. */
  signal: AbortSignal;
}
