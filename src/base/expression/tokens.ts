import { type Span, Unreadable } from './expression.ts';

/** Kinds of token. */
export type TokenKind = 'name' | 'number' | 'string' | 'operator' | 'end';

/** One token of an expression. */
export interface Token extends Span {
  kind: TokenKind;
  /** The name, the operator, or the text of a string. */
  text: string;
}

const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
const OPERATOR = /\*\*|\/\/|==|!=|<=|>=|:=|[-+*/%<>()[\]{},.:=@|&^~]/y;
/** What to write instead of symbols of other languages. */
const STRANGE = new Map([
  ['!', 'write `not`'],
  ['?', 'conditional expressions are not part of it; write `and` and `or`'],
  ['$', 'write the name alone, such as `state.x`'],
]);
const CODE_POINT = /x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/y;
/** As in Python, where `\` before any other character stays. */
const ESCAPES = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);

/** The tokens of a text, the last one of kind `end`. Throws `Unreadable`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.to;
  }
  tokens.push({ kind: 'end', text: '', from: text.length, to: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  const character = text.charAt(at);
  if (character === '"' || character === "'") return stringAt(text, at);
  const number = match(NUMBER, text, at);
  if (number !== undefined) return numberToken(text, at, number);
  const name = match(NAME, text, at);
  if (name !== undefined) return nameToken(text, at, name);
  const operator = match(OPERATOR, text, at);
  if (operator !== undefined)
    return { kind: 'operator', text: operator, from: at, to: at + operator.length };
  const symbol = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const help = STRANGE.get(symbol);
  throw new Unreadable({
    code: symbol === '?' ? 'X4' : 'X1',
    message: `an expression cannot have \`${symbol}\` here`,
    help: help ?? 'put texts in quotes',
    from: at,
    to: at + symbol.length,
  });
}

function numberToken(text: string, at: number, number: string): Token {
  const to = at + number.length;
  if (!Number.isFinite(Number(number))) {
    const message = `${number.slice(0, 20)} is too large a number`;
    throw new Unreadable({ code: 'X1', message, help: 'write a smaller one', from: at, to });
  }
  if (match(NAME, text, to) !== undefined) {
    const message = 'a name cannot start with a digit';
    throw new Unreadable({
      code: 'X1',
      message,
      help: 'quote it, or put an operator between',
      from: at,
      to,
    });
  }
  return { kind: 'number', text: number, from: at, to };
}

function nameToken(text: string, at: number, name: string): Token {
  const to = at + name.length;
  const next = text.charAt(to);
  if (/^[fbru]{1,2}$/i.test(name) && (next === '"' || next === "'")) {
    const message = `strings have no prefix \`${name}\` here`;
    const help = 'write a plain string in quotes; values are not put into texts';
    throw new Unreadable({ code: 'X4', message, help, from: at, to });
  }
  return { kind: 'name', text: name, from: at, to };
}

function stringAt(text: string, from: number): Token {
  const quote = text.charAt(from);
  let value = '';
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === quote) return { kind: 'string', text: value, from, to: at + 1 };
    if (character === '\\') {
      const escaped = escapeAt(text, at + 1);
      value += escaped.value;
      at += escaped.length;
    } else value += character;
  }
  throw new Unreadable({
    code: 'X1',
    message: 'the string is not closed',
    help: `add ${quote} behind it`,
    from,
    to: text.length,
  });
}

/** What stands for the characters behind a `\`, and how many they are. */
function escapeAt(text: string, at: number): { value: string; length: number } {
  const code = match(CODE_POINT, text, at);
  const point = code === undefined ? Number.NaN : Number.parseInt(code.slice(1), 16);
  if (code !== undefined && point <= 0x10ffff)
    return { value: String.fromCodePoint(point), length: code.length };
  const escaped = text.charAt(at);
  return { value: ESCAPES.get(escaped) ?? `\\${escaped}`, length: 1 };
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
