import { AwpError } from '../base/errors.ts';
import type { Effects } from '../ports/effects.ts';
import type { OpenedTools, ToolOpener } from '../ports/tool.ts';
import { LIMITS } from './limits.ts';
import { chosenTools } from './names.ts';
import { loadPackage, type McpPackage } from './package.ts';
import { checkPins, pinned, type ToolPins } from './pins.ts';
import type { SchemaCheck } from './result.ts';
import type { ServerSpec } from './server.ts';
import { ServerSession } from './session.ts';
import { makeTools } from './tools.ts';
import type { WireTool } from './wire-tool.ts';

/** What servers are opened with. */
export interface McpContext {
  effects: Effects;
  pins: ToolPins;
  /** Whether a list of tools that is another one than before is taken. */
  trust: boolean;
  /** Our version, for the servers. */
  version: string;
  check: SchemaCheck;
  /** Loads the official client; a test replaces it. */
  load?: () => Promise<McpPackage>;
}

/** Tools of a server, and what was left out of its list, in words. */
export interface McpTools extends OpenedTools {
  notes: readonly string[];
}

/**
 * Brings the tools of one server to a run, which owns it: closing ends the process or the session.
 * Opening throws `mcp/...`.
 */
export function mcpOpener(
  server: ServerSpec,
  context: McpContext,
): ToolOpener & { open(signal: AbortSignal): Promise<McpTools> } {
  return {
    name: `mcp ${server.label}`,
    async open(signal) {
      const { effects, version, check, load } = context;
      const pack = await loadPackage(load);
      const session = new ServerSession({ pack, server, effects, version });
      try {
        const { tools: all, odd } = await session.open(signal);
        const offered = offeredOf(server, all);
        await rememberOrCheck(server, context, { offered, all });
        const { tools, notes } = makeTools({ pack, server, session, check }, offered);
        if (odd > 0) notes.push(`${odd} entries of the MCP server ${server.label} are no tools`);
        return { tools, notes, close: () => session.close() };
      } catch (error) {
        await session.close();
        throw error;
      }
    },
  };
}

function offeredOf(server: ServerSpec, all: readonly WireTool[]): WireTool[] {
  const offered = chosenTools(server, all);
  if (offered.length <= LIMITS.tools) return offered;
  const words = `the MCP server ${server.label} has ${offered.length} tools, more than ${LIMITS.tools}`;
  throw new AwpError('mcp/too-many-tools', words, { hint: 'name those that you need in `allow`' });
}

async function rememberOrCheck(
  server: ServerSpec,
  { pins, trust }: McpContext,
  list: { offered: readonly WireTool[]; all: readonly WireTool[] },
): Promise<void> {
  const known = await pins.read(server.identity);
  if (known !== undefined && !trust) {
    checkPins(server, known, list);
    return;
  }
  await pins.remember(server.identity, pinned(list.all));
}
