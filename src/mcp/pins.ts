import { AwpError } from '../base/errors.ts';
import { shownText } from './bounds.ts';
import { chosenTools } from './names.ts';
import type { ServerSpec } from './server.ts';
import { changedParts, type ToolHashes, type WireTool } from './wire-tool.ts';

/** Hashes of all tools of a server by their names, as they were when the user first used it. */
export type PinnedTools = Readonly<Record<string, ToolHashes>>;

/** Where the lists of tools of servers are remembered (reliability-security T13). */
export interface ToolPins {
  /** What is known of a server; undefined at its first use. Throws `mcp/bad-pins`. */
  read(identity: string): Promise<PinnedTools | undefined>;
  /** Remembers a list in the place of the one that was known. */
  remember(identity: string, tools: PinnedTools): Promise<void>;
}

/** Tools that are named in a message; a server may have changed hundreds. */
const NAMED = 10;
/** Characters of a new description in a message. */
const EXCERPT = 300;

/** The list of a server as it is kept. */
export function pinned(tools: readonly WireTool[]): PinnedTools {
  return Object.fromEntries(tools.map(({ name, hashes }) => [name, hashes]));
}

/**
 * Holds what is offered of a server against what was remembered; tools that are not offered do not
 * count. Throws `mcp/changed` with what is new, gone and different.
 */
export function checkPins(
  server: ServerSpec,
  known: PinnedTools,
  { offered, all }: { offered: readonly WireTool[]; all: readonly WireTool[] },
): void {
  const names = new Set(all.map(({ name }) => name));
  const added = offered.filter(({ name }) => !Object.hasOwn(known, name));
  const changed = offered.flatMap((tool) => {
    const before = Object.hasOwn(known, tool.name) ? known[tool.name] : undefined;
    const parts = before === undefined ? [] : changedParts(before, tool.hashes);
    return parts.length === 0 ? [] : [{ tool, parts }];
  });
  const before = chosenTools(
    server,
    Object.keys(known).map((name) => ({ name })),
  );
  const removed = before.map(({ name }) => name).filter((name) => !names.has(name));
  const sentences = [
    listed(
      'new',
      added.map(({ name }) => name),
    ),
    listed('gone', removed),
    listed(
      'changed',
      changed.map(({ tool, parts }) => `${tool.name} (${parts.join(', ')})`),
    ),
    ...changed
      .filter(({ parts }) => parts.includes('description'))
      .slice(0, 3)
      .map(newWords),
  ].filter((sentence) => sentence !== undefined);
  if (added.length === 0 && changed.length === 0 && removed.length === 0) return;
  const message = `the tools of the MCP server ${server.label} are not those of its first use: ${sentences.join('; ')}`;
  throw new AwpError('mcp/changed', message, {
    hint: 'if that is what you expect, --trust (in a program: trust: true) takes the new list',
  });
}

function listed(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const shown = names.slice(0, NAMED).map((name) => shownText(name, EXCERPT));
  return `${what}: ${shown.join(', ')}${more}`;
}

function newWords({ tool }: { tool: WireTool }): string {
  const words = JSON.stringify(shownText(tool.description, EXCERPT));
  return `${shownText(tool.name, EXCERPT)} now says ${words}`;
}
