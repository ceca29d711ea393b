import { isObject } from '../base/json.ts';
import type { PlanAgent } from './plan-graph.ts';

/**
 * The field that an answer which is one text goes into besides `result` (spec, runtime 2.10): the only
 * field of the contract besides `confidence` and `result`, if it is a text. Undefined for answers that
 * are JSON, and for contracts with more fields or none.
 */
export function textField({
  format,
  schema,
}: Pick<PlanAgent['output'], 'format' | 'schema'>): string | undefined {
  if (format === 'json') return undefined;
  const properties = isObject(schema?.properties) ? schema.properties : {};
  const names = Object.keys(properties).filter(
    (name) => name !== 'confidence' && name !== 'result',
  );
  const [name] = names;
  const field = name === undefined || names.length > 1 ? undefined : properties[name];
  return isObject(field) && field.type === 'string' ? name : undefined;
}
