import { orAborted } from '../../base/concurrency.ts';
import type { JsonObject } from '../../base/json.ts';
import { namespaceOf } from '../../base/tool-names.ts';
import type { CreatedTool, DraftProblem, ToolDraft } from '../../events/creation.ts';
import type { ToolContext, ToolResult } from '../../ports/tool.ts';
import type { DraftContext, DraftPlace } from '../../ports/toolsmith.ts';
import { schemaProblem } from '../schema.ts';
import { checkDraft, timed } from './check-draft.ts';
import { boundedProblem, shownText } from './draft-problem.ts';
import { makerOf, placeProblem, roomProblem } from './policy.ts';
import { draftLanguage, policyLook } from './policy-look.ts';
import { plainText, readDraft, sizeProblem } from './read-draft.ts';
import type { CreationRecord, MakerCall } from './record.ts';
import { placeOf } from './registry.ts';
import { toolScore } from './score-tool.ts';

/** Warnings that a maker is told, and characters of one. */
const MOST_WARNINGS = 8;
const WARNING_CHARS = 300;

/** What a tool is made from in one call. */
interface Wanted {
  args: JsonObject;
  toolContext: Omit<ToolContext, 'maker'>;
}

/** The way of the drafts of one call. */
interface Way {
  asked: MakerCall;
  record: CreationRecord;
  context: DraftContext;
  /** What the present draft is told besides. */
  warnings: string[];
  /** What the trial of the present draft came to. */
  trial: { result?: JsonObject };
}

/** One draft of it. */
interface Draft {
  draft: ToolDraft;
  /** How often it was repaired. */
  attempt: number;
  /** Why it could not be read. */
  malformed: DraftProblem | undefined;
}

/** What came of a draft. */
type Tried =
  | { problem: DraftProblem }
  /** The same tool is there already. */
  | { cached: CreatedTool }
  | { place: DraftPlace };

/**
 * The whole way of a draft (spec, capabilities 4.4): what it says, policy, the toolsmith's checks, and
 * as many repairs as the agent has, each of which goes the whole way again. Rejects with the reason of
 * the context's signal, and with `sandbox/...` when there is no box.
 */
export async function makeTool(
  asked: MakerCall,
  record: CreationRecord,
  { args, toolContext }: Wanted,
): Promise<ToolResult> {
  const { context, frame, making } = asked;
  const language = draftLanguage(context, frame);
  const read = readDraft(args, { language, proposals: context.state.creation?.proposals });
  const way = wayOf(asked, record, toolContext);
  let now: Draft = { draft: read.draft, attempt: 0, malformed: read.problem };
  for (;;) {
    delete way.trial.result;
    way.warnings.splice(0, Number.POSITIVE_INFINITY, ...read.warnings);
    const tried = await tryDraft(way, now);
    if (!('problem' in tried)) return registered(way, now, tried);
    // What could not be read is no draft that anybody could put right.
    const isFinal = read.problem !== undefined || now.attempt >= making.repairs;
    const mended = isFinal ? undefined : await repaired(way, now, tried.problem);
    if (!mended) return refused(way, now, tried.problem);
    now = mended;
  }
}

function wayOf(asked: MakerCall, record: CreationRecord, toolContext: Wanted['toolContext']): Way {
  const { sandbox, sandboxPolicy, signal, effects } = toolContext;
  const warnings: string[] = [];
  const warn = (text: string): void => {
    if (warnings.length < MOST_WARNINGS) warnings.push(shownText(text, WARNING_CHARS));
  };
  const trial: Way['trial'] = {};
  const tried = (result: JsonObject): void => {
    trial.result = result;
  };
  const context = { sandbox, sandboxPolicy, signal, effects, warn, tried, schemaProblem };
  return { asked, record, warnings, trial, context };
}

async function tryDraft(way: Way, { draft, attempt, malformed }: Draft): Promise<Tried> {
  const { asked, record, context } = way;
  const { clock } = asked.context.host.effects;
  record.drafted(draft, attempt);
  const checked = record.checked.bind(record);
  const unfit = malformed ?? sizeProblem(draft);
  if (unfit) {
    checked({ stage: unfit.stage, ok: false, ms: 0, problem: unfit });
    return { problem: unfit };
  }
  const found: { same?: CreatedTool } = {};
  const refusal = await timed({ stage: 'policy', clock, checked }, async () => {
    const problem = placeProblem(policyLook(asked, draft));
    const room = problem ? { problem } : await roomFor(way, draft);
    if ('problem' in room) return room.problem;
    found.same = room.same;
    return undefined;
  });
  if (refusal) return { problem: refusal };
  if (found.same) return { cached: found.same };
  const place = placeOf(asked.context.plan, namespaceOf(draft.name));
  if (!place) throw new Error('the policy let a draft through that has no place');
  const { toolsmith } = asked;
  const problem = await checkDraft({ toolsmith, clock, context, checked }, draft, place);
  return problem ? { problem } : { place };
}

/** A place for a draft, or why there is none; `same` is a tool that is there already. */
type Room = { same: CreatedTool } | { problem: DraftProblem | undefined };

/**
 * Takes the name and the place in the quotas, with nothing between the look and the taking. A call that
 * makes the same tool at this moment is waited for.
 */
async function roomFor({ asked, context }: Way, draft: ToolDraft): Promise<Room> {
  const { call, frame, toolsmith, creation } = asked;
  const { claims } = asked.context.created;
  const claim = { call, name: draft.name, maker: makerOf(frame), hash: toolsmith.hashOf(draft) };
  for (;;) {
    context.signal.throwIfAborted();
    const same = knownAs(asked, draft, claim.hash);
    if (same) return { same };
    const coming = creation.cache ? claims.find(draft.name) : undefined;
    if (!coming || coming.call === call || !coming.hashes.has(claim.hash)) {
      const problem = roomProblem(policyLook(asked, draft));
      if (!problem) claims.take(claim);
      return { problem };
    }
    await orAborted(coming.settled, context.signal);
  }
}

/**
 * The tool that this draft became: the same code and schema, or that which was repaired since. Where
 * nothing is kept for that, only the call itself has it: a program that runs again after a crash.
 */
function knownAs(
  { context, creation: { cache }, call }: MakerCall,
  { name, language }: ToolDraft,
  hash: string,
): CreatedTool | undefined {
  const { tools, drafts } = context.state.creation ?? {};
  const known = tools?.get(name);
  const given = drafts?.get(name);
  if (!known || known.language !== language || !(cache || given?.call === call)) return undefined;
  return known.hash === hash || given?.hash === hash ? known : undefined;
}

/** The draft as a model put it right: only its code, parameters and description can be others. */
async function repaired(
  { asked, record, context }: Way,
  { draft, attempt: before }: Draft,
  problem: DraftProblem,
): Promise<Draft | undefined> {
  if (!problem.repairable) return undefined;
  const { frame, call } = asked;
  const { repairs, host } = asked.context;
  const { clock } = host.effects;
  const attempt = before + 1;
  const started = clock.monotonic();
  const mended = await repairs.mend({ frame, call, attempt, draft, problem }, context.signal);
  context.signal.throwIfAborted();
  const ms = Math.max(0, Math.round(clock.monotonic() - started));
  record.checked({ stage: 'repair', ok: mended !== undefined, ms });
  if (!mended) return undefined;
  const { code, parameters } = mended;
  const description = plainText(mended.description) || draft.description;
  return { draft: { ...draft, code, parameters, description }, attempt, malformed: undefined };
}

function refused({ record }: Way, { draft, attempt }: Draft, problem: DraftProblem): ToolResult {
  const said = boundedProblem(problem);
  record.refused(said);
  const { status, error, hint } = said;
  const name = shownText(draft.name, 128);
  const tries = attempt > 0 ? { repair_attempts: attempt } : {};
  const data = { name, registered: false, ...said, ...tries };
  return { ok: false, status, data, error: `tool/refused: ${error} (${hint})` };
}

async function registered(
  { asked, record, context, warnings, trial }: Way,
  { draft, attempt }: Draft,
  tried: Exclude<Tried, { problem: DraftProblem }>,
): Promise<ToolResult> {
  const { call, frame, toolsmith } = asked;
  const { name } = draft;
  const { hash, repairs } =
    'cached' in tried ? tried.cached : { hash: toolsmith.hashOf(draft), repairs: attempt };
  const done = { name, registered: true, code_hash: hash };
  const said = {
    ...(repairs > 0 && { repaired: true, repair_attempts: repairs }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
  };
  if ('cached' in tried) {
    record.changed({ type: 'tool.cached', data: { call, name, hash } });
    return { ok: true, status: 200, data: { ...done, cache_hit: true, ...said } };
  }
  record.checked({ stage: 'registration', ok: true, ms: 0 });
  const namespace = tried.place.namespace.name;
  const now = asked.context.host.effects.clock.now();
  const tool: CreatedTool = {
    ...draft,
    ...{ namespace, hash, creator: frame.name, origin: 'agent', repairs: attempt },
    createdAt: new Date(now).toISOString(),
  };
  const score = await toolScore(asked.context, tool, trial.result);
  context.signal.throwIfAborted();
  record.changed({ type: 'tool.created', data: { call, tool } }, score);
  return { ok: true, status: 200, data: { ...done, ...said } };
}
