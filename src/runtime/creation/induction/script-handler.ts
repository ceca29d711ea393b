import type { HandlerParts } from './handler-parts.ts';
import { lexScript } from './lex-script.ts';
import { isOp, isWord, type Token } from './token.ts';

/** A handler in JavaScript or TypeScript that runs a program with its arguments and gives what it printed. */
export function scriptHandler({ program, given, solves }: HandlerParts, isTyped: boolean): string {
  const { imports, body } = split(program);
  const names = given.map(({ name, first }) => `${name} = ${first}`).join(', ');
  const types = isTyped ? ': Record<string, any>' : '';
  const head = names === '' ? '' : `{ ${names} }${types} = {}`;
  const any = isTyped ? ': any' : '';
  return [
    ...(imports === '' ? [] : [imports, '']),
    `export async function handler(${head}) {`,
    ...given.map(({ name, inside }) => `  const ${inside} = ${name};`),
    `  const printed${isTyped ? ': string[]' : ''} = [];`,
    `  const shown = (value${any}) => {`,
    '    if (typeof value === "string") return value;',
    '    try {',
    '      return JSON.stringify(value) ?? String(value);',
    '    } catch {',
    '      return String(value);',
    '    }',
    '  };',
    `  const print = (...values${isTyped ? ': any[]' : ''}) => {`,
    '    printed.push(values.map(shown).join(" "));',
    '  };',
    '  const ignore = () => {};',
    '  const console = { log: print, info: print, debug: print, warn: ignore, error: ignore };',
    '  const program = async () => {',
    ...[body, ...(solves === undefined ? [] : ['    return await solve();'])],
    ...['  };', '  const value = await program();'],
    '  const stdout = printed.map((line) => line + "\\n").join("");',
    `  return { ok: true, status: 200, data: { stdout${solves === undefined ? '' : ', value'} } };`,
    ...['}', ''],
  ].join('\n');
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** The imports of a module, and the rest as the body of a function. */
function split(program: string): { imports: string; body: string } {
  const tokens = lexScript(program) ?? [];
  const imports: string[] = [];
  const edits: Edit[] = [];
  tokens.forEach((token, at) => {
    if (token.depth > 0) return;
    const end = isImport(tokens, at) ? importEnd(tokens, at) : undefined;
    if (end !== undefined) {
      imports.push(program.slice(token.start, end).replace(/;?$/, ';'));
      edits.push({ start: token.start, end, text: '' });
    } else if (isWord(token, 'export')) {
      edits.push({ start: token.start, end: tokens[at + 1]?.start ?? token.end, text: '' });
    } else if (isCall(program, tokens, at)) {
      // A program ends when nothing of it is left to do, a function when it returns.
      edits.push({ start: token.start, end: token.start, text: 'await ' });
    }
  });
  return { imports: imports.join('\n'), body: edited(program, edits) };
}

function edited(program: string, edits: readonly Edit[]): string {
  let from = 0;
  const parts = edits.map(({ start, end, text }) => {
    const before = program.slice(from, start);
    from = end;
    return `${before}${text}`;
  });
  return [...parts, program.slice(from)].join('');
}

function isImport(tokens: readonly Token[], at: number): boolean {
  return isWord(tokens[at], 'import') && !isOp(tokens[at + 1], '(', '.');
}

/** Where an import ends: behind the name of its module. */
function importEnd(tokens: readonly Token[], at: number): number | undefined {
  const after = tokens
    .slice(at, at + 200)
    .find(({ kind }) => kind === 'literal' || kind === 'fixed');
  if (!after) return undefined;
  const next = tokens[tokens.indexOf(after) + 1];
  return isOp(next, ';') ? next?.end : after.end;
}

/** Whether a statement begins here that calls something: `main()`, `(async () => ...)()`. */
function isCall(program: string, tokens: readonly Token[], at: number): boolean {
  const [before, token, next] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  const isClear = before === undefined || isOp(before, ';', '}');
  if (isOp(token, '(')) return isClear && isWord(next, 'async');
  if (token?.kind !== 'name' || !isOp(next, '(') || isWord(token, ...NOT_CALLED)) return false;
  if (isClear || isOp(before, ')')) return true;
  const isValue = before?.kind === 'literal' || before?.kind === 'fixed' || isOp(before, ']');
  return isValue && program.slice(before?.end, token.start).includes('\n');
}

const NOT_CALLED = ['if', 'for', 'while', 'switch', 'catch', 'with', 'return', 'await', 'function'];
