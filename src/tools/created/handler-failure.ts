import { isObject, type JsonObject } from '../../base/json.ts';
import { block } from '../../base/visible-text.ts';
import type { ToolDraft } from '../../events/creation.ts';
import type { Execution, SandboxJob } from '../../ports/sandbox.ts';
import { limitWords } from '../limit-words.ts';
import { complaintOf } from '../program-hints.ts';
import { type BadEnvelope, type Envelope, readEnvelope, tooLarge } from './envelope.ts';

/** A handler that is over. */
export interface EndedHandler {
  draft: Pick<ToolDraft, 'code' | 'language'>;
  job: SandboxJob;
  execution: Execution;
  /** Its first word over the channel. */
  said: JsonObject | undefined;
  /** What its language has in this box, in words. */
  description: string;
}

/** Why there is no result of a handler. */
export interface HandlerFailure {
  /** 408, 413 or 500. */
  status: number;
  /** What happened, with the handler's own lines. */
  problem: string;
  /** What to try, as sentences. */
  hints: readonly string[];
  /** A module that its code imports at its top, that no language brings along, and that is not there. */
  missingModule?: string;
}

const NOT_DEFINED =
  'define handler: in Python `def handler(*, a, b=1):`, else `function handler({ a, b })`';
const AWAITED =
  'leave async out: a handler in Python is called and gives back its result; nothing awaits it';
const NO_TOOLS = 'a handler has no tools and no sdk: all that it needs comes as arguments';
const SAME_NAMES = 'what handler takes and the properties of the schema must have the same names';
const RETURN = 'let handler return its result, and do not end the program';
const CHARS = 4000;

/** What came of a handler: its result, or why there is none. */
export function outcomeOf(ended: EndedHandler): Envelope | HandlerFailure {
  const { said } = ended;
  if (!said) return silent(ended);
  if (isObject(said.failed)) return failed(said.failed, ended);
  const envelope = readEnvelope(said.result);
  return 'problem' in envelope ? unusable(envelope) : envelope;
}

function unusable({ status, problem, hint }: BadEnvelope): HandlerFailure {
  return { status, problem: `the handler's result cannot be used: ${problem}`, hints: [hint] };
}

/** What the program around the handler says; a handler can say all of it in its own name. */
function failed(said: JsonObject, ended: EndedHandler): HandlerFailure {
  const message = textOf(said.message) || 'it gave no reason';
  switch (said.kind) {
    case 'missing':
      return { status: 500, problem: 'the code defines no function handler', hints: [NOT_DEFINED] };
    case 'async':
      return { status: 500, problem: 'handler is async', hints: [AWAITED] };
    case 'large':
      return unusable(tooLarge());
    case 'unfit':
      return unusable({ status: 500, problem: message, hint: textOf(said.hint) });
    case 'unread':
      return { status: 500, problem: `the code cannot be read: ${message}`, hints: [] };
    case 'ended':
      return {
        status: 500,
        problem: `the handler ended its program (${message})`,
        hints: [RETURN],
      };
    default:
      return raised(said, message, ended);
  }
}

function raised(said: JsonObject, message: string, ended: EndedHandler): HandlerFailure {
  const line = typeof said.line === 'number' ? ` in line ${said.line}` : '';
  const trace = textOf(said.trace);
  const lines = [`the handler failed${line}: ${message}`, ...(trace === '' ? [] : [trace])];
  const missing = textOf(said.module);
  return {
    status: 500,
    problem: lines.join('\n'),
    hints: hintsOf(message, ended),
    ...(/^\w+$/.test(missing) && namesAtTop(ended.draft, missing) && { missingModule: missing }),
  };
}

/** A program that said nothing: it was stopped, ended itself, or could not be loaded. */
function silent(ended: EndedHandler): HandlerFailure {
  const { execution, job } = ended;
  const { stopped, exitCode, limits } = execution;
  if (stopped === 'timeout') {
    const problem = `the handler was stopped after ${job.timeoutMs / 1000} s`;
    return { status: 408, problem, hints: ['make it do less'] };
  }
  if (stopped === 'frames') return unusable(tooLarge());
  const words = limits.map((limit) => limitWords(limit, job.policy));
  if (stopped !== undefined) {
    const why = limitWords(stopped, job.policy);
    return { status: 500, problem: `the handler was stopped: ${why}`, hints: [] };
  }
  const { stderr } = execution;
  if (exitCode === 0 || stderr.trim() === '' || UNSETTLED.test(stderr)) {
    const how = exitCode === undefined ? '' : ` (exit code ${exitCode})`;
    const problem = `the program ended before handler gave back a result${how}`;
    return { status: 500, problem, hints: [RETURN, ...words] };
  }
  return unloaded(ended, words);
}

/** What a language says of code that it could not load, or of a crash. */
function unloaded(ended: EndedHandler, words: readonly string[]): HandlerFailure {
  const { execution, draft, job, description } = ended;
  const stderr = withoutFolders(execution.stderr);
  const about = { code: draft.code, language: description, hosts: job.policy.hosts };
  const { message, syntax, hints } = complaintOf({ ...execution, stderr }, about);
  const line = syntax?.line ?? Number(PLACE.exec(stderr)?.[1]);
  const missing = MISSING.exec(stderr)?.[1] ?? '';
  const said = missing === '' ? message : `there is no module ${missing}`;
  const what = syntax ? 'cannot be read' : 'could not be run';
  return {
    status: 500,
    problem: `the code ${what}${placeOf(line, draft)}: ${block(said).slice(0, CHARS) || 'it said nothing'}`,
    hints: [...(syntax ? [syntax.hint] : []), ...hints, ...words],
    ...(isBare(missing) && namesAtTop(draft, missing) && { missingModule: missing }),
  };
}

const UNSETTLED = /top-level await promise never resolved|unsettled top-level await/i;
const PLACE = /program\.m[jt]s:(\d+)/;
const MISSING = /Cannot find (?:package|module) '([^']+)'/;

/** What follows its last line is ours: something in it was not closed. */
function placeOf(line: number, { code }: Pick<ToolDraft, 'code'>): string {
  if (!Number.isInteger(line)) return '';
  return line > code.split('\n').length ? ' at its end' : ` in line ${line}`;
}

const isBare = (name: string): boolean => /^[a-z@][\w./@-]*$/i.test(name);

/** Error output without the folder that a box had its program in. */
export function withoutFolders(text: string): string {
  return text.replace(/(?:file:\/\/)?\/[^\s'"()]*\/(?=program\.m[jt]s|\[eval1\])/g, '');
}

/** Whether a line of the code that is not indented imports this: it was not made up by an error. */
function namesAtTop(
  { code, language }: Pick<ToolDraft, 'code' | 'language'>,
  name: string,
): boolean {
  const lines = code
    .split('\n')
    .filter((line) => /^(?:import|from|export)\b|^\}?\s*from\b/.test(line));
  const quoted = [`'${name}'`, `"${name}"`];
  return lines.some((line) =>
    language === 'python'
      ? new RegExp(`\\b${name}\\b`).test(line)
      : quoted.some((one) => line.includes(one)),
  );
}

function hintsOf(message: string, { draft, job, execution, description }: EndedHandler): string[] {
  if (/\b(?:tools|sdk)\b.*(?:not|un)\s?defined/.test(message)) return [NO_TOOLS];
  if (/unexpected keyword argument|missing \d+ required/.test(message)) return [SAME_NAMES];
  const about = { code: draft.code, language: description, hosts: job.policy.hosts };
  const { hints } = complaintOf({ ...execution, stderr: message }, about);
  return [...hints, ...execution.limits.map((limit) => limitWords(limit, job.policy))];
}

function textOf(value: JsonObject[string] | undefined): string {
  return typeof value === 'string' ? block(value.slice(0, CHARS)) : '';
}
