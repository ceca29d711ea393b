import type { DraftProblem, ToolDraft } from '../../../events/creation.ts';
import type { DraftCheck, DraftContext, DraftPlace } from '../../../ports/toolsmith.ts';
import { type Analysis, analyse, type HandlerForm, type Placed, type Unread } from './analysis.ts';
import { type Finding, placeText, problemOf, shown } from './problem.ts';
import { GIVEN_NAMES } from './rules.ts';
import { argumentNames } from './schema.ts';
import { handlerIn } from './source.ts';

/** Names in one message. */
const LISTED = 10;

/** Whether there is one handler, which takes what the schema describes (spec, capabilities 4.5, 4.6). */
export const signatureCheck: DraftCheck = { stage: 'signature', check: checkSignature };

async function checkSignature(
  draft: ToolDraft,
  _place: DraftPlace,
  context: DraftContext,
): Promise<DraftProblem | undefined> {
  const analysis = await analyse(draft, context);
  if ('unread' in analysis) return unreadProblem(analysis, 'signature');
  const finding =
    handlersFinding(analysis, draft) ??
    inputFinding(analysis, draft) ??
    returnFinding(analysis, draft) ??
    namesFinding(analysis, draft);
  if (finding) return problemOf('signature', finding);
  const warning = unreadArguments(analysis, draft);
  if (warning !== undefined) context.warn(warning);
  return undefined;
}

/** The problem of code that cannot be read. */
export function unreadProblem(
  { unread, hint, repairable }: Unread,
  stage: DraftProblem['stage'],
): DraftProblem {
  return problemOf(stage, { category: 'validation', error: unread, hint }, repairable);
}

function handlersFinding({ handlers }: Analysis, { language }: ToolDraft): Finding | undefined {
  const hint = `define ${handlerIn(language)}`;
  const [handler, second] = handlers;
  if (!handler) {
    return { category: 'validation', error: 'the code defines no `handler` at its top', hint };
  }
  if (second) {
    return {
      category: 'validation',
      error: `${placeText(second)}: \`handler\` gets a second meaning`,
      hint: 'define `handler` once, and give other things other names',
    };
  }
  const error = kindError(handler);
  return error === undefined ? undefined : { category: 'validation', error, hint };
}

function kindError(handler: Placed<HandlerForm>): string | undefined {
  const errors = {
    function: undefined,
    async: 'is asynchronous; in Python it must be a plain `def`',
    generator: 'is a generator; it must return its result',
    other: 'is no function that is written out here',
  };
  const error = errors[handler.kind];
  return error && `${placeText(handler)}: \`handler\` ${error}`;
}

function inputFinding({ input }: Analysis, { language }: ToolDraft): Finding | undefined {
  const { problem } = input;
  if (!problem) return undefined;
  return {
    category: 'validation',
    error: `${placeText(problem)}: \`handler\` cannot be called: ${problem.error}`,
    hint: `arguments come by name: define ${handlerIn(language)}`,
  };
}

function returnFinding(
  { returns, handlers }: Analysis,
  { language }: ToolDraft,
): Finding | undefined {
  const [handler] = handlers;
  if (returns.length > 0 || !handler) return undefined;
  return {
    category: 'validation',
    error: `${placeText(handler)}: \`handler\` returns nothing`,
    hint: `define ${handlerIn(language)}`,
  };
}

function namesFinding({ input }: Analysis, { parameters }: ToolDraft): Finding | undefined {
  const described = new Set(argumentNames(parameters));
  const read = new Set(input.reads.filter((name) => !GIVEN_NAMES.has(name)));
  const unknown = [...read].filter((name) => !described.has(name));
  if (unknown.length === 0) return undefined;
  return {
    category: 'schema_mismatch',
    error: `\`handler\` reads ${listed(unknown)}, which \`parameters.properties\` does not have`,
    hint: 'describe each of them in `parameters.properties`, or do not read it',
  };
}

/** Only a warning: a handler may leave something to a later version of itself. */
function unreadArguments({ input }: Analysis, { parameters }: ToolDraft): string | undefined {
  if (input.open) return undefined;
  const unread = argumentNames(parameters).filter((name) => !input.reads.includes(name));
  if (unread.length === 0) return undefined;
  const { required } = parameters;
  const needed = unread.some((name) => Array.isArray(required) && required.includes(name));
  const must = needed ? ', although callers must give it' : '';
  return `\`handler\` does not read ${listed(unread)} of \`parameters.properties\`${must}`;
}

function listed(names: readonly string[]): string {
  const words = names.slice(0, LISTED).map((name) => shown(name));
  const more = names.length - words.length;
  return `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
