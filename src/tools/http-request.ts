import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { answerData } from './http-request-answer.ts';
import { headerProblem, headersOf } from './http-request-headers.ts';
import { fillSecrets, LeakPrevented, type WantedRequest } from './http-request-secrets.ts';
import { failure, numberOf, success, textOf } from './results.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Seconds of one call (spec, capabilities 1.5). */
const MOST_SECONDS = 120;
const USUAL_SECONDS = 30;
/** Bytes of an answer that is read at all; of its text the result has 100,000 characters. */
const MOST_BYTES = 8 * 1024 * 1024;

/** `http.request`: one request of a worker to a host of the run's list. */
export const httpRequest: Tool = {
  name: 'http.request',
  description:
    'Make an HTTP request to a host that this run allows. An answer with an error status is an answer too: look at status_code. At most 100,000 characters of the body are returned; a binary body comes in base64. Write secret://NAME in a header value for a secret that you were told of.',
  parameters: {
    type: 'object',
    properties: {
      url: { type: 'string', minLength: 1, maxLength: 8192, description: 'http:// or https://' },
      method: { type: 'string', maxLength: 20, default: 'GET', description: METHODS.join(', ') },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 8192 },
        maxProperties: 64,
        default: {},
      },
      body: { type: 'string', maxLength: 1_000_000 },
      timeout: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: MOST_SECONDS,
        default: USUAL_SECONDS,
        description: 'seconds',
      },
    },
    required: ['url'],
    additionalProperties: false,
  },
  idempotent: false,
  sideEffects: true,
  network: true,
  grant: 'explicit',
  timeoutMs: MOST_SECONDS * 1000,
  run: request,
};

async function request(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const wanted: WantedRequest = {
    url: textOf(args, 'url') ?? '',
    method: (textOf(args, 'method') ?? 'GET').toUpperCase(),
    headers: headersOf(args.headers),
    body: textOf(args, 'body'),
  };
  const problem = problemOf(wanted);
  if (problem !== undefined) return failure(400, problem);
  const smuggled = headerProblem(wanted.headers);
  if (smuggled !== undefined) {
    context.denied(smuggled, 'input.refused');
    return failure(400, smuggled);
  }
  try {
    return await send(wanted, numberOf(args, 'timeout') ?? USUAL_SECONDS, context);
  } catch (error) {
    if (error instanceof AwpError && error.code === 'network/denied') {
      const leaks = error instanceof LeakPrevented;
      context.denied(error.message, leaks ? 'secret.leak_prevented' : 'network.denied');
    }
    throw error;
  }
}

function problemOf({ method, body }: WantedRequest): string | undefined {
  if (!METHODS.includes(method)) {
    return `the method ${JSON.stringify(method)} cannot be used; there is ${METHODS.join(', ')}`;
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    return `a ${method} request has no body`;
  }
  return undefined;
}

async function send(
  wanted: WantedRequest,
  seconds: number,
  context: ToolContext,
): Promise<ToolResult> {
  const { hosts } = context.sandboxPolicy;
  if (hosts.length === 0) {
    throw new AwpError('network/denied', 'this run may not reach any host', {
      hint: 'whoever starts the run can allow one: --allow-host HOST',
    });
  }
  const { headers, secrets } = fillSecrets(wanted, context);
  const answer = await context.effects.network.request({
    url: wanted.url,
    method: wanted.method,
    headers: Object.fromEntries(headers),
    ...(wanted.body !== undefined && { body: new TextEncoder().encode(wanted.body) }),
    hosts,
    timeoutMs: Math.min(seconds * 1000, context.timeoutMs),
    maxBytes: MOST_BYTES,
    signal: context.signal,
  });
  return success(answerData(answer, secrets));
}
