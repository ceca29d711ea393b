import type { DraftProblem, ToolDraft } from '../../events/creation.ts';
import type { BoxSecrets } from '../../ports/sandbox.ts';
import type { DraftCheck, DraftContext, DraftPlace } from '../../ports/toolsmith.ts';
import { boxProblem } from './created-tool.ts';
import type { Envelope } from './envelope.ts';
import { type HandlerFailure, outcomeOf } from './handler-failure.ts';
import { policyIn, reachesOut } from './place.ts';
import { handlerRun } from './run-handler.ts';
import { sampleArguments } from './sample.ts';

/** What a handler says of itself when it does not work (spec, capabilities 4.7). */
const NO_RESULT = /execution failed|no output|traceback/i;
/** What languages say when a host cannot be reached. */
const UNREACHED =
  /name resolution|name or service not known|no address associated|network is unreachable|connection refused|getaddrinfo|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ENETUNREACH|fetch failed|has no (?:network|sockets)|max retries exceeded|cannot connect to host/i;

/**
 * Runs a draft once with made-up arguments, in a box without network, files of the run and secrets;
 * what it writes is thrown away (spec, capabilities 4.7). A handler that says in its own words why it
 * can do nothing with them has passed.
 */
export const dryRun: DraftCheck = { stage: 'dry_run', check };

async function check(
  draft: ToolDraft,
  place: DraftPlace,
  context: DraftContext,
): Promise<DraftProblem | undefined> {
  if (place.dryRunMs === undefined) return undefined;
  const sandbox = await context.sandbox();
  const language = boxProblem(sandbox, draft.language);
  if (typeof language === 'object') return unfitBox(language);
  const policy = policyIn({ ...place.namespace, hosts: [] }, context.sandboxPolicy);
  const nowhere = { inputs: undefined, shared: undefined, output: [] };
  const secrets = namesOnly(draft, place);
  const { job, run, said } = handlerRun(sandbox, {
    call: { draft, args: sampleArguments(draft.parameters), trial: true },
    place: { ...nowhere, policy, timeoutMs: place.dryRunMs, ...(secrets && { secrets }) },
    clock: context.effects.clock,
  });
  const execution = await run(job, context.signal);
  context.signal.throwIfAborted();
  const ended = { draft, job, execution, said: said(), description: language };
  const problem = judged(outcomeOf(ended), place, context);
  // What has passed will soon be called, and what has not will be tried again.
  const next = problem ? policy : policyIn(place.namespace, context.sandboxPolicy);
  sandbox.prepare({ ...nowhere, policy: next, language: draft.language });
  return problem;
}

/** The names that it will find, which lead to no value here. */
function namesOnly({ secrets }: ToolDraft, { namespace }: DraftPlace): BoxSecrets | undefined {
  const names = secrets.filter((name) => namespace.secrets.includes(name));
  return names.length === 0 ? undefined : { names, valueFor: () => undefined };
}

function judged(
  outcome: Envelope | HandlerFailure,
  { namespace }: DraftPlace,
  { warn, tried }: DraftContext,
): DraftProblem | undefined {
  if (!('problem' in outcome)) {
    const { notes: _, ...result } = outcome;
    tried?.(result);
    const { ok, error = '' } = result;
    if (ok || !NO_RESULT.test(error)) return undefined;
    return failed(`the trial gave back ok: false with ${JSON.stringify(error.slice(0, 300))}`, []);
  }
  const { problem, hints, missingModule } = outcome;
  if (missingModule !== undefined) {
    warn(`the module ${missingModule} is not in the sandbox: calls will fail until it is`);
    return undefined;
  }
  if (reachesOut(namespace) && UNREACHED.test(problem)) {
    warn(
      'the trial has no network, and the handler failed without one: it was not tried any further',
    );
    return undefined;
  }
  return failed(problem, hints);
}

function failed(error: string, hints: readonly string[]): DraftProblem {
  const hint =
    hints.length > 0
      ? hints.join('; ')
      : 'let handler work for empty and small arguments, or give back ok: false with an error of its own';
  return { stage: 'dry_run', status: 422, category: 'dry_run', repairable: true, error, hint };
}

function unfitBox({ status, error }: { status: number; error: string }): DraftProblem {
  const text = error.replace(/^[\w/-]+: /, '');
  const base = { stage: 'dry_run', error: text } as const;
  return status === 403
    ? { ...base, status, category: 'policy', repairable: false, hint: 'use a sandbox' }
    : {
        ...base,
        status: 400,
        category: 'validation',
        repairable: true,
        hint: 'write it in a language that is there',
      };
}
