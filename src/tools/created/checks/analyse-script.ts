import type { Json } from '../../../base/json.ts';
import type { ToolDraft } from '../../../events/creation.ts';
import type { DraftContext } from '../../../ports/toolsmith.ts';
import type { Analysis, HandlerForm, HandlerInput, Placed, Returned, Unread } from './analysis.ts';
import {
  folded,
  isFunction,
  isPart,
  nameOf,
  type Parsed,
  type Part,
  parseScript,
  partsOf,
} from './parse-script.ts';
import { placeOf, placeText } from './problem.ts';
import { SIGNS } from './rules.ts';
import { bindingsOf, handlersOf } from './script-bindings.ts';
import { inputOf } from './script-input.ts';
import { literalOf } from './script-literal.ts';
import { importsOf, usesOf } from './script-uses.ts';
import { stripTypes } from './strip-types.ts';

/** Findings of one kind, and characters of a text, that are kept. */
const LIST = 100;
const TEXT = 300;

const ONLY_STRIPPED =
  'types are only left out: no enum, no namespace, no `import x = require`, no parameter properties';
const LOOK_AROUND = 'correct it there; the mistake may be at the end of the line before';

/**
 * Reads JavaScript, and TypeScript without its types. Nothing is run and no file is looked for.
 * Rejects with the reason of the context's signal.
 */
export async function analyseScript(
  draft: Pick<ToolDraft, 'code' | 'language'>,
  context: DraftContext,
): Promise<Analysis | Unread> {
  const plain = draft.language === 'typescript' ? await stripTypes(draft.code, context) : draft;
  if ('problem' in plain) return unread(plain, ONLY_STRIPPED);
  const parsed = await parseScript(plain.code);
  if ('problem' in parsed) return unread(parsed, hintFor(plain.code, parsed));
  return look(parsed.tree, plain.code);
}

type Broken = Exclude<Parsed, { tree: Part }>;

function unread({ problem, ...at }: Broken, hint: string): Unread {
  const place = at.line === undefined ? '' : `${placeText(at)}: `;
  return { unread: `${place}the code cannot be read: ${problem}`, hint, repairable: true };
}

function hintFor(code: string, { line }: Broken): string {
  const text = line === undefined ? undefined : code.split(/\r\n|\r|\n/)[line - 1];
  return text?.trimStart().startsWith('@')
    ? 'decorators are not available: call the function that it stands for'
    : LOOK_AROUND;
}

function look(tree: Part, code: string): Analysis {
  const parts = partsOf(tree);
  const at = <T>(part: Part, more: T): Placed<T> => ({ ...placeOf(code, part.start), ...more });
  const handlers = handlersOf(tree, parts);
  const handler = handlers.find(({ kind, made }) => kind !== 'other' && made)?.made;
  return {
    handlers: first(handlers).map(({ part, kind }): Placed<HandlerForm> => at(part, { kind })),
    input: inputIn(handler, at),
    returns: handler ? first(returnsOf(handler)).map(({ part, ...more }) => at(part, more)) : [],
    texts: handler ? first(textsOf(handler)).map(({ part, text }) => at(part, { text })) : [],
    throws: handler ? first(throwsOf(handler)).map(({ part, ...more }) => at(part, more)) : [],
    imports: first(importsOf(parts)).map(({ part, ...more }) => at(part, more)),
    used: first(usesOf(parts, bindingsOf(parts))).map(({ part, ...more }) => at(part, more)),
  };
}

function first<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, LIST);
}

function inputIn(
  handler: Part | undefined,
  at: <T>(part: Part, more: T) => Placed<T>,
): HandlerInput {
  if (!handler) return { reads: [], open: true, used: true };
  const { error, ...input } = inputOf(handler);
  return { ...input, ...(error !== undefined && { problem: at(handler, { error }) }) };
}

/** What a handler returns, without functions and classes in it. */
function returnsOf(handler: Part): ({ part: Part } & Returned)[] {
  return returnedParts(handler)
    .filter(
      (part) => nameOf(part) !== 'undefined' && !(part.type === 'Literal' && part.value === null),
    )
    .map((part) => {
      const constant: Json | undefined = literalOf(part);
      return { part, ...(constant !== undefined && { constant }) };
    });
}

function returnedParts(handler: Part): Part[] {
  const { body } = handler;
  if (!isPart(body)) return [];
  if (body.type !== 'BlockStatement') return [body];
  return partsOf(body, (part) => isFunction(part) || part.type === 'ClassBody')
    .filter(({ part }) => part.type === 'ReturnStatement')
    .map(({ part }) => part.argument)
    .filter(isPart);
}

/** Text in values of objects and in what is returned, if it may be a sign of a placeholder. */
function textsOf(handler: Part): { part: Part; text: string }[] {
  const values = partsOf(handler)
    .map(({ part }) => part)
    .filter(
      ({ type, value, argument }) =>
        (type === 'Property' && isPart(value)) || (type === 'ReturnStatement' && isPart(argument)),
    )
    .map(({ type, value, argument }) => (type === 'Property' ? value : argument) as Part);
  return values.flatMap((part) => {
    const text = folded(part);
    const sign = text !== undefined && SIGNS.some((word) => text.toLowerCase().includes(word));
    return sign ? [{ part, text: text.slice(0, TEXT) }] : [];
  });
}

function throwsOf(handler: Part): { part: Part; name: string; text: string }[] {
  return partsOf(handler, (part) => part.type === 'ClassBody')
    .filter(({ part }) => part.type === 'ThrowStatement')
    .map(({ part }) => {
      const error = part.argument as Part;
      const made = /^(?:New|Call)Expression$/.test(error.type);
      const text = made ? folded((error.arguments as Part[])[0]) : folded(error);
      return {
        part,
        name: (made ? nameOf(error.callee) : undefined) ?? '',
        text: (text ?? '').slice(0, TEXT),
      };
    });
}
