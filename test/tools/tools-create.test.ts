import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { ToolContext, ToolMaker } from '../../src/ports/tool.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { creationTools } from '../../src/tools/tools-create.ts';

const contextWith = (maker?: ToolMaker): ToolContext => ({ maker }) as unknown as ToolContext;

/** A maker that says what it was asked. */
const echo: ToolMaker = {
  create: async (args) => ({ ok: true, status: 200, data: { create: args } }),
  list: (namespace) => ({ ok: true, status: 200, data: { list: namespace ?? null } }),
  remove: (name) => ({ ok: true, status: 200, data: { remove: name } }),
};

const CALLS: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['tools.create', { name: 1, other: true }, { create: { name: 1, other: true } }],
  ['tools.list', {}, { list: null }],
  ['tools.list', { namespace: 'stats' }, { list: 'stats' }],
  ['tools.remove', { name: 'stats.a' }, { remove: 'stats.a' }],
];

const toolOf = (name: string) => creationTools.find((tool) => tool.name === name);

describe('the tools that make tools', () => {
  it.each(CALLS)('%s hands %j to the maker of the call', async (name, args, data) => {
    const result = await toolOf(name)?.run(args, contextWith(echo));
    expect(result).toEqual({ ok: true, status: 200, data });
  });

  it.each(CALLS)('%s is refused for good without one', async (name, args) => {
    const result = await toolOf(name)?.run(args, contextWith());
    expect(result).toMatchObject({
      ...{ ok: false, status: 403, error: expect.stringContaining('DT7') },
      data: {
        ...{ stage: 'policy', category: 'policy', repairable: false, status: 403 },
        ...{ error: expect.any(String), hint: expect.any(String) },
      },
    });
  });

  it('ship, must be given, and can be called again after a crash', () => {
    for (const tool of creationTools) {
      expect(builtinTools).toContain(tool);
      expect(tool).toMatchObject({ grant: 'explicit', idempotent: true });
    }
    expect(toolOf('tools.create')).toMatchObject({ needsBox: true, nested: true });
  });
});
