import { toAwpError } from '../base/errors.ts';
import type { RunEvent } from '../events/event.ts';
import { rootGraph } from '../events/graph-walk.ts';
import { emptyState, fold } from '../events/reduce.ts';
import type { RunResult } from '../events/result.ts';
import { resultJson } from '../events/result.ts';
import type { RunState } from '../events/state.ts';
import { ApprovalPrompts } from './approvals/approval-prompts.ts';
import type { RunHandle } from './engine.ts';
import {
  EXIT,
  exitCodeOf,
  exitCodeOfRun,
  failureBlock,
  failureLine,
  failureOf,
} from './failure.ts';
import type { Person } from './person.ts';
import { chooseProgress, leavesTree, type ProgressMode } from './progress/choose.ts';
import type { Progress } from './progress/progress.ts';
import { endingText } from './progress/summary.ts';
import { FINAL_ROWS, treeLines } from './progress/tree.ts';
import { artifactPaths, resultText } from './result-text.ts';
import type { Shell, StopSignal } from './shell.ts';
import type { Style } from './style.ts';
import { resumeCommand } from './suggest.ts';

/** Width of the nodes' summary below lines of a log. */
const COLUMNS = 120;

/** How a run is watched. */
export interface WatchOptions {
  /** Events on standard output instead of the result's text. */
  json: boolean;
  progress: ProgressMode;
  noColor: boolean;
  debug: boolean;
  /** `--home`, as the user gave it, for the commands that are suggested. */
  home: string | undefined;
  /** Number of the last event that an earlier process wrote; those are not shown as progress. */
  after: number;
  /** Who is asked about calls that wait; nobody when left out. */
  person?: Person | undefined;
  /** Commands to try next when the run is complete; `awp runs show` when left out. */
  next?: readonly string[];
}

/**
 * Shows a run until it comes to a halt: progress on standard error, the result or all events on
 * standard output. Returns the exit status. The first signal stops the run, the second ends the
 * program.
 */
export async function watchRun(
  handle: RunHandle,
  shell: Shell,
  options: WatchOptions,
): Promise<number> {
  const stops = new Stops(handle, shell);
  // What it says is told below; here it only must not count as unheard.
  handle.result.catch(() => {});
  try {
    return await new Watch(handle, shell, options).toTheEnd(stops);
  } finally {
    stops.forget();
  }
}

class Watch {
  readonly #handle: RunHandle;
  readonly #shell: Shell;
  readonly #options: WatchOptions;
  readonly #state: RunState;

  constructor(handle: RunHandle, shell: Shell, options: WatchOptions) {
    this.#handle = handle;
    this.#shell = shell;
    this.#options = options;
    this.#state = emptyState(handle.id);
  }

  async toTheEnd(stops: Stops): Promise<number> {
    const { clock } = await this.#shell.effects();
    const style = this.#shell.style(this.#shell.err, this.#options.noColor);
    const progress = chooseProgress(this.#mode(), this.#shell, { style, clock });
    stops.onStop(() => progress.stopping());
    const prompts = this.#prompts(progress, stops);
    try {
      progress.begin(this.#state);
      await this.#handle.ready;
      const result = await this.#follow(progress, prompts);
      await prompts?.close();
      progress.close();
      this.#tell(result, new Date(clock.now()).toISOString());
      return this.#exitCode(stops.signal);
    } catch (thrown) {
      await prompts?.close();
      progress.close();
      // Of a run that never began there is nothing to go on with.
      if (this.#state.seq > 0) return this.#tellTrouble(thrown);
      if (stops.signal === undefined) throw thrown;
      if (this.#options.json) this.#shell.out.write(failureLine(toAwpError(thrown)));
      this.#shell.err.write('stopped before the run began\n');
      return stops.signal === 'SIGTERM' ? EXIT.terminated : EXIT.stopped;
    } finally {
      progress.close();
    }
  }

  /** Questions are asked beside the progress, and stop like it. */
  #prompts(progress: Progress, stops: Stops): ApprovalPrompts | undefined {
    const { person } = this.#options;
    person?.sits({ progress, interrupted: () => stops.take('SIGINT') });
    return person && new ApprovalPrompts({ handle: this.#handle, shell: this.#shell, person });
  }

  /** Events on the same terminal would tear the tree apart. */
  #mode(): ProgressMode {
    const { progress, json } = this.#options;
    return progress === 'auto' && json && this.#shell.out.terminal ? 'plain' : progress;
  }

  async #follow(progress: Progress, prompts: ApprovalPrompts | undefined): Promise<RunResult> {
    await this.#show(progress, prompts);
    const result = await this.#handle.result;
    // A reader may have met the end of an earlier process before the run was taken up again.
    await this.#show(progress, prompts);
    return result;
  }

  async #show(progress: Progress, prompts: ApprovalPrompts | undefined): Promise<void> {
    for await (const event of this.#handle.events(this.#state.seq + 1)) {
      fold(this.#state, event);
      if (event.seq > this.#options.after) {
        if (runsUnboxed(event)) progress.aside(() => this.#warn());
        progress.event(event, this.#state);
        prompts?.follow(this.#state);
      }
      if (this.#options.json) await this.#print(event);
    }
  }

  #warn(): void {
    const { err } = this.#shell;
    const style = this.#shell.style(err, this.#options.noColor);
    const text = `${style.symbols.warn} no sandbox: programs of this run can do whatever you can do`;
    err.write(`${style.paint('warn', text)}\n`);
  }

  async #print(event: RunEvent): Promise<void> {
    this.#shell.out.write(`${JSON.stringify(event)}\n`);
    await this.#shell.out.flush();
  }

  #tell(result: RunResult, ts: string): void {
    const { out, err } = this.#shell;
    const { json, home, next, noColor } = this.#options;
    if (json) {
      const { run, seq } = this.#state;
      const data = resultJson(result);
      out.write(
        `${JSON.stringify({ v: 1, run, seq: seq + 1, ts, type: 'run.result', depth: 0, data })}\n`,
      );
    } else {
      out.write(resultText(result));
    }
    if (this.#options.progress === 'quiet' && this.#state.status === 'complete') return;
    const style = this.#shell.style(err, noColor);
    err.write(this.#nodesText(style));
    const paths = artifactPaths(result, this.#shell.cwd);
    err.write(endingText({ state: this.#state, paths, style, home, next }));
  }

  /** The nodes of a graph with how they ended, where no tree has shown them. */
  #nodesText(style: Style): string {
    const mode = this.#mode();
    if (mode === 'quiet' || leavesTree(mode, this.#shell)) return '';
    if (!rootGraph(this.#state)) return '';
    const { lastAt } = this.#state;
    const view = { state: this.#state, now: lastAt, style, columns: COLUMNS, rows: FINAL_ROWS };
    return treeLines(view)
      .map((line) => `${line}\n`)
      .join('');
  }

  #exitCode(signal: StopSignal | undefined): number {
    const stopped = this.#state.status === 'cancelled';
    return stopped && signal === 'SIGTERM' ? EXIT.terminated : exitCodeOfRun(this.#state);
  }

  #tellTrouble(thrown: unknown): number {
    const error = toAwpError(thrown);
    const { home, noColor, debug, json } = this.#options;
    if (json) this.#shell.out.write(failureLine(error));
    const style = this.#shell.style(this.#shell.err, noColor);
    const run = `${this.#handle.id} is kept; go on with: ${resumeCommand(this.#handle.id, home)}`;
    this.#shell.err.write(failureBlock({ ...failureOf(error, debug), run }, style));
    return exitCodeOf(error.code);
  }
}

/** Whether the run begins, or goes on, without a boundary around its programs. */
function runsUnboxed({ type, data }: RunEvent): boolean {
  return (type === 'run.started' || type === 'run.resumed') && data.sandbox?.name === 'none';
}

/** Turns signals and a closed output into a graceful stop, and the second signal into an end. */
class Stops {
  readonly #handle: RunHandle;
  readonly #shell: Shell;
  readonly #withdraw: (() => void)[];
  #told = (): void => {};
  /** The first signal that came. */
  signal: StopSignal | undefined;

  constructor(handle: RunHandle, shell: Shell) {
    this.#handle = handle;
    this.#shell = shell;
    this.#withdraw = [
      shell.onSignal((signal) => this.take(signal)),
      shell.out.onClosed(() => this.#stop('the reader of the output has gone')),
    ];
  }

  /** What is to be done when the run is asked to stop; at once if it was already. */
  onStop(told: () => void): void {
    this.#told = told;
    if (this.signal !== undefined) told();
  }

  forget(): void {
    for (const withdraw of this.#withdraw) withdraw();
  }

  /** What Ctrl-C and its like do. */
  take(signal: StopSignal): void {
    if (this.signal !== undefined) {
      this.#shell.exitNow(signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted);
      return;
    }
    this.signal = signal;
    this.#stop(signal === 'SIGTERM' ? 'ended by SIGTERM' : 'stopped by the user');
    this.#told();
  }

  #stop(reason: string): void {
    // Trouble while stopping reaches the user through the run's result.
    this.#handle.cancel(reason).catch(() => {});
  }
}
