import { z } from 'zod';
import { anyMap, count, seconds, share, texts } from './common.ts';
import { evaluationSchema } from './evaluation.ts';
import { field } from './field.ts';

const logging = z.strictObject({
  level: field(
    z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']),
    'Least level that is written.',
  ).default('INFO'),
  format: field(z.enum(['json', 'text', 'structured']), 'Form of a line.').default('json'),
  outputs: field(
    z.array(
      z.strictObject({
        type: field(z.enum(['file', 'console', 'otlp']), 'Kind of output.'),
        path: field(z.string(), 'File or folder.').optional(),
        endpoint: field(z.string(), 'Address of the collector.').optional(),
        rotation: field(
          z.strictObject({
            max_size_mb: field(z.number().positive(), 'Size of one file, in MiB.').default(10),
            max_files: field(count, 'Files that are kept.').default(5),
          }),
          'When a new file begins.',
        ).optional(),
      }),
    ),
    'Where lines go.',
  ).default([{ type: 'console' }]),
  capture: field(
    z.strictObject({
      agent_io: field(z.boolean(), 'What goes into and comes out of agents.').default(true),
      state_transitions: field(z.boolean(), 'Changes of the state.').default(true),
      llm_prompts: field(z.boolean(), 'What models are asked.').default(true),
      llm_responses: field(z.boolean(), 'What models answer.').default(false),
      tool_calls: field(z.boolean(), 'Calls of tools.').default(true),
      tool_results: field(z.boolean(), 'Results of tools.').default(true),
    }),
    'What is written.',
  ).optional(),
  redaction: field(
    z.strictObject({
      patterns: field(texts, 'Expressions whose matches are blacked out.').default([]),
      fields: field(texts, 'Names of fields that are blacked out.').default([]),
    }),
    'What is never written.',
  ).optional(),
});

const metrics = z.strictObject({
  enabled: field(z.boolean(), 'Whether metrics are kept (A4-4).', {
    effect: 'validator/autonomy/a4.ts',
  }).default(false),
  exporter: field(
    z.enum(['internal', 'otlp', 'prometheus', 'console', 'none']),
    'Where they go.',
  ).default('internal'),
  endpoint: field(z.string(), 'Address of the collector.').optional(),
  interval: field(seconds, 'Seconds between exports.').default(30),
  include: field(texts, 'Metrics that are kept; none is all.').default([]),
  custom: field(
    z.array(
      z.strictObject({
        name: field(z.string(), 'Name of the metric.'),
        type: field(z.enum(['counter', 'gauge', 'histogram']), 'Kind of the metric.'),
        description: field(z.string(), 'What it tells.').optional(),
        labels: field(texts, 'Names of its labels.').default([]),
        buckets: field(z.array(z.number()), 'Bounds of a histogram.').optional(),
      }),
    ),
    'Metrics of your own.',
  ).default([]),
});

const tracing = z.strictObject({
  enabled: field(z.boolean(), 'Whether spans are kept (A4-4).', {
    effect: 'validator/autonomy/a4.ts',
  }).default(false),
  exporter: field(
    z.enum(['internal', 'otlp', 'jaeger', 'zipkin', 'console', 'file', 'none']),
    'Where they go.',
  ).default('internal'),
  endpoint: field(z.string(), 'Address of the collector.').optional(),
  path: field(z.string(), 'File or folder of the exporter `file`.').optional(),
  propagation: field(z.enum(['w3c', 'b3', 'jaeger']), 'Form of the header.').default('w3c'),
  sampling: field(
    z.strictObject({
      strategy: field(
        z.enum(['always_on', 'always_off', 'parent_based', 'probability']),
        'Which runs.',
      ).default('always_on'),
      rate: field(share, 'Share of runs, 0 to 1.').default(1),
    }),
    'Which runs are traced.',
  ).optional(),
  service_name: field(z.string(), 'Name of the service in traces.').optional(),
});

const audit = z.strictObject({
  enabled: field(z.boolean(), 'Whether there is an audit trail (A3-4, A4-4).', {
    effect: 'validator/autonomy/a4.ts',
  }).default(false),
  integrity: field(z.enum(['hash_chain', 'merkle_tree', 'none']), 'How changes show (R18).', {
    rule: 'R18',
    effect: 'validator/rules/r18-audit-integrity.ts',
  }).default('hash_chain'),
  hash_algorithm: field(z.enum(['sha256', 'sha384', 'sha512']), 'Hash of the chain.').default(
    'sha256',
  ),
  format: field(z.enum(['jsonl', 'json']), 'Form of the file.').default('jsonl'),
  storage: field(
    z.strictObject({
      type: field(z.enum(['file', 'otlp']), 'Kind of place.').default('file'),
      path: field(z.string(), 'File or folder.').default('logs/audit.jsonl'),
    }),
    'Where it is.',
  ).optional(),
  retention: field(
    z.strictObject({
      max_age_days: field(count, 'Days that are kept.').default(90),
      max_size_mb: field(z.number().positive(), 'Size that is kept, in MiB.').default(100),
    }),
    'How much is kept.',
  ).optional(),
  access_control: field(
    z.strictObject({
      read: field(texts, 'Who may read it.').default([]),
      write: field(texts, 'Who may write it.').default([]),
    }),
    'Who may see it.',
  ).optional(),
  include_events: field(texts, 'Events that are kept; none is all.').default([]),
  include_inputs: field(z.boolean(), 'Whether inputs are kept.').default(false),
  include_outputs: field(z.boolean(), 'Whether outputs are kept.').default(false),
});

const check = z.union([
  z.string(),
  z.strictObject({
    name: field(z.string(), 'Name of the check.'),
    type: field(z.enum(['http', 'filesystem', 'env', 'custom']), 'Kind of check.').default(
      'custom',
    ),
    timeout: field(seconds, 'Seconds.').default(10),
    url: field(z.string(), 'Address that must answer.').optional(),
    path: field(z.string(), 'File or folder that must be there.').optional(),
    variable: field(z.string(), 'Variable that must be set.').optional(),
    config: field(anyMap, 'Settings of the check.').default({}),
  }),
]);

const health = z.strictObject({
  readiness: field(
    z.strictObject({
      checks: field(z.array(check), 'What must hold before a run starts (A4-6).', {
        effect: 'validator/autonomy/a4.ts',
      }).default(['llm_provider_reachable', 'tools_available']),
      timeout: field(seconds, 'Seconds for all.').default(10),
      on_failure: field(z.enum(['abort', 'warn', 'skip']), 'What a failed check leads to.').default(
        'abort',
      ),
    }),
    'Before a run.',
  ).optional(),
  liveness: field(
    z.strictObject({
      interval: field(seconds, 'Seconds between two looks.').default(30),
      timeout: field(seconds, 'Seconds for all.').default(10),
      failure_threshold: field(count, 'Failures in a row that count.').default(3),
      checks: field(z.array(check), 'What must hold during a run (A4-6).', {
        effect: 'validator/autonomy/a4.ts',
      }).default(['llm_provider_reachable', 'memory_backend_writable']),
      action: field(
        z.enum(['pause_and_notify', 'abort', 'ignore']),
        'What failures lead to.',
      ).default('pause_and_notify'),
    }),
    'During a run.',
  ).optional(),
});

/** `observability`: layer 6 (surfaces 7.7, capabilities 8). */
export const observabilitySchema = z.strictObject({
  logging: field(logging, 'Lines for people.').optional(),
  metrics: field(metrics, 'Numbers over time.').optional(),
  tracing: field(tracing, 'Spans.').optional(),
  audit: field(audit, 'A trail that shows changes (R18).').optional(),
  health: field(health, 'Whether all is well.').optional(),
  evaluation: field(evaluationSchema, 'How good results are (R27 to R30).').optional(),
});
