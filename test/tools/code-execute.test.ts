import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { type Bench, makeBench, policy } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => {
  bench.clear();
});

const done: Execution = { exitCode: 0, stdout: '', stderr: '', files: [], notes: [], ms: 1 };

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
    close: async () => {},
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

  it.each([
    ['timeout', 408, 'stopped after 20 s'],
    ['memory', 500, 'memory'],
    ['cpu', 500, 'processor time'],
    ['processes', 500, 'processes'],
    ['output', 500, 'printed too much'],
    ['files', 500, 'files'],
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
    ['a missing module', 'import "lodash"', /no module lodash in the sandbox/],
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
    ['javascript', 'const a = 1;\nlet b = ;', 2],
    ['javascript', 'let c = 1; let c = 2', 1],
    ['typescript', 'const a: number = 1;\nlet b: = 3;', 2],
    ['typescript', 'enum A { B }', 1],
  ])('to be read as %s is told the line', async (language, code, line) => {
    const result = await bench.call('code.execute', { code, language });
    expect(result).toMatchObject({
      ok: false,
      status: 400,
      error: expect.stringContaining(`could not be read in line ${line}: SyntaxError`),
      data: { syntax_error: { line } },
    });
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
    [`${frame}ModuleNotFoundError: No module named 'foo'\n`, 500, /no module foo/],
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
