import type * as ClientPackage from '@modelcontextprotocol/client';
import { AwpError } from '../base/errors.ts';

const NAME = '@modelcontextprotocol/client';

/** What is used of the official client. */
export type McpPackage = Pick<
  typeof ClientPackage,
  'Client' | 'StreamableHTTPClientTransport' | 'ProtocolError' | 'SdkError' | 'SdkHttpError'
>;

/**
 * The official client, loaded when a run has an MCP server: it is an optional peer (decision 33).
 * Throws `mcp/not-installed` with the package's name.
 */
export async function loadPackage(
  load: () => Promise<McpPackage> = () => import('@modelcontextprotocol/client'),
): Promise<McpPackage> {
  try {
    return await load();
  } catch (cause) {
    throw new AwpError('mcp/not-installed', `MCP servers need the package ${NAME}`, {
      hint: `npm install ${NAME}@2`,
      cause,
    });
  }
}
