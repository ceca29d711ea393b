import { z } from 'zod';
import { count, texts } from './common.ts';
import { field } from './field.ts';

const LOAD = { effect: 'data/loop-options.ts' };
const MAKING = { effect: 'data/creation-manifest.ts' };
const BOX = { effect: 'data/loop-sandbox.ts' };

/** Kinds of box that the protocol knows; ours are at least as strong (decision 30). */
export const SANDBOX_TYPES = ['subprocess', 'venv', 'docker', 'wasm', 'isolate', 'none'] as const;

/** `safety_envelope`: what manager, workers and generated tools cannot widen (decision 36, A3-2). */
export const safetyEnvelopeSchema = z.strictObject({
  sandbox: field(
    z.strictObject({
      min: field(z.enum(SANDBOX_TYPES), 'Weakest box that will do (A3-5).', BOX).default(
        'subprocess',
      ),
      limits: field(
        z.strictObject({
          max_memory_mb: field(count, 'Memory of one program, in MiB.', BOX).optional(),
          max_cpu_seconds: field(
            z.number().positive(),
            'Processor time of one program, in seconds.',
            BOX,
          ).optional(),
          max_output_bytes: field(
            count,
            'Output of one program that is kept, in bytes.',
            BOX,
          ).optional(),
          timeout: field(
            z.number().positive(),
            'Wall time of one program, in seconds.',
            BOX,
          ).optional(),
        }),
        'Limits of one program (A3-5).',
      ).optional(),
    }),
    'Where code runs.',
  ).optional(),
  allowed_namespaces: field(
    texts,
    'Namespaces in which tools may be made, of those of `dynamic_tools` (A3-5); left out: all of them.',
    MAKING,
  ).optional(),
  forbidden_tools: field(texts, 'Tools that nobody gets; names or patterns.', LOAD).default([]),
  max_tools: field(z.int().nonnegative(), 'Most tools that one agent may make.', MAKING).default(
    10,
  ),
  approvals: field(
    z.array(z.enum(['tools', 'network', 'shell', 'files', 'loops', 'submanagers', 'budget'])),
    'What a person must allow first.',
    { effect: 'data/loop-tools.ts' },
  ).default([]),
});
