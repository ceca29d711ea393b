import { describe, expect, it } from 'vitest';
import { openHostile, textOf } from './open-server.ts';

describe.each(['stdio', 'http'] as const)('an MCP server over %s', (over) => {
  it('that never answers: the call ends with its signal, and the server is told', async () => {
    await using server = await openHostile('tools', over);
    const time = new AbortController();
    const call = server.call('hang', {}, { signal: time.signal });
    expect(textOf(await server.call('ok'))).toBe('fine 1');
    time.abort(new Error('time is over'));
    await expect(call).rejects.toThrow('time is over');
    expect(textOf(await server.call('cancelled'))).toBe('1');
  });

  it('that answers a request that nobody made: it is not taken for the answer', async () => {
    await using server = await openHostile('tools', over);
    const time = new AbortController();
    const call = server.call('wrong_id', {}, { signal: time.signal });
    expect(textOf(await server.call('ok'))).toBe('fine 1');
    time.abort(new Error('time is over'));
    // Over HTTP the stream of the request has an end, so that nobody has to wait.
    if (over === 'stdio') await expect(call).rejects.toThrow('time is over');
    else
      expect(await call).toMatchObject({
        status: 500,
        error: expect.stringContaining('mcp/disconnected'),
      });
  });

  it.each([
    ['lies', /mcp\/bad-result: .*`n` must be number/],
    ['no_structure', /mcp\/bad-result: .*did not return structured content/],
    ['deep', /mcp\/bad-result: .*too deep/],
    ['odd', /mcp\/bad-result: .*no result of a tool/],
    ['fails', /mcp\/failed: no such thing/],
  ])('that %s: the call fails with words and status 500', async (tool, error) => {
    await using server = await openHostile('tools', over);
    expect(await server.call(tool)).toMatchObject({
      ok: false,
      status: 500,
      error: expect.stringMatching(error),
    });
    expect(textOf(await server.call('ok'))).toBe('fine 1');
  });

  it('that refuses arguments: status 400 with its words', async () => {
    await using server = await openHostile('tools', over);
    const error = 'mcp/refused: the MCP server s answered: wrong arguments';
    expect(await server.call('refuses')).toMatchObject({ ok: false, status: 400, error });
  });

  it('that keeps its promise gets its structured content through', async () => {
    await using server = await openHostile('tools', over);
    expect(await server.call('honest')).toEqual({ ok: true, status: 200, data: { n: 7 } });
  });

  it.each([
    ['big', /mcp\/too-large: the MCP server s sent a message of more than 8388608 bytes/],
    ['flood', /mcp\/too-large: the MCP server s sent more than 20000 messages a minute/],
  ])(
    'that sends too much (%s): the call fails, the next has a fresh connection',
    async (tool, error) => {
      await using server = await openHostile('tools', over);
      expect(await server.call(tool)).toMatchObject({
        ok: false,
        status: 500,
        error: expect.stringMatching(error),
      });
      expect(textOf(await server.call('ok'))).toBe('fine 1');
    },
  );

  it('that breaks off in the middle of a call: not repeated, and the next call works', async () => {
    await using server = await openHostile('tools', over);
    expect(await server.call('cut')).toMatchObject({
      ok: false,
      status: 500,
      error: expect.stringMatching(/mcp\/disconnected: .*whether the call was done is not known/),
    });
    expect(textOf(await server.call('ok'))).toBe('fine 1');
  });

  it('that asks for a model, a person or folders gets no', async () => {
    await using server = await openHostile('tools', over);
    expect(textOf(await server.call('asks'))).toBe('-32601 -32601 -32601');
  });

  it('that says things besides the protocol is understood all the same', async () => {
    await using server = await openHostile('tools', over);
    expect(textOf(await server.call('noise'))).toBe('after the noise');
    expect(textOf(await server.call('stderr'))).toBe('said a lot');
  });

  it('answers many calls at once, each to whom it belongs', async () => {
    await using server = await openHostile('tools', over);
    const calls = Array.from({ length: 200 }, () => server.call('ok'));
    const texts = (await Promise.all(calls)).map(textOf);
    expect(new Set(texts)).toEqual(new Set(['fine 1']));
  });
});

it('an answer over HTTP is bounded as a whole, not only message by message', async () => {
  await using server = await openHostile('tools', 'http');
  expect(await server.call('stream')).toMatchObject({
    ok: false,
    status: 500,
    error: expect.stringContaining('sent an answer of more than 67108864 bytes'),
  });
});

describe('a list of tools', () => {
  it.each(['many', 'endless', 'circle'])(
    'without a sensible end (%s) is refused',
    async (scenario) => {
      await expect(openHostile(scenario)).rejects.toMatchObject({
        code: 'mcp/too-many-tools',
        message: expect.stringContaining('lists more tools than are read'),
      });
    },
  );

  it.each([
    ['clash', '"getUser" and "get_user"'],
    ['twice', '"same" and "same" (the server lists it twice)'],
  ])('with names that become the same (%s) is refused with both', async (scenario, both) => {
    await expect(openHostile(scenario)).rejects.toMatchObject({
      code: 'mcp/name-clash',
      message: expect.stringContaining(both),
      hint: expect.stringContaining('deny'),
    });
  });

  it('has no clash once one of the two is denied', async () => {
    await using server = await openHostile('clash', 'stdio', { server: { deny: ['getUser'] } });
    expect(server.tools.map(({ name }) => name)).toEqual(['s.get_user', 's.other']);
  });

  it('is cut down to what is allowed and not denied', async () => {
    const settings = { allow: ['ok', 'h*', 'die'], deny: ['d*', 'hang'] };
    await using server = await openHostile('tools', 'stdio', { server: settings });
    expect(server.tools.map(({ name }) => name)).toEqual(['s.ok', 's.honest']);
  });

  it('keeps names within the namespace of the server, whatever it calls its tools', async () => {
    await using server = await openHostile('names');
    expect(server.tools.map(({ name }) => name)).toEqual([
      's.shell_execute',
      's.n_code',
      's.t_7up',
      's.get_httpurl',
    ]);
    expect(server.notes).toHaveLength(2);
  });

  it('leaves out tools with schemas that cannot be used, and says why', async () => {
    await using server = await openHostile('schemas');
    expect(server.tools.map(({ name }) => name)).toEqual(['s.good']);
    expect(
      server.notes.map((note) => note.replace(/ of the MCP server s is left out: /, ': ')),
    ).toEqual([
      'no_object: the schema of its arguments is not of the type object',
      'text: the schema of its arguments is no JSON object',
      'remote: the schema of its arguments refers to another document: http://127.0.0.1:9/x.json',
      'deep: its schemas nest more than 64 levels',
      'large: the schema of its arguments is longer than 200000 characters',
      'bad_result: the schema of its result refers to another document: other.json#/x',
      'as_task: it can only be called as a task of its own',
      '2 entries of the MCP server s are no tools',
    ]);
  });

  it("has words that are bounded, free of hidden characters, and marked as the server's", async () => {
    await using server = await openHostile('words');
    const [{ description, parameters }] = server.tools as [(typeof server.tools)[0]];
    expect(description).toMatch(/^\[from the MCP server s\] Adds\. long/);
    expect(description.length).toBeLessThan(2100);
    expect(description).not.toMatch(/[\p{Cf}\p{Cc}]/u);
    // What the arguments may be stays as it is.
    expect(parameters.properties).toEqual({
      x: { type: 'string', description: 'an x', enum: ['\u200b'] },
    });
  });
});
