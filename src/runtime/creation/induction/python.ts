import type { Grammar } from './grammar.ts';
import { isKeyword } from './keywords.ts';
import { lexPython } from './lex-python.ts';
import type { Parts } from './parts.ts';
import { isOp, isWord, type Token } from './token.ts';

const ASSIGNS = /^(?:[-+*/%@&|^]|\*\*|\/\/|>>|<<)?=$/;
/** Parts of a list of targets that are looked at. */
const MOST_TARGETS = 100;

const isPythonWord = (word: string): boolean => isKeyword(word, 'python');

/** Programs in Python. */
export const PYTHON: Grammar = {
  tokens(source) {
    const tokens = lexPython(source);
    return tokens && inPatterns(withoutRemarks(joined(tokens)));
  },
  own(parts) {
    const names = new Set<string>();
    const parameters = new Set<number>();
    parts.tokens.forEach((token, at) => {
      if (isWord(token, 'def')) addParameters(parts, at + 2, parameters);
      if (isWord(token, 'lambda')) addLambda(parts, at, parameters);
      if (isWord(token, 'for')) addTargets(targetsOf(parts, at), names);
      if (isNamed(parts.tokens, at)) names.add(token.text);
    });
    for (const at of parameters) names.add(parts.tokens[at]?.text ?? '');
    for (const statement of statementsOf(parts)) addAssigned(parts, statement, names);
    return { names, parameters };
  },
  isName(parts, at, { parameters }) {
    const { tokens } = parts;
    if (isOp(tokens[at - 1], '.')) return false;
    // `key=` in a call names an argument of somebody else's.
    const isInCall = parts.bracket(at) === '(';
    const isKey = isOp(tokens[at + 1], '=') && isOp(tokens[at - 1], '(', ',');
    return !(isInCall && isKey) || parameters.has(at);
  },
  // A comma before a bracket that closes is layout, unless it makes a tuple of one.
  counts({ tokens, around, commas }, at) {
    if (!isOp(tokens[at], ',') || !isOp(tokens[at + 1], ')', ']', '}')) return true;
    return isOp(tokens[at + 1], ')') && (commas.get(around[at] ?? -1) ?? 0) < 2;
  },
};

/** Texts that stand beside each other are one; beside a template they cannot be taken out. */
function joined(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  for (const token of tokens) {
    const last = out.at(-1);
    if (isText(last) && isText(token)) {
      const value = `${last.literal?.value}${token.literal?.value}`;
      const text = `${last.text} ${token.text}`;
      out[out.length - 1] = { ...last, text, end: token.end, literal: { kind: 'string', value } };
    } else out.push(token);
  }
  return out.map((token, index) => {
    const isBeside = isTemplate(out[index - 1]) || isTemplate(out[index + 1]);
    return isText(token) && isBeside ? fixed(token) : token;
  });
}

function isText(token: Token | undefined): token is Token {
  return token?.literal?.kind === 'string';
}

function isTemplate(token: Token | undefined): boolean {
  return token?.kind === 'op' && /["']$/.test(token.text);
}

function fixed({ literal: _, ...token }: Token): Token {
  return { ...token, kind: 'fixed' };
}

/** Whether a part ends a statement, or is none. */
function isEdge(token: Token | undefined): boolean {
  return token === undefined || ['line', 'indent', 'dedent'].includes(token.kind);
}

/** A text that is a statement of its own is a remark. */
function withoutRemarks(tokens: readonly Token[]): Token[] {
  const isRemark = (at: number): boolean =>
    isText(tokens[at]) && isEdge(tokens[at - 1]) && tokens[at + 1]?.kind === 'line';
  return tokens.filter(
    ({ kind }, at) => !isRemark(at) && !(kind === 'line' && at > 0 && isRemark(at - 1)),
  );
}

/** A name in the pattern of a `case` would take whatever comes: values there stay. */
function inPatterns(tokens: readonly Token[]): Token[] {
  let isPattern = false;
  return tokens.map((token, at) => {
    if (isEdge(tokens[at - 1])) {
      isPattern = isWord(token, 'case') && !isOp(tokens[at + 1], '=', '.', ',');
    }
    if (isPattern && token.depth === 0 && isOp(token, ':')) isPattern = false;
    return isPattern && token.kind === 'literal' ? fixed(token) : token;
  });
}

/** Whether a name is given here: `def f`, `class C`, `as x`, `x :=`. */
function isNamed(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== 'name' || isPythonWord(token.text)) return false;
  return isWord(tokens[at - 1], 'def', 'class', 'as') || isOp(tokens[at + 1], ':=');
}

/** Parameters in the brackets of a `def` that begin at a place. */
function addParameters(parts: Parts, at: number, found: Set<number>): void {
  const end = parts.closing(at);
  for (let place = at + 1; place < end; place++) {
    if (parts.around[place] === at && isParameter(parts.tokens, place)) found.add(place);
  }
}

/** Parameters of a `lambda`, up to its colon. */
function addLambda({ tokens, around }: Parts, at: number, found: Set<number>): void {
  for (let place = at + 1; place < at + MOST_TARGETS; place++) {
    const token = tokens[place];
    if (!token || (around[place] === around[at] && isOp(token, ':'))) return;
    if (around[place] === around[at] && isParameter(tokens, place)) found.add(place);
  }
}

/** Whether a name stands where a list of parameters has one. */
function isParameter(tokens: readonly Token[], at: number): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]];
  if (token?.kind !== 'name' || isPythonWord(token.text)) return false;
  return isOp(before, '(', ',', '*', '**') || isWord(before, 'lambda');
}

/** What stands between `for` and `in`. */
function targetsOf({ tokens, around }: Parts, at: number): readonly Token[] {
  for (let place = at + 1; place < at + MOST_TARGETS; place++) {
    const token = tokens[place];
    if (!token || isEdge(token)) return [];
    if (around[place] === around[at] && isWord(token, 'in')) return tokens.slice(at + 1, place);
  }
  return [];
}

/** The statements of a program, from their first part to behind their last. */
function* statementsOf({ tokens, around }: Parts): Generator<readonly [number, number]> {
  let start = 0;
  for (let at = 0; at <= tokens.length; at++) {
    const isEnd = isEdge(tokens[at]) || (around[at] === -1 && isOp(tokens[at], ';'));
    if (!isEnd) continue;
    if (at > start) yield [start, at];
    start = at + 1;
  }
}

/** Names to which a statement assigns: `a = b = 1`, `a, b = c`, `a: int = 1`. */
function addAssigned(
  { tokens, around }: Parts,
  [from, to]: readonly [number, number],
  names: Set<string>,
): void {
  const first = tokens[from];
  const isAnnotated =
    first?.kind === 'name' && !isPythonWord(first.text) && isOp(tokens[from + 1], ':');
  if (isAnnotated) names.add(first.text);
  let start = from;
  for (let at = from; at < to && !isAnnotated; at++) {
    const token = tokens[at];
    if (around[at] !== -1 || token?.kind !== 'op') continue;
    // `if x: y = 1`
    if (token.text === ':') start = at + 1;
    if (!ASSIGNS.test(token.text)) continue;
    addTargets(tokens.slice(start, Math.min(at, start + MOST_TARGETS)), names);
    start = at + 1;
  }
}

/** Names among the targets of an assignment: `a`, `(a, b)`, `*rest`; not `a.b` and `a[b]`. */
function addTargets(targets: readonly Token[], names: Set<string>): void {
  let subscript: number | undefined;
  targets.forEach((token, at) => {
    const before = targets[at - 1];
    if (subscript !== undefined) {
      if (isOp(token, ']', ')') && token.depth === subscript) subscript = undefined;
      return;
    }
    const isBehindName = before?.kind === 'name' || isOp(before, ']', ')');
    if (isOp(token, '[', '(') && isBehindName) subscript = token.depth;
    const isTarget = token.kind === 'name' && !isPythonWord(token.text);
    if (isTarget && !isOp(before, '.') && !isOp(targets[at + 1], '.', '[', '(')) {
      names.add(token.text);
    }
  });
}
