import type { z } from 'zod';

/** What a field of the standard says about itself; kept in zod's metadata. */
export interface FieldInfo {
  /** One sentence with the unit. Shown by editors. */
  description: string;
  /**
   * The file below `src/` in which it takes effect, such as `data/graph-plan.ts`. Without one
   * `awp validate` says "accepted, not in effect yet" (S12).
   */
  effect?: string;
  /** The rule that says what is wrong with its value, instead of S1, S4 and S5. */
  rule?: string;
}

/** A field with its description, the place where it takes effect, and the rule that checks it. */
export function field<T extends z.ZodType>(
  schema: T,
  description: string,
  more: Omit<FieldInfo, 'description'> = {},
): T {
  return schema.meta({ description, ...more });
}
