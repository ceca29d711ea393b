import { z } from 'zod';
import { AwpError } from '../base/errors.ts';
import type { OrderChanges } from '../events/loop-events.ts';

const texts = z.array(z.string().min(1)).max(200);

const schema = z.strictObject({
  instructions: z.string().trim().min(1).max(200_000).optional(),
  toolsAllowed: texts.optional(),
  temperature: z.number().min(0).max(2).optional(),
  skills: texts.optional(),
  requiredTools: texts.optional(),
  packages: texts.optional(),
  timeoutMs: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
});

/** Names as managers write them, by the names of options; of times in seconds. */
const ALIASES: Readonly<Record<string, keyof OrderChanges>> = {
  tools_allowed: 'toolsAllowed',
  required_tool_invocations: 'requiredTools',
  max_tokens: 'maxOutputTokens',
};

/**
 * The changes of a worker's order as a person gave them: by the names of the options, or of the
 * protocol (`tools_allowed`, `timeout` in seconds). Throws `usage/bad-option` with what is wrong.
 */
export function envelopeEdit(given: unknown): OrderChanges {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  const parsed = schema.safeParse(isObject ? renamed(given) : given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    throw new AwpError(
      'usage/bad-option',
      `the order cannot be changed: ${place}${issue?.message}`,
      {
        hint: `what can be changed: ${Object.keys(schema.shape).join(', ')}`,
      },
    );
  }
  const set = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  if (set.length > 0) return Object.fromEntries(set);
  throw new AwpError('usage/bad-option', 'the order is not changed: nothing stands in it', {
    hint: `what can be changed: ${Object.keys(schema.shape).join(', ')}`,
  });
}

function renamed(given: object): Record<string, unknown> {
  const named = Object.entries(given).map(([name, value]) => {
    if (name === 'timeout' && typeof value === 'number') return ['timeoutMs', value * 1000];
    return [ALIASES[name] ?? name, value];
  });
  return Object.fromEntries(named);
}
