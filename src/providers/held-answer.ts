import { isObject, type JsonObject } from '../base/json.ts';
import type { ModelRequest } from '../ports/model-provider.ts';
import { withOptions } from './thinking.ts';
import type { CallOptions } from './wire.ts';

/** What the answer is called at services that want a name for it. */
const NAME = 'answer';

/**
 * Not in the strict way of some services: that knows no fields that may be left out and no objects
 * with fields of any name, and a result may have any.
 */
const LOOSE = { strictJsonSchema: false };

/** The options with the wish for an answer that fits a schema, if there is one. */
export function heldAnswer(
  { responseSchema: schema }: Pick<ModelRequest, 'responseSchema'>,
  options: CallOptions,
): CallOptions {
  if (!schema) return options;
  const held: CallOptions = { ...options, responseFormat: { type: 'json', name: NAME, schema } };
  return withOptions(held, { openai: LOOSE, azure: LOOSE });
}

/** The same wish in the words of chat completions, for a service that goes by this name. */
export function heldAnswerOfChat(name: string, options: CallOptions): CallOptions {
  return schemaOf(options) ? withOptions(options, { [name]: LOOSE }) : options;
}

/** The schema that an answer is to fit; undefined without one. */
export function schemaOf({ responseFormat }: CallOptions): JsonObject | undefined {
  const schema: unknown = responseFormat?.type === 'json' ? responseFormat.schema : undefined;
  return isObject(schema) ? schema : undefined;
}
