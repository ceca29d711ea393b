import { describe, expect, it } from 'vitest';
import type { ToolPins } from '../../src/mcp/pins.ts';
import { callContext, openHostile, pinsInMemory, textOf } from './open-server.ts';

/** Opens the server as it is in a revision; the settings stay the same. */
async function open(
  revision: string,
  pins: ToolPins,
  more: { trust?: boolean; allow?: string[] } = {},
) {
  const { trust = false, allow } = more;
  const server = allow ? { allow } : {};
  return await openHostile('tools', 'stdio', { pins, trust, env: { REVISION: revision }, server });
}

describe('the remembered tools of a server', () => {
  it('are remembered at the first use and the same at the next', async () => {
    const pins = pinsInMemory();
    for (let time = 0; time < 2; time++) {
      await using server = await open('1', pins);
      expect(textOf(await server.call('ok'))).toBe('fine 1');
    }
  });

  it.each([
    ['2', /changed: ok \(description\); ok now says "revision 2"$/],
    ['gone', /are not those of its first use: gone: ok$/],
  ])(
    'stop a run when they differ (%s), with what differs and what to do',
    async (revision, message) => {
      const pins = pinsInMemory();
      await (await open('1', pins))[Symbol.asyncDispose]();
      await expect(open(revision, pins)).rejects.toMatchObject({
        code: 'mcp/changed',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('--trust'),
      });
    },
  );

  it('stop a run when there are new ones', async () => {
    const pins = pinsInMemory();
    await (await open('gone', pins))[Symbol.asyncDispose]();
    await expect(open('1', pins)).rejects.toMatchObject({
      code: 'mcp/changed',
      message: expect.stringMatching(/: new: ok$/),
    });
  });

  it('are taken anew with trust, once and for all', async () => {
    const pins = pinsInMemory();
    await (await open('1', pins))[Symbol.asyncDispose]();
    await (await open('2', pins, { trust: true }))[Symbol.asyncDispose]();
    await using server = await open('2', pins);
    expect(textOf(await server.call('ok'))).toBe('fine 2');
  });

  it('do not matter where they are not offered', async () => {
    const pins = pinsInMemory();
    const allow = ['hang', 'pid'];
    await (await open('1', pins))[Symbol.asyncDispose]();
    await using changed = await open('2', pins, { allow });
    expect(changed.tools).toHaveLength(2);
    await using gone = await open('gone', pins, { allow });
    expect(gone.tools).toHaveLength(2);
  });
});

describe.each(['stdio', 'http'] as const)('a tool that changes during a run, over %s', (over) => {
  it('is asked for with its new words, and called once it was allowed', async () => {
    await using server = await openHostile('tools', over);
    const ok = server.tool('ok');
    expect(await ok.approval?.({})).toBeUndefined();
    await server.call('change');
    const reason = await ok.approval?.({});
    expect(reason).toBe(
      'the MCP server s changed this tool during the run (description); it says now: "revision 2"',
    );
    // The runtime calls it only when somebody has allowed it.
    expect(textOf(await server.call('ok'))).toBe('fine 2');
    expect(await ok.approval?.({})).toBeUndefined();
  });

  it('is not called by whoever was not asked, and that is told', async () => {
    await using server = await openHostile('tools', over);
    await server.call('change');
    const refused: unknown[] = [];
    const denied = (...told: unknown[]) => void refused.push(told);
    const result = await server.tool('ok').run({}, callContext({ denied }));
    expect(result).toMatchObject({
      ok: false,
      status: 403,
      error: expect.stringContaining('mcp/changed'),
    });
    expect(refused).toEqual([[expect.stringContaining('revision 2'), 'integrity.violation']]);
    // Tools that are as they were are called all the same.
    expect(await server.call('honest')).toMatchObject({ ok: true });
  });

  it('is no more when the server took it away', async () => {
    await using server = await openHostile('tools', over);
    await server.call('vanish');
    expect(await server.tool('ok').approval?.({})).toBeUndefined();
    expect(await server.call('ok')).toMatchObject({
      ok: false,
      status: 404,
      error: 'tool/not-found: the MCP server s has this tool no more',
    });
  });
});

describe('a server that was lost', () => {
  it('and came back with another list has its changed tools asked for', async () => {
    await using server = await openHostile('tools', 'stdio', { env: { CHANGES: 'at each start' } });
    await server.call('die');
    const reason = await server.tool('ok').approval?.({});
    expect(reason).toContain('changed this tool during the run');
    expect(await server.call('honest')).toMatchObject({ ok: true });
  });
});

it('asks before every call when the settings say so', async () => {
  await using server = await openHostile('tools', 'stdio', { server: { approval: true } });
  expect(await server.tool('ok').approval?.({})).toBe(
    'every call of the MCP server s is asked for',
  );
});
