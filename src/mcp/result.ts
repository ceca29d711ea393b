import type { CallToolResult } from '@modelcontextprotocol/client';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { ToolResult } from '../ports/tool.ts';
import { plainJson, shownText } from './bounds.ts';
import { badResult, failure } from './failures.ts';
import { LIMITS } from './limits.ts';
import { type ServerSpec, withoutSecrets } from './server.ts';
import type { WireTool } from './wire-tool.ts';

/** What of a value does not fit a JSON Schema, as sentences; empty when it fits. */
export type SchemaCheck = (schema: JsonObject, value: Json) => Promise<string[]>;

/**
 * The envelope of a server's answer: its structured content, which must fit what the tool promised;
 * else its texts joined, with what is no text beside them.
 */
export async function toToolResult(
  answer: CallToolResult,
  { server, tool, check }: { server: ServerSpec; tool: WireTool; check: SchemaCheck },
): Promise<ToolResult> {
  const { label } = server;
  const content = plainJson(answer.content ?? [], LIMITS.depth);
  const parts = Array.isArray(content) ? content.filter(isObject) : undefined;
  if (parts === undefined) return badResult(label, 'its content nests too deep');
  const text = parts.flatMap(textOf).join('\n');
  if (answer.isError === true) {
    const said = shownText(withoutSecrets(text, server), LIMITS.errorChars);
    return failure(500, `mcp/failed: ${said || `the MCP server ${label} gave no reason`}`);
  }
  if (answer.structuredContent !== undefined) {
    const data = plainJson(answer.structuredContent, LIMITS.depth);
    if (data === undefined) return badResult(label, 'its content nests too deep');
    const problems = isObject(tool.outputSchema ?? null)
      ? await check(tool.outputSchema as JsonObject, data)
      : [];
    if (problems.length > 0) return badResult(label, problems.join('; '));
    return { ok: true, status: 200, data };
  }
  const items = parts.flatMap(itemOf);
  return { ok: true, status: 200, data: items.length === 0 ? { text } : { text, items } };
}

function textOf(part: JsonObject): string[] {
  if (part.type === 'text' && typeof part.text === 'string') return [part.text];
  const { resource } = part;
  return isObject(resource ?? null) && typeof (resource as JsonObject).text === 'string'
    ? [(resource as JsonObject).text as string]
    : [];
}

/** What is no text: described, and kept as base64 when it is small. */
function itemOf(part: JsonObject): JsonObject[] {
  const { type } = part;
  if (type === 'image' || type === 'audio') {
    return [{ type, ...named(part, ['mimeType']), ...blobOf(part.data) }];
  }
  if (type === 'resource_link') {
    return [{ type, ...named(part, ['uri', 'name', 'description', 'mimeType']) }];
  }
  if (type === 'resource' && isObject(part.resource ?? null)) {
    const resource = part.resource as JsonObject;
    return [{ type, ...named(resource, ['uri', 'mimeType']), ...blobOf(resource.blob) }];
  }
  return [];
}

function named(part: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = part[key];
      return typeof value === 'string' ? [[key, shownText(value, LIMITS.errorChars)]] : [];
    }),
  );
}

function blobOf(base64: Json | undefined): JsonObject {
  if (typeof base64 !== 'string') return {};
  const bytes = Buffer.byteLength(base64, 'base64');
  if (bytes <= LIMITS.blobBytes) return { bytes, base64 };
  return { bytes, note: `left out: larger than ${LIMITS.blobBytes} bytes` };
}
