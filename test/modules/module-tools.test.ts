import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/ports/effects.ts';
import { lives } from './lives.ts';
import { callTool, contextOf, openTools, workflowOf } from './make-tools.ts';

/** A module of one tool, `shop.try`, whose function has this text. */
const tried = (body: string, more = ''): Record<string, string> => ({
  'mcp/shop.ts': `import { tool } from 'awp-agents';
export const one = tool({
  name: 'shop.try', description: 'Tries.', input: { type: 'object' }, ${more}
  async execute(args, context) { ${body} },
});
export const fine = tool({ name: 'shop.fine', description: 'Works.', execute: () => process.pid });
`,
});

/** A clock on which the second is over at once that an ended call has. */
function withoutGrace(effects: Effects): Effects {
  const timer: Effects['clock']['timer'] = (ms, fire) => {
    if (ms !== 1000) return effects.clock.timer(ms, fire);
    fire();
    return () => {};
  };
  return { ...effects, clock: { ...effects.clock, timer } };
}

describe('a module of a workflow', () => {
  it('finds our package and zod, wherever it is', async () => {
    using flow = workflowOf({
      'mcp/shop.ts': `import { tool } from 'awp-agents';
import { z } from 'zod';
enum_free();
function enum_free(): void {}
export const price = tool({
  name: 'shop.price', description: 'The price.', version: '2.1.0',
  input: z.object({ id: z.string(), unit: z.enum(['EUR', 'USD']).default('EUR') }),
  returns: { type: 'object' }, secrets: ['SHOP_KEY'], idempotent: true, sideEffects: false,
  network: true, timeout: '5s', rate: { perMinute: 3 }, approval: ({ id }) => id === 'gold' && 'dear',
  execute: ({ id, unit }, { secrets, agent }) => ({ id, unit, key: secrets.SHOP_KEY, agent }),
});`,
    });
    await using tools = await openTools(flow);
    const price = tools.get('shop.price');
    const { run: _, approval, ...described } = price;
    expect(described).toEqual({
      ...{ name: 'shop.price', description: 'The price.', version: '2.1.0', origin: 'custom' },
      parameters: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          unit: { type: 'string', enum: ['EUR', 'USD'], default: 'EUR' },
        },
        required: ['id'],
      },
      ...{ returns: { type: 'object' }, secrets: ['SHOP_KEY'], timeoutMs: 5000 },
      ...{ idempotent: true, sideEffects: false, network: true, rate: { perMinute: 3 } },
    });
    const context = contextOf({ secrets: { SHOP_KEY: 'key-12345' } });
    expect(await callTool(price, { id: 'tea' }, context)).toEqual({
      ok: true,
      status: 200,
      data: { id: 'tea', unit: 'EUR', key: 'key-12345', agent: 'writer' },
    });
    expect(await callTool(price, { id: 5 })).toMatch(/^tool\/bad-input: .*`id`/);
    expect(await approval?.({ id: 'gold' })).toBe('dear');
    expect(await approval?.({ id: 'tea' })).toBeUndefined();
  });

  it('gives its tools as the default, by name, in lists, and as plain objects', async () => {
    using flow = workflowOf({
      'mcp/a.mjs': `import { tool } from 'awp-agents';
const make = (name) => tool({ name, description: name, execute: () => name });
export default [make('shop.one'), make('shop.two')];
export const three = make('shop.three');
export const four = { name: 'shop.four', description: 'four', handler: () => 4 };
export function helper() { return 'is no tool'; }
export const settings = { name: 'shop.none' };`,
      'mcp/b.js': `export const five = { name: 'shop.five', handler: () => 5 };`,
      'mcp/_private.ts': `throw new Error('is not looked at');`,
      'mcp/types.d.ts': `throw new Error('is not looked at');`,
      'mcp/a.test.ts': `throw new Error('is not looked at');`,
      'mcp/lib/deep.ts': `throw new Error('is not looked at');`,
    });
    await using tools = await openTools(flow);
    const names = tools.tools.map(({ name }) => name).sort();
    expect(names).toEqual(['shop.five', 'shop.four', 'shop.one', 'shop.three', 'shop.two']);
    expect(await callTool(tools.get('shop.four'))).toMatchObject({ data: 4 });
  });

  it('runs in the folder of the workflow, with an empty environment, in a process of its own', async () => {
    using flow = workflowOf({
      ...tried('return { env: process.env, cwd: process.cwd(), pid: process.pid };'),
    });
    await using tools = await openTools(flow);
    const result = await callTool(tools.get('shop.try'));
    expect(result).toMatchObject({ data: { env: {}, cwd: flow.path } });
    expect(result).not.toMatchObject({ data: { pid: process.pid } });
  });

  it('what it prints and logs is kept of the call that it belongs to', async () => {
    using flow = workflowOf(
      tried(`console.log('for', args.who);
        await new Promise((done) => setImmediate(done));
        console.error('still', args.who); context.log('said'); context.progress('half');
        if (args.who === 'a') console.log('x'.repeat(50_000));
        return 1;`),
    );
    await using tools = await openTools(flow);
    const context = contextOf();
    const calls = ['a', 'b'].map((who) => callTool(tools.get('shop.try'), { who }, context));
    const [a, b] = (await Promise.all(calls)) as { log: string }[];
    expect(b?.log).toBe('said\nfor b\nstill b');
    expect(a?.log).toMatch(/^said\nfor a\nstill a\nx+$/);
    expect(a?.log.length).toBeLessThanOrEqual(10_010);
    expect(context.notes).toEqual(['half', 'half']);
  });

  it.each<[string, string, RegExp]>([
    ['throws', `throw new Error('no stock');`, /^tool\/failed: no stock$/],
    ['throws no error', `throw null;`, /^tool\/failed: null$/],
    ['gives what is no JSON', 'return { n: 1n };', /^tool\/bad-result: .*`n` is a big integer/],
    ['gives nothing', '', /^tool\/bad-result: .*it is nothing/],
    ['gives 100 MB', `return 'x'.repeat(100_000_000);`, /^tool\/bad-result: .*larger than 8 Mi/],
    ['ends the process', 'process.exit(3);', /^tool\/crashed: .*\(status 3\)$/],
    ['is killed', `process.kill(process.pid, 'SIGKILL');`, /^tool\/crashed: .*\(SIGKILL\)$/],
    [
      'forgets an error',
      `setImmediate(() => { throw new Error('late'); }); await new Promise(() => {});`,
      /^tool\/crashed: .*\(late\)$/,
    ],
    [
      'forgets a promise',
      `Promise.reject(new Error('lost')); await new Promise(() => {});`,
      /^tool\/crashed: .*\(lost\)$/,
    ],
    [
      'writes into the channel',
      `(await import('node:fs')).writeSync(3, Buffer.alloc(8, 255)); await new Promise(() => {});`,
      /^tool\/crashed: .*no message/,
    ],
    [
      'writes 100 MB into the channel',
      `const head = Buffer.alloc(4); head.writeUInt32BE(100_000_000);
       (await import('node:fs')).writeSync(3, head); await new Promise(() => {});`,
      /^tool\/crashed: .*more than 64 MiB/,
    ],
  ])('one that %s fails alone; the next call works', async (_, body, said) => {
    using flow = workflowOf(tried(body));
    await using tools = await openTools(flow);
    expect(await callTool(tools.get('shop.try'))).toMatch(said);
    expect(await callTool(tools.get('shop.fine'))).toMatchObject({ ok: true });
  });

  it('the calls beside one that ends the process fail, and the next process is another one', async () => {
    using flow = workflowOf(
      tried(
        `if (args.end) process.exit(3); await new Promise((done) => setTimeout(done, 60_000));`,
      ),
    );
    await using tools = await openTools(flow);
    const before = await callTool(tools.get('shop.fine'));
    const beside = callTool(tools.get('shop.try'));
    expect(await callTool(tools.get('shop.try'), { end: true })).toMatch(/^tool\/crashed/);
    expect(await beside).toMatch(/^tool\/crashed/);
    const after = await Promise.all(['', '', ''].map(() => callTool(tools.get('shop.fine'))));
    expect(after[0]).not.toEqual(before);
    expect(after[1]).toEqual(after[0]);
    expect(after[2]).toEqual(after[0]);
  });

  it('a call that is ended hears of it, and its process goes on', async () => {
    using flow = workflowOf(
      tried(`context.progress('on');
        await new Promise((done) => context.signal.addEventListener('abort', done)); return 1;`),
    );
    await using tools = await openTools(flow);
    const before = await callTool(tools.get('shop.fine'));
    const stop = new AbortController();
    const context = contextOf({
      signal: stop.signal,
      progress: () => stop.abort(new Error('enough')),
    });
    expect(await callTool(tools.get('shop.try'), {}, context)).toMatch(/enough/);
    expect(await callTool(tools.get('shop.fine'))).toEqual(before);
  });

  it.each([
    [
      'never listens',
      `context.progress('on'); await new Promise(() => setInterval(() => {}, 50));`,
    ],
    ['never stops', `context.progress('on'); await null; for (;;) {}`],
  ])('one that %s is ended with its process', async (_, body) => {
    using flow = workflowOf(tried(body));
    await using tools = await openTools({ ...flow, effects: withoutGrace(flow.effects) });
    const before = await callTool(tools.get('shop.fine'));
    const stop = new AbortController();
    const progress = (): void => stop.abort(new Error('enough'));
    const context = contextOf({ signal: stop.signal, progress });
    expect(await callTool(tools.get('shop.try'), {}, context)).toMatch(/enough/);
    const after = await callTool(tools.get('shop.fine'));
    expect(after).toMatchObject({ ok: true });
    expect(after).not.toEqual(before);
  });

  it('a call that was given up before it began is not made', async () => {
    using flow = workflowOf(tried('return 1;'));
    await using tools = await openTools(flow);
    const context = contextOf({ signal: AbortSignal.abort(new Error('too late')) });
    expect(await callTool(tools.get('shop.try'), {}, context)).toMatch(/too late/);
  });

  it('a predicate that throws or never answers is a yes for whoever asks', async () => {
    using flow = workflowOf(
      tried('return 1;', `approval: () => { throw new Error('cannot say'); },`),
    );
    await using tools = await openTools(flow);
    await expect(tools.get('shop.try').approval?.({})).rejects.toThrow('cannot say');
  });

  it('nothing is left of it when the run is over', async () => {
    using flow = workflowOf(
      tried(`const { pid } = (await import('node:child_process')).spawn('/bin/sleep', ['600']);
        return [process.pid, pid];`),
    );
    const tools = await openTools(flow);
    const { data } = (await callTool(tools.get('shop.try'))) as { data: number[] };
    expect(data.map(lives)).toEqual([true, true]);
    await tools.close();
    expect(data.map(lives)).toEqual([false, false]);
    expect(await callTool(tools.get('shop.fine'))).toMatch(/^tool\/unavailable: the run is over/);
  });
});

describe('a module that cannot be loaded', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['has wrong syntax', { 'mcp/a.ts': 'export const = 1;' }, /^a\.ts cannot be loaded: /],
    ['throws', { 'mcp/a.ts': `throw new Error('no database');` }, /no database/],
    ['ends the process', { 'mcp/a.ts': 'process.exit(0);' }, /process of the modules ended/],
    [
      'has what types cannot be taken from',
      { 'mcp/a.ts': 'export enum A { B }' },
      /enum is not supported/,
    ],
    [
      'has a tool that cannot be used',
      { 'mcp/a.ts': `import { tool } from 'awp-agents'; tool({ name: 'x' });` },
      /not the name of a tool/,
    ],
    [
      'imports what is not there',
      { 'mcp/a.ts': `import 'left-pad';` },
      /Cannot find package 'left-pad'/,
    ],
    [
      'imports from outside of its folder',
      { 'mcp/a.ts': `import '../lib.ts';`, 'lib.ts': '' },
      /\.\.\/lib\.ts is outside of the folder of the tools/,
    ],
    [
      'imports a package that came with the workflow',
      {
        'mcp/a.mjs': `import 'helper';`,
        'node_modules/helper/package.json': '{"name": "helper", "main": "index.js"}',
        'node_modules/helper/index.js': '',
      },
      /helper is outside of the folder of the tools/,
    ],
  ])('one that %s is told before anything is asked', async (_, files, message) => {
    using flow = workflowOf(files);
    await expect(openTools(flow)).rejects.toMatchObject({
      code: 'tool/unavailable',
      message: expect.stringMatching(message),
    });
  });

  it('one whose child lives on does not keep the run from ending', async () => {
    using flow = workflowOf(
      tried(`
        const { spawn } = await import('node:child_process');
        const child = spawn('sleep', ['600'], { detached: true, stdio: 'inherit' });
        child.unref();
        return child.pid;`),
    );
    const tools = await openTools(flow);
    const said = await callTool(tools.get('shop.try'));
    const pid = Number(typeof said === 'object' ? said.data : said);
    expect(pid).toBeGreaterThan(0);
    await tools[Symbol.asyncDispose]();
    process.kill(pid, 'SIGKILL');
  });

  it('one that was changed after it was trusted is not loaded', async () => {
    using flow = workflowOf({
      ...tried('process.exit(1);'),
      'mcp/lib/part.ts': 'export const part = 1;',
    });
    await using tools = await openTools(flow);
    const path = join(flow.path, 'mcp/shop.ts');
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n// more`);
    expect(await callTool(tools.get('shop.try'))).toMatch(/^tool\/crashed/);
    expect(await callTool(tools.get('shop.fine'))).toMatch(
      /^tool\/unavailable: .*shop\.ts is not what it was/,
    );
  });

  it('one that imports what was not there when it was trusted is not loaded', async () => {
    using flow = workflowOf(tried(`return (await import('./' + args.name)).default;`));
    await using tools = await openTools(flow);
    writeFileSync(join(flow.path, 'mcp/late.ts'), 'export default 1;');
    expect(await callTool(tools.get('shop.try'), { name: 'late.ts' })).toMatch(
      /is not what it was/,
    );
  });

  it('opening is given up when the run is', async () => {
    using flow = workflowOf({ 'mcp/a.ts': 'await new Promise(() => setInterval(() => {}, 50));' });
    const stop = new AbortController();
    const opening = openTools(flow, {
      trust: () => {
        flow.effects.clock.timer(1, () => stop.abort(new Error('given up')));
        return true;
      },
      signal: stop.signal,
    });
    await expect(opening).rejects.toThrow('given up');
  });
});
