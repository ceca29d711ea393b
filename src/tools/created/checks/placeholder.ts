import { isObject, type Json } from '../../../base/json.ts';
import type { DraftProblem, ToolDraft } from '../../../events/creation.ts';
import type { DraftCheck, DraftContext, DraftPlace } from '../../../ports/toolsmith.ts';
import { type Analysis, analyse, type Placed } from './analysis.ts';
import { type CodePlace, placeText, problemOf, shown } from './problem.ts';
import { argumentNames } from './schema.ts';
import { unreadProblem } from './signature.ts';

/** Pictures of one pixel, as base64 text and as bytes that are written out. */
const ONE_PIXEL =
  /iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB|R0lGODlhAQABA|IHDR(?:\\x00){3}\\x01(?:\\x00){3}\\x01(?![\da-f])|IHDR(?:\\0){3}\\x?0?1(?:\\0){3}\\x?0?1/i;
/** A PDF that begins and ends in one text and has no page between. */
const WHOLE_PDF = /%PDF-\d[\s\S]*%%EOF/;
const PDF_PART = /\bstream\b|\/Contents\b/;
/** `%PDF-` as base64, up to a length in which no page has room. */
const SHORT_PDF = /["'`]JVBERi0[\w+/]{0,400}={0,2}["'`]/;
/** The whole of a text that stands for a result that is not there. */
const EMPTY_WORDS =
  /^\W*(?:(?:this is |just )?an? )?(?:placeholder|stub)(?: (?:text|image|data|value|values|result|output|response|content|implementation|for .{1,60}))?\W*$|^\W*(?:to ?do\W*)?(?:not (?:yet )?implemented(?: yet)?|implement (?:me|this|here|later))\W*$|^\W*coming soon\W*$/i;
const EMPTY_PART =
  /\btodo\W{0,3}implement|\blorem ipsum dolor\b|\bplaceholder (?:text|data|value|result|output|implementation)\b/i;
const NOT_IMPLEMENTED = /^\W*(?:to ?do\b|not (?:yet )?implemented)/i;

interface Sign extends CodePlace {
  what: string;
}

/** Tools that only look like some (rule DT9). */
export const placeholderCheck: DraftCheck = { stage: 'placeholder', check: checkPlaceholder };

async function checkPlaceholder(
  draft: ToolDraft,
  _place: DraftPlace,
  context: DraftContext,
): Promise<DraftProblem | undefined> {
  const analysis = await analyse(draft, context);
  if ('unread' in analysis) return unreadProblem(analysis, 'placeholder');
  const what =
    nameSign(draft) ??
    dataSign(draft) ??
    placed(textSign(analysis)) ??
    placed(throwSign(analysis)) ??
    placed(constantSign(analysis, draft));
  if (what === undefined) return undefined;
  return problemOf('placeholder', {
    category: 'placeholder',
    error: `the tool is a placeholder: ${what}`,
    hint: 'write what it is to do, or make no tool of it; if it cannot do it for some arguments, return {ok: false} with the reason',
  });
}

function placed(sign: Sign | undefined): string | undefined {
  return sign && `${placeText(sign)}: ${sign.what}`;
}

function nameSign({ name }: ToolDraft): string | undefined {
  return /placeholder/i.test(name) ? `it is called ${shown(name)}` : undefined;
}

function dataSign({ code }: ToolDraft): string | undefined {
  if (ONE_PIXEL.test(code)) return 'it has a picture of one pixel in it';
  return SHORT_PDF.test(code) ? 'it has an empty PDF in it' : undefined;
}

function textSign({ texts }: Analysis): Sign | undefined {
  for (const { text, ...at } of texts) {
    const empty = EMPTY_WORDS.test(text) || EMPTY_PART.test(text);
    if (empty) return { ...at, what: `it gives back ${shown(text)}` };
    if (WHOLE_PDF.test(text) && !PDF_PART.test(text)) {
      return { ...at, what: 'it gives back an empty PDF' };
    }
  }
  return undefined;
}

function throwSign({ throws }: Analysis): Sign | undefined {
  const found = throws.find(
    ({ name, text }) => name === 'NotImplementedError' || NOT_IMPLEMENTED.test(text),
  );
  return found && { ...placeIn(found), what: 'it is not implemented' };
}

/** The same empty result whatever it is called with, although it takes arguments. */
function constantSign({ returns, input }: Analysis, { parameters }: ToolDraft): Sign | undefined {
  if (input.used || input.open || argumentNames(parameters).length === 0) return undefined;
  const [first] = returns;
  if (!first || !returns.every(({ constant }) => isEmptySuccess(constant))) return undefined;
  return { ...placeIn(first), what: 'it gives back nothing, whatever its arguments are' };
}

function placeIn({ line, column }: Placed<object>): CodePlace {
  return { line, column };
}

function isEmptySuccess(value: Json | undefined): boolean {
  if (!isObject(value) || value.ok !== true || !Object.hasOwn(value, 'data')) return false;
  return isEmpty(value.data);
}

function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
