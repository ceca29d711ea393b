import { formatDuration } from '../../base/time.ts';
import type { EventOf, RunEvent, RunEventType } from '../../events/event.ts';
import { scopeOf } from '../../events/scopes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { decidedChapter } from './decided.ts';
import { budgetLine } from './figures.ts';
import { code } from './markdown.ts';
import { type Chapter, Lines, MOST_WRONG, type Note, type NoteWriters } from './note.ts';
import { creationNotes } from './notes-creation.ts';
import { graphNotes } from './notes-graph.ts';
import { loopNotes } from './notes-loop.ts';
import { runNotes } from './notes-run.ts';

const WRITERS: NoteWriters = { ...runNotes, ...loopNotes, ...graphNotes, ...creationNotes };

/**
 * What a report tells that the state at the end does not know any more: taken from the events on their
 * way through, as short lines, so that a long log needs little memory.
 */
export class Chronicle {
  /** Chapters of managers, by their frames. */
  readonly chapters = new Map<string, Chapter[]>();
  /** Notes on agents and nodes. */
  readonly notes = new Map<string, Lines>();
  /** Notes on the run as a whole. */
  readonly run = new Lines();
  readonly wrong = new Lines(MOST_WRONG);

  /** Takes an event in; `state` is what the log adds up to with it. */
  see(event: RunEvent, state: RunState): void {
    this.#decided(event, state);
    this.#budget(event, state);
    const note = noteOf(event, state);
    if (!note) return;
    const { about, text, wrong } = note;
    if (wrong) {
      const who = about === undefined ? '' : ` ${nameOf(state, about)}`;
      this.wrong.add(`${formatDuration(state.activeMs)}${who}: ${text}`);
    }
    this.#linesOf(about).add(text);
  }

  /** Where notes about an agent go: those about a manager into its present chapter. */
  #linesOf(about: string | undefined): Lines {
    if (about === undefined) return this.run;
    const chapter = this.chapters.get(about)?.at(-1);
    if (chapter) return chapter.lines;
    const known = this.notes.get(about) ?? new Lines();
    this.notes.set(about, known);
    return known;
  }

  #decided(event: RunEvent, state: RunState): void {
    if (event.type !== 'manager.decided' || event.agent === undefined) return;
    const frame = state.frames.get(event.agent);
    if (!frame) return;
    const chapters = this.chapters.get(frame.id) ?? [];
    chapters.push({ ...decidedChapter(event.data, frame), lines: new Lines() });
    this.chapters.set(frame.id, chapters);
  }

  /** Each worker that ends moves the figures of its turn. */
  #budget({ type, agent = '' }: RunEvent, state: RunState): void {
    if (type !== 'agent.finished' && type !== 'agent.failed') return;
    const manager = managerOf(state, state.frames.get(agent));
    const chapter = manager && this.chapters.get(manager.id)?.at(-1);
    if (chapter) chapter.budget = budgetLine(state, scopeOf(state, manager));
  }
}

function managerOf({ frames }: RunState, frame: Frame | undefined): Frame | undefined {
  const above = frames.get(frame?.parent ?? '');
  return above?.role === 'manager' ? above : undefined;
}

function noteOf<T extends RunEventType>(event: EventOf<T>, state: RunState): Note | undefined {
  return WRITERS[event.type]?.(event, state);
}

function nameOf({ frames }: RunState, about: string): string {
  const slash = about.indexOf('/');
  if (slash >= 0) return code(about.slice(slash + 1));
  const frame = frames.get(about);
  return code(frame?.node?.id ?? frame?.name ?? about);
}
