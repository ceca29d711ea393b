import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Language } from '../../src/events/plan.ts';
import type { BoxTools, Sandbox, SandboxJob, SandboxLimit } from '../../src/ports/sandbox.ts';
import { POLICY, runIn, startsProcesses } from './sandbox-contract.ts';

/** What every box gives a program besides its folder: arguments, input, tools, hosts, sessions. */
export function featureContract(box: Sandbox): void {
  const languages = (['python', 'javascript'] as const).filter((name) => has(box, name));
  describe.each(languages)('a program in %s', (language) => {
    takesWords(box, language);
    callsTools(box, language);
  });
  describe('a limit has an outcome of its own', () => limitTable(box));
  // Without a boundary there is no proxy that could be in the way, and no box that could be shared.
  if (box.name === 'none') return;
  describe('hosts', () => hosts(box));
  if (startsProcesses(box)) describe('a session', () => sessions(box));
}

function has({ languages }: Sandbox, name: Language): boolean {
  return languages.some(({ language }) => language === name);
}

/** One thought in two languages. */
type Texts = Record<'python' | 'javascript', string>;

function takesWords(box: Sandbox, language: 'python' | 'javascript'): void {
  it('gets arguments and reads its standard input', async () => {
    const code: Texts = {
      python: 'import sys, json\nprint(json.dumps([sys.argv[1:], sys.stdin.read()]))',
      javascript: `import { readFileSync } from 'node:fs';
console.log(JSON.stringify([process.argv.slice(2), readFileSync(0, 'utf8')]));`,
    };
    const args = ['--first', 'two words', 'ü'];
    const stdin = Buffer.from('line one\nline two ü\n');
    const done = await runIn(box, { language, code: code[language], args, stdin });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual([args, stdin.toString()]);
  });

  it('finds an empty input and no arguments when it was given none', async () => {
    const code: Texts = {
      python: 'import sys\nprint(sys.argv[1:], repr(sys.stdin.read()))',
      javascript: `import { readFileSync } from 'node:fs';
console.log(process.argv.slice(2).length === 0 ? '[]' : 'some', JSON.stringify(readFileSync(0, 'utf8')).replaceAll('"', "'"));`,
    };
    const done = await runIn(box, { language, code: code[language] });
    expect(done.stdout).toBe("[] ''\n");
  });

  it('sees tokens in the place of secrets', async () => {
    const code: Texts = {
      python: 'print(_secrets)',
      javascript: 'console.log(JSON.stringify(_secrets))',
    };
    const secrets = { names: ['KEY'], valueFor: () => 'the-value-itself' };
    const done = await runIn(box, { language, code: code[language], secrets });
    expect(done.stdout.replaceAll("'", '"').replaceAll(': ', ':')).toBe('{"KEY":"secret://KEY"}\n');
  });
}

/** Tools that note their calls. */
function noting(answer: (args: JsonObject) => Promise<JsonObject> | JsonObject): BoxTools & {
  calls: [name: string, args: JsonObject][];
} {
  const calls: [string, JsonObject][] = [];
  const call: BoxTools['call'] = async (name, args) => {
    calls.push([name, args]);
    if (name === 'test.fail') {
      return { ok: false, status: 418, data: { why: 'tea' }, error: 'I am a teapot' };
    }
    if (name !== 'test.echo') return { ok: false, status: 404, data: {}, error: 'no such tool' };
    return { ok: true, status: 200, data: await answer(args) };
  };
  return { calls, names: ['test.echo', 'test.fail'], call };
}

function callsTools(box: Sandbox, language: 'python' | 'javascript'): void {
  const run = (code: Texts, more: Partial<SandboxJob>) =>
    runIn(box, { language, code: code[language], ...more });

  it('calls tools and waits, or does not wait', async () => {
    const tools = noting((args) => args);
    const code: Texts = {
      python: `
import asyncio
print(tools.list(), tools.call('test.echo', text='ü', n=[1, None, True]))
async def main():
    print(await asyncio.gather(*[tools.call_async('test.echo', i=i) for i in range(3)]))
asyncio.run(main())`,
      javascript: `
const py = (value) => JSON.stringify(value).replaceAll('"', "'").replaceAll(':', ': ').replaceAll(',', ', ').replaceAll('null', 'None').replaceAll('true', 'True');
console.log(py(tools.list()), py(tools.callSync('test.echo', { text: 'ü', n: [1, null, true] })));
console.log(py(await Promise.all([0, 1, 2].map((i) => tools.call('test.echo', { i })))));`,
    };
    const done = await run(code, { tools });
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe(
      "['test.echo', 'test.fail'] {'text': 'ü', 'n': [1, None, True]}\n[{'i': 0}, {'i': 1}, {'i': 2}]\n",
    );
    expect(tools.calls[0]).toEqual(['test.echo', { text: 'ü', n: [1, null, true] }]);
    expect(tools.calls.length).toBe(4);
  });

  it('gets the status of a call that did not work, and of a tool that it has not', async () => {
    const code: Texts = {
      python: `
for name in ('test.fail', 'test.other'):
    try: tools.call(name)
    except ToolError as error: print(error.status, error)`,
      javascript: `
for (const name of ['test.fail', 'test.other']) {
  try { tools.callSync(name, {}); } catch (error) { console.log(error.status, error.message); }
}`,
    };
    const tools = noting((args) => args);
    const done = await run(code, { tools });
    expect(done.stdout).toMatch(/^418 I am a teapot.*\n404 no such tool.*\n$/);
    expect(tools.calls.map(([name]) => name)).toEqual(['test.fail', 'test.other']);
  });

  it('may have many calls at once, which wait for their turn', async () => {
    if (box.name === 'quickjs' || box.name === 'deno') return;
    const tools = noting((args) => args);
    const code: Texts = {
      python: `
import asyncio
async def main():
    done = await asyncio.gather(*[tools.call_async('test.echo', i=i) for i in range(150)])
    print(sum(one['i'] for one in done))
asyncio.run(main())`,
      javascript: `
const calls = Array.from({ length: 150 }, (_, i) => tools.call('test.echo', { i }));
console.log((await Promise.all(calls)).reduce((sum, { i }) => sum + i, 0));`,
    };
    expect(await run(code, { tools })).toMatchObject({ stderr: '', stdout: '11175\n', limits: [] });
  });

  it('may call as often as the policy says, and not once more', async () => {
    const code: Texts = {
      python: `
for i in range(7):
    try: tools.call('test.echo', i=i); print('ok')
    except ToolError as error: print(error.status)`,
      javascript: `
for (let i = 0; i < 7; i++) {
  try { await tools.call('test.echo', { i }); console.log('ok'); } catch (error) { console.log(error.status); }
}`,
    };
    const tools = noting((args) => args);
    const done = await run(code, { tools, policy: { ...POLICY, toolCalls: 5 } });
    expect(done.stdout).toBe('ok\nok\nok\nok\nok\n429\n429\n');
    expect(tools.calls.length).toBe(5);
    expect(done).toMatchObject({ exitCode: 0, limits: ['tool-calls'] });
  });

  it('ends its calls with itself', async () => {
    const ended = Promise.withResolvers<void>();
    const tools: BoxTools = {
      names: ['test.slow'],
      call: (_name, _args, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            ended.resolve();
            resolve({ ok: false, status: 499, data: null });
          });
        }),
    };
    const code: Texts = {
      python: "tools.call('test.slow')",
      javascript: "await tools.call('test.slow', {})",
    };
    const done = await run(code, { tools, timeoutMs: 3000 });
    expect(done.stopped).toBe('timeout');
    await ended.promise;
  });

  it('has no tools when it was given none', async () => {
    const code: Texts = {
      python: "try: tools\nexcept NameError: print('none')",
      javascript: "console.log(typeof tools === 'undefined' ? 'none' : 'some')",
    };
    expect((await run(code, {})).stdout).toBe('none\n');
  });
}

interface LimitRow {
  name: string;
  limit: SandboxLimit;
  language: 'python' | 'javascript';
  code: string;
  job?: Partial<SandboxJob>;
}

const MIB = 1024 * 1024;

const LIMITS: readonly LimitRow[] = [
  {
    ...{ name: 'wall clock', limit: 'timeout', language: 'javascript' },
    code: 'await new Promise((resolve) => setTimeout(resolve, 60_000))',
    job: { timeoutMs: 1500 },
  },
  {
    ...{ name: 'processor time', limit: 'cpu', language: 'javascript' },
    code: 'for (;;) {}',
    job: { policy: { ...POLICY, cpuSeconds: 1 } },
  },
  {
    ...{ name: 'memory', limit: 'memory', language: 'javascript' },
    code: "const kept = []; for (;;) kept.push('x'.repeat(1000) + kept.length);",
    job: { policy: { ...POLICY, memoryMb: 96 } },
  },
  {
    ...{ name: 'output', limit: 'output', language: 'javascript' },
    code: `
const line = 'x'.repeat(262_144);
for (;;) { console.log(line); await new Promise((resolve) => setTimeout(resolve)); }`,
    // A busy machine reads slowly, and what is not read waits in the memory of the program.
    job: { timeoutMs: 60_000, policy: { ...POLICY, cpuSeconds: 60, memoryMb: 1024 } },
  },
  {
    ...{ name: 'number of files', limit: 'files', language: 'javascript' },
    code: "import fs from 'node:fs'; for (let i = 0; i < 30; i++) fs.writeFileSync('output/' + i, 'x');",
    job: { policy: { ...POLICY, files: 10 } },
  },
  {
    ...{ name: 'size of one file', limit: 'file-size', language: 'javascript' },
    code: "import fs from 'node:fs'; fs.writeFileSync('output/big', 'x'.repeat(3_000_000));",
    job: { policy: { ...POLICY, fileBytes: MIB } },
  },
  {
    ...{ name: 'size of all files', limit: 'disk', language: 'javascript' },
    code: `import fs from 'node:fs';
for (let i = 0; i < 12; i++) fs.writeFileSync('output/' + i, 'x'.repeat(1_000_000));`,
    job: { policy: { ...POLICY, filesBytes: 4 * MIB, files: 50 } },
  },
  {
    ...{ name: 'open files', limit: 'open-files', language: 'python' },
    code: "kept = [open('/dev/null') for _ in range(2000)]",
    job: { policy: { ...POLICY, openFiles: 64 } },
  },
  {
    ...{ name: 'processes', limit: 'processes', language: 'python' },
    code: `
import threading, time
for _ in range(200): threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
time.sleep(5)`,
    job: { policy: { ...POLICY, processes: 8 } },
  },
];

function limitTable(box: Sandbox): void {
  const rows = LIMITS.filter(({ language }) => has(box, language));
  it.each(rows)('$name: $limit', async ({ limit, language, code, job }) => {
    const done = await runIn(box, { language, code, ...job });
    expect(done.limits).toContain(limit);
    // Either the host has ended it, or an operation of its own was refused.
    if (done.stopped !== undefined) expect(done.stopped).toBe(limit);
  });

  it('no limit is named when none was met', async () => {
    const code = "import fs from 'node:fs'; fs.writeFileSync('output/a', 'x'); console.log(1)";
    expect((await runIn(box, { language: 'javascript', code })).limits).toEqual([]);
  });
}

function hosts(box: Sandbox): void {
  let server: Server;
  let port: number;
  const seen: { url: string | undefined; key: string | undefined }[] = [];
  beforeAll(async () => {
    server = createServer(({ url, headers }, response) => {
      seen.push({ url, key: headers['x-key']?.toString() });
      response.end(`answer to ${url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  const languages = (['python', 'javascript'] as const).filter((name) => has(box, name));
  const programs: Texts = {
    python: `
import urllib.request, sys
for url in sys.argv[1:]:
    try: print(urllib.request.urlopen(url, timeout=5).read().decode())
    except Exception as error: print('refused')`,
    javascript: `
for (const url of process.argv.slice(2)) {
  try {
    const answer = await fetch(url);
    console.log(answer.ok ? await answer.text() : 'refused');
  } catch { console.log('refused'); }
}`,
  };

  it.each(languages)('that are listed can be reached from %s, others cannot', async (language) => {
    if (language === 'python' && box.name === 'deno') return;
    const before = seen.length;
    const args = [
      `http://127.0.0.1:${port}/one`,
      `http://127.0.0.1:${port + 1}/`,
      'http://10.1.2.3/',
    ];
    const policy = { ...POLICY, hosts: [`127.0.0.1:${port}`] };
    const done = await runIn(box, { language, code: programs[language], args, policy });
    expect(done.stdout).toBe('answer to /one\nrefused\nrefused\n');
    expect(seen.slice(before).map(({ url }) => url)).toEqual(['/one']);
    const told = done.requests?.map(({ host, problem }) => [host, problem === undefined]);
    expect(told?.toSorted()).toEqual([
      ['10.1.2.3:80', false],
      [`127.0.0.1:${port}`, true],
      [`127.0.0.1:${port + 1}`, false],
    ]);
  });

  it.each(languages)('get the value of a secret whose token %s sends', async (language) => {
    if (language === 'python' && box.name === 'deno') return;
    const code: Texts = {
      python: `
import urllib.request, sys
request = urllib.request.Request(sys.argv[1], headers={'x-key': 'Key ' + _secrets['KEY']})
print(urllib.request.urlopen(request, timeout=5).read().decode())`,
      javascript: `
const answer = await fetch(process.argv[2], { headers: { 'x-key': 'Key ' + _secrets.KEY } });
console.log(await answer.text());`,
    };
    const args = [`http://127.0.0.1:${port}/three`];
    const policy = { ...POLICY, hosts: [`127.0.0.1:${port}`] };
    const valueFor = (name: string, host: string) => `${name} for ${host}`;
    const secrets = { names: ['KEY'], valueFor };
    const done = await runIn(box, { language, code: code[language], args, policy, secrets });
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe('answer to /three\n');
    expect(seen.at(-1)).toEqual({ url: '/three', key: `Key KEY for 127.0.0.1:${port}` });
  });

  it.each(languages)('cannot be reached from %s when none is listed', async (language) => {
    const before = seen.length;
    const args = [`http://127.0.0.1:${port}/two`];
    const done = await runIn(box, { language, code: programs[language], args });
    expect(done.stdout).toBe('refused\n');
    expect(done.requests).toBeUndefined();
    expect(seen.length).toBe(before);
  });
}

function sessions(box: Sandbox): void {
  const policy = { ...POLICY, session: 'persistent' as const };
  const programs: Texts = {
    python: `
import os
name = os.path.join(os.environ['TMPDIR'], 'kept')
print('kept' if os.path.exists(name) else 'new', 'variable' in globals(), sorted(os.listdir('output')))
variable = open(name, 'w').write('x')
open('output/a.txt', 'w').write('a')`,
    javascript: `
import fs from 'node:fs';
const name = process.env.TMPDIR + '/kept';
console.log(fs.existsSync(name) ? 'kept' : 'new', 'variable' in globalThis, fs.readdirSync('output'));
globalThis.variable = fs.writeFileSync(name, 'x') ?? 1;
fs.writeFileSync('output/a.txt', 'a');`,
  };
  const languages = (['python', 'javascript'] as const).filter((name) => has(box, name));
  it.each(languages)('keeps files of %s between the programs of a worker', async (language) => {
    const code = programs[language];
    const run = (session: string) => runIn(box, { language, code, policy, session });
    const name = `${language}-one`;
    const first = await run(name);
    const second = await run(name);
    const other = await run(`${language}-two`);
    expect([first.stdout, second.stdout, other.stdout].map((text) => text.split(' ')[0])).toEqual([
      ...['new', 'kept', 'new'],
    ]);
    expect(second.stdout).toMatch(/kept (False|false) \[\s?'a.txt'\s?\]/);
    await box.endSession(name);
    expect((await run(name)).stdout).toMatch(/^new/);
    await Promise.all([name, `${language}-two`].map((one) => box.endSession(one)));
  });

  it.each(languages)('begins anew after a program in %s that was stopped', async (language) => {
    const name = `${language}-stopped`;
    const endless: Texts = { python: 'while True: pass', javascript: 'for (;;) {}' };
    const run = (code: string, timeoutMs = 20_000) =>
      runIn(box, { language, code, policy, session: name, timeoutMs });
    expect((await run(programs[language])).stdout).toMatch(/^new/);
    expect((await run(endless[language], 1500)).stopped).toBe('timeout');
    expect((await run(programs[language])).stdout).toMatch(/^new/);
    await box.endSession(name);
  });

  it.each(languages)(
    'runs the programs of a worker in %s one after the other',
    async (language) => {
      const code: Texts = {
        python: 'print(_sys.argv[1]); _sys.stderr.write(_sys.argv[1])',
        javascript: 'console.log(process.argv[2]); process.stderr.write(process.argv[2]);',
      };
      const session = `${language}-row`;
      const words = ['a', 'b', 'c', 'd'];
      const done = await Promise.all(
        words.map((word) =>
          runIn(box, { language, code: code[language], policy, session, args: [word] }),
        ),
      );
      expect(done.map(({ stdout, stderr }) => `${stdout}${stderr}`)).toEqual(
        words.map((word) => `${word}\n${word}`),
      );
      await box.endSession(session);
    },
  );
}
