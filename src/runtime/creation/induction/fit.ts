import type { CodeLanguage } from '../../../events/creation.ts';
import { isOp, isWord, type Token } from './token.ts';

/** Words that a handler has not, or that say that a program cannot be put into a function. */
const NOT_IN_A_HANDLER: Readonly<Record<CodeLanguage, ReadonlySet<string>>> = {
  python: new Set(['tools', 'global', '__future__', '__file__']),
  javascript: new Set(['tools', 'process', 'exports', 'module']),
  typescript: new Set(['tools', 'process', 'exports', 'module']),
};

/**
 * Whether a program can be the body of a handler, which has no tools, and ends when its function does.
 * What cannot is never proposed.
 */
export function fitsHandler(tokens: readonly Token[], language: CodeLanguage): boolean {
  const words = NOT_IN_A_HANDLER[language];
  return tokens.every((token, at) => {
    if (token.kind !== 'name' || isOp(tokens[at - 1], '.', '?.')) return true;
    if (words.has(token.text)) return false;
    if (token.text === 'sdk') return isOfSolve(tokens, at);
    if (language === 'python') return !isStarImport(tokens, at);
    return token.text !== 'export' || isOfFunction(tokens[at + 1]);
  });
}

/** `solve(sdk)`, which makes no use of it anywhere else: the argument stands for nothing then. */
function isOfSolve(tokens: readonly Token[], at: number): boolean {
  return isWord(tokens[at - 2], 'solve') && isWord(tokens[at - 3], 'def', 'function');
}

function isStarImport(tokens: readonly Token[], at: number): boolean {
  return isWord(tokens[at], 'import') && isOp(tokens[at + 1], '*');
}

function isOfFunction(token: Token | undefined): boolean {
  return isWord(token, 'async', 'function', 'const', 'class');
}
