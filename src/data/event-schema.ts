import { z } from 'zod';
import { creationEvents } from './creation-schema.ts';
import { graphEvents, nodeRun } from './graph-event-schema.ts';
import { hypothesis, loopEvents, reviewOf, subtask, workerOrder } from './loop-event-schema.ts';
import { dimension, limits } from './plan-parts-schema.ts';
import { planSchema as plan } from './plan-schema.ts';

// Written beside events/event.ts and events/plan.ts; a test holds the types against each other
// and every event of real runs against the schema.

const json = z.json();
const object = z.record(z.string(), json);
const texts = z.array(z.string());
const whole = z.int();
const amount = z.int().nonnegative();
const money = z.number().nonnegative().nullable();

const usage = z.strictObject({
  input: amount,
  output: amount,
  cached: amount.optional(),
  cacheWritten: amount.optional(),
  reasoning: amount.optional(),
  estimated: z.boolean().optional(),
});
const toolCall = z.strictObject({ id: z.string(), name: z.string(), args: object });
const message = z.union([
  z.strictObject({ role: z.literal('system'), text: z.string() }),
  z.strictObject({
    role: z.literal('user'),
    text: z.string(),
    images: z
      .array(z.strictObject({ path: z.string(), type: z.string(), sha256: z.string() }))
      .optional(),
  }),
  z.strictObject({ role: z.literal('assistant'), text: z.string(), toolCalls: z.array(toolCall) }),
  z.strictObject({ role: z.literal('tool'), call: z.string(), name: z.string(), text: z.string() }),
]);
const contract = z.strictObject({
  requiredFields: texts,
  schema: object.optional(),
  description: z.string().optional(),
});
const envelope = z.strictObject({
  workerId: z.string(),
  instructions: z.string(),
  toolsAllowed: texts.optional(),
  contract: contract.optional(),
  temperature: z.number().optional(),
  skills: texts.optional(),
  subtaskId: z.string().optional(),
  requiredTools: texts.optional(),
  packages: texts.optional(),
  timeoutMs: amount.optional(),
  maxOutputTokens: amount.optional(),
  codemode: z
    .strictObject({
      enabled: z.boolean().optional(),
      toolCreation: z.boolean().optional(),
      namespace: z.string().optional(),
      maxTools: amount.optional(),
      repairs: amount.optional(),
    })
    .optional(),
  asSubmanager: z.boolean().optional(),
  submanagerAgent: z.string().optional(),
  budgetShare: z.number().optional(),
  inherits: texts.optional(),
  forbids: texts.optional(),
  context: object.optional(),
  extra: object.optional(),
});
const purpose = z.enum(['turn', 'correction', 'closing', 'work', 'repair', 'summary']);
const securityKind = z.enum([
  'acl.tool.denied',
  'acl.sandbox.denied',
  'rate_limit.exceeded',
  'circuit_breaker.opened',
  'secret.leak_prevented',
  'network.denied',
  'approval.rejected',
  'input.refused',
  'integrity.violation',
]);
const box = z.strictObject({ name: z.string(), isolation: z.string() });

const decision = {
  reasoning: z.string().optional(),
  call: z.string(),
  repaired: z.boolean().optional(),
  problems: texts.optional(),
};
const decided = z.union([
  z.strictObject({
    decision: z.literal('delegate'),
    confidence: z.number().optional(),
    delegations: z.array(envelope),
    unread: amount.optional(),
    ...decision,
  }),
  z.strictObject({
    decision: z.literal('complete'),
    confidence: z.number().optional(),
    result: object,
    ...decision,
  }),
  z.strictObject({
    decision: z.literal('fail'),
    reason: z.string(),
    partial: object.optional(),
    ...decision,
  }),
  z.strictObject({
    decision: z.literal('plan'),
    subtasks: z.array(subtask),
    dropped: amount.optional(),
    ...decision,
  }),
  z.strictObject({
    decision: z.literal('diagnose'),
    failedWorker: z.string(),
    hypotheses: z.array(hypothesis),
    dropped: amount.optional(),
    ...decision,
  }),
]);

/** Data of the events about runs and agents. */
const runEvents = {
  'run.started': z.strictObject({
    plan,
    simulated: z.boolean(),
    version: z.string(),
    sandbox: box.optional(),
  }),
  'run.resumed': z.strictObject({
    raise: limits.partial().optional(),
    abandoned: texts,
    version: z.string(),
    sandbox: box.optional(),
  }),
  'run.finished': z.strictObject({
    status: z.enum(['complete', 'partial', 'failed']),
    reason: z.string().optional(),
    message: z.string().optional(),
    text: z.string(),
    result: object,
    output: json.optional(),
  }),
  'run.stopped': z.strictObject({ reason: z.string() }),
  'run.paused': z.strictObject({ reason: z.string() }),
  'run.reopened': z.strictObject({ reason: z.string() }),
  'input.resolved': z.strictObject({
    name: z.string(),
    kind: z.string(),
    path: z.string().optional(),
    bytes: amount.optional(),
    sha256: z.string().optional(),
    note: z.string().optional(),
  }),
  'agent.started': z.strictObject({
    role: z.enum([
      ...(['manager', 'worker', 'graph', 'node', 'step'] as const),
      ...(['judge', 'reviewer', 'repairer'] as const),
    ]),
    node: nodeRun.optional(),
    agentKey: z.string().optional(),
    managerKey: z.string().optional(),
    name: z.string(),
    askedAs: z.string().optional(),
    model: z.string(),
    temperature: z.number(),
    tools: texts,
    instructions: z.string(),
    contract: contract.optional(),
    order: workerOrder.optional(),
    notes: texts.optional(),
    review: reviewOf.optional(),
    mends: z
      .strictObject({ call: z.string(), attempt: amount, as: z.enum(['worker', 'node']) })
      .optional(),
    values: object.optional(),
    continues: z.string().optional(),
    index: whole,
  }),
  'agent.finished': z.strictObject({
    output: object,
    text: z.string(),
    confidence: z.number(),
    problems: texts,
    status: z.literal('partial').optional(),
    reason: z.string().optional(),
  }),
  'agent.failed': z.strictObject({
    code: z.string(),
    message: z.string(),
    output: object.optional(),
    text: z.string().optional(),
  }),
  'manager.decided': decided,
  'manager.rejected': z.strictObject({ call: z.string(), reason: z.string() }),
  'agent.skipped': z.strictObject({
    worker: z.string(),
    index: whole,
    reason: z.string(),
    guard: z.enum(['turn-limit', 'redundant', 'low-score', 'dependency', 'rejected']).optional(),
  }),
} as const;

/** Data of the events about effects and limits. */
const effectEvents = {
  'model.asked': z.strictObject({
    call: z.string(),
    attempt: whole,
    model: z.string(),
    keep: amount,
    messages: z.array(message),
    tools: texts,
    temperature: z.number(),
    maxOutputTokens: amount,
    inputHash: z.string(),
    reserved: z.strictObject({ tokens: amount, cost: money }),
    purpose,
    real: z.literal(true).optional(),
  }),
  'model.responded': z.strictObject({
    call: z.string(),
    attempt: whole,
    text: z.string(),
    toolCalls: z.array(toolCall),
    usage,
    cost: money,
    ms: z.number(),
    servedBy: z.string().optional(),
  }),
  'model.failed': z.strictObject({
    call: z.string(),
    attempt: whole,
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    usage,
    cost: money,
    retryInMs: z.number().optional(),
    retryAfterMs: z.number().optional(),
  }),
  'model.switched': z.strictObject({
    call: z.string(),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
    message: z.string(),
  }),
  'tool.called': z.strictObject({
    call: z.string(),
    tool: z.string(),
    args: object,
    idempotent: z.boolean(),
    parentCall: z.string().optional(),
    approval: z.string().optional(),
  }),
  'tool.returned': z.strictObject({
    call: z.string(),
    tool: z.string(),
    parentCall: z.string().optional(),
    ok: z.boolean(),
    status: whole,
    data: json,
    error: z.string().optional(),
    log: z.string().optional(),
    ms: z.number(),
    files: texts.optional(),
    taint: z.array(z.enum(['private', 'untrusted'])).optional(),
  }),
  'artifact.removed': z.strictObject({ path: z.string() }),
  'artifact.written': z.strictObject({
    path: z.string(),
    name: z.string(),
    type: z.string(),
    bytes: amount,
    sha256: z.string(),
  }),
  'output.checked': z.strictObject({
    ok: z.boolean(),
    problems: texts,
    output: object,
    text: z.string(),
    confidence: z.number(),
    said: z.number().optional(),
    reasons: texts.optional(),
    most: z.number().optional(),
    acceptable: z.literal(true).optional(),
  }),
  'budget.warned': z.strictObject({
    scope: z.string().optional(),
    dimension,
    used: z.number(),
    limit: z.number(),
  }),
  'budget.exhausted': z.strictObject({
    scope: z.string().optional(),
    dimension,
    limit: z.number(),
    used: z.number(),
    reserved: z.number(),
    wanted: z.number(),
    purpose: purpose.optional(),
  }),
  'budget.reserved': z.strictObject({
    scope: z.string(),
    limits,
    noRefund: z.literal(true).optional(),
  }),
  'budget.settled': z.strictObject({
    scope: z.string(),
    used: z.strictObject({
      loops: amount,
      workers: amount,
      tokens: amount,
      tools: amount,
      calls: amount,
      cost: z.number().nonnegative(),
    }),
  }),
  'security.denied': z.strictObject({
    tool: z.string(),
    reason: z.string(),
    kind: securityKind.optional(),
  }),
  'approval.requested': z.strictObject({
    id: z.string(),
    call: z.string(),
    tool: z.string(),
    args: object,
    argsHash: z.string(),
    reason: z.string(),
    parentCall: z.string().optional(),
  }),
  'approval.resolved': z.strictObject({
    id: z.string(),
    call: z.string(),
    decision: z.enum(['approved', 'rejected']),
    by: z.string(),
    args: object.optional(),
    reason: z.string().optional(),
  }),
  'stall.noticed': z.strictObject({
    turns: whole,
    message: z.string(),
    action: z.enum(['warn', 'stop']).optional(),
    reason: z.string().optional(),
  }),
} as const;

/** The data of every event type (decision 1). */
export const eventDataSchemas = {
  ...runEvents,
  ...effectEvents,
  ...graphEvents,
  ...loopEvents,
  ...creationEvents,
} as const;

const place = {
  agent: z.string().optional(),
  parent: z.string().optional(),
  depth: amount,
  loop: amount.optional(),
};

/** One event of a log, or one line of `awp run --json` (decision 1). */
export const eventSchema = z.union(
  Object.entries(eventDataSchemas).map(([type, data]) =>
    z.strictObject({
      v: z.literal(1),
      run: z.string(),
      seq: z.int().positive(),
      ts: z.string(),
      type: z.literal(type),
      ...place,
      data,
    }),
  ),
);
