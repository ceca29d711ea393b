import { sha256 } from '../../base/hash.ts';
import { canonicalJson } from '../../base/json.ts';
import type { Toolsmith } from '../../ports/toolsmith.ts';
import { failure } from '../results.ts';

/** The toolsmith that ships. */
export const toolsmith: Toolsmith = {
  checks: [],
  hashOf: ({ name, code, parameters }) => sha256(`${name}\0${code}\0${canonicalJson(parameters)}`),
  tool: ({ name, description, parameters }) => ({
    ...{ name, description, parameters },
    idempotent: true,
    origin: 'dynamic',
    needsBox: true,
    run: async () => failure(503, 'tool/not-configured: not there yet'),
  }),
};
