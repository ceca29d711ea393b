import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import type { AskRequest } from '../../src/ports/step.ts';
import { lives } from './lives.ts';
import { agentOf, callAgent, callOf } from './make-agents.ts';

/** Code of an agent whose function has this text, from line 2 on. */
const code = (body: string): string =>
  `import type { AgentCall } from 'awp-agents';\nexport default async (call: AgentCall) => { ${body} };\n`;

/** Resolves when a process is gone. */
async function gone(pid: number): Promise<void> {
  while (lives(pid)) await new Promise((done) => setTimeout(done, 20));
}

describe('the code of an agent', () => {
  it('is told what its node may see, and gives the output', async () => {
    using flow = agentOf(
      code(
        'const { node, task, input, item, index } = call; return { node, task, input, item, index };',
      ),
    );
    const call = callOf(flow, { input: { a: { b: 1 } }, item: 'pear', index: 2 });
    expect(await callAgent(flow, call)).toEqual({
      ...{ node: 'x', task: 'do it', input: { a: { b: 1 } }, item: 'pear', index: 2 },
    });
  });

  it('may be an object with run, and import files of its folder and zod', async () => {
    using flow = agentOf(
      `import { z } from 'zod';\nimport { two } from './lib/two.ts';\nexport default { run() { return { two: z.number().parse(two) }; } };`,
      { 'agents/x/lib/two.ts': 'export const two: number = 2;' },
    );
    expect(await callAgent(flow)).toEqual({ two: 2 });
  });

  it('runs in the folder of the workflow, in a process of its own without variables', async () => {
    using flow = agentOf(
      code('return { env: process.env, cwd: process.cwd(), pid: process.pid };'),
    );
    const result = await callAgent(flow);
    expect(result).toMatchObject({ env: {}, cwd: flow.path });
    expect(result).not.toMatchObject({ pid: process.pid });
  });

  it('shows what it logs and prints', async () => {
    using flow = agentOf(
      code(
        `call.log('half'); console.log('a\\nb'); console.error('c'); for (let i = 0; i < 100; i += 1) call.log('x'.repeat(5000)); return {};`,
      ),
    );
    const call = callOf(flow);
    expect(await callAgent(flow, call)).toEqual({});
    expect(call.lines.slice(0, 4)).toEqual(['half', 'a', 'b', 'c']);
    expect(call.lines.join('').length).toBeLessThanOrEqual(20_000);
  });

  it('asks its model with texts, messages and options', async () => {
    using flow = agentOf(
      code(`const one = await call.ask('hi', { system: 'be kind', temperature: 1, maxOutputTokens: 9 });
      const [two] = await Promise.all([call.ask([{ role: 'assistant', text: 'so' }])]);
      return { one, two: two.text };`),
    );
    const asked: AskRequest[] = [];
    const call = callOf(flow, {
      ask: async (request) => {
        asked.push(request);
        return { text: `answer ${asked.length}`, usage: { input: 1, output: 2 }, cost: null };
      },
    });
    expect(await callAgent(flow, call)).toEqual({
      one: { text: 'answer 1', usage: { input: 1, output: 2 }, cost: null },
      two: 'answer 2',
    });
    const system = { role: 'system', text: 'be kind' };
    expect(asked).toEqual([
      { messages: [system, { role: 'user', text: 'hi' }], temperature: 1, maxOutputTokens: 9 },
      { messages: [{ role: 'assistant', text: 'so' }] },
    ]);
  });

  it('calls tools, and sees why one failed', async () => {
    using flow = agentOf(
      code(`const sum = await call.tools.call('a.sum', { n: 1 }); const none = await call.tools.call('a.none');
      return { names: call.tools.names, sum, none };`),
    );
    const call = callOf(flow, {
      tools: ['a.sum'],
      callTool: async (name, args) =>
        name === 'a.sum'
          ? { ok: true, status: 200, data: args }
          : { ok: false, status: 404, data: {}, error: 'tool/unknown: no' },
    });
    expect(await callAgent(flow, call)).toEqual({
      names: ['a.sum'],
      sum: { ok: true, status: 200, data: { n: 1 } },
      none: { ok: false, status: 404, data: {}, error: 'tool/unknown: no' },
    });
  });

  it('can catch what its model failed with, by its code', async () => {
    using flow = agentOf(
      `import { AwpError } from 'awp-agents';\n${code('try { await call.ask("x"); } catch (e) { return { own: e instanceof AwpError, code: e.code, hint: e.hint }; }')}`,
    );
    const ask = async (): Promise<never> => {
      throw new AwpError('model/no-key', 'no key', { hint: 'set one' });
    };
    expect(await callAgent(flow, callOf(flow, { ask }))).toEqual({
      ...{ own: true, code: 'model/no-key', hint: 'set one' },
    });
  });

  it.each<[string, string, RegExp]>([
    [
      'throws',
      `\nthrow new Error('no stock');`,
      /^step\/failed: agents\/x\/agent\.ts:3: no stock$/,
    ],
    ['throws no error', 'throw null;', /^step\/failed: agents\/x\/agent\.ts: null$/],
    [
      'throws a code of its own',
      `throw Object.assign(new Error('no'), { code: 'node/skip-output' });`,
      /^step\/failed: .*no$/,
    ],
    ['returns nothing', '', /^step\/bad-output: agents\/x\/agent\.ts: it returned nothing$/],
    ['returns a number', 'return 3;', /^step\/bad-output: .*it returned a number$/],
    ['returns a list', 'return [];', /^step\/bad-output: .*it returned a list$/],
    ['returns what is no JSON', 'return { n: 1n };', /^step\/bad-output: .*`n` is a big integer$/],
    [
      'returns 100 MB',
      `return { x: 'x'.repeat(100_000_000) };`,
      /^step\/bad-output: .*larger than 8 Mi/,
    ],
    [
      'asks nonsense',
      'await call.ask([{ role: "judge", text: "x" }]); return {};',
      /^usage\/bad-option: .*a question is/,
    ],
    [
      'asks too hot',
      'await call.ask("x", { temperature: 7 }); return {};',
      /^usage\/bad-option: .*from 0 to 2/,
    ],
    [
      'calls a tool with a list',
      'await call.tools.call("a", []); return {};',
      /^tool\/bad-input: /,
    ],
    [
      'ends the process',
      'process.exit(3);',
      /^step\/crashed: .*agents\/x\/agent\.ts .*\(status 3\)$/,
    ],
    ['is killed', `process.kill(process.pid, 'SIGKILL');`, /^step\/crashed: .*\(SIGKILL\)$/],
    [
      'writes garbage',
      `const { writeSync } = await import('node:fs'); writeSync(3, 'garbage!'.repeat(9)); await new Promise(() => setInterval(() => {}, 50));`,
      /^step\/crashed: .*no message/,
    ],
    [
      'forgets an error',
      `setImmediate(() => { throw new Error('late'); }); await new Promise(() => {});`,
      /^step\/crashed: .*\(late, agents\/x\/agent\.ts:2\)$/,
    ],
  ])('that %s fails the attempt with words that say so', async (_, body, message) => {
    using flow = agentOf(code(body));
    expect(await callAgent(flow)).toMatch(message);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'has wrong syntax',
      { 'agents/x/agent.ts': '\nexport const = 1;' },
      /^step\/broken: agents\/x\/agent\.ts cannot be loaded: .*agent\.ts:2/s,
    ],
    [
      'has what types cannot be taken from',
      { 'agents/x/agent.ts': 'export enum A { B }' },
      /enum is not supported/,
    ],
    [
      'throws',
      { 'agents/x/agent.ts': `\n\nthrow new Error('no database');` },
      /no database \(agents\/x\/agent\.ts:3\)/,
    ],
    [
      'has no default export',
      { 'agents/x/agent.ts': 'export const run = 1;' },
      /it has no default export/,
    ],
    [
      'exports a text',
      { 'agents/x/agent.ts': 'export default "x";' },
      /its default export is a string/,
    ],
    [
      'ends the process',
      { 'agents/x/agent.ts': 'process.exit(0);' },
      /the process of the modules ended/,
    ],
    [
      'imports what is not there',
      { 'agents/x/agent.ts': `import 'left-pad';` },
      /Cannot find package 'left-pad'/,
    ],
    [
      'imports from outside of its folder',
      { 'agents/x/agent.ts': `import '../lib.ts';`, 'agents/lib.ts': '' },
      /\.\.\/lib\.ts is outside of the folder of the agent/,
    ],
    [
      'imports from outside by an address without a file',
      {
        'agents/x/agent.ts':
          'const at = new URL("../lib.js", import.meta.url).href; await import("data:text/javascript,import " + JSON.stringify(at));',
        'agents/lib.js': '',
      },
      /lib\.js is outside of the folder of the agent/,
    ],
    ['is behind a link', {}, /agents\/y: .*link/],
  ])('that %s cannot be loaded, and says why', async (what, files, message) => {
    using flow = agentOf(code('return {};'), files);
    const call = callOf(flow);
    if (what === 'is behind a link') {
      const { symlinkSync } = await import('node:fs');
      symlinkSync('x', join(flow.path, 'agents/y'));
      call.module = join(flow.path, 'agents/y/agent.ts');
    }
    const said = await callAgent(flow, call);
    expect(said).toMatch(/^step\/broken: /);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/\n\s+at /);
  });

  it('is ended at once, with all that it has started, when nobody waits any more', async () => {
    using flow = agentOf(
      code(`const { spawn } = await import('node:child_process');
      call.log([process.pid, spawn('sleep', ['600']).pid].join(' ')); for (;;);`),
    );
    const stop = new AbortController();
    let pids: number[] = [];
    const log = (text: string): void => {
      pids = text.split(' ').map(Number);
      stop.abort(new AwpError('node/timeout', 'the time is over'));
    };
    const said = await callAgent(flow, callOf(flow, { signal: stop.signal, log }));
    expect(said).toBe('node/timeout: the time is over');
    expect(pids).toHaveLength(2);
    await Promise.all(pids.map(gone));
  });

  it.each([
    ['returns', 'return {};'],
    ['throws', `throw new Error('no');`],
    ['ends the process', 'process.exit(0);'],
    ['never lets go', 'for (;;);'],
  ])('leaves nothing behind that it cut off its group when it %s', async (_, end) => {
    using flow = agentOf(
      code(`const { spawn } = await import('node:child_process');
      const start = (...args: string[]) => spawn(args[0]!, args.slice(1), { detached: true, stdio: 'inherit' });
      const inner = 'sleep 600 & wait';
      call.log([start('sleep', '600').pid, start('sh', '-c', inner).pid].join(' '));
      await call.ask('wait'); ${end}`),
    );
    const stop = new AbortController();
    let pids: number[] = [];
    const call = callOf(flow, {
      signal: stop.signal,
      log: (text) => {
        pids = text.split(' ').map(Number);
      },
      ask: async () => {
        const [, shell = 0] = pids;
        const children = `/proc/${shell}/task/${shell}/children`;
        while (readFileSync(children, 'utf8') === '')
          await new Promise((done) => setImmediate(done));
        pids.push(...readFileSync(children, 'utf8').split(' ').filter(Boolean).map(Number));
        if (end.startsWith('for')) setTimeout(() => stop.abort(new Error('over')), 50);
        return { text: '', usage: { input: 0, output: 0 }, cost: null };
      },
    });
    await callAgent(flow, call);
    expect(pids).toHaveLength(3);
    await Promise.all(pids.map(gone));
  });

  it('may want any number of things at once, of which a few are out at a time', async () => {
    using flow = agentOf(
      code(`const all = await Promise.all(Array.from({ length: 5000 }, (_, i) => call.ask(String(i))));
      return { asked: all.length, inOrder: all.every(({ text }, i) => text === String(i)) };`),
    );
    let out = 0;
    let most = 0;
    const ask = async ({ messages }: AskRequest) => {
      out += 1;
      most = Math.max(most, out);
      await new Promise((done) => setImmediate(done));
      out -= 1;
      return { text: messages[0]?.text ?? '', usage: { input: 0, output: 0 }, cost: null };
    };
    const said = await callAgent(flow, callOf(flow, { ask }));
    expect(said).toEqual({ asked: 5000, inOrder: true });
    expect(most).toBeLessThanOrEqual(64);
  });

  it('that writes messages of its own shows and wants no more than others', async () => {
    const flood = (message: string): string =>
      code(`const { writeSync } = await import('node:fs');
      const text = Buffer.from(JSON.stringify(${message}));
      const head = Buffer.alloc(4); head.writeUInt32BE(text.length);
      const write = (bytes: Buffer) => { for (let at = 0; at < bytes.length;) {
        try { at += writeSync(3, bytes, at); } catch (e) { if ((e as { code: string }).code !== 'EAGAIN') throw e; } } };
      for (let i = 0; i < 500; i += 1) write(Buffer.concat([head, text]));
      return {};`);
    using shows = agentOf(flood(`{ kind: 'progress', id: 1, text: 'x'.repeat(1000) }`));
    const shown = callOf(shows);
    expect(await callAgent(shows, shown)).toEqual({});
    expect(shown.lines.join('').length).toBeLessThanOrEqual(50_000);
    using wants = agentOf(
      flood(
        `{ kind: 'want', id: 1, number: 1, what: 'ask', asked: { messages: [{ role: 'user', text: 'x' }] } }`,
      ),
    );
    const ask = () => new Promise<never>(() => {});
    expect(await callAgent(wants, callOf(wants, { ask }))).toMatch(
      /^step\/crashed: .*it wanted too much at once/,
    );
  });

  it('that never lets go does not outlive whoever runs it', async () => {
    using flow = agentOf(
      code(`const { spawn } = await import('node:child_process');
      call.log([process.pid, spawn('sleep', ['600']).pid].join(' '));
      await new Promise((done) => setImmediate(done)); for (;;);`),
    );
    const { module } = callOf(flow);
    const parent = join(import.meta.dirname, 'agent-host-parent.ts');
    const child = spawn(process.execPath, [parent, module, join(flow.path, '../config')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((done) =>
      child.stdout.once('data', (text) => done(String(text))),
    );
    child.kill('SIGKILL');
    const pids = line.trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await Promise.all(pids.map(gone));
  }, 60_000);
});

describe('trust in the code of agents', () => {
  const files = {
    'agents/x/notes.md': 'not code',
    'agents/x/lib.js': '',
    'agents/other/agent.py': '',
  };

  it('is asked for once, by the contents of what may be loaded', async () => {
    using flow = agentOf(code('return {};'), files);
    const asked: string[][] = [];
    const trust = (question: { files: readonly { path: string }[] }): boolean => {
      asked.push(question.files.map(({ path }) => path));
      return true;
    };
    const untrusted = await callAgent(flow, callOf(flow), { trust: false });
    expect(untrusted).toMatch(
      /^trust\/needed: .*agents\/x\/agent\.ts \(\d+ bytes\), agents\/x\/lib\.js/,
    );
    expect(await callAgent(flow, callOf(flow), { trust })).toEqual({});
    expect(await callAgent(flow, callOf(flow), { trust: false })).toEqual({});
    writeFileSync(join(flow.path, 'agents/x/notes.md'), 'other words');
    expect(await callAgent(flow, callOf(flow), { trust: false })).toEqual({});
    writeFileSync(join(flow.path, 'agents/x/lib.js'), 'export {};');
    expect(await callAgent(flow, callOf(flow), { trust: false })).toMatch(/^trust\/needed/);
    expect(asked).toEqual([['agents/x/agent.ts', 'agents/x/lib.js']]);
  });

  it('does not count for a file that changes while the run goes on', async () => {
    using flow = agentOf(code('return {};'));
    const before = (): void =>
      writeFileSync(join(flow.path, 'agents/x/agent.ts'), code('return { other: 1 };'));
    expect(await callAgent(flow, callOf(flow), { before })).toMatch(
      /^step\/broken: .*agent\.ts is not what it was when the run began/,
    );
  });
});
