import { AwpError } from '../base/errors.ts';

/** The official packages, which are optional: they are loaded when a server starts. */
export async function loadServerPackage(): Promise<typeof import('@modelcontextprotocol/server')> {
  return needed('@modelcontextprotocol/server', () => import('@modelcontextprotocol/server'));
}

/** Its part for standard input and output. Throws `mcp/not-installed`. */
export async function loadStdioPackage(): Promise<
  typeof import('@modelcontextprotocol/server/stdio')
> {
  return needed('@modelcontextprotocol/server', () => import('@modelcontextprotocol/server/stdio'));
}

/** Its adapter for HTTP servers of Node. Throws `mcp/not-installed`. */
export async function loadHttpPackage(): Promise<typeof import('@modelcontextprotocol/node')> {
  return needed('@modelcontextprotocol/node', () => import('@modelcontextprotocol/node'));
}

/** Loads a package that may be missing. Throws `mcp/not-installed`. */
export async function needed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new AwpError('mcp/not-installed', `the package ${name} is not installed`, {
      hint: `install it next to awp-agents: npm install ${name}`,
      cause,
    });
  }
}
