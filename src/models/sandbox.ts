import { z } from 'zod';
import { count, seconds, texts } from './common.ts';
import { field } from './field.ts';
import { SANDBOX_TYPES } from './safety-envelope.ts';

/** `capabilities.sandbox` of an agent, and the workflow's default (capabilities 2.1). */
export const sandboxSchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether the agent has a box.').default(false),
  type: field(z.enum(SANDBOX_TYPES), 'Weakest box that will do (R20, R24).', {
    effect: 'validator/rules/r20-codemode-sandbox.ts',
  }).default('subprocess'),
  runtime: field(z.string(), 'Language of the box.').default('python'),
  timeout: field(seconds, 'Wall time of one program, in seconds.').default(30),
  constraints: field(
    z.strictObject({
      max_memory_mb: field(count, 'Memory, in MiB.').default(256),
      max_cpu_seconds: field(seconds, 'Processor time, in seconds.').default(30),
      max_output_bytes: field(count, 'Output, in bytes.').default(1_048_576),
    }),
    'Limits of one program.',
  ).optional(),
  filesystem: field(
    z.strictObject({
      read: field(texts, 'Paths that may be read.').default([]),
      write: field(texts, 'Paths that may be written.').default([]),
      deny: field(texts, 'Paths that may not; wins.').default([]),
    }),
    'Files of the machine.',
  ).optional(),
  commands: field(
    z.strictObject({
      allowed: field(texts, 'Programs that may be started.').default([]),
      denied: field(texts, 'Programs that may not; wins.').default([]),
    }),
    'Other programs.',
  ).optional(),
  network: field(
    z.strictObject({
      enabled: field(z.boolean(), 'Whether there is a network at all (R24).', {
        effect: 'validator/rules/r24-isolate-network.ts',
      }).default(false),
      allowed_hosts: field(
        texts,
        'Hosts that can be reached; none is none, everything is an explicit `*`.',
      ).default([]),
      intercept: field(z.boolean(), 'Whether requests go through our proxy.').default(false),
    }),
    'The network (R24).',
  ).optional(),
  packages: field(texts, 'Packages that are installed in it.').default([]),
  image: field(z.string(), 'Image of a container.').default('awp-sandbox-python'),
  pip_install: field(z.boolean(), 'Whether agents may install packages.').default(false),
  allowed_modules: field(texts, 'Modules that programs may import; none is all.').default([]),
});
