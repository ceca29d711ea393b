import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { ToolResult } from '../ports/tool.ts';

const FIELDS = new Set(['ok', 'status', 'data', 'error', 'log']);

/**
 * What a tool gave back, in the standard envelope (spec, capabilities 1.1): an object of `ok` with
 * one or more of `status`, `data`, `error` and `log` and nothing else is that envelope already, all
 * else is its `data`. Throws `tool/bad-result` for an envelope whose fields have wrong types.
 */
export function envelopeOf(value: Json): ToolResult {
  if (!isEnvelope(value)) return { ok: true, status: 200, data: value };
  const { error, log } = value;
  const status = statusOf(value);
  const ok = value.ok === true && status < 400;
  return {
    ok,
    status,
    data: value.data ?? {},
    ...(typeof error === 'string' && { error }),
    ...(!ok && typeof error !== 'string' && { error: 'tool/failed: the tool gave no reason' }),
    ...(typeof log === 'string' && { log }),
  };
}

function isEnvelope(value: Json): value is JsonObject {
  if (!isObject(value) || typeof value.ok !== 'boolean') return false;
  const keys = Object.keys(value);
  return keys.length > 1 && keys.every((key) => FIELDS.has(key));
}

function statusOf({ ok, status }: JsonObject): number {
  if (status === undefined || status === null) return ok === true ? 200 : 500;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600) {
    // A failure that says 200 would be taken for a success by whoever looks at the number alone.
    return ok === false && status < 400 ? 500 : status;
  }
  const said = JSON.stringify(status).slice(0, 40);
  throw new AwpError('tool/bad-result', `the result has the status ${said}`, {
    hint: 'a status is a whole number as in HTTP: 200, 400, 404, 500',
  });
}
