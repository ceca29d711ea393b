import { AwpError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { LIMITS } from '../mcp/limits.ts';
import { namespaceOf } from '../mcp/names.ts';
import { mcpOpener } from '../mcp/opener.ts';
import type { ToolPins } from '../mcp/pins.ts';
import type { SchemaCheck } from '../mcp/result.ts';
import type { AddressSpec, CommandSpec, ServerSpec } from '../mcp/server.ts';
import type { Effects } from '../ports/effects.ts';
import type { ToolOpener } from '../ports/tool.ts';
import { schemaProblems } from '../runtime/schema.ts';
import {
  badMcpOption as bad,
  checkMcpServer,
  type McpAddressOptions,
  type McpCommandOptions,
  type McpServerOptions,
  mcpMilliseconds,
} from './mcp-settings.ts';

/** What the servers of a run are opened with. */
export interface McpOpenerContext {
  effects: Effects;
  pins: ToolPins;
  /** Takes lists of tools that are not those of the first use. */
  trust: boolean;
  /** Our version, for the servers. */
  version: string;
  /** A secret of the run by its name. */
  secret(name: string): Secret | undefined;
}

/**
 * What brings the tools of MCP servers to a run. Nothing is started here. Throws
 * `usage/unknown-option`, `usage/bad-option`, and `mcp/no-secret` with all names that are missing.
 */
export function mcpOpeners(
  servers: Readonly<Record<string, McpServerOptions>>,
  { secret, ...context }: McpOpenerContext,
): ToolOpener[] {
  const missing = mcpSecretNames(servers).filter((name) => secret(name) === undefined);
  if (missing.length > 0) {
    throw new AwpError('mcp/no-secret', `MCP servers need secrets: ${missing.join(', ')}`, {
      hint: 'set them in the environment, or as secrets of the run',
    });
  }
  const check: SchemaCheck = schemaProblems;
  const specs = Object.entries(servers).map(([label, options]) => toSpec(label, options, secret));
  refuseTwins(specs);
  return specs.map((spec) => mcpOpener(spec, { ...context, check }));
}

/**
 * Names of the secrets that the settings of servers speak of. Throws `usage/unknown-option` and
 * `usage/bad-option`, so that settings are checked before secrets are looked for.
 */
export function mcpSecretNames(servers: Readonly<Record<string, McpServerOptions>>): string[] {
  const names = Object.entries(servers).flatMap(([label, options]) => {
    checkMcpServer(label, options);
    const places = 'url' in options ? options.headers : options.env;
    return Object.values(places ?? {}).flatMap(namesIn);
  });
  return [...new Set(names)].sort();
}

type SecretSource = McpOpenerContext['secret'];

function toSpec(label: string, options: McpServerOptions, secret: SecretSource): ServerSpec {
  const places = 'url' in options ? options.headers : options.env;
  const names = Object.values(places ?? {}).flatMap(namesIn);
  return {
    label,
    namespace: namespaceOf(label),
    identity: identityOf(label, options),
    reach: 'url' in options ? toAddress(label, options, secret) : toCommand(options, secret),
    allow: options.allow,
    deny: options.deny ?? [],
    readOnly: options.readOnly ?? [],
    timeoutMs:
      options.timeout === undefined ? LIMITS.handshakeMs : mcpMilliseconds(options.timeout),
    approval: options.approval ?? false,
    secrets: names.map(secret).filter((found) => found !== undefined),
  };
}

function identityOf(label: string, options: McpServerOptions): string {
  if ('url' in options) return JSON.stringify([label, options.url]);
  return JSON.stringify([label, options.command, options.args ?? [], options.cwd ?? '']);
}

function toCommand(options: McpCommandOptions, secret: SecretSource): CommandSpec {
  const { command, args = [], env = {}, cwd } = options;
  return { kind: 'command', command, args, env: filledIn(env, secret), cwd };
}

function toAddress(label: string, options: McpAddressOptions, secret: SecretSource): AddressSpec {
  const headers = filledIn(options.headers ?? {}, secret);
  for (const [name, value] of Object.entries(headers)) {
    // Told here, since the platform's own message would repeat the value.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw bad(
        `mcp.${label}.headers.${name}`,
        'has a line break or another character of no header',
      );
    }
  }
  return { kind: 'address', url: new URL(options.url), headers };
}

/** `$$`, `$NAME` with the longest name there is, or `${NAME}`; lower case is left alone. */
const PLACEHOLDER = /\$(?:\$|[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\})/g;

function namesIn(text: string): string[] {
  const found = text.match(PLACEHOLDER) ?? [];
  return found.filter((placeholder) => placeholder !== '$$').map(nameIn);
}

const nameIn = (placeholder: string): string => placeholder.replace(/[${}]/g, '');

/** Values with secrets in their places, once: a secret that itself looks like a name stays as it is. */
function filledIn(
  values: Readonly<Record<string, string>>,
  secret: SecretSource,
): Record<string, string> {
  const fill = (text: string): string =>
    text.replace(PLACEHOLDER, (placeholder) => {
      if (placeholder === '$$') return '$';
      return secret(nameIn(placeholder))?.reveal() ?? '';
    });
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, fill(text)]));
}

function refuseTwins(specs: readonly ServerSpec[]): void {
  const owners = new Map<string, string>();
  for (const { namespace, label } of specs) {
    const other = owners.get(namespace);
    if (other !== undefined) {
      const words = `the tools of both would be ${namespace}.*`;
      throw bad(`mcp.${label}`, `is too much like mcp.${other}: ${words}`, 'rename one of them');
    }
    owners.set(namespace, label);
  }
}
