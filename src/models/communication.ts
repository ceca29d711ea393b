import { z } from 'zod';
import { anyMap, texts } from './common.ts';
import { field } from './field.ts';
import { jsonSchema } from './json-schema.ts';

const channel = z.strictObject({
  name: field(z.string().min(1), 'Name of the channel.'),
  type: field(
    z.enum(['direct', 'broadcast', 'topic', 'request_response']),
    'Who gets a message.',
  ).default('direct'),
  description: field(z.string(), 'What it is for.').optional(),
  participants: field(
    z.strictObject({
      publishers: field(texts, 'Agents that may send; `*` is everyone.').default(['*']),
      subscribers: field(texts, 'Agents that receive; `*` is everyone.').default(['*']),
    }),
    'Who takes part.',
  ).optional(),
  schema: field(jsonSchema, 'JSON Schema that messages must fit (R15).', {
    effect: 'validator/rules/r15-channel-schema.ts',
    rule: 'R15',
  }).optional(),
  config: field(anyMap, 'Settings of the channel.').default({}),
});

/** `communication`: layer 3, messages between agents (surfaces 7.6, capabilities 6). */
export const communicationSchema = z.strictObject({
  bus: field(
    z.strictObject({
      type: field(
        z.enum(['internal', 'redis', 'nats', 'kafka', 'rabbitmq']),
        'What carries the messages.',
      ).default('internal'),
      persistence: field(
        z.union([z.boolean(), z.enum(['run', 'session', 'permanent'])]),
        'How long messages are kept.',
      ).default('run'),
      max_message_size: field(z.int().positive(), 'Largest message, in bytes.').default(65_536),
      delivery: field(
        z.enum(['at_most_once', 'at_least_once', 'exactly_once']),
        'What is promised about arrival.',
      ).default('at_least_once'),
      ordering: field(
        z.enum(['fifo', 'causal', 'priority', 'timestamp', 'none']),
        'In which order messages arrive.',
      ).default('fifo'),
      connection: field(
        z.strictObject({
          url: field(z.string(), 'Address of the service.').optional(),
          auth: field(z.json(), 'How to sign in; secrets as `$NAME`.').optional(),
          options: field(anyMap, 'Settings of the service.').default({}),
        }),
        'For a bus that is a service.',
      ).optional(),
    }),
    'What carries the messages.',
  ).optional(),
  channels: field(z.array(channel), 'Channels by name.').default([]),
  patterns: field(
    z.array(
      z.strictObject({
        type: field(
          z.enum(['request_response', 'pub_sub', 'pipeline', 'scatter_gather']),
          'Kind of exchange.',
        ),
        timeout: field(z.number().positive(), 'Seconds to wait for answers.').default(30),
        max_rounds: field(z.int().positive(), 'Most rounds.').default(5),
        min_responses: field(z.int().positive(), 'Answers that are enough.').optional(),
        config: field(anyMap, 'Settings of the pattern.').default({}),
      }),
    ),
    'Ways to exchange messages.',
  ).default([]),
  default_channel: field(z.string(), 'Channel of messages that name none.').default('direct'),
});
