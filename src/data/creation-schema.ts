import { z } from 'zod';
import { amount, object, skill, texts } from './plan-parts-schema.ts';

// Written beside events/creation.ts and events/creation-events.ts; the test of event-schema.ts holds
// the types against each other.

const language = z.enum(['python', 'javascript', 'typescript']);
const call = z.string();
const name = z.string();

/** `creation` of a plan. */
export const planCreation = z.strictObject({
  namespaces: z.array(
    z.strictObject({
      name,
      capabilities: z.array(z.enum(['compute', 'network', 'filesystem'])),
      hosts: texts,
      secrets: texts,
    }),
  ),
  maxTotal: amount,
  maxPerAgent: amount,
  cache: z.boolean(),
  dryRun: z.boolean(),
  dryRunMs: amount,
  callMs: amount,
  persist: z.boolean(),
  codeReview: z.boolean(),
  induction: z.boolean(),
});

/** What one agent may make. */
export const toolMaking = z.strictObject({ namespaces: texts, maxTools: amount, repairs: amount });

/** How an agent in code mode works. */
export const planCodemode = z.strictObject({
  language,
  retries: amount,
  timeoutMs: amount,
  console: z.boolean(),
  state: z.enum(['memory', 'filesystem', 'workspace']).optional(),
  only: z.array(z.string()).optional(),
});

const draft = {
  name,
  description: z.string(),
  parameters: object,
  code: z.string(),
  language,
  secrets: texts,
};
const origin = z.enum(['agent', 'kept', 'project']);
const stage = z.enum([
  ...(['policy', 'source', 'schema', 'signature', 'lint', 'placeholder'] as const),
  ...(['dry_run', 'repair', 'registration'] as const),
]);
const problem = z.strictObject({
  stage,
  status: z.int(),
  category: z.enum([
    ...(['policy', 'validation', 'import', 'forbidden_construct'] as const),
    ...(['schema_mismatch', 'placeholder', 'dry_run'] as const),
  ]),
  repairable: z.boolean(),
  error: z.string(),
  hint: z.string(),
});

/** The data of facts about code mode, tools and skills that were made. */
export const creationEvents = {
  'calls.derived': z.strictObject({
    call,
    from: z.enum(['code_block', 'tools_created']),
    calls: z.array(z.strictObject({ id: z.string(), name, args: object })),
  }),
  'session.kept': z.strictObject({
    call,
    backend: z.enum(['memory', 'filesystem', 'workspace']),
    value: object.optional(),
    sha256: z.string(),
    bytes: amount,
  }),
  'tool.drafted': z.strictObject({
    ...{ call, name, attempt: amount, hash: z.string(), language },
    source: z.string().optional(),
  }),
  'tool.checked': z.strictObject({
    ...{ call, name, attempt: amount, stage, ok: z.boolean(), ms: amount },
    problem: problem.optional(),
  }),
  'tool.cached': z.strictObject({ call, name, hash: z.string() }),
  'tool.created': z.strictObject({
    call: call.optional(),
    tool: z.strictObject({
      ...draft,
      meta: object.optional(),
      namespace: z.string(),
      hash: z.string(),
      creator: z.string(),
      origin,
      createdAt: z.string(),
      repairs: amount,
    }),
  }),
  'tool.refused': z.strictObject({
    call: call.optional(),
    name,
    attempts: amount,
    origin,
    problem,
  }),
  'tool.removed': z.strictObject({ call, name }),
  'program.shaped': z.strictObject({
    ...{ call, shape: z.string(), language, literals: z.array(z.json()) },
    template: z.string().optional(),
  }),
  'tool.proposed': z.strictObject({
    proposal: z.strictObject({ ...draft, shape: z.string(), workers: texts }),
  }),
  'skill.created': z.strictObject({ skill, creator: z.string() }),
  'skill.refused': z.strictObject({ name, creator: z.string(), problems: texts }),
};
