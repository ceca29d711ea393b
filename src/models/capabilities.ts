import { z } from 'zod';
import { anyMap, count, seconds, texts } from './common.ts';
import { field } from './field.ts';
import { sandboxSchema } from './sandbox.ts';

const MAKING = { effect: 'data/creation-manifest.ts' };
const CODEMODE = { effect: 'data/graph-plan-codemode.ts' };
const AGENT = { effect: 'data/graph-plan-agents.ts' };

const tools = z.strictObject({
  enabled: field(z.boolean(), 'Whether the agent has tools at all (R19).', {
    effect: 'validator/rules/r19-codemode-tools.ts',
  }).default(false),
  max_calls: field(
    z.int().nonnegative().nullable(),
    'Calls in all; null is unlimited (and 0, as the standard has it).',
    AGENT,
  ).default(null),
  max_parallel: field(count, 'Calls at the same time.', AGENT).default(1),
  timeout_per_call: field(
    seconds,
    'Seconds of one call; when left out what the tool itself allows.',
    { effect: 'data/graph-plan-read.ts' },
  ).default(30),
  allowed: field(texts, 'Names or patterns such as `web.*`; none is all.', {
    effect: 'validator/rules/r23-sdk-exclude.ts',
  }).default([]),
  denied: field(texts, 'Names or patterns; win over `allowed`.', AGENT).default([]),
  overrides: field(
    z.record(
      z.string(),
      z.strictObject({
        timeout: field(seconds, 'Seconds of one call.', AGENT).optional(),
        max_calls: field(count, 'Calls in all.', AGENT).optional(),
        rate_limit: field(z.json(), 'How often.', AGENT).optional(),
      }),
    ),
    'Other numbers for some tools.',
  ).optional(),
  namespaces: field(texts, 'Namespaces that it may use; none is all.', AGENT).default([]),
  tool_choice: field(
    z.string(),
    '`auto`, `none`, `required`, or the name of a tool.',
    AGENT,
  ).optional(),
  parallel_calls: field(
    z.boolean(),
    'Whether a model may ask for several calls at once.',
    AGENT,
  ).optional(),
});

const SKILLS = { effect: 'data/skill-sources.ts' } as const;

const skills = z.strictObject({
  foundation: field(z.boolean(), 'Whether it has those of `skills_basis/`.', SKILLS).default(true),
  shared: field(z.boolean(), 'Whether it has those of `skills/`.', SKILLS).default(true),
  agent_specific: field(texts, 'Files or folders of its own.', SKILLS).default([]),
  external: field(
    z.array(
      z.union([
        z.string(),
        z.strictObject({
          name: field(z.string(), 'Name of the skill.', SKILLS),
          version: field(z.string(), 'Its version, exactly.', SKILLS).optional(),
        }),
      ]),
    ),
    'Skills of the user who runs it.',
    SKILLS,
  ).default([]),
  load_order: field(
    texts,
    'Sources (`foundation`, `shared`, `agent_specific`, `external`) in the order of loading: of two equal names the later one counts.',
    SKILLS,
  ).default([]),
});

const dataSource = z.strictObject({
  name: field(z.string(), 'Name of the source.'),
  type: field(
    z.enum(['rag', 'http', 'file', 'database', 'web', 'api', 'memory']),
    'Kind of source.',
  ),
  description: field(z.string(), 'What is there.').optional(),
  config: field(anyMap, 'Settings of the kind.').default({}),
  auth: field(z.json(), 'How to sign in; secrets as `$NAME`.').optional(),
  rate_limit: field(z.json(), 'How often.').optional(),
  retry: field(z.json(), 'How often again.').optional(),
});

const codemode = z.strictObject({
  enabled: field(
    z.boolean(),
    'Whether the agent writes code instead of calling tools (R19, R20).',
    {
      effect: 'validator/rules/r19-codemode-tools.ts',
    },
  ).default(false),
  language: field(z.enum(['typescript', 'python', 'javascript']), 'Language of the code (R21).', {
    rule: 'R21',
    effect: 'validator/rules/r21-codemode-language.ts',
  }).default('python'),
  sdk_surface: field(
    z.strictObject({
      mode: field(z.enum(['auto', 'explicit']), 'All allowed tools, or those included (R22).', {
        effect: 'validator/rules/r22-sdk-include.ts',
      }).default('auto'),
      include: field(texts, 'Tools of `explicit` (R22).', {
        effect: 'validator/rules/r22-sdk-include.ts',
      }).default([]),
      exclude: field(texts, 'Tools that are left out (R23).', {
        effect: 'validator/rules/r23-sdk-exclude.ts',
      }).default([]),
    }),
    'Tools that code can use.',
  ).optional(),
  execution: field(
    z.strictObject({
      sandbox_ref: field(
        z.enum(['capabilities.sandbox']),
        'Which box: the own one is the only one.',
        CODEMODE,
      ).default('capabilities.sandbox'),
      timeout: field(seconds, 'Seconds of one program.', CODEMODE).default(30),
      max_retries: field(
        z.int().nonnegative(),
        'Further attempts after an error.',
        CODEMODE,
      ).default(1),
      capture_console: field(z.boolean(), 'Whether what it prints is kept.', CODEMODE).default(
        true,
      ),
    }),
    'How code runs.',
  ).optional(),
  state: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether programs of one agent share values.', CODEMODE).default(
        false,
      ),
      backend: field(
        z.enum(['memory', 'filesystem', 'workspace']),
        'Where these are.',
        CODEMODE,
      ).default('memory'),
    }),
    'What stays from program to program.',
  ).optional(),
  tool_creation: field(z.boolean(), 'Whether it may make tools (R26, A3-1).', {
    effect: 'validator/rules/r26-tool-creation.ts',
  }).default(false),
  tool_creation_namespace: field(z.string(), 'Namespace of these (R25).', {
    effect: 'validator/rules/r25-creation-namespace.ts',
  }).default('dynamic'),
  max_tools: field(z.int().nonnegative(), 'Tools that it may make.', MAKING).default(10),
  repair_attempts: field(z.int().nonnegative(), 'Repairs of one tool; 0 is none.', MAKING).default(
    2,
  ),
});

/** `capabilities` of an agent: layer 2 (surfaces 7.9, capabilities 1.2 to 5). */
export const capabilitiesSchema = z.strictObject({
  tools: field(tools, 'Tools that it may call.').optional(),
  skills: field(skills, 'What it knows how to do.').optional(),
  data_sources: field(z.array(dataSource), 'Data that it can reach.').default([]),
  sandbox: field(sandboxSchema, 'Where its code runs.').optional(),
  codemode: field(codemode, 'Code instead of tool calls.').optional(),
});
