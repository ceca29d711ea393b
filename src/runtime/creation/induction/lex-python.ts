import { numberValue, Reader, type Token } from './token.ts';
import { unescaped } from './unescape.ts';

const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy;
const NUMBER =
  /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y;
const STRING = /(?:[rRuUbBfF]|[rR][bBfF]|[bBfF][rR])?(?:"""|'''|"|')/y;
const OPERATOR =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|!=|->|:=|==|<=|>=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|@=|\*\*|\/\/|>>|<<|[-+*/%@&|^~<>()[\]{},:.;=]/y;
const SPACE = /(?:[ \t\f]+|\\\r?\n|#[^\r\n]*)+/y;
const LINE_END = /\r\n|\r|\n/y;
const BLANK = /[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)/y;
const INDENT = /[ \t]*/y;

/**
 * The parts of a Python program; undefined for a text that is none, or has what is not known here.
 * Linear in its length.
 */
export function lexPython(source: string): Token[] | undefined {
  return new PythonLexer(source).all();
}

class PythonLexer {
  readonly #read: Reader;
  readonly #indents = [0];

  constructor(source: string) {
    this.#read = new Reader(source);
  }

  all(): Token[] | undefined {
    const read = this.#read;
    let isStart = true;
    while (!read.done) {
      if (isStart && !this.#indent()) return undefined;
      if (read.done) break;
      isStart = false;
      if (read.take(SPACE) !== undefined) continue;
      if (read.take(LINE_END) !== undefined) isStart = this.#endLine();
      else if (!this.#token()) return undefined;
    }
    if (read.open.length > 0) return undefined;
    this.#endLine();
    for (const _ of this.#indents.slice(1)) read.mark('dedent');
    return read.tokens;
  }

  /** What stands at the beginning of a line says which block it belongs to; empty lines say nothing. */
  #indent(): boolean {
    const read = this.#read;
    while (!read.done && read.take(BLANK) !== undefined);
    const width = widthOf(read.take(INDENT) ?? '');
    if (read.done || width === this.#indents.at(-1)) return true;
    if (width > (this.#indents.at(-1) ?? 0)) {
      this.#indents.push(width);
      read.mark('indent');
      return this.#indents.length < 100;
    }
    while (width < (this.#indents.at(-1) ?? 0)) {
      this.#indents.pop();
      read.mark('dedent');
    }
    return width === this.#indents.at(-1);
  }

  /** Whether a line of the program has ended: within brackets it has not. */
  #endLine(): boolean {
    const read = this.#read;
    if (read.open.length > 0) return false;
    const last = read.tokens.at(-1)?.kind;
    if (last !== undefined && last !== 'line' && last !== 'indent' && last !== 'dedent') {
      read.mark('line');
    }
    return true;
  }

  #token(): boolean {
    const read = this.#read;
    const start = read.at;
    const quote = read.take(STRING);
    if (quote !== undefined) return this.#string(start, quote);
    if (read.take(NAME) !== undefined) {
      const text = read.text.slice(start, read.at);
      const isTruth = text === 'True' || text === 'False';
      if (isTruth) read.add('literal', start, { kind: 'boolean', value: text === 'True' });
      else read.add('name', start);
      return true;
    }
    const number = /[\d.]/.test(read.here) ? read.take(NUMBER) : undefined;
    if (number !== undefined) return this.#number(start, number);
    return read.operator(OPERATOR);
  }

  #number(start: number, text: string): true {
    const value = /[jJ]$/.test(text) ? undefined : numberValue(text);
    if (value === undefined) this.#read.add('fixed', start);
    else this.#read.add('literal', start, { kind: 'number', value });
    return true;
  }

  #string(start: number, opening: string): boolean {
    const [prefix = '', quote = ''] = splitQuote(opening);
    if (/f/i.test(prefix)) return this.#template(start, { quote, isRaw: /r/i.test(prefix) });
    const read = this.#read;
    const inside = this.#until(quote);
    if (inside === undefined) return false;
    const value = /r/i.test(prefix) ? inside : unescaped(inside, 'python');
    const isText = value !== undefined && !/b/i.test(prefix) && value.isWellFormed();
    if (isText) read.add('literal', start, { kind: 'string', value });
    else read.add('fixed', start);
    return true;
  }

  /** What stands before the closing quote, which is taken, too; undefined when there is none. */
  #until(quote: string): string | undefined {
    const read = this.#read;
    const start = read.at;
    while (!read.done) {
      if (read.text.startsWith(quote, read.at)) {
        read.at += quote.length;
        return read.text.slice(start, read.at - quote.length);
      }
      if (quote.length === 1 && /[\r\n]/.test(read.here)) return undefined;
      read.at += read.here === '\\' ? 2 : 1;
    }
    return undefined;
  }

  /** A text with expressions in braces: its pieces are literals, what is in the braces is program. */
  #template(start: number, { quote, isRaw }: { quote: string; isRaw: boolean }): boolean {
    const read = this.#read;
    read.add('op', start);
    let piece = read.at;
    while (!read.done) {
      const isEnd = read.text.startsWith(quote, read.at);
      const isBrace = read.here === '{' && read.text[read.at + 1] !== '{';
      if (isEnd || isBrace) this.#piece(piece, isRaw);
      if (isEnd) {
        const end = read.at;
        read.at += quote.length;
        read.add('op', end);
        return true;
      }
      if (isBrace) {
        if (!this.#field()) return false;
        piece = read.at;
      } else if (!this.#pieceCharacter(quote)) return false;
    }
    return false;
  }

  #pieceCharacter(quote: string): boolean {
    const read = this.#read;
    const two = read.text.slice(read.at, read.at + 2);
    if (read.here === '}' && two !== '}}') return false;
    if (quote.length === 1 && /[\r\n]/.test(read.here)) return false;
    read.at += two === '{{' || two === '}}' || read.here === '\\' ? 2 : 1;
    return true;
  }

  #piece(start: number, isRaw: boolean): void {
    const read = this.#read;
    if (start === read.at) return;
    const inside = read.text.slice(start, read.at).replaceAll('{{', '{').replaceAll('}}', '}');
    const value = isRaw ? inside : unescaped(inside, 'python');
    if (value === undefined || !value.isWellFormed()) read.add('fixed', start);
    else read.add('literal', start, { kind: 'piece', value });
  }

  /** An expression in braces, with how it is to be shown. */
  #field(): boolean {
    const read = this.#read;
    const depth = read.open.length;
    if (!read.operator(OPERATOR)) return false;
    while (!read.done) {
      const isOuter = read.open.length === depth + 1;
      if (isOuter && read.here === '}') return read.operator(OPERATOR);
      const isFormat = isOuter && /[:!]/.test(read.here) && read.text[read.at + 1] !== '=';
      if (!(isFormat ? this.#format() : this.#inField())) return false;
    }
    return false;
  }

  #inField(): boolean {
    const read = this.#read;
    return read.take(SPACE) !== undefined || read.take(LINE_END) !== undefined || this.#token();
  }

  /** `!r:>{width}.2f` up to the brace that ends the field: as it is, but for expressions in it. */
  #format(): boolean {
    const read = this.#read;
    let start = read.at;
    while (!read.done && read.here !== '}') {
      if (/[\r\n'"]/.test(read.here)) return false;
      if (read.here === '{') {
        read.add('fixed', start);
        if (!this.#field()) return false;
        start = read.at;
      } else read.at += 1;
    }
    read.add('fixed', start);
    return !read.done;
  }
}

function splitQuote(opening: string): [string, string] {
  const at = opening.search(/["']/);
  return [opening.slice(0, at), opening.slice(at)];
}

/** A tab goes on to the next of every eighth column, as in Python. */
function widthOf(space: string): number {
  let width = 0;
  for (const character of space) width = character === '\t' ? width - (width % 8) + 8 : width + 1;
  return width;
}
