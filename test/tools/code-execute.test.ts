import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { nothingKept } from '../make.ts';
import { type Bench, makeBench, policy } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => {
  bench.clear();
});

const done: Execution = {
  exitCode: 0,
  stdout: '',
  stderr: '',
  limits: [],
  files: [],
  notes: [],
  ms: 1,
};

/** A box that answers as told and keeps what it was asked. */
function box(answer: Partial<Execution>, asked: SandboxJob[] = []): () => Promise<Sandbox> {
  return async () => ({
    name: 'none',
    isolation: 'none',
    languages: [
      { language: 'python', description: 'Python 3' },
      { language: 'javascript', description: 'Node' },
    ],
    run: async (job) => {
      asked.push(job);
      return { ...done, ...answer };
    },
    ...nothingKept,
  });
}

describe('code.execute', () => {
  it('runs a program on the inputs and keeps its files', async () => {
    bench.put('inputs/a.txt', 'data');
    const code = `import fs from 'node:fs';
      fs.mkdirSync('output/deep');
      fs.writeFileSync('output/deep/a.txt', fs.readFileSync('inputs/a.txt', 'utf8').toUpperCase());
      console.log('done')`;
    expect(await bench.call('code.execute', { code })).toEqual({
      ok: true,
      status: 200,
      data: {
        stdout: 'done\n',
        stderr: '',
        returncode: 0,
        files: [{ path: 'output/deep/a.txt', bytes: 4 }],
      },
    });
    const read = await bench.call('file.read', { path: 'output/deep/a.txt' });
    expect(read.data).toMatchObject({ content: 'DATA' });
  });

  it('gives a program what an earlier one wrote', async () => {
    const write = `import fs from 'node:fs'; fs.writeFileSync('output/n.json', '[1, 2]')`;
    const read = `import fs from 'node:fs'; console.log(JSON.parse(fs.readFileSync('output/n.json')).length)`;
    await bench.call('code.execute', { code: write });
    expect((await bench.call('code.execute', { code: read })).data).toMatchObject({
      stdout: '2\n',
    });
  });

  it.each([
    [undefined, 'python'],
    ['', 'python'],
    ['Python', 'python'],
    ['py', 'python'],
    ['js', 'javascript'],
    ['node', 'javascript'],
  ])('takes language %s for %s', async (language, wanted) => {
    const asked: SandboxJob[] = [];
    const args = { code: '1', ...(language !== undefined && { language }) };
    await bench.call('code.execute', args, { sandbox: box({}, asked) });
    expect(asked[0]?.language).toBe(wanted);
  });

  it('names the languages that are there when one is not', async () => {
    const args = { code: '1', language: 'constructor' };
    expect(await bench.call('code.execute', args, { sandbox: box({}) })).toMatchObject({
      ok: false,
      status: 400,
      error: 'the sandbox has no "constructor"; there is: python, javascript',
    });
  });

  it.each([
    [undefined, 30_000, 20_000],
    [5, 30_000, 5000],
    [500, 30_000, 20_000],
    [5, 2000, 1500],
    [5, 100, 1],
    [0.0001, 30_000, 1],
  ])('with %s s asked for and %d ms left, gives %d ms', async (timeout, timeoutMs, wanted) => {
    const asked: SandboxJob[] = [];
    const args = { code: '1', ...(timeout !== undefined && { timeout }) };
    await bench.call('code.execute', args, { sandbox: box({}, asked), timeoutMs });
    expect(asked[0]?.timeoutMs).toBe(wanted);
  });

  it('passes the policy and the folders on', async () => {
    const asked: SandboxJob[] = [];
    await bench.call('code.execute', { code: 'x' }, { sandbox: box({}, asked) });
    expect(asked[0]).toMatchObject({
      code: 'x',
      policy,
      inputs: `${bench.folder}/inputs`,
      shared: `${bench.folder}/shared`,
      output: [],
    });
  });

  it('gives a program its arguments and what it reads', async () => {
    const code = `import fs from 'node:fs';
      console.log(process.argv.slice(2).join('+'), fs.readFileSync(0, 'utf8'))`;
    const args = { code, args: ['a b', '--c'], stdin: 'ü\n1' };
    const { data } = await bench.call('code.execute', args);
    expect(data).toMatchObject({ stdout: 'a b+--c ü\n1\n' });
  });

  it('hands the tools on, and the agent as the session where boxes persist', async () => {
    const asked: SandboxJob[] = [];
    const boxTools = {
      names: ['file.read'],
      call: async () => ({ ok: true, status: 200, data: 1 }),
    };
    const context = { sandbox: box({}, asked), boxTools, agent: '2.1' };
    await bench.call('code.execute', { code: 'x' }, context);
    await bench.call(
      'code.execute',
      { code: 'x' },
      { ...context, sandboxPolicy: { ...policy, session: 'persistent' } },
    );
    expect(asked.map(({ tools, session }) => [tools, session])).toEqual([
      [boxTools, undefined],
      [boxTools, '2.1'],
    ]);
  });

  it('tells which limits a program met, also when it went on', async () => {
    const answer = { limits: ['open-files', 'tool-calls'] as const };
    const { data, ok } = await bench.call('code.execute', { code: '1' }, { sandbox: box(answer) });
    expect(ok).toBe(true);
    expect(data).toMatchObject({
      limits: ['open-files', 'tool-calls'],
      notes: [expect.stringContaining('512 may be open'), expect.stringContaining('1000 calls')],
    });
    const failed = { ...answer, exitCode: 1, stderr: 'OSError: [Errno 24] Too many open files' };
    const result = await bench.call('code.execute', { code: '1' }, { sandbox: box(failed) });
    expect(result.error).toMatch(/hint: it had too many open files/);
  });

  it('lists the requests of a program, and notes those that were refused', async () => {
    const request = { method: 'GET', host: 'a.test:443', status: 200, bytes: 5, ms: 1 };
    const problem = 'network/denied: b.test:80 is not on the list of hosts';
    const refused = { method: 'CONNECT', host: 'b.test:80', bytes: 0, ms: 1, problem };
    const denied: string[] = [];
    const result = await bench.call(
      'code.execute',
      { code: '1' },
      {
        sandbox: box({ requests: [request, refused] }),
        denied: (reason) => denied.push(reason),
      },
    );
    expect(result.data).toMatchObject({ requests: [request, refused] });
    expect(denied).toEqual([`CONNECT b.test:80: ${problem}`]);
  });

  it.each([
    ['timeout', 408, 'stopped after 20 s'],
    ['memory', 500, 'its memory (256 MiB)'],
    ['cpu', 500, 'its processor time (30 s)'],
    ['processes', 500, '64 may be there'],
    ['open-files', 500, '512 may be open'],
    ['file-size', 500, '64 MiB may be in one'],
    ['disk', 500, '1 MiB may be'],
    ['output', 500, 'printed too much'],
    ['files', 500, '200 may be handed back'],
    ['frames', 500, 'tools.call only'],
    ['tool-calls', 500, '1000 calls'],
  ] as const)('says that a program was stopped for %s', async (stopped, status, said) => {
    const answer = { stopped, exitCode: undefined, stdout: 'so far' };
    const result = await bench.call('code.execute', { code: '1' }, { sandbox: box(answer) });
    expect(result).toMatchObject({ ok: false, status, error: expect.stringContaining(said) });
    expect(result.data).toMatchObject({ stdout: 'so far', returncode: null });
  });

  it('has no result when the call was given up', async () => {
    const reason = new Error('cancelled by the user');
    const context = { sandbox: box({ stopped: 'cancelled' }), signal: AbortSignal.abort(reason) };
    await expect(bench.call('code.execute', { code: '1' }, context)).rejects.toBe(reason);
  });

  it('keeps the other files when the workspace refuses one', async () => {
    const bytes = Buffer.from('12345');
    const files = ['a.denied', 'b.txt'].map((path) => ({ path, bytes }));
    const answer = { files, notes: ['a link was left out'] };
    const { data } = await bench.call('code.execute', { code: '1' }, { sandbox: box(answer) });
    expect(data).toMatchObject({
      files: [{ path: 'output/b.txt', bytes: 5 }],
      notes: ['a link was left out', 'output/a.denied was not kept: too many files'],
    });
  });

  it('warns of broken files and calls the call a success all the same', async () => {
    const files = [
      { path: 'a.png', bytes: Buffer.alloc(0) },
      { path: 'b.csv', bytes: Buffer.from('only,header\n') },
    ];
    const result = await bench.call('code.execute', { code: '1' }, { sandbox: box({ files }) });
    expect(result.ok).toBe(true);
    expect(result.data).toMatchObject({
      _file_warnings: [
        { path: 'output/a.png', severity: 'critical' },
        { path: 'output/b.csv', severity: 'error' },
      ],
      _has_critical_file_errors: true,
    });
  });
});

describe('a program that fails', () => {
  it.each([
    ['a missing module', 'import "lodash"', /no module lodash in the sandbox.*there is Node/],
    ['require', 'require("fs")', /ES modules/],
    ['a name of another program', 'total + 1', /define total in it/],
    [
      'a missing file',
      'import fs from "node:fs"; fs.readFileSync("inputs/b.csv")',
      /inputs\/a\.csv/,
    ],
    ['a thrown text', 'throw "no luck"', /exit code 1: no luck/],
    ['its own exit', 'process.exit(3)', /exit code 3: it said nothing/],
    ['data that is no JSON', 'JSON.parse("{a")', /exit code 1: SyntaxError/],
  ])('because of %s is told what would help', async (_, code, said) => {
    bench.put('inputs/a.csv', 'x');
    const result = await bench.call('code.execute', { code });
    expect(result).toMatchObject({ ok: false, status: 500, error: expect.stringMatching(said) });
    expect((result.data as { returncode: number }).returncode).toBeGreaterThan(0);
  });

  it.each([
    ['javascript', 'const a = 1;\n  let b = ;', 2, 11, /end of the one before/],
    ['javascript', 'let c = 1; let c = 2', 1, 16, /another name/],
    ['javascript', "import { nothing } from 'node:fs';", 1, 10, /no such export/],
    ['javascript', 'const a = "b\n";', 1, 11, /close the text/],
    ['javascript', 'f(1, 2', 1, 6, /end of the one before/],
    ['typescript', 'const a: number = 1;\nlet b: = 3;', 2, 8, /end of the one before/],
    ['typescript', 'enum A { B }', 1, 1, /no enum/],
  ])('to be read as %s (%j) is told the place', async (language, code, line, col, hint) => {
    const result = await bench.call('code.execute', { code, language });
    expect(result).toMatchObject({
      ok: false,
      status: 400,
      error: expect.stringMatching(hint),
      data: {
        syntax_error: {
          ...{ line, col, offending_line: code.split('\n')[line - 1] },
          msg: expect.stringMatching(/^SyntaxError/),
          hint: expect.stringMatching(hint),
        },
      },
    });
    expect(result.error).toContain(`could not be read in line ${line}: SyntaxError`);
  });
});

describe('an error of Python', () => {
  const frame =
    'Traceback (most recent call last):\n  File "program.py", line 1, in <module>\n    x\n';

  it.each([
    [
      '  File "program.py", line 2\n    print(x\n         ^\nSyntaxError: \'(\' was never closed\n',
      400,
      /in line 2: SyntaxError: '\(' was never closed/,
    ],
    [
      '  File "program.py", line 3\n    print(x)\n    ^\nIndentationError: expected an indented block after \'if\' statement on line 2\n',
      400,
      /in line 3/,
    ],
    [
      `${frame}ModuleNotFoundError: No module named 'foo'\n`,
      500,
      /no module foo.*there is Python 3/,
    ],
    [
      `${frame}urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>\n`,
      500,
      /there is no network/,
    ],
    [
      `${frame}FileNotFoundError: [Errno 2] No such file or directory: 'x'\n`,
      500,
      /there are no files yet/,
    ],
    [`${frame}NameError: name 'df' is not defined\n`, 500, /define df in it/],
    [
      `${frame}    ast.literal_eval("(")\nSyntaxError: '(' was never closed\n`,
      500,
      /exit code 1: SyntaxError/,
    ],
    [`${frame}UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe4\n`, 500, /latin-1/],
    [
      `${frame}OSError: [Errno 30] Read-only file system: 'inputs/x'\n`,
      500,
      /only be written below output/,
    ],
    [`${frame}MemoryError\n`, 500, /memory is used up/],
    [`${frame}ValueError: a\nb\n`, 500, /exit code 1: ValueError: a$/],
  ])('%j', async (stderr, status, said) => {
    const answer = { exitCode: 1, stderr };
    const result = await bench.call('code.execute', { code: 'x' }, { sandbox: box(answer) });
    expect(result).toMatchObject({ ok: false, status, error: expect.stringMatching(said) });
  });
});

describe('a Python program that cannot be read', () => {
  it.each([
    ['x = 1\nif x:\n    print(x', 3, 10, "'(' was never closed", '    print(x\n         ^'],
    ['def f():\n\tx = "abc', 2, 6, 'unterminated string literal', '    x = "abc\n        ^'],
    ['if 1:\nx', 2, 1, 'expected an indented block', '    x\n    ^'],
  ])('%j is told the place', async (code, line, col, msg, shown) => {
    const stderr = `  File "program.py", line ${line}\n${shown}\nSyntaxError: ${msg}\n`;
    const sandbox = box({ exitCode: 1, stderr });
    const { data, status } = await bench.call('code.execute', { code }, { sandbox });
    expect(status).toBe(400);
    expect(data).toMatchObject({
      syntax_error: {
        ...{ line, col, msg: `SyntaxError: ${msg}` },
        offending_line: code.split('\n')[line - 1],
      },
    });
  });

  it('in a way that names no line is told as it is', async () => {
    const sandbox = box({ exitCode: 1, stderr: 'SyntaxError: source has null bytes\n' });
    const { data } = await bench.call('code.execute', { code: 'x\0' }, { sandbox });
    expect(Object(data).syntax_error).toEqual({
      msg: 'SyntaxError: source has null bytes',
      hint: expect.any(String),
    });
  });
});
