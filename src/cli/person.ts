import type { Progress } from './progress/progress.ts';
import type { LineAnswer, Shell } from './shell.ts';
import type { Style } from './style.ts';

/** What a run is shown by while somebody is asked. */
export interface Beside {
  progress: Progress;
  /** What Ctrl-C at a question does. */
  interrupted(): void;
}

/** The person at the terminal, who is asked while the progress of the run stands still. */
export class Person {
  readonly style: Style;
  readonly #shell: Shell;
  #beside: Beside | undefined;

  constructor(shell: Shell, style: Style) {
    this.#shell = shell;
    this.style = style;
  }

  /** Says what the questions are asked beside. */
  sits(beside: Beside): void {
    this.#beside = beside;
  }

  /** Has the terminal for one conversation; nothing else is written there meanwhile. */
  async talk<T>(conversation: () => Promise<T>): Promise<T> {
    const goOn = this.#beside?.progress.hold();
    try {
      return await conversation();
    } finally {
      goOn?.();
    }
  }

  /** Writes safe text. */
  say(text: string): void {
    this.#shell.err.write(`${text}\n`);
  }

  /** Asks for one line; Ctrl-C does what it does elsewhere in a run. */
  async line(question: string, signal: AbortSignal): Promise<LineAnswer> {
    const answer = await this.#shell.askLine(question, signal);
    if (answer === 'interrupted') this.#beside?.interrupted();
    return answer;
  }
}
