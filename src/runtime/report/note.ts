import type { EventOf, RunEventType } from '../../events/event.ts';
import type { RunState } from '../../events/state.ts';
import { count } from './markdown.ts';

/** Notes on one agent or node that are kept; the rest is counted. */
const MOST_NOTES = 40;
/** Things that went wrong that are kept. */
export const MOST_WRONG = 200;

/** Something that an event has to say, as Markdown on one line. */
export interface Note {
  /** Frame of the agent that it is about, or `frame/node`; left out: the run. */
  about?: string;
  text: string;
  /** It also stands among what went wrong. */
  wrong?: true;
}

/** What events of one type have to say; nothing where it is undefined. */
type NoteWriter<T extends RunEventType> = (event: EventOf<T>, state: RunState) => Note | undefined;

/** Writers by type of event. */
export type NoteWriters = { [T in RunEventType]?: NoteWriter<T> };

/** A bounded list of lines. */
export class Lines {
  readonly #shown: string[] = [];
  #left = 0;
  readonly #most: number;

  constructor(most = MOST_NOTES) {
    this.#most = most;
  }

  add(line: string): void {
    if (this.#shown.length < this.#most) this.#shown.push(line);
    else this.#left += 1;
  }

  /** As a list; what was left out is counted. */
  list(): string[] {
    const left = this.#left > 0 ? [`- ${count(this.#left)} more`] : [];
    return [...this.#shown.map((line) => `- ${line}`), ...left];
  }
}

/** One decision of a manager and what followed from it. */
export interface Chapter {
  title: string;
  /** The manager's own words. */
  reasoning: string;
  /** Its turn, when it delegated. */
  turn?: number;
  lines: Lines;
  /** What was used when its workers had ended. */
  budget?: string;
}
