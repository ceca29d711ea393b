import { z } from 'zod';
import { anyMap, count, seconds, texts } from './common.ts';
import { field } from './field.ts';

/** Where rules of tool calls are read. */
const TOOLS = { effect: 'data/loop-tools.ts' };

const breaker = {
  failure_threshold: field(count, 'Failures in a row that open it.', TOOLS).default(5),
  reset_timeout: field(seconds, 'Seconds until one call is tried again.', TOOLS).default(60),
  half_open_max: field(count, 'Calls that are tried then.', TOOLS).default(2),
};

const calls = field(count, 'Calls a minute.', TOOLS);
const tokens = field(count, 'Tokens a minute.');
const rate = z.strictObject({
  max_calls_per_minute: calls.optional(),
  max_tokens_per_minute: tokens.optional(),
});

const SECRETS = { effect: 'data/secret-needs.ts' };

/** `security`: breakers, rate limits, access, secrets (surfaces 7.8, capabilities 9). */
export const securitySchema = z.strictObject({
  circuit_breaker: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether failing agents and tools are held back.', TOOLS).default(
        false,
      ),
      ...breaker,
      monitored_exceptions: field(texts, 'Kinds of failure that count.', TOOLS).default([
        'timeout',
        'server_error',
      ]),
      per_tool: field(
        z.record(z.string(), z.strictObject(breaker)),
        'Other numbers for some tools.',
      ).optional(),
    }),
    'Holds back what keeps failing.',
  ).optional(),
  rate_limiting: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether they hold; being there is enough.', TOOLS).default(true),
      per_agent: field(
        z.strictObject({
          max_calls_per_minute: calls.default(60),
          max_tokens_per_minute: tokens.default(100_000),
        }),
        'For each agent.',
      ).optional(),
      per_tool: field(
        z.strictObject({
          max_calls_per_minute: field(count, 'Calls a minute of each tool.', TOOLS).default(30),
          overrides: field(z.record(z.string(), rate), 'Other numbers for some tools.').optional(),
        }),
        'For each tool.',
      ).optional(),
      burst_multiplier: field(z.number().min(1), 'How much more is allowed at once.').default(1.5),
      on_exceeded: field(
        z.enum(['queue', 'reject']),
        'Whether to wait or to refuse.',
        TOOLS,
      ).default('queue'),
    }),
    'How often.',
  ).optional(),
  access_control: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether it holds.', TOOLS).default(false),
      default_policy: field(
        z.enum(['allow', 'deny']),
        'For agents without a policy.',
        TOOLS,
      ).default('allow'),
      agent_policies: field(
        z.record(
          z.string(),
          z.strictObject({
            allowed_tools: field(texts, 'Tools that it may use.', TOOLS).optional(),
            denied_tools: field(texts, 'Tools that it may not; wins.', TOOLS).optional(),
            allowed_channels: field(texts, 'Channels that it may use.').optional(),
            max_state_writes: field(z.int().nonnegative(), 'Writes to the state.').optional(),
            filesystem_access: field(
              z.enum(['none', 'read', 'write', 'full']),
              'Files.',
              TOOLS,
            ).default('read'),
          }),
        ),
        'By agent.',
      ).default({}),
      rules: field(
        z.array(
          z.strictObject({
            agent: field(z.string(), 'Agent; `*` is all.', TOOLS),
            allowed_tools: field(texts, 'Tools that it may use.', TOOLS).optional(),
            deny_tools: field(texts, 'Tools that it may not; wins.', TOOLS).optional(),
          }),
        ),
        'Further rules.',
      ).default([]),
    }),
    'Who may do what.',
  ).optional(),
  secrets: field(
    z.strictObject({
      backend: field(
        z.enum(['file', 'env', 'vault', 'aws_secrets']),
        'Where they are; `file`: `path` must be there.',
        SECRETS,
      ).default('env'),
      path: field(
        z.string(),
        'File of the secrets, from the folder of the workflow.',
        SECRETS,
      ).default('secrets.yaml'),
      required: field(texts, 'Names that must be there; `NAME?` may be missing.', SECRETS).default(
        [],
      ),
      never_log: field(
        texts,
        'Names whose values are never written anywhere (R14).',
        SECRETS,
      ).default([]),
      grants: field(
        z.record(
          z.string(),
          z.strictObject({
            hosts: field(
              texts,
              'Hosts whose requests may carry it, such as `api.example.com`; none when left out.',
              SECRETS,
            ).optional(),
            tools: field(
              texts,
              'Tools that get it, as names or patterns; those that declare it when left out.',
              SECRETS,
            ).optional(),
          }),
        ),
        'Where each secret may go.',
        SECRETS,
      ).default({}),
      options: field(anyMap, 'Settings of the backend.').default({}),
    }),
    'Keys and passwords.',
  ).optional(),
  audit_security_events: field(z.boolean(), 'Whether refusals go to the audit trail.').default(
    true,
  ),
});
