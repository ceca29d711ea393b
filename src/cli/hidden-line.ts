import type { ReadStream, WriteStream } from 'node:tty';
import type { HiddenAnswer } from './shell.ts';

/** Makes a terminal mark what is pasted, so that its line breaks do not end the line. */
const MARK_PASTES = '\u001b[?2004h';
const NO_MARKS = '\u001b[?2004l';
const PASTE_BEGINS = '\u001b[200~';
const PASTE_ENDS = '\u001b[201~';
/** Keys such as arrows; they do nothing here. */
const KEY = /^\p{Cc}(?:\[[\d;?]*[~A-Za-z]|O[A-Za-z]|[^[O])/u;
/** A key of which only a part has come. */
const PART_OF_KEY = /^\p{Cc}(?:\[[\d;?]*|O)?$/u;
const ESCAPE = '\u001b';

/** A line that is typed or pasted into a terminal which does not show it. */
export class HiddenLine {
  text = '';
  #rest = '';
  #pasting = false;

  /** Takes what came from the terminal; says whether the line is complete or was given up. */
  feed(more: string): 'more' | 'complete' | 'cancelled' {
    let left = this.#rest + more;
    this.#rest = '';
    while (left !== '') {
      if (left.startsWith(ESCAPE) && PART_OF_KEY.test(left)) {
        this.#rest = left;
        return 'more';
      }
      const [key = '', end] = this.#take(left);
      if (end !== undefined) return end;
      left = left.slice(key.length);
    }
    return 'more';
  }

  /** Takes one letter or key off the text. */
  #take(text: string): [string, ('complete' | 'cancelled')?] {
    const key = text.startsWith(ESCAPE) ? KEY.exec(text)?.[0] : undefined;
    if (key !== undefined) {
      if (key === PASTE_BEGINS || key === PASTE_ENDS) this.#pasting = key === PASTE_BEGINS;
      return [key];
    }
    const letter = String.fromCodePoint(text.codePointAt(0) ?? 0);
    if (letter === '\r' || letter === '\n') return this.#lineBreak(text);
    if (letter === '\u0003') return [letter, 'cancelled'];
    if (letter === '\u0004') return [letter, 'complete'];
    if (letter === '\u007f' || letter === '\b') this.text = withoutLast(this.text);
    else if (letter === '\u0015') this.text = '';
    else if (letter >= ' ' || letter === '\t') this.text += letter;
    return [letter];
  }

  /** One with more behind it was pasted into a terminal that does not mark what is pasted. */
  #lineBreak(text: string): [string, 'complete'?] {
    const mark = text.startsWith('\r\n') ? '\r\n' : (text[0] ?? '');
    if (!this.#pasting && mark === text) return [mark, 'complete'];
    this.text += '\n';
    return [mark];
  }
}

function withoutLast(text: string): string {
  return Array.from(text).slice(0, -1).join('');
}

/** A terminal that can be asked. */
export interface Terminal {
  input: Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;
  output: Pick<WriteStream, 'write'>;
  /** Runs `restore` when the program ends without our doing, until it is withdrawn. */
  atExit(restore: () => void): () => void;
}

/** Asks for a line without showing it; the terminal is afterwards as it was. */
export function askHidden(question: string, terminal: Terminal): Promise<HiddenAnswer> {
  const { input, output } = terminal;
  if (input.isTTY !== true) return Promise.resolve('no-terminal');
  const line = new HiddenLine();
  const decoder = new TextDecoder();
  return new Promise((resolve) => {
    const restore = (): void => {
      input.setRawMode(false);
      output.write(`${NO_MARKS}\n`);
    };
    const withdraw = terminal.atExit(restore);
    const finish = (answer: HiddenAnswer): void => {
      input.off('data', read).off('end', give).pause();
      withdraw();
      restore();
      resolve(answer);
    };
    const read = (bytes: Buffer): void => {
      const state = line.feed(decoder.decode(bytes, { stream: true }));
      if (state !== 'more') finish(state === 'cancelled' ? state : { text: line.text });
    };
    const give = (): void => finish('cancelled');
    input.setRawMode(true);
    output.write(MARK_PASTES + question);
    input.on('data', read).on('end', give).resume();
  });
}
