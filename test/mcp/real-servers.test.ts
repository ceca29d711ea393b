import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { listening, type Opened, openServer, packaged, textOf } from './open-server.ts';

const EVERYTHING = packaged('server-everything/dist/index.js');

async function withEverything(over: 'stdio' | 'http', check: (server: Opened) => Promise<void>) {
  if (over === 'stdio') {
    await using server = await openServer({ command: 'node', args: [EVERYTHING, 'stdio'] });
    return await check(server);
  }
  // Its port must be named; the kernel's choice is asked for by an attempt of our own.
  await using running = await listening([EVERYTHING, 'streamableHttp'], { PORT: await freePort() });
  await using server = await openServer({ url: running.url });
  await check(server);
}

async function freePort(): Promise<string> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' ? address?.port : 0);
}

describe.each(['stdio', 'http'] as const)('the server "everything" over %s', (over) => {
  it('lists its tools with what they do to the world', async () => {
    await withEverything(over, async ({ tools, notes, tool }) => {
      expect(tools.length).toBeGreaterThanOrEqual(12);
      expect(tool('echo')).toMatchObject({
        name: 's.echo',
        origin: 'mcp',
        description: '[from the MCP server s] Echoes back the input string',
        sideEffects: true,
        idempotent: false,
        network: true,
        parameters: { type: 'object', required: ['message'] },
      });
      expect(tool('toggle_simulated_logging')).toMatchObject({
        sideEffects: true,
        idempotent: false,
      });
      expect(tool('get_structured_content').returns).toMatchObject({ type: 'object' });
      expect(notes).toEqual([expect.stringMatching(/^simulate-research-query .* as a task/)]);
    });
  });

  it('answers with text, structured content, an image, a resource and links', async () => {
    await withEverything(over, async ({ call }) => {
      expect(textOf(await call('echo', { message: 'hi' }))).toBe('Echo: hi');
      expect(textOf(await call('get_sum', { a: 2, b: 3 }))).toContain('5');
      expect((await call('get_structured_content', { location: 'Chicago' })).data).toEqual({
        temperature: expect.any(Number),
        conditions: expect.any(String),
        humidity: expect.any(Number),
      });
      expect((await call('get_tiny_image')).data).toMatchObject({
        text: expect.stringContaining('image'),
        items: [{ type: 'image', mimeType: 'image/png', base64: expect.stringMatching(/^iVBOR/) }],
      });
      expect(
        (await call('get_resource_reference', { resourceType: 'Text', resourceId: 1 })).data,
      ).toMatchObject({
        text: expect.stringContaining('plaintext resource'),
        items: [{ type: 'resource', uri: 'demo://resource/dynamic/text/1' }],
      });
      expect((await call('get_resource_links', { count: 2 })).data).toMatchObject({
        items: [{ type: 'resource_link' }, { type: 'resource_link' }],
      });
    });
  });

  it('tells of its progress, and stops when it is cancelled', async () => {
    await withEverything(over, async ({ call }) => {
      const notes: string[] = [];
      const time = new AbortController();
      const progress = (text: string): void => {
        notes.push(text);
        time.abort(new Error('enough'));
      };
      const long = call(
        'trigger_long_running_operation',
        { duration: 1000, steps: 20_000 },
        { signal: time.signal, progress },
      );
      await expect(long).rejects.toThrow('enough');
      expect(notes[0]).toBe('1 of 20000');
      expect(textOf(await call('echo', { message: 'still there' }))).toBe('Echo: still there');
    });
  });

  it('answers bad arguments with words, as a failure of the tool', async () => {
    await withEverything(over, async ({ call }) => {
      expect(await call('get_sum', { a: 'x' })).toMatchObject({
        ok: false,
        status: 500,
        error: expect.stringContaining('expected number'),
      });
    });
  });
});

describe('the server "filesystem"', () => {
  const FILESYSTEM = packaged('server-filesystem/dist/index.js');

  it('reads and writes in the allowed folder and nowhere else', async () => {
    using folder = temporaryFolder();
    using outside = temporaryFolder();
    writeFileSync(join(folder.path, 'a.txt'), 'hello');
    writeFileSync(join(outside.path, 'secret.txt'), 'not for you');
    symlinkSync(join(outside.path, 'secret.txt'), join(folder.path, 'link.txt'));
    mkdirSync(join(folder.path, 'sub'));
    await using server = await openServer({
      ...{ command: 'node', args: [FILESYSTEM, folder.path] },
      readOnly: ['read_*'],
    });
    const { call, tool } = server;
    expect((await call('read_text_file', { path: join(folder.path, 'a.txt') })).data).toEqual({
      content: 'hello',
    });
    expect(
      await call('write_file', { path: join(folder.path, 'sub/b.txt'), content: 'new' }),
    ).toMatchObject({ ok: true });
    expect(readFileSync(join(folder.path, 'sub/b.txt'), 'utf8')).toBe('new');
    for (const path of [
      join(outside.path, 'secret.txt'),
      join(folder.path, 'link.txt'),
      '/etc/passwd',
    ]) {
      expect(await call('read_text_file', { path })).toMatchObject({ ok: false, status: 500 });
    }
    expect(tool('read_text_file')).toMatchObject({ sideEffects: false, idempotent: true });
    expect(tool('write_file')).toMatchObject({ sideEffects: true, idempotent: false });
  });

  it('is not there for a folder that does not exist, with its own words', async () => {
    const gone = openServer({ command: 'node', args: [FILESYSTEM, '/no/such/folder'] });
    await expect(gone).rejects.toMatchObject({
      code: 'mcp/not-started',
      message: expect.stringMatching(/ended with status 1; it said: .*\/no\/such\/folder/s),
    });
  });
});

describe('the server "memory"', () => {
  it('remembers from one run to the next in the file that its environment names', async () => {
    using folder = temporaryFolder();
    const MEMORY_FILE_PATH = join(folder.path, 'memory.json');
    const settings = {
      command: 'node',
      args: [packaged('server-memory/dist/index.js')],
      env: { MEMORY_FILE_PATH },
    };
    const entity = { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] };
    {
      await using server = await openServer(settings);
      expect(await server.call('create_entities', { entities: [entity] })).toMatchObject({
        ok: true,
      });
    }
    await using server = await openServer(settings);
    expect((await server.call('search_nodes', { query: 'Ada' })).data).toMatchObject({
      entities: [entity],
    });
  });
});

describe.each(['stdio', 'http'] as const)(
  'a server of the newer protocol alone, over %s',
  (over) => {
    const MODERN = fileURLToPath(new URL('servers/modern.mjs', import.meta.url));

    async function withModern(check: (server: Opened) => Promise<void>) {
      if (over === 'stdio') {
        await using server = await openServer({ command: 'node', args: [MODERN] });
        return await check(server);
      }
      await using running = await listening([MODERN, 'http']);
      await using server = await openServer({ url: running.url });
      await check(server);
    }

    it('is spoken to in it', async () => {
      await withModern(async ({ tools, call }) => {
        expect(tools.map(({ name }) => name)).toEqual(['s.echo', 's.slow']);
        expect(textOf(await call('echo', { text: 'hi' }))).toBe('hi');
      });
    });

    it('stops a call that is cancelled', async () => {
      await withModern(async ({ call }) => {
        const time = new AbortController();
        const slow = call('slow', {}, { signal: time.signal });
        expect(textOf(await call('echo', { text: 'meanwhile' }))).toBe('meanwhile');
        time.abort(new Error('enough'));
        await expect(slow).rejects.toThrow('enough');
        expect(textOf(await call('echo', { text: 'after' }))).toBe('after');
      });
    });
  },
);
