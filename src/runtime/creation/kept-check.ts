import { AwpError } from '../../base/errors.ts';
import { namespaceOf } from '../../base/tool-names.ts';
import type { DraftProblem, PlanCreation, ToolDraft } from '../../events/creation.ts';
import type { Plan } from '../../events/plan.ts';
import type { RunState } from '../../events/state.ts';
import type { Effects } from '../../ports/effects.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import type { DraftContext, Toolsmith } from '../../ports/toolsmith.ts';
import { schemaProblem } from '../schema.ts';
import { checkDraft } from './check-draft.ts';
import { CreationClaims } from './claims.ts';
import { formProblem, policyProblem } from './draft-problem.ts';
import { placeProblem, roomProblem } from './policy.ts';
import { readDraft } from './read-draft.ts';
import { placeOf } from './registry.ts';

/** What tools that nobody makes just now are checked with. */
export interface KeptChecker {
  toolsmith: Toolsmith;
  effects: Effects;
  plan: Plan;
  creation: PlanCreation;
  sandbox: Sandbox;
  /** What is there beside it. */
  state: Pick<RunState, 'creation' | 'frames'>;
  /** Names of all tools that no agent made. */
  others: Iterable<string>;
  /** Names of the secrets that tools may ask for, as far as their namespaces grant them. */
  secrets: ReadonlySet<string>;
  signal: AbortSignal;
}

/** A tool from a file, as far as it came. */
export interface KeptChecked {
  draft: ToolDraft;
  problem?: DraftProblem;
}

/**
 * The whole way of a draft without an agent and without repairs: form, policy, the hash that the file
 * names, and all checks of the toolsmith in the box (threat W15). Rejects with the reason of the signal,
 * and with `sandbox/...` when there is no box.
 */
export async function checkKeptTool(
  checker: KeptChecker,
  given: ToolDraft,
  hash: string | undefined,
): Promise<KeptChecked> {
  const { draft, problem } = readDraft(argumentsOf(given), { language: given.language });
  const found = problem ?? refusalOf(checker, draft, hash) ?? (await trialOf(checker, draft));
  return { draft, ...(found && { problem: { ...found, repairable: false } }) };
}

/** What is said against it before anything of it goes into the box. */
function refusalOf(
  checker: KeptChecker,
  draft: ToolDraft,
  hash: string | undefined,
): DraftProblem | undefined {
  const { toolsmith, plan, creation, state, others, secrets, sandbox } = checker;
  const look = {
    ...{ plan, creation, state, others, secrets, draft },
    claims: new CreationClaims(),
    languages: sandbox.languages.map(({ language }) => language),
  };
  const isChanged = hash !== undefined && hash !== toolsmith.hashOf(draft);
  return placeProblem(look) ?? roomProblem(look) ?? (isChanged ? changed() : undefined);
}

async function trialOf(checker: KeptChecker, draft: ToolDraft): Promise<DraftProblem | undefined> {
  const { toolsmith, effects, plan, sandbox, signal } = checker;
  const place = placeOf(plan, namespaceOf(draft.name));
  if (!place) return formProblem('policy', 'it has no namespace', 'write namespace.action');
  if (signal.aborted) throw signal.reason;
  const context: DraftContext = {
    ...{ effects, schemaProblem, signal },
    ...{ sandbox: async () => sandbox, sandboxPolicy: plan.sandbox, warn: () => {} },
  };
  const { clock } = effects;
  return checkDraft({ toolsmith, clock, context, checked: () => {} }, draft, place);
}

/** A draft as `tools.create` would be called for it: a file is read as strictly as an agent. */
function argumentsOf(draft: ToolDraft) {
  const { name, description, parameters, code, language, secrets, meta } = draft;
  return {
    ...{ name, description, parameters, code, language },
    required_secrets: [...secrets],
    ...(meta && { meta }),
  };
}

function changed(): DraftProblem {
  return policyProblem(
    403,
    'its code_hash is not that of its name, code and parameters: somebody changed the file',
    'if that was you, take code_hash out of the file; else promote the tool again from its run',
  );
}

/** The problem of a tool whose trial did not come about. */
export function notTried(why: string): DraftProblem {
  const hint = 'take away tools that are not needed: awp tools rm NAME';
  return { ...formProblem('dry_run', why, hint), category: 'dry_run', status: 422 };
}

/** Whether an error says why a box could not try a tool. */
export function reasonOf(error: unknown): string {
  return error instanceof AwpError ? error.message : 'it could not be tried';
}
