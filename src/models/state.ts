import { z } from 'zod';
import { anyMap, texts } from './common.ts';
import { field } from './field.ts';

const PLAN = { effect: 'data/graph-plan-state.ts' };
const names = z.union([z.string(), texts]);

/** `state`: what agents share in a run (surfaces 7.5, capabilities 7.1). */
export const stateSchema = z.strictObject({
  model: field(
    z.enum(['shared_dict', 'event_sourced', 'cqrs']),
    'How it is kept; every run here is event-sourced.',
  ).default('shared_dict'),
  initial: field(anyMap, 'Values at the start; no reserved keys (R13).', PLAN).default({}),
  required_fields: field(texts, 'Keys that must be there at the start.', PLAN).default([]),
  auto_inject: field(
    anyMap,
    'Values put in at the start; `{{RUN_ID}}` and `{{TIMESTAMP}}` are replaced (R13).',
    PLAN,
  ).default({}),
  limits: field(
    z.strictObject({
      max_state_size_mb: field(z.number().positive(), 'Size of all values, in MiB.', PLAN).default(
        10,
      ),
      max_field_size_mb: field(z.number().positive(), 'Size of one value, in MiB.', PLAN).default(
        1,
      ),
      max_fields: field(z.int().positive(), 'Number of keys.', PLAN).default(1000),
    }),
    'How much it may hold.',
  ).optional(),
  persistence: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether it is written to files.', PLAN).default(true),
      path: field(z.string(), 'Folder of the files.', PLAN).default('data/state'),
      format: field(
        z.enum(['json', 'msgpack', 'pickle']),
        'Form of the files; we write json.',
      ).default('json'),
      interval: field(
        z.enum(['per_agent', 'per_run', 'manual']),
        'When it is written.',
        PLAN,
      ).default('per_agent'),
      snapshot_on_completion: field(z.boolean(), 'Whether the last state is kept.', PLAN).default(
        true,
      ),
    }),
    'Files of the state.',
  ).optional(),
  sharing: field(
    z.strictObject({
      strategy: field(
        z.enum(['full', 'selective', 'isolated']),
        'What agents see of others (R16).',
        {
          effect: 'validator/rules/r16-sharing-strategy.ts',
          rule: 'R16',
        },
      ).default('full'),
      rules: field(
        z.array(
          z.strictObject({
            from: field(z.string(), 'Agent whose values are shared.', PLAN),
            to: field(names, 'Agents that see them; none is all.', PLAN).optional(),
            fields: field(texts, 'Values that are shared.', PLAN).default([]),
            transform: field(z.string(), 'Expression that changes a value first.', PLAN).optional(),
          }),
        ),
        'Grants of `selective`.',
      ).default([]),
      never_share: field(texts, 'Keys that nobody else sees.', PLAN).default([]),
      sensitive_fields: field(texts, 'Keys whose values are never written anywhere (R14).', {
        effect: 'validator/rules/r14-sensitive-fields.ts',
      }).default([]),
      validation: field(
        z.enum(['strict', 'warn', 'none']),
        'What a broken rule leads to.',
        PLAN,
      ).default('warn'),
    }),
    'Who sees what.',
  ).optional(),
});
