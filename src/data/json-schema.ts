import { toJSONSchema } from 'zod';
import type { JsonObject } from '../base/json.ts';
import { editorSchema } from '../models/editor-schema.ts';
import { eventSchema } from './event-schema.ts';
import { resultSchema } from './result-schema.ts';

/** Names of the schemas that there are. */
export const SCHEMA_NAMES = ['workflow', 'agent', 'event', 'result'] as const;
/** One of the four schemas. */
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const TITLES = {
  event: 'An event of a run',
  result: 'The result of a run',
} as const;

/**
 * The JSON Schema (draft 2020-12) of `workflow.awp.yaml`, `agent.awp.yaml`, an event of a run, or
 * its result object. All objects are closed.
 */
export function jsonSchema(name: SchemaName): JsonObject {
  if (name === 'workflow' || name === 'agent') return editorSchema(name);
  const schema = name === 'event' ? eventSchema : resultSchema;
  const { $schema, ...body } = toJSONSchema(schema, { reused: 'ref' }) as JsonObject;
  return { $schema: $schema ?? '', title: TITLES[name], ...body };
}
