import { z } from 'zod';
import { count, RESERVED_NAMESPACES, TOOL_NAME, texts } from './common.ts';
import { field } from './field.ts';
import { jsonSchema } from './json-schema.ts';

/** Where a run takes up what a manifest says of its own tools. */
const USED = { effect: 'data/custom-tools.ts' };

const meta = z.strictObject({
  side_effects: field(z.boolean(), 'Whether it changes something outside.', USED).default(true),
  idempotent: field(z.boolean(), 'Whether calling twice is as good as once.', USED).default(false),
  deterministic: field(z.boolean(), 'Whether equal arguments give equal results.').default(false),
  rate_limit: field(
    z.strictObject({
      max_per_minute: field(count, 'Calls a minute.', USED).optional(),
      max_per_hour: field(count, 'Calls an hour.', USED).optional(),
    }),
    'How often it may be called.',
    USED,
  ).optional(),
  cost: field(z.enum(['free', 'low', 'medium', 'high']), 'What a call costs.').optional(),
  latency: field(
    z.enum(['instant', 'fast', 'medium', 'slow']),
    'How long a call takes.',
  ).optional(),
  requires: field(texts, 'What it needs.').default([]),
});

const declaration = z.strictObject({
  fqn: field(z.string().regex(TOOL_NAME), 'Name, `namespace.action` (R10, R11).', {
    effect: 'validator/rules/r10-reserved-namespaces.ts',
    rule: 'R10',
  }),
  description: field(z.string(), 'What it does, for the model.', USED).optional(),
  file: field(z.string(), 'File with its code.', { effect: 'parser/references.ts' }).optional(),
  version: field(z.string(), 'SemVer.', USED).optional(),
  parameters: field(jsonSchema, 'JSON Schema of the arguments (S15).', {
    ...USED,
    rule: 'S15',
  }).optional(),
  returns: field(jsonSchema, 'JSON Schema of the data that it gives (S15).', {
    ...USED,
    rule: 'S15',
  }).optional(),
  secrets: field(texts, 'Names of secrets that it gets.', USED).optional(),
  replaces: field(z.boolean(), 'Whether it may stand for a built-in tool (R10).', {
    effect: 'validator/rules/r10-reserved-namespaces.ts',
  }).default(false),
  async: field(z.boolean(), 'Whether it is an asynchronous function (CT10).', {
    effect: 'validator/rules/ct10-async-tools.ts',
  }).optional(),
  meta: field(meta, 'What else is known of it.', USED).optional(),
});

const module = z.strictObject({
  module: field(z.string(), 'File with the tools, from `source_dir`.', {
    effect: 'parser/references.ts',
  }),
  tools: field(texts, 'Names of the tools in it (R10, R11).', {
    effect: 'validator/rules/r10-reserved-namespaces.ts',
    rule: 'R10',
  }),
});

/** `custom_tools`: tools of the workflow itself; both forms of declaration (capabilities 1.6). */
export const customToolsSchema = z.strictObject({
  source_dir: field(z.string(), 'Folder of their files.', {
    effect: 'parser/references.ts',
  }).default('mcp'),
  auto_discovery: field(z.boolean(), 'Whether all files in it are looked at.', USED).default(true),
  auto_inject: field(z.boolean(), 'Whether every agent may use them.', USED).default(true),
  declarations: field(z.array(z.union([declaration, module])), 'The tools, one by one.').default(
    [],
  ),
  reserved_namespaces: field(texts, 'Namespaces that custom tools stay out of (R10).', {
    effect: 'validator/rules/r10-reserved-namespaces.ts',
  }).default([...RESERVED_NAMESPACES]),
});

/** Where a run takes up what a manifest says of tools that agents make. */
const MAKING = { effect: 'data/creation-manifest.ts' };

const namespace = z.strictObject({
  name: field(z.string(), 'Name of the namespace (R25).', {
    effect: 'validator/rules/r25-creation-namespace.ts',
  }),
  capabilities: field(
    z.array(z.enum(['compute', 'network', 'filesystem'])),
    'What its tools may do; only the author grants it.',
    MAKING,
  ).default(['compute']),
  network_allowlist: field(
    texts,
    'Hosts that its tools can reach; none is none, `*` is every public one (S21).',
    MAKING,
  ).default([]),
  secrets: field(
    texts,
    'Secrets that its tools may ask for; they see tokens, never values.',
    MAKING,
  ).default([]),
});

/** `dynamic_tools`: tools that agents make while running (capabilities 4.1, 4.2). */
export const dynamicToolsSchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether tools may be made (R26, A3-1).', {
    effect: 'validator/rules/r26-tool-creation.ts',
  }).default(false),
  persist: field(z.boolean(), 'Whether they are kept after the run.', MAKING).default(false),
  max_total: field(count, 'Most tools of a run.', MAKING).default(50),
  allowed_namespaces: field(
    z.array(z.union([z.string(), namespace])),
    'Where they may be made (R25).',
    {
      effect: 'validator/rules/r25-creation-namespace.ts',
    },
  ).default(['dynamic']),
  code_review: field(
    z.boolean(),
    'Whether their code goes to the audit trail first.',
    MAKING,
  ).default(false),
  cache: field(z.boolean(), 'Whether equal code is made once.', MAKING).default(true),
  dry_run: field(z.boolean(), 'Whether they are tried before they count.', MAKING).default(true),
  dry_run_timeout_seconds: field(count, 'Seconds of the trial.', MAKING).default(5),
  timeout_seconds: field(count, 'Seconds of a call.', MAKING).default(10),
  induction: field(
    z.boolean(),
    'Whether programs that three workers write in the same shape become proposals.',
    MAKING,
  ).default(false),
});
