import type { Grammar } from './grammar.ts';
import { isKeyword } from './keywords.ts';
import { lexScript } from './lex-script.ts';
import { Parts } from './parts.ts';
import { isOp, isWord, type Token } from './token.ts';

const DECLARES = ['const', 'let', 'var'];
/** Words before brackets that are no function's. */
const NO_FUNCTION = ['if', 'for', 'while', 'switch', 'with', 'return', 'await', 'typeof'];
/** Parts of a declaration, or before a colon, that are looked at. */
const MOST_PARTS = 200;

const isScriptWord = (word: string): boolean => isKeyword(word, 'javascript');

/** Programs in JavaScript and TypeScript. */
export const SCRIPT: Grammar = {
  tokens(source) {
    const tokens = lexScript(source);
    return tokens && withFixed(new Parts(withoutDirectives(tokens)));
  },
  own(parts) {
    const names = new Set<string>();
    const parameters = new Set<number>();
    parts.tokens.forEach((token, at) => {
      if (isWord(token, ...DECLARES)) addDeclared(parts, at, names);
      if (isOp(token, '(') && isHead(parts, at)) addParameters(parts, at, names);
      if (isNamed(parts.tokens, at)) names.add(token.text);
    });
    return { names, parameters };
  },
  isName(parts, at) {
    const { tokens } = parts;
    if (isOp(tokens[at - 1], '.', '?.')) return false;
    // A key of an object; one that is key and value in one would be another key with another name.
    const isFirst = isOp(tokens[at - 1], '{', ',') && parts.bracket(at) === '{';
    return !(isFirst && isOp(tokens[at + 1], ':', ',', '}'));
  },
  // A semicolon that the end of a line could stand for is layout, as is a last comma.
  counts(parts, at) {
    const token = parts.tokens[at];
    if (isOp(token, ';')) return parts.bracket(at) === '(';
    return !(isOp(token, ',') && isOp(parts.tokens[at + 1], ')', ']', '}'));
  },
};

/** A text that is a statement of its own, such as `"use strict"`, is a remark. */
function withoutDirectives(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, at) => {
    const isFirst = at === 0 || isOp(tokens[at - 1], ';', '{', '}');
    return !(token.literal?.kind === 'string' && isFirst && isOp(tokens[at + 1], ';'));
  });
}

/** Values that a name cannot stand for stay: keys, names of modules and of methods. */
function withFixed(parts: Parts): Token[] {
  const { tokens } = parts;
  return tokens.map((token, at): Token => {
    if (token.kind !== 'literal' || token.literal?.kind === 'piece') return token;
    const isMethod = isOp(tokens[at + 1], '(') && isOp(tokens[at - 1], '{', ',', ';', '}');
    if (!isModule(tokens, at) && !isMethod && !isBeforeColon(parts, at)) return token;
    const { literal: _, ...rest } = token;
    return { ...rest, kind: 'fixed' };
  });
}

function isModule(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  if (isWord(before, 'from', 'import')) return true;
  return isOp(before, '(') && isWord(tokens[at - 2], 'import', 'require');
}

/** Whether a colon follows that belongs to no condition. */
function isBeforeColon({ tokens, around }: Parts, at: number): boolean {
  if (!isOp(tokens[at + 1], ':')) return false;
  for (let place = at - 1; place >= Math.max(0, at - MOST_PARTS); place--) {
    if (place === around[at]) return true;
    if (around[place] !== around[at]) continue;
    if (isOp(tokens[place], '?')) return false;
    if (isOp(tokens[place], ',', ';', ':') || isWord(tokens[place], 'case')) return true;
  }
  return true;
}

/** Whether a name is given here: `function f`, `class C`, `x => ...`. */
function isNamed(tokens: readonly Token[], at: number): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]];
  if (token?.kind !== 'name' || isScriptWord(token.text)) return false;
  if (isWord(before, 'function', 'class') || isOp(tokens[at + 1], '=>')) return true;
  return isOp(before, '*') && isWord(tokens[at - 2], 'function');
}

/** Whether a bracket holds the parameters of a function, or what a `catch` takes. */
function isHead(parts: Parts, at: number): boolean {
  const { tokens } = parts;
  const before = tokens[at - 1];
  if (isWord(before, 'function', 'catch') || isWord(tokens[at - 2], 'function')) return true;
  const behind = tokens[parts.closing(at) + 1];
  if (isOp(behind, '=>')) return true;
  const isMethod = before?.kind === 'name' && !NO_FUNCTION.includes(before.text);
  return isMethod && isOp(behind, '{');
}

/** Names in `(a, { b: c } = {}, d = 1)`. */
function addParameters(parts: Parts, at: number, names: Set<string>): void {
  const end = parts.closing(at);
  let isTarget = true;
  for (let place = at + 1; place < end; place++) {
    if (parts.around[place] === at) isTarget = stillTarget(parts.tokens[place], isTarget);
    if (isTarget) addTarget(parts, place, names);
  }
}

/** Names in `const a = 1, { b: c } = d`. */
function addDeclared(parts: Parts, at: number, names: Set<string>): void {
  const { tokens, around } = parts;
  const level = around[at];
  let isTarget = true;
  for (let place = at + 1; place < Math.min(tokens.length, at + MOST_PARTS); place++) {
    const token = tokens[place];
    const isSame = around[place] === level;
    const isOver = isOp(token, ';') || isWord(token, 'of', 'in', ...DECLARES);
    if (isSame && isOver) return;
    if (place === parts.closing(level ?? -1)) return;
    if (isSame) isTarget = stillTarget(token, isTarget);
    if (isTarget) addTarget(parts, place, names);
  }
}

/** Whether names are targets from here on: a value or a type ends them, a comma begins the next. */
function stillTarget(token: Token | undefined, isTarget: boolean): boolean {
  if (isOp(token, '=', ':', '?')) return false;
  return isTarget || isOp(token, ',');
}

/** One name of a pattern; a key is none, nor is one that is key and name in one. */
function addTarget(parts: Parts, at: number, names: Set<string>): void {
  const { tokens } = parts;
  const [before, token] = [tokens[at - 1], tokens[at]];
  if (token?.kind !== 'name' || isScriptWord(token.text)) return;
  const isPlace = isOp(before, '[', '{', ',', ':', '...', '(') || isWord(before, ...DECLARES);
  const isKey = isOp(before, '{', ',') && parts.bracket(at) === '{' && !isDeclared(parts, at);
  if (isPlace && !isKey) names.add(token.text);
}

/** Whether the braces around a name are those of a block, in which it is declared. */
function isDeclared({ tokens, around }: Parts, at: number): boolean {
  const opener = around[at] ?? -1;
  const before = tokens[opener - 1];
  const isPattern =
    opener < 0 || isOp(before, '(', ',', '[', '{', ':', '...') || isWord(before, ...DECLARES);
  return !isPattern;
}
