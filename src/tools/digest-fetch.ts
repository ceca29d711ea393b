import type { Tool } from '../ports/tool.ts';
import { failure, success, textOf } from './results.ts';

/** `digest.fetch`: what a loop of this run knew after a turn, by its hash (spec, capabilities 7.6). */
export const digestFetch: Tool = {
  name: 'digest.fetch',
  description: 'Get a digest of this run by the SHA-256 that you were told.',
  parameters: {
    type: 'object',
    properties: { sha: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' } },
    required: ['sha'],
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  run: async (args, { digest }) => {
    if (!digest) return failure(503, 'the loop of this agent makes no digests');
    const found = digest((textOf(args, 'sha') ?? '').toLowerCase());
    return found ? success(found) : failure(404, 'there is no digest with this hash in the run');
  },
};
