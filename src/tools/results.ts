import type { Json, JsonObject } from '../base/json.ts';
import type { ToolResult } from '../ports/tool.ts';

/** A call that worked. */
export function success(data: Json): ToolResult {
  return { ok: true, status: 200, data };
}

/** A call that did not; `status` as spec/capabilities.md 1.1 lists them. */
export function failure(status: number, error: string, data: Json = {}): ToolResult {
  return { ok: false, status, data, error };
}

/** A text argument; the schema has been checked, so anything else means that it was left out. */
export function textOf(args: JsonObject, key: string): string | undefined {
  const value = Object.hasOwn(args, key) ? args[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A number argument, or undefined when it was left out. */
export function numberOf(args: JsonObject, key: string): number | undefined {
  const value = Object.hasOwn(args, key) ? args[key] : undefined;
  return typeof value === 'number' ? value : undefined;
}
