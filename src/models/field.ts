import type { z } from 'zod';

/** What a field of the standard says about itself; kept in zod's metadata. */
export interface FieldInfo {
  /** One sentence with the unit; names the rule that checks it. Shown by editors. */
  description: string;
  /**
   * The file below `src/` in which it takes effect, such as `data/load-workflow.ts`; `parser`,
   * `validator` and `visualizer` count when the field's whole purpose is served there (a name, a
   * description). Without one `awp validate` says "accepted, not in effect yet".
   */
  effect?: string;
  /** Written to editors' schemas: a spelling that is accepted and replaced. */
  deprecated?: boolean;
}

/** A field with its description and the place where it takes effect. */
export function field<T extends z.ZodType>(schema: T, info: FieldInfo | string): T {
  return schema.meta(typeof info === 'string' ? { description: info } : { ...info });
}
