import type { JsonObject } from '../base/json.ts';

/**
 * A schema of any library that keeps to Standard Schema 1, and to Standard JSON Schema 1 if it has
 * `jsonSchema`: zod, ArkType, Valibot and others. Written here, since the standard is made to be
 * copied: who uses us needs no package of types for it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: {
      readonly input: (options: { target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}

/** What a validation came to: a value, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong, and where. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type that a schema's values have after validation. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output'];

/** Whether something is a schema of that standard. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  if (!('~standard' in value)) return false;
  const standard: unknown = value['~standard'];
  return (
    typeof standard === 'object' &&
    standard !== null &&
    'validate' in standard &&
    typeof standard.validate === 'function'
  );
}

/** The issues of a refused value as one sentence, with their places. */
export function issueText(issues: readonly StandardIssue[]): string {
  const said = issues.slice(0, 8).map(({ path = [], message }) => {
    const steps = path.map((step) => String(typeof step === 'object' ? step.key : step));
    return steps.length === 0 ? message : `\`${steps.join('.')}\`: ${message}`;
  });
  return said.join('; ');
}

/** A JSON Schema as a library made it, as plain JSON; its `$schema` says nothing to a model. */
export function schemaJson(made: Record<string, unknown>): JsonObject {
  const { $schema: _, ...rest }: JsonObject = JSON.parse(JSON.stringify(made));
  return rest;
}
