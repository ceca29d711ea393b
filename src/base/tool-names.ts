/** Name of a tool, `namespace.action` (spec, capabilities 1.1). */
export const TOOL_NAME = /^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$/;

/** Namespaces that the protocol keeps for built-in tools, and ours (rule R10, decision 20). */
export const RESERVED_NAMESPACES: readonly string[] = [
  ...['web', 'http', 'file', 'shell', 'agent', 'memory', 'arithmetic', 'numpy', 'matplot'],
  ...['pandas', 'doc', 'sklearn'],
  ...['terminal', 'code', 'tools', 'tool', 'pip', 'board', 'digest', 'repo', 'mcp', 'awp'],
  ...['data', 'chart', 'sdk'],
];

/**
 * Why a tool that does not ship may not have this name, or undefined when it may: its form, or a
 * namespace of built-in tools, unless it `replaces` one of them.
 */
export function toolNameProblem(name: unknown, replaces = false): string | undefined {
  if (typeof name !== 'string' || !TOOL_NAME.test(name)) {
    const said = typeof name === 'string' ? JSON.stringify(name.slice(0, 60)) : typeof name;
    return `${said} is not the name of a tool: write namespace.action, in a-z, 0-9 and _`;
  }
  const namespace = namespaceOf(name);
  if (replaces || !RESERVED_NAMESPACES.includes(namespace)) return undefined;
  return `the namespace ${namespace} of ${name} is kept for built-in tools`;
}

/** Name of a namespace, as it stands before the dot of a tool's name. */
const NAMESPACE = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Why no tools that do not ship may be in a namespace of this name, or undefined when they may: its
 * form, or that it is kept for built-in tools (rules R10, R25).
 */
export function namespaceProblem(name: string): string | undefined {
  if (!NAMESPACE.test(name)) {
    const said = JSON.stringify(name.slice(0, 60));
    return `${said} is not the name of a namespace: write a-z, 0-9 and _, a letter first`;
  }
  if (!RESERVED_NAMESPACES.includes(name)) return undefined;
  return `the namespace ${name} is kept for built-in tools`;
}

/** `stats` of `stats.mean`; empty where there is no dot. */
export function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('.')));
}

/** How models are told the name of a tool: `code.execute` is `code__execute` (decision 20). */
export function sentName(name: string): string {
  return name.replaceAll('.', '__');
}
