import type { CodeLanguage } from '../../../events/creation.ts';

const PYTHON: ReadonlySet<string> = new Set([
  ...['and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue', 'def', 'del', 'elif'],
  ...['else', 'except', 'finally', 'for', 'from', 'global', 'if', 'import', 'in', 'is', 'lambda'],
  ...['None', 'nonlocal', 'not', 'or', 'pass', 'raise', 'return', 'try', 'while', 'with', 'yield'],
  ...['True', 'False'],
]);
const SCRIPT: ReadonlySet<string> = new Set([
  ...['async', 'await', 'break', 'case', 'catch', 'class', 'const', 'continue', 'debugger'],
  ...['default', 'delete', 'do', 'else', 'export', 'extends', 'finally', 'for', 'from', 'function'],
  ...['if', 'import', 'in', 'instanceof', 'let', 'new', 'null', 'of', 'return', 'static', 'super'],
  ...['switch', 'this', 'throw', 'try', 'typeof', 'undefined', 'var', 'void', 'while', 'with'],
  ...['yield', 'as', 'get', 'set'],
  ...['true', 'false', 'implements', 'interface', 'package', 'private', 'protected', 'public'],
  ...['enum', 'eval', 'arguments'],
]);

/** Whether a word is one of the language, and no name. */
export function isKeyword(word: string, language: CodeLanguage): boolean {
  return (language === 'python' ? PYTHON : SCRIPT).has(word);
}
