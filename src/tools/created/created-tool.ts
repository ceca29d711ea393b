import type { JsonObject } from '../../base/json.ts';
import { isObject } from '../../base/json.ts';
import { block } from '../../base/visible-text.ts';
import type { CreatedTool } from '../../events/creation.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../../ports/tool.ts';
import type { DraftPlace } from '../../ports/toolsmith.ts';
import { type EndedProgram, runProgram } from '../box-program.ts';
import { failure } from '../results.ts';
import type { Envelope } from './envelope.ts';
import { type HandlerFailure, outcomeOf, withoutFolders } from './handler-failure.ts';
import { policyIn, reachesOut, secretsIn, seesFiles } from './place.ts';
import { type HandlerPlace, handlerRun } from './run-handler.ts';

/** What a box needs besides the time of its program, to start and to hand back what is in it. */
const AROUND_MS = 1000;
const GONE_ON = 'the program went on after its result and was ended: files of it may be missing';
/** Characters of what a handler printed that are kept. */
const LOG_CHARS = 10_000;

/** A tool that an agent made, run in a fresh box of its namespace for each call (spec, capabilities 4.8). */
export function createdTool(created: CreatedTool, place: DraftPlace): Tool {
  const { name, description, parameters } = created;
  const network = reachesOut(place.namespace);
  return {
    ...{ name, description, parameters, network },
    // What was sent to other hosts cannot be taken back.
    idempotent: !network,
    origin: 'dynamic',
    needsBox: true,
    nested: true,
    timeoutMs: place.callMs + AROUND_MS,
    run: (args, context) => call({ created, place, args }, context),
  };
}

interface CreatedCall {
  created: CreatedTool;
  place: DraftPlace;
  args: JsonObject;
}

async function call(wanted: CreatedCall, context: ToolContext): Promise<ToolResult> {
  const { created, args } = wanted;
  const sandbox = await context.sandbox();
  const language = boxProblem(sandbox, created.language);
  if (typeof language === 'object') return failure(language.status, language.error);
  const place = await handlerPlace(wanted, context);
  const { clock } = context.effects;
  const call = { draft: created, args, trial: false };
  const { job, run, said } = handlerRun(sandbox, { call, place, clock });
  const ended = await runProgram({ run }, job, context);
  // Whoever uses a tool once is likely to use it again.
  sandbox.prepare({ ...place, language: created.language });
  const { execution } = ended;
  const outcome = outcomeOf({
    ...{ draft: created, job, execution, said: said(), description: language },
  });
  return 'problem' in outcome ? failedResult(outcome, ended) : goodResult(outcome, ended);
}

/** What a language has in a box, in words; a refusal when handlers cannot be run there (rule R20). */
export function boxProblem(
  { name, languages }: Pick<Sandbox, 'name' | 'languages'>,
  language: CreatedTool['language'],
): string | { status: number; error: string } {
  if (name === 'none') {
    const error = 'tool/denied: tools made at run time need a sandbox with a boundary';
    return { status: 403, error };
  }
  const found = languages.find((one) => one.language === language);
  if (found) return found.description;
  const there = languages.map((one) => one.language).join(', ') || 'no language';
  return {
    status: 503,
    error: `tool/unavailable: the sandbox has no ${language}; there is ${there}`,
  };
}

async function handlerPlace(
  { created, place: { namespace, callMs } }: CreatedCall,
  { workspace, sandboxPolicy, boxSecrets, timeoutMs }: ToolContext,
): Promise<HandlerPlace> {
  const files = seesFiles(namespace);
  const secrets = secretsIn(namespace, created, boxSecrets);
  return {
    policy: policyIn(namespace, sandboxPolicy),
    timeoutMs: Math.max(1, Math.floor(Math.min(callMs, timeoutMs - AROUND_MS / 2))),
    inputs: files ? workspace.inputs : undefined,
    shared: files ? workspace.shared : undefined,
    output: files ? await workspace.output() : [],
    ...(secrets && { secrets }),
  };
}

function goodResult({ notes, ...result }: Envelope, ended: EndedProgram): ToolResult {
  const { files, warnings } = ended.kept;
  const late = ended.execution.stopped === undefined ? [] : [GONE_ON];
  const log = logOf(ended, [
    ...notes,
    ...late,
    ...warnings.map((one) => `${one.path}: ${one.message}`),
  ]);
  const critical = warnings.find(({ severity }) => severity === 'critical');
  if (result.ok && critical) {
    const error = `tool/bad-result: ${critical.path} is no good file: ${critical.message}`;
    return { ...failure(422, error, withFiles(result.data, files)), ...log };
  }
  return { ...result, data: withFiles(result.data, files), ...log };
}

function failedResult({ status, problem, hints }: HandlerFailure, ended: EndedProgram): ToolResult {
  const error = [problem, ...hints.map((hint) => `hint: ${hint}`)].join('\n');
  return { ...failure(status, error, withFiles({}, ended.kept.files)), ...logOf(ended, []) };
}

/** Files that were kept are named in the data, where the handler has not named its own. */
function withFiles(
  data: ToolResult['data'],
  files: EndedProgram['kept']['files'],
): ToolResult['data'] {
  if (files.length === 0 || !isObject(data) || Object.hasOwn(data, 'files')) return data;
  return { ...data, files };
}

/** What it printed and what was left out, as a text that moves no cursor. */
function logOf({ execution, kept }: EndedProgram, notes: readonly string[]): { log?: string } {
  const texts = [execution.stdout, withoutFolders(execution.stderr)];
  const printed = texts.map((text) => block(text.slice(0, LOG_CHARS)));
  const lines = [...printed, ...kept.notes, ...notes].map((text) => text.trim()).filter(Boolean);
  return lines.length === 0 ? {} : { log: lines.join('\n') };
}
