import { stringify as yamlText } from 'yaml';
import type { JsonObject } from '../base/json.ts';

/** A JSON object as YAML text. */
export function stringify(value: JsonObject): string {
  return yamlText(value, { lineWidth: 100, version: '1.2' });
}
