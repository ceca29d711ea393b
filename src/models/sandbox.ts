import { z } from 'zod';
import { count, seconds, texts } from './common.ts';
import { field } from './field.ts';
import { SANDBOX_TYPES } from './safety-envelope.ts';

const LOAD = { effect: 'data/loop-sandbox.ts' };

/** `capabilities.sandbox` of an agent, and the workflow's default (capabilities 2.1). */
export const sandboxSchema = z.strictObject({
  enabled: field(z.boolean(), 'Whether the agent has a box.').default(false),
  type: field(z.enum(SANDBOX_TYPES), 'Weakest box that will do (R20, R24).', LOAD).default(
    'subprocess',
  ),
  runtime: field(
    z.string(),
    'Language that comes first: python, javascript or typescript.',
    LOAD,
  ).default('python'),
  timeout: field(seconds, 'Wall time of one program, in seconds.', LOAD).default(30),
  constraints: field(
    z.strictObject({
      max_memory_mb: field(count, 'Memory, in MiB.', LOAD).default(256),
      max_cpu_seconds: field(seconds, 'Processor time, in seconds.', LOAD).default(30),
      max_output_bytes: field(
        count,
        'Output that is kept, in bytes; more than 50,000 characters never are.',
        LOAD,
      ).default(1_048_576),
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
      enabled: field(z.boolean(), 'Whether there is a network at all (R24).', LOAD).default(false),
      allowed_hosts: field(
        texts,
        'Hosts that can be reached; none is none, every public host is an explicit `*`.',
        LOAD,
      ).default([]),
      intercept: field(z.boolean(), 'Whether requests go through our proxy.').default(false),
    }),
    'The network (R24).',
  ).optional(),
  packages: field(texts, 'Packages of its language that are installed ahead.', LOAD).default([]),
  image: field(z.string(), 'Image of a container.').default('awp-sandbox-python'),
  pip_install: field(z.boolean(), 'Whether agents may install packages.').default(false),
  allowed_modules: field(texts, 'Modules that programs may import; none is all.').default([]),
});
