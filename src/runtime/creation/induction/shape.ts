import { sha256 } from '../../../base/hash.ts';
import type { Json } from '../../../base/json.ts';
import type { CodeLanguage } from '../../../events/creation.ts';
import { fitsHandler } from './fit.ts';
import type { Grammar } from './grammar.ts';
import { Parts } from './parts.ts';
import { PYTHON } from './python.ts';
import { SCRIPT } from './script.ts';
import { placed } from './template.ts';
import type { Token } from './token.ts';

/** Bytes of the longest program that is looked at, and parts of the shortest. */
const MOST_BYTES = 16_384;
const LEAST_TOKENS = 20;

/** What a program is, whatever its names, its layout and its values. */
export interface ShapedProgram {
  /** 16 hexadecimal digits. */
  shape: string;
  /** Its values, in their order. */
  literals: readonly Json[];
  /** The program with its values in their places; see `template.ts`. */
  template: string;
}

function grammarOf(language: CodeLanguage): Grammar {
  return language === 'python' ? PYTHON : SCRIPT;
}

/**
 * The shape of a program (spec, capabilities 4.9): equal for programs that differ in nothing but names
 * that they give themselves, layout, remarks and values. Undefined for one that is too long or too short,
 * cannot be read, or could be no tool. Pure; never throws.
 */
export function shapeOf(code: string, language: CodeLanguage): ShapedProgram | undefined {
  if (Buffer.byteLength(code) > MOST_BYTES || !code.isWellFormed()) return undefined;
  const grammar = grammarOf(language);
  const tokens = grammar.tokens(code);
  const template = tokens && placed(code, tokens);
  if (!tokens || template === undefined || !fitsHandler(tokens, language)) return undefined;
  const words = abstracted(new Parts(tokens), grammar);
  if (words.length < LEAST_TOKENS) return undefined;
  return {
    shape: sha256([language, ...words].join('\n')).slice(0, 16),
    literals: tokens.flatMap(({ literal }) => (literal ? [literal.value] : [])),
    template,
  };
}

/** The parts that count, in words: a name that the program gives itself is the number of its first place. */
function abstracted(parts: Parts, grammar: Grammar): string[] {
  const own = grammar.own(parts);
  const numbers = new Map<string, number>();
  return parts.tokens.flatMap((token, at) => {
    if (!grammar.counts(parts, at)) return [];
    const isOwn = token.kind === 'name' && own.names.has(token.text);
    if (!isOwn || !grammar.isName(parts, at, own)) return [wordOf(token)];
    const number = numbers.get(token.text) ?? numbers.size + 1;
    numbers.set(token.text, number);
    return [`own ${number}`];
  });
}

function wordOf({ kind, text, literal }: Token): string {
  if (literal) return `#${literal.kind}`;
  if (kind === 'op' && /["'`]$/.test(text)) return 'op template';
  return `${kind} ${JSON.stringify(text)}`;
}
