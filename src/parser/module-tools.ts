/** A tool as the text of a TypeScript or JavaScript module names it. */
export interface ModuleTool {
  name: string;
  /** Where the name is written: offsets in the text. */
  from: number;
  to: number;
}

/** Comments and space, texts, regular expressions, words, and single characters. */
const WORD =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|[\p{L}_$][\p{L}\p{N}_$]*|\d[\w.]*|[\s\S]/uy;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** Characters after which a slash begins a regular expression and is no division. */
const BEFORE_EXPRESSION = '(,=:[!&|?{};+-*%<>~^';
const EMPTY = /^(?:\s|\/\/|\/\*)/;

/**
 * The tools that a module makes by `tool({ name: '...' })` with the name written out. The text is
 * only looked at, nothing of it is run: names that are put together elsewhere are not seen.
 */
export function moduleTools(text: string): ModuleTool[] {
  const words = wordsOf(text);
  const tools: ModuleTool[] = [];
  for (const [index, { word }] of words.entries()) {
    const called = word === 'tool' && words[index - 1]?.word !== '.';
    if (!called || words[index + 1]?.word !== '(' || words[index + 2]?.word !== '{') continue;
    const name = nameIn(words, index + 3);
    if (name) tools.push(name);
  }
  return tools;
}

interface Word {
  word: string;
  from: number;
}

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length; ) {
    const before = words.at(-1)?.word ?? '(';
    const word = wordAt(text, at, before);
    if (!EMPTY.test(word)) words.push({ word, from: at });
    at += word.length;
  }
  return words;
}

function wordAt(text: string, at: number, before: string): string {
  if (text[at] === '/' && BEFORE_EXPRESSION.includes(before)) {
    REGULAR_EXPRESSION.lastIndex = at;
    const found = REGULAR_EXPRESSION.exec(text)?.[0];
    if (found !== undefined && !/^\/[/*]/.test(found)) return found;
  }
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0] ?? text.charAt(at);
}

/** The text behind `name:` at the top of the object that begins here. */
function nameIn(words: readonly Word[], start: number): ModuleTool | undefined {
  let depth = 0;
  for (let index = start; index < words.length && depth >= 0; index += 1) {
    const { word } = words[index] ?? { word: '' };
    if ('([{'.includes(word)) depth += 1;
    else if (')]}'.includes(word)) depth -= 1;
    const key = word === 'name' || word === "'name'" || word === '"name"';
    if (depth !== 0 || !key || words[index + 1]?.word !== ':') continue;
    const value = words[index + 2];
    if (!value || !/^(?:'[^'\\]*'|"[^"\\]*"|`[^`\\$]*`)$/.test(value.word)) return undefined;
    const to = value.from + value.word.length;
    return { name: value.word.slice(1, -1), from: value.from, to };
  }
  return undefined;
}
