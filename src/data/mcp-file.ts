import { AwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { Files } from '../ports/effects.ts';
import { mcpSecretNames } from './mcp-options.ts';
import type { McpServerOptions } from './mcp-settings.ts';

/** Spellings of how a server is reached, as other programs write them beside it. */
const KINDS: ReadonlyMap<Json, 'command' | 'url'> = new Map<Json, 'command' | 'url'>([
  ['stdio', 'command'],
  ['http', 'url'],
  ['streamable-http', 'url'],
  ['streamableHttp', 'url'],
]);

/**
 * The MCP servers of a file in the form that many programs share:
 * `{"mcpServers": {"name": {"command": ..., "args": [...], "env": {...}}}}`, or with `url` and
 * `headers`. Throws `mcp/bad-file` with the place and what is wrong there.
 */
export async function readMcpFile(
  path: string,
  files: Pick<Files, 'readText'>,
): Promise<Record<string, McpServerOptions>> {
  const text = await files.readText(path).catch((cause: unknown) => {
    throw problem(path, 'it cannot be read', { cause });
  });
  const json = parseJson(text.replace(/^\uFEFF/, ''));
  if (json === undefined) throw problem(path, `it is no JSON${placeOf(text)}`);
  const servers = isObject(json) ? json.mcpServers : undefined;
  if (!isObject(json) || !isObject(servers ?? null)) {
    throw problem(path, 'it has no object mcpServers', { hint: FORM });
  }
  const extra = Object.keys(json).find((key) => key !== 'mcpServers' && key !== '$schema');
  if (extra !== undefined) throw problem(path, `${extra} is not known`, { hint: FORM });
  const entries = Object.entries(servers as JsonObject).map(([name, entry]) => [
    name,
    withoutKind(path, name, entry),
  ]);
  const options = Object.fromEntries(entries) as Record<string, McpServerOptions>;
  try {
    mcpSecretNames(options);
  } catch (error) {
    if (!(error instanceof AwpError)) throw error;
    const { message, hint } = error;
    throw problem(path, message.replace('mcp.', 'mcpServers.'), hint === undefined ? {} : { hint });
  }
  return options;
}

const FORM = 'the form is {"mcpServers": {"name": {"command": "npx", "args": ["-y", "..."]}}}';

function withoutKind(path: string, name: string, entry: Json): Json {
  if (!isObject(entry) || entry.type === undefined) return entry;
  const { type, ...rest } = entry;
  const needs = KINDS.get(type ?? null);
  if (needs === undefined) {
    const hint = 'stdio with a command, or http with a url; the older sse is not spoken';
    throw problem(path, `mcpServers.${name}.type cannot be ${JSON.stringify(type)}`, { hint });
  }
  if (!Object.hasOwn(rest, needs)) {
    throw problem(path, `mcpServers.${name} has no ${needs}, which its type needs`);
  }
  return rest;
}

/** Line and column of the first mistake, as the platform's parser tells it; empty if it does not. */
function placeOf(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    if (at === undefined) return '';
    const before = text.slice(0, Number(at)).split('\n');
    return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
  }
  return '';
}

function problem(path: string, what: string, details: { hint?: string; cause?: unknown } = {}) {
  return new AwpError('mcp/bad-file', `the MCP settings ${path}: ${what}`, details);
}
