import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import { formatDuration } from '../base/time.ts';
import type { Usage } from '../events/event.ts';
import { ModelError, NO_USAGE } from '../ports/model-provider.ts';
import { retryAfter } from './retry-after.ts';

/** What messages about a service need to know. */
export interface Service {
  /** How users call it: `openrouter`, or the host of their own endpoint. */
  name: string;
  /** Where its API begins. */
  baseUrl: string;
  /** The variable that holds its key, for hints. */
  keyVariable: string;
  /** Its `usage.cost` is what the call cost, in US dollars. */
  statesCost?: true;
  /** The variable of a proxy that is set and not used, for hints. */
  unusedProxy?: string | undefined;
  /** Takes the key out of what the service said. */
  redact(text: string): string;
}

/** An answer whose status is not 2xx, its body already bounded. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: string;
}

type ModelCode = `model/${string}`;

const LONGEST_QUOTE = 300;
/** Characters of an error page that are searched for words. */
const LONGEST_MARKUP = 8000;

/** Decides on retrying by our own table, never by what the SDK thinks of a status. */
const BY_STATUS: ReadonlyMap<number, ModelCode> = new Map([
  [401, 'model/auth'],
  [402, 'model/payment'],
  [403, 'model/auth'],
  [404, 'model/unknown'],
  [408, 'model/timeout'],
  [409, 'model/overloaded'],
  [410, 'model/unknown'],
  [425, 'model/overloaded'],
  [429, 'model/rate-limited'],
  [498, 'model/overloaded'],
  [503, 'model/overloaded'],
  [504, 'model/timeout'],
  [529, 'model/overloaded'],
]);

/** Words of services for a failure; they name the kind when there is no status. */
const BY_WORD: readonly (readonly [RegExp, ModelCode])[] = [
  [/insufficient_quota|insufficient_balance|billing/i, 'model/payment'],
  [/rate.?limit|too_many_requests/i, 'model/rate-limited'],
  [/overloaded|unavailable|capacity/i, 'model/overloaded'],
  [/time.?out/i, 'model/timeout'],
  [/authentication|permission|invalid_api_key|unauthorized/i, 'model/auth'],
  [/content_filter|content_policy/i, 'model/refused'],
  [/not_found/i, 'model/unknown'],
  [/invalid_request|context_length/i, 'model/bad-request'],
  [/server_error|internal/i, 'model/server-error'],
];

/** Statuses of refusals: the service did no work that anybody could be charged for. */
const WORKED_PERHAPS = new Set([408, 500, 502, 504]);

/** The error of an answer that is none; `now` in milliseconds since 1970 is for Retry-After. */
export function httpFailure(service: Service, answer: HttpAnswer, now: number): ModelError {
  if (answer.status === 407) return proxyFailure(service, 'the proxy wants a name and a password');
  const said = quote(service, messageIn(service.redact(answer.body)));
  const code = codeOfAnswer(answer);
  const retryAfterMs = retryAfter(answer, now);
  return new ModelError(
    code,
    `${service.name} answered with status ${answer.status}${said && `: ${said}`}`,
    {
      hint: hintFor(code, service),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      usage: WORKED_PERHAPS.has(answer.status) ? undefined : NO_USAGE,
    },
  );
}

function codeOfAnswer({ status, body }: HttpAnswer): ModelCode {
  const known = BY_STATUS.get(status);
  // Some services say with 429 that the account is empty; waiting does not fill it.
  if (status === 429 && /insufficient_(quota|balance)|billing_hard_limit/.test(body)) {
    return 'model/payment';
  }
  if (known) return known;
  if (status >= 500) return 'model/server-error';
  return status >= 300 && status < 400 ? 'model/redirected' : 'model/bad-request';
}

/** The error of an event in a stream, or of `{error}` in an answer with status 200. */
export function eventFailure(service: Service, error: unknown): ModelError {
  const fields: JsonObject = isObject(error) ? error : { message: textOf(error) };
  const said = quote(service, textOf(fields.message ?? error));
  const status = [fields.code, fields.status].map(Number).find((value) => value >= 400);
  const words = `${fields.type ?? ''} ${fields.code ?? ''}`;
  const named = BY_WORD.find(([pattern]) => pattern.test(words))?.[1];
  const code =
    status === undefined
      ? (named ?? 'model/truncated')
      : codeOfAnswer({ status, headers: new Headers(), body: words });
  // There is no head to read: only the details and the words can name a wait.
  const where = { headers: new Headers(), body: JSON.stringify({ error: fields }) };
  const retryAfterMs = retryAfter(where, 0);
  return new ModelError(code, `${service.name} broke the answer off: ${said}`, {
    hint: hintFor(code, service),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Network errors after which surely nobody worked for us. */
const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
]);

/** The error of a request that got no answer. The foreign error is not kept: it holds the request. */
export function networkFailure(service: Service, error: unknown): ModelError {
  const { message, code } = innermost(error);
  // Word for word: names of hosts stand in messages, too.
  if (message === 'unexpected redirect') {
    return new ModelError('model/redirected', `${service.name} redirected the request elsewhere`, {
      hint: 'keys are only sent to the address that was named: put the final address into LLM_BASE_URL',
      usage: NO_USAGE,
    });
  }
  const said = quote(service, code && !message.includes(code) ? `${code} ${message}` : message);
  if (code.startsWith('HPE_')) {
    return new ModelError('model/bad-answer', `${service.name} sent no proper HTTP: ${said}`, {
      hint: `check that an API is at ${hostOf(service)}, and that http or https is right`,
    });
  }
  if (code.startsWith('PROXY_')) return proxyFailure(service, message);
  const isTls = /CERT|TLS|SSL|ISSUER|SIGNED|EPROTO/.test(code);
  return new ModelError(
    'model/unreachable',
    `cannot reach ${service.name} at ${hostOf(service)}: ${said}`,
    {
      hint: isTls
        ? 'check that https is right, the clock of this machine, and NODE_EXTRA_CA_CERTS for a certificate of your own'
        : hintFor('model/unreachable', service),
      usage: isTls || NEVER_ARRIVED.has(code) ? NO_USAGE : undefined,
    },
  );
}

/** The error of a call that a proxy keeps from its way; nothing of the proxy's address is told. */
function proxyFailure(service: Service, said: string): ModelError {
  return new ModelError('model/unreachable', `cannot reach ${service.name}: ${said}`, {
    hint: 'check HTTPS_PROXY and HTTP_PROXY (http://name:password@host:port), add the host to NO_PROXY, or leave AWP_USE_PROXY out',
    usage: NO_USAGE,
  });
}

/** The error of an answer that stopped before its end, or whose packing broke. */
export function cutFailure(service: Service, error: unknown): ModelError {
  const { code } = innermost(error);
  // What was packed and is cut off has a code of its own, and is cut off.
  if (
    /^(?:Z_|ERR_|ZSTD_)/.test(code) &&
    code !== 'Z_BUF_ERROR' &&
    code !== 'ERR_STREAM_PREMATURE_CLOSE'
  ) {
    return answerFailure(service, {
      code: 'model/bad-answer',
      problem: 'sent a compressed answer that is broken',
    });
  }
  return new ModelError(
    'model/truncated',
    `the connection to ${service.name} broke in mid-answer`,
    {
      hint: hintFor('model/truncated', service),
    },
  );
}

/** The error of a page for people where an answer should be. */
export function pageFailure(service: Service, body: string): ModelError {
  const said = quote(service, messageIn(service.redact(body)));
  // A query may hold what nobody is to see.
  const { origin, pathname } = new URL(service.baseUrl);
  return new ModelError(
    'model/bad-answer',
    `${service.name} sent a web page in place of an answer${said && `: ${said}`}`,
    { hint: `check that the API is at ${origin}${pathname}, and no portal or proxy in between` },
  );
}

/** The error of a call that is not sent: the service asked to be left alone for longer than it may take. */
export function laterFailure(service: Service, waitMs: number): ModelError {
  return new ModelError(
    'model/rate-limited',
    `${service.name} takes no calls for another ${formatDuration(waitMs)}`,
    { hint: hintFor('model/rate-limited', service), retryAfterMs: waitMs, usage: NO_USAGE },
  );
}

/** What a service did that is no answer. */
export interface Problem {
  code: ModelCode;
  /** What follows the name of the service. */
  problem: string;
  /** Left out: the usual one for its code. */
  hint?: string | undefined;
  usage?: Usage | undefined;
}

/** An error about what a service did. */
export function answerFailure(service: Service, what: Problem): ModelError {
  const { code, problem, hint = hintFor(code, service), usage } = what;
  return new ModelError(code, `${service.name} ${quote(service, problem)}`, { hint, usage });
}

function hintFor(code: ModelCode, service: Service): string {
  switch (code) {
    case 'model/auth':
      return `check the key in ${service.keyVariable}, and that it may use this model`;
    case 'model/payment':
      return 'the account has no credit left: top it up, or use a local model or `-m demo`';
    case 'model/unknown':
      return 'check the name of the model, and that LLM_BASE_URL, if set, ends where the API begins (often /v1)';
    case 'model/rate-limited':
    case 'model/overloaded':
      return 'wait a while, run fewer workers at once (--budget.parallel), or use another model';
    case 'model/unreachable':
      return `check that ${hostOf(service)} runs and can be reached from here, or use \`-m demo\`${proxyHint(service)}`;
    case 'model/truncated':
      return 'if it happens again, ask for shorter answers or allow more output tokens';
    case 'model/refused':
      return 'say the task in other words, or use another model';
    case 'model/timeout':
      return 'use a faster model, or ask for shorter answers';
    case 'model/bad-request':
      return 'the model may not accept this many tokens, these tools or this temperature: try another one';
    case 'model/redirected':
      return 'put the final address into LLM_BASE_URL';
    default:
      return 'try again later, or use another model';
  }
}

function proxyHint({ unusedProxy }: Service): string {
  return unusedProxy ? `; ${unusedProxy} is set, but only AWP_USE_PROXY=1 makes it count` : '';
}

function hostOf({ baseUrl }: Service): string {
  return new URL(baseUrl).host;
}

function innermost(error: unknown): { message: string; code: string } {
  let current: unknown = error;
  let found = { message: String(error), code: '' };
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const code: unknown = 'code' in current ? current.code : undefined;
    found = {
      message: current.message || found.message,
      code: typeof code === 'string' ? code : found.code,
    };
    // A name with several addresses: one failure stands for all.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return found;
}

/** What a body says for people, whatever its shape. */
function messageIn(body: string): string {
  const parsed = parseJson(body);
  if (!isObject(parsed)) {
    const start = body.slice(0, LONGEST_MARKUP);
    return start.replace(/<(style|script)\b.*?<\/\1>|<[^>]*>/gis, ' ');
  }
  const inner = isObject(parsed.error) ? parsed.error : parsed;
  return textOf(inner.message ?? parsed.error ?? parsed.detail ?? parsed);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** One bounded line without control characters. The key goes first: a cut one would slip through. */
function quote(service: Service, text: string): string {
  const line = service
    .redact(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}
