import type { RunState } from '../../events/state.ts';
import type { Clock } from '../../ports/effects.ts';
import type { Shell } from '../shell.ts';
import type { Style } from '../style.ts';
import { widthOf } from '../text.ts';
import type { Progress } from './progress.ts';
import { FINAL_ROWS, treeLines } from './tree.ts';

/** Least time between two frames, in milliseconds. */
const FRAME_MS = 100;
/** A frame is drawn at least this often while the run goes on, in milliseconds. */
const TICK_MS = 250;
/** Share of the time that drawing may take; a run with thousands of agents is drawn less often. */
const DRAWING_SHARE = 0.1;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/**
 * The tree of agents, redrawn in place: only lines that changed, at most ten frames a second, one
 * write each. The screen is never cleared and what stood above is never touched.
 */
export function liveProgress(shell: Shell, style: Style, clock: Clock): Progress {
  const live = new LiveTree(shell, style, clock);
  return {
    begin: (state) => live.show(state),
    event: (_event, state) => live.moved(state),
    aside: (write) => live.aside(write),
    hold: () => live.hold(),
    stopping: () => live.stopping(),
    close: () => live.close(),
  };
}

class LiveTree {
  readonly #shell: Shell;
  readonly #style: Style;
  readonly #clock: Clock;
  readonly #withdraw: (() => void)[];
  #state: RunState | undefined;
  #lines: string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #frameMs = FRAME_MS;
  #cancelTimer: (() => void) | undefined;
  #stopping = false;
  #held = false;
  /** Whether the state is of now: what is read of an earlier process is not. */
  #isLive = false;
  #open = true;

  constructor(shell: Shell, style: Style, clock: Clock) {
    this.#shell = shell;
    this.#style = style;
    this.#clock = clock;
    shell.err.write(HIDE_CURSOR);
    this.#withdraw = [
      shell.err.onResize(() => this.#resized()),
      shell.atExit(() => shell.err.write(SHOW_CURSOR)),
    ];
  }

  moved(state: RunState): void {
    this.#isLive = true;
    this.show(state);
  }

  show(state: RunState): void {
    this.#state = state;
    this.#schedule();
  }

  /** What is written stays above the tree. */
  aside(write: () => void): void {
    if (this.#open && !this.#held) this.#put([]);
    write();
    this.#draw();
  }

  /** The tree goes away and comes back below what was written meanwhile. */
  hold(): () => void {
    if (!this.#open || this.#held) return () => {};
    this.#cancelTimer?.();
    this.#put([]);
    this.#held = true;
    this.#shell.err.write(SHOW_CURSOR);
    return () => {
      if (!this.#held) return;
      this.#held = false;
      if (!this.#open) return;
      this.#shell.err.write(HIDE_CURSOR);
      this.#draw();
    };
  }

  stopping(): void {
    this.#stopping = true;
    this.#draw();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelTimer?.();
    // Of a run that never began nothing stays.
    if (this.#state) this.#put(this.#state.seq > 0 ? this.#finalLines(this.#state) : []);
    this.#shell.err.write(SHOW_CURSOR);
    for (const withdraw of this.#withdraw) withdraw();
  }

  #schedule(): void {
    if (!this.#open || this.#held) return;
    const due = this.#drawnAt + this.#frameMs - this.#clock.monotonic();
    if (due <= 0) {
      this.#draw();
      return;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.timer(due, () => this.#draw());
  }

  #draw(): void {
    if (!this.#open || this.#held || !this.#state) return;
    const began = this.#clock.monotonic();
    this.#put(this.#liveLines(this.#state));
    this.#drawnAt = this.#clock.monotonic();
    this.#frameMs = Math.max(FRAME_MS, (this.#drawnAt - began) / DRAWING_SHARE);
    this.#cancelTimer?.();
    const next = Math.max(TICK_MS, this.#frameMs);
    this.#cancelTimer = this.#clock.timer(next, () => this.#draw());
  }

  #liveLines(state: RunState): string[] {
    const { columns, rows } = this.#shell.err.size();
    return treeLines({
      state,
      // Between two processes no time passes for the run.
      now: this.#isLive || state.seq === 0 ? this.#clock.now() : state.lastAt,
      columns,
      // The cursor rests on the line below the tree.
      rows: Math.max(1, rows - 1),
      style: this.#style,
      hint: this.#stopping
        ? 'stopping: the work so far is kept; Ctrl-C again ends at once'
        : 'Ctrl-C stops and keeps the work',
    });
  }

  #finalLines(state: RunState): string[] {
    const { columns } = this.#shell.err.size();
    return treeLines({
      state,
      now: this.#clock.now(),
      columns,
      rows: FINAL_ROWS,
      style: this.#style,
    });
  }

  /** Puts lines in the place of those that are there. The cursor ends below the last one. */
  #put(lines: string[]): void {
    const old = this.#lines;
    const same = lines.length === old.length && lines.every((line, index) => line === old[index]);
    if (same) return;
    let frame = old.length > 0 ? `\x1b[${old.length}A` : '';
    for (const [index, line] of lines.entries()) {
      frame += line === old[index] ? '\n' : `\r${line}${ERASE_LINE}\n`;
    }
    if (lines.length < old.length) frame += ERASE_BELOW;
    this.#shell.err.write(`${BEGIN_FRAME}${frame}${END_FRAME}`);
    this.#lines = lines;
  }

  /** A narrower terminal breaks old lines in two or more: all rows they take now are drawn anew. */
  #resized(): void {
    if (!this.#open || this.#lines.length === 0) return;
    const { columns, rows } = this.#shell.err.size();
    const taken = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(withoutColours(line)) / columns)),
      0,
    );
    const up = Math.min(taken, rows - 1);
    this.#shell.err.write(`${up > 0 ? `\x1b[${up}A` : ''}\r${ERASE_BELOW}`);
    this.#lines = [];
    this.#draw();
  }
}

function withoutColours(line: string): string {
  return line.replace(/\p{Cc}\[[\d;]*m/gu, '');
}
