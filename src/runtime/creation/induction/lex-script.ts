import { numberValue, Reader, type Token } from './token.ts';
import { unescaped } from './unescape.ts';

const NAME = /[#@]?[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$]*/uy;
const NUMBER =
  /0[xX][0-9a-fA-F_]+n?|0[oO][0-7_]+n?|0[bB][01_]+n?|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?n?/y;
const OPERATOR =
  />>>=|\*\*=|<<=|>>=|&&=|\|\|=|\?\?=|\.\.\.|===|!==|>>>|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[-+*/%&|^~!<>()[\]{},:.;=?]/y;
const SPACE = /(?:[\s\uFEFF]+|\/\/[^\r\n\u2028\u2029]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)+/y;
const REGEX = /\/(?![*/])(?:[^\\/[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n])*\])+\/[a-z]*/y;
const HASHBANG = /#![^\r\n]*/y;

/** Words behind which an expression begins, so that a stroke is no division. */
const BEFORE_EXPRESSION = new Set([
  ...['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do'],
  ...['instanceof', 'await', 'yield'],
]);

/**
 * The parts of a program in JavaScript or TypeScript; undefined for a text that is none, or has what is
 * not known here. Linear in its length.
 */
export function lexScript(source: string): Token[] | undefined {
  return new ScriptLexer(source).all();
}

class ScriptLexer {
  readonly #read: Reader;

  constructor(source: string) {
    this.#read = new Reader(source);
  }

  all(): Token[] | undefined {
    const read = this.#read;
    read.take(HASHBANG);
    while (!read.done) if (!this.#token()) return undefined;
    return read.open.length === 0 ? read.tokens : undefined;
  }

  #token(): boolean {
    const read = this.#read;
    const start = read.at;
    if (read.take(SPACE) !== undefined) return true;
    // A remark that does not end.
    if (read.text.startsWith('/*', start)) return false;
    if (read.here === '`') return this.#template();
    if (read.here === '"' || read.here === "'") return this.#string(start);
    if (read.take(NAME) !== undefined) return this.#word(start);
    const isNumber = /\d/.test(read.here) || /^\.\d/.test(read.text.slice(start, start + 2));
    const number = isNumber ? read.take(NUMBER) : undefined;
    if (number !== undefined) return this.#number(start, number);
    if (read.here === '/' && !isBehindValue(read.tokens.at(-1)) && read.take(REGEX) !== undefined) {
      read.add('fixed', start);
      return true;
    }
    return read.operator(OPERATOR);
  }

  #word(start: number): true {
    const read = this.#read;
    const text = read.text.slice(start, read.at);
    const isTruth = text === 'true' || text === 'false';
    if (isTruth) read.add('literal', start, { kind: 'boolean', value: text === 'true' });
    else read.add('name', start);
    return true;
  }

  #number(start: number, text: string): true {
    const value = text.endsWith('n') && !/^0[xX]/.test(text) ? undefined : numberValue(text);
    if (value === undefined) this.#read.add('fixed', start);
    else this.#read.add('literal', start, { kind: 'number', value });
    return true;
  }

  #string(start: number): boolean {
    const read = this.#read;
    const quote = read.here;
    read.at += 1;
    while (!read.done && read.here !== quote) {
      if (/[\r\n]/.test(read.here)) return false;
      read.at += read.here === '\\' ? 2 : 1;
    }
    if (read.done) return false;
    read.at += 1;
    const value = unescaped(read.text.slice(start + 1, read.at - 1), 'script');
    if (value === undefined) read.add('fixed', start);
    else read.add('literal', start, { kind: 'string', value });
    return true;
  }

  /** A text with expressions in braces: its pieces are literals, what is in the braces is program. */
  #template(): boolean {
    const read = this.#read;
    const opening = read.at;
    // What is behind a name is read by that function, as it is written.
    const isTagged = isBehindValue(read.tokens.at(-1));
    read.at += 1;
    read.add('op', opening);
    let piece = read.at;
    while (!read.done) {
      const isEnd = read.here === '`';
      const isField = read.text.startsWith('${', read.at);
      if (isEnd || isField) this.#piece(piece, isTagged);
      if (isEnd) {
        const end = read.at;
        read.at += 1;
        read.add('op', end);
        return true;
      }
      if (isField) {
        if (!this.#field()) return false;
        piece = read.at;
      } else read.at += read.here === '\\' ? 2 : 1;
    }
    return false;
  }

  #piece(start: number, isTagged: boolean): void {
    const read = this.#read;
    if (start === read.at) return;
    const inside = read.text.slice(start, read.at).replaceAll('\r\n', '\n');
    const value = isTagged ? undefined : unescaped(inside, 'script');
    if (value === undefined) read.add('fixed', start);
    else read.add('literal', start, { kind: 'piece', value });
  }

  #field(): boolean {
    const read = this.#read;
    const depth = read.open.length;
    read.at += 1;
    if (!read.operator(OPERATOR)) return false;
    while (!read.done && read.open.length > depth) if (!this.#token()) return false;
    return read.open.length === depth;
  }
}

/** Whether what stands before is a value: then a stroke divides, and a template has a tag. */
function isBehindValue(token: Token | undefined): boolean {
  if (!token) return false;
  if (token.kind === 'op') return [')', ']', '}'].includes(token.text);
  return token.kind !== 'name' || !BEFORE_EXPRESSION.has(token.text);
}
