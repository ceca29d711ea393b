import { AwpError } from '../base/errors.ts';
import { matchesTool } from '../base/paths.ts';
import { RESERVED_NAMESPACES, TOOL_NAME } from '../models/common.ts';
import { shownText } from './bounds.ts';
import type { ServerSpec } from './server.ts';

/** Longest part of a tool's name (capabilities 1.1). */
const LONGEST = 63;

/**
 * A name of a server or of one of its tools as a part of a tool's name: lower case, words of
 * `camelCase` apart, other characters as `_`. Undefined when nothing is left.
 */
export function slugOf(name: string): string | undefined {
  const words = name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .replace(/^_+/, '');
  if (!/[a-z0-9]/.test(words)) return undefined;
  return (/^[a-z]/.test(words) ? words : `t_${words}`).slice(0, LONGEST);
}

/**
 * The namespace of a server's tools. A name that the protocol keeps for itself gets `mcp_` in front:
 * `memory` becomes `mcp_memory`. Throws `usage/bad-option` for a name without letters and digits.
 */
export function namespaceOf(label: string): string {
  const slug = slugOf(label);
  if (slug === undefined) {
    throw new AwpError('usage/bad-option', `${JSON.stringify(label)} is no name of an MCP server`, {
      hint: 'use letters, digits, - and _: it becomes the first part of the names of its tools',
    });
  }
  return RESERVED_NAMESPACES.includes(slug) ? `mcp_${slug}`.slice(0, LONGEST) : slug;
}

/**
 * Names of the tools of a server, by the server's own names. Throws `mcp/name-clash` when two
 * become the same.
 */
export function toolNames(
  { label, namespace }: { label: string; namespace: string },
  own: readonly string[],
): Map<string, string> {
  const owners = new Map<string, string>();
  const names = new Map<string, string>();
  for (const name of own) {
    const full = `${namespace}.${slugOf(name) ?? ''}`;
    if (!TOOL_NAME.test(full)) continue;
    const other = owners.get(full);
    if (other !== undefined) throw clash(label, full, [other, name]);
    owners.set(full, name);
    names.set(name, full);
  }
  return names;
}

function clash(label: string, name: string, own: readonly string[]): AwpError {
  const both = own.map((one) => JSON.stringify(shownText(one, 100))).join(' and ');
  const same = own[0] === own[1] ? ' (the server lists it twice)' : '';
  return new AwpError(
    'mcp/name-clash',
    `two tools of the MCP server ${label} would both be ${name}: ${both}${same}`,
    { hint: 'leave one of them out with `deny`, or name those that you need in `allow`' },
  );
}

/** The tools of a server that the settings ask for: `allow` first, then without `deny`. */
export function chosenTools<T extends { name: string }>(
  { allow, deny }: Pick<ServerSpec, 'allow' | 'deny'>,
  tools: readonly T[],
): T[] {
  return tools.filter(
    ({ name }) => (allow === undefined || isNamed(allow, name)) && !isNamed(deny, name),
  );
}

/** Whether one of the patterns fits a tool's own name, or what it became. */
export function isNamed(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    (pattern) => matchesTool(pattern, name) || matchesTool(pattern, slugOf(name) ?? ''),
  );
}
