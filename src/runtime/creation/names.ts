/** The tool that makes tools (spec, capabilities 3: `sdk.tools.create`). */
export const CREATES_TOOLS = 'tools.create';

/** The tools that an agent has who may make some. */
export const CREATION_TOOLS: readonly string[] = [CREATES_TOOLS, 'tools.list', 'tools.remove'];
