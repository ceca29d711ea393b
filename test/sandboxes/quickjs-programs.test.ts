import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { boxOrReason, describeBox, POLICY, runIn } from '../contracts/sandbox-contract.ts';
import { openQuickjs } from './quickjs-box.ts';

const box = await boxOrReason(openQuickjs);
const ROOM = { ...POLICY, outputChars: 100_000 };

/** Programs that print the same in the box as on Node itself. */
const AS_ON_NODE: Readonly<Record<string, string>> = {
  'shows values of every kind': `
class Point { constructor(x) { this.x = x; } }
console.log(1.5, -0, 10n, 'text', true, null, undefined, Symbol('s'));
console.log([1, 'two', null, undefined, [3, [4, [5, [6]]]]], { a: { b: { c: { d: 1 } } } });
console.log(new Point(3), new Map([['k', { v: 1 }]]), new Set([1, 'b']), /a+/gi, new Date(0));
console.log([function named() {}, () => {}, class A {}, class {}], Object.create(null));
console.log(["it's", 'a "b"', 'line\\nbreak'], { 'odd key': 1, [Symbol('y')]: 2, get z() { return 1; } });
console.log(new Uint8Array([1, 2]), Buffer.from('abc'), [1, , 3], [[], {}]);
console.log([new Error('quiet').message, String(new RangeError('r')), [undefined, null]]);`,
  'shows itself in a circle': `
const a = { name: 'a' }; a.self = a; console.log(a);`,
  'fills forms': `
console.log('%s is %d years and %i months, %f, %j %O %% %c.', 'Ada', 36.5, 7.9, 1.25, { a: 1 }, [1], 'css', 'more', 2);
console.log('100%', 5, '%s');`,
  'draws tables': `
console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]);
console.table([['p', 1], ['q', 2]]);
console.table([{ a: 1, b: 2 }], ['b']);
console.table(5);`,
  'groups, counts and asserts': `
console.group('outer'); console.log('in\\nside'); console.group(); console.info('deeper'); console.groupEnd(); console.groupEnd();
console.count(); console.count('x'); console.count(); console.countReset(); console.count();
console.assert(true, 'never'); console.dir({ a: 1 });`,
  'takes turns as Node does': `
setTimeout(() => console.log('second'), 40);
setTimeout((word) => console.log(word), 1, 'first');
queueMicrotask(() => console.log('microtask'));
Promise.resolve().then(() => console.log('then'));
console.log('now');
await new Promise((resolve) => setTimeout(resolve, 60));
await new Promise((resolve) => setImmediate(resolve));
let count = 0;
await new Promise((resolve) => { const timer = setInterval(() => { if (++count === 3) { clearInterval(timer); resolve(); } }, 1); });
console.log('after', count);
setTimeout(() => console.log('never'), 60_000).unref();`,
  'reads and writes texts and bytes': `
const bytes = Buffer.from('héllo €', 'utf8');
console.log(bytes.length, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1').length, bytes.subarray(0, 2));
console.log(Buffer.concat([Buffer.from('a'), Buffer.from([0x62])]).toString(), Buffer.from('6869', 'hex').toString(), Buffer.byteLength('ü'), Buffer.isBuffer(bytes));
console.log(new TextDecoder().decode(new TextEncoder().encode('ü\\0ü')).length, atob(btoa('hi')), Buffer.from([1, 2, 3]).readUInt16BE(1), Buffer.alloc(3, 'ab').toString());
console.log(JSON.stringify({ b: Buffer.from('x') }), Buffer.from('abcabc').indexOf('ca'), Buffer.compare(Buffer.from('a'), Buffer.from('b')));`,
  'joins paths': `
import path, { join } from 'node:path';
console.log(join('a', '..', 'b', './c/'), path.basename('/x/y.tar.gz', '.gz'), path.extname('y.tar.gz'), path.dirname('/a/b/'), path.relative('/a/b', '/a/c/d'));
console.log(path.parse('/x/y.tar.gz'), path.format({ dir: '/d', name: 'n', ext: '.e' }), path.normalize('/a/../../b//c/'), path.isAbsolute('a'), path.resolve('/a', 'b', '/c', 'd'));`,
  'reads addresses': `
const url = new URL('../y?q=1&q=2#end', 'https://user:pw@api.example:8443/a/b/x');
url.searchParams.append('z', 'ä b&');
console.log(url.href, url.origin, url.host, url.pathname, url.hash, [...url.searchParams].length, url.searchParams.getAll('q'));
url.pathname = '/other'; url.hash = '';
console.log(String(url), URL.canParse('nonsense'), new URLSearchParams({ a: '1 2', b: "it's" }).toString());`,
  'copies and compares': `
import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
const copy = structuredClone({ at: new Date(0), map: new Map([[1, new Set(['x'])]]), list: [1, , 3] });
console.log(copy, isDeepStrictEqual(copy, { at: new Date(0), map: new Map([[1, new Set(['x'])]]), list: [1, , 3] }));
try { structuredClone(() => {}); } catch (error) { console.log(error.name); }
assert.deepEqual([1, { a: 2 }], [1, { a: 2 }]);
assert.throws(() => { throw new TypeError('x'); }, TypeError);
try { assert.equal(1, 2); } catch (error) { console.log(error.name, error.code); }
console.log(inspect({ deep: { a: { b: { c: {} } } } }, { depth: 0 }));`,
  hashes: `
import { createHash, randomUUID } from 'node:crypto';
console.log(createHash('sha256').update('abc').digest('hex'), randomUUID().length, crypto.getRandomValues(new Uint8Array(4)).length);`,
  'hears its own events': `
import { EventEmitter, once } from 'node:events';
const emitter = new EventEmitter();
emitter.on('a', (x) => console.log('on', x)).once('a', (x) => console.log('once', x));
setTimeout(() => emitter.emit('b', 7), 1);
emitter.emit('a', 1); console.log(emitter.emit('a', 2), emitter.listenerCount('a'), await once(emitter, 'b'));`,
  'leaves in order': `
process.on('exit', (code) => console.log('exit', code));
process.on('beforeExit', () => { if (!globalThis.again) { globalThis.again = true; setTimeout(() => console.log('once more'), 1); } });
process.exitCode = 4;`,
};

/** Programs with files, and what they print. */
const WITH_FILES: Readonly<Record<string, [code: string, printed: string]>> = {
  'keeps files in every way that Node has': [
    `
import fs from 'node:fs';
import { readFile, writeFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
fs.mkdirSync('output/a/b', { recursive: true });
fs.writeFileSync('output/a/b/x.txt', 'one\\n');
fs.appendFileSync('output/a/b/x.txt', Buffer.from('two\\n'));
fs.copyFileSync('output/a/b/x.txt', 'output/copy.txt');
fs.renameSync('output/a', 'output/c');
await writeFile('output/p.json', JSON.stringify({ n: 1 }));
console.log(JSON.parse(await readFile('output/p.json', 'utf8')).n, (await stat('output/p.json')).size, fs.existsSync('output/a'));
console.log(fs.readdirSync('output', { recursive: true }).sort().join(' '));
console.log((await readdir('output', { withFileTypes: true })).map((e) => e.name + (e.isDirectory() ? '/' : '')).join(' '));
const fd = fs.openSync('output/d.bin', 'w+'); fs.writeSync(fd, Buffer.from('abcdef'), 1, 3); fs.closeSync(fd);
const back = Buffer.alloc(2); const other = fs.openSync('output/d.bin'); console.log(fs.readSync(other, back, 0, 2, 1), back.toString()); fs.closeSync(other);
fs.cpSync('output/c', 'output/e', { recursive: true }); fs.truncateSync('output/copy.txt', 3);
await rm('output/c', { recursive: true }); fs.unlinkSync('output/d.bin');
console.log(fs.readFileSync('output/e/b/x.txt', 'utf8').trim().split('\\n').length, fs.readFileSync('output/copy.txt', 'latin1'));
fs.rmSync('output/e', { recursive: true, force: true }); fs.rmSync('output/none', { force: true });
fs.readFile('output/copy.txt', 'utf8', (error, text) => console.log(error, text));`,
    '1 7 false\nc c/b c/b/x.txt copy.txt p.json\nc/ copy.txt p.json\n2 cd\n2 one\nnull one\n',
  ],
  'is told what does not work, in the words of Node': [
    `
import fs from 'node:fs';
const tries = [
  () => fs.readFileSync('inputs/none.csv'), () => fs.readFileSync('inputs'), () => fs.writeFileSync('inputs/t.csv', 'x'),
  () => fs.writeFileSync('beside.txt', 'x'), () => fs.writeFileSync('output/no/x', 'x'), () => fs.mkdirSync('output'),
  () => fs.rmdirSync('output'), () => fs.readdirSync('inputs/t.csv'), () => fs.symlinkSync('/etc', 'output/l'),
  () => fs.writeFileSync('output/' + 'n'.repeat(300), 'x'), () => fs.readFileSync('x\\0y'), () => fs.readFileSync(''),
  () => fs.accessSync('/etc/passwd'), () => fs.closeSync(77), () => fs.writeFileSync('output/x', {}), () => _input_file('..', 'x'),
];
for (const attempt of tries) { try { attempt(); console.log('worked'); } catch (error) { console.log(error.code ?? error.message); } }`,
    [
      ...['ENOENT', 'EISDIR', 'EROFS', 'EROFS', 'ENOENT', 'EEXIST', 'EROFS', 'ENOTDIR', 'EPERM'],
      ...['ENAMETOOLONG', 'EINVAL', 'ENOENT', 'ENOENT', 'EBADF', 'ERR_INVALID_ARG_TYPE'],
      ...['the path leaves inputs/', ''],
    ].join('\n'),
  ],
  'reads its inputs line by line': [
    `
import { createReadStream } from 'node:fs';
import readline from 'node:readline';
let sum = 0;
for await (const line of readline.createInterface({ input: createReadStream('inputs/t.csv') })) sum += Number(line.split(',')[1]) || 0;
console.log(sum);
for await (const piece of process.stdin) console.log(piece.toString());`,
    '6\nfrom outside\n',
  ],
  'does not follow a link out of its inputs': [
    `
import fs from 'node:fs';
console.log(fs.readdirSync('inputs').join(), fs.existsSync('inputs/out'), _list_files('/box/inputs'));
try { fs.readFileSync('inputs/out', 'utf8'); } catch (error) { console.log(error.code); }`,
    "t.csv false [ 't.csv' ]\nENOENT\n",
  ],
  'imports its own files and JSON': [
    `
import fs from 'node:fs';
fs.writeFileSync('output/lib.mjs', 'export const twice = (x) => 2 * x; export { default as data } from "./data.json";');
fs.writeFileSync('output/data.json', '{"a": [1]}');
const { twice, data } = await import('./output/lib.mjs');
console.log(twice(4), data);`,
    '8 { a: [ 1 ] }\n',
  ],
  'draws a chart and reckons with the data kit': [
    `
import { chart, describe, readCsv, regress } from 'kit';
const rows = readCsv('inputs/t.csv');
console.log(rows.length, describe(rows).length, regress(rows.concat({ x: 9, y: 10 }), { y: 'y', x: ['x'] }).n);
await chart({ data: { values: rows }, mark: 'point', encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } } }, 'figure');
console.log(_verify_png(_output_file('figure.png')));`,
    '3 2 4\ntrue\n',
  ],
};

/** Programs that end by an error: the status, and what is said of it. */
const FAILING: Readonly<Record<string, [code: string, status: number, said: RegExp]>> = {
  throws: [
    "const a = 1;\nfunction f() { throw new TypeError('of mine'); }\nf();",
    ...([
      1,
      /^program\.mjs:2\n.*\n {21}\^\n\nTypeError: of mine\n {4}at f \(program\.mjs:2:22\)\n {4}at program\.mjs:3:1\n$/,
    ] as [number, RegExp]),
  ],
  'does not wait for what fails': [
    "async function main() { await null; throw new Error('lost'); }\nmain();",
    ...([1, /program\.mjs:1\n[\s\S]*Error: lost\n {4}at main \(program\.mjs:1:43\)/] as [
      number,
      RegExp,
    ]),
  ],
  'fails later': [
    'setTimeout(() => { null.x; }, 1);',
    1,
    /TypeError: cannot read property 'x' of null/,
  ],
  'throws no error': ["throw 'words';", 1, /^Uncaught 'words'\n$/],
  'calls what is no function': ['const a = {};\na.b.c();', 1, /program\.mjs:2\na\.b\.c\(\);\n/],
  'calls a method that is not there': [
    'const tool = {};\ntool.go(1);',
    1,
    /TypeError: tool\.go is not a function\n/,
  ],
  'cannot be read': [
    'let a = 1;\nlet b = ;\n',
    1,
    /^program\.mjs:2\nlet b = ;\n {8}\^\n\nSyntaxError: Unexpected token ';'\n+$/,
  ],
  'asks for a package that is not there': [
    "import _ from 'lodash';",
    1,
    /Cannot find package 'lodash' imported from program\.mjs/,
  ],
  'asks for a name that a module has not': [
    "import { none } from 'node:fs';",
    1,
    /'none' in module 'node:fs'/,
  ],
  'starts a process': [
    "import { execSync } from 'node:child_process';\nexecSync('ls');",
    1,
    /node:child_process execSync is not here: this box has only computing, files and the tools of the host/,
  ],
  'waits for itself': ['await new Promise(() => {});', 13, /unsettled top-level await/],
  'calls itself for ever': [
    '(function f() { f(); })();',
    1,
    /^RangeError: Maximum call stack size exceeded\n$/,
  ],
  'nests too deep': [
    "JSON.parse('['.repeat(200_000));",
    1,
    /^RangeError: Maximum call stack size exceeded\n$/,
  ],
};

describeBox('a program in quickjs', box, (opened) => {
  const folder = { top: '', inputs: '' };
  beforeAll(async () => {
    folder.top = await mkdtemp(path.join(tmpdir(), 'awp-quickjs-test-'));
    folder.inputs = path.join(folder.top, 'inputs');
    await mkdir(folder.inputs);
    await writeFile(path.join(folder.inputs, 't.csv'), 'x,y\n1,1\n2,2\n3,3\n');
    await symlink('/etc/hostname', path.join(folder.inputs, 'out'));
    spawnSync('chmod', ['-R', 'a+rX', folder.top]);
  });
  afterAll(async () => rm(folder.top, { recursive: true, force: true }));
  const run = (code: string, more: Partial<SandboxJob> = {}): Promise<Execution> =>
    runIn(opened, { language: 'javascript', code, policy: ROOM, inputs: folder.inputs, ...more });

  it.for(Object.entries(AS_ON_NODE))('%s, as on Node', async ([, code]) => {
    const node = spawnSync(process.execPath, ['--input-type=module', '-'], {
      input: code,
      encoding: 'utf8',
      env: {},
    });
    expect(node.stderr).toBe('');
    const done = await run(code);
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe(node.stdout);
    expect(done.exitCode).toBe(node.status);
  });

  it.for(Object.entries(WITH_FILES))('%s', async ([name, [code, printed]], { skip }) => {
    if (name.includes('data kit') && !hasKit(opened)) skip('the data kit was not built');
    const done = await run(code, { stdin: Buffer.from('from outside') });
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe(printed);
    expect(done.exitCode).toBe(0);
  });

  it.for(Object.entries(FAILING))('that %s says so', async ([, [code, status, said]]) => {
    const done = await run(code);
    expect(done.stderr).toMatch(said);
    expect(done.stderr).not.toMatch(/awp:|\/awp\/|node:internal|wasm/);
    expect(done.exitCode).toBe(status);
  });

  it('names the line of a type that cannot be stripped', async () => {
    const code = 'const a: number = 1;\nenum B { c }\n';
    const done = await run(code, { language: 'typescript' });
    expect(done).toMatchObject({ exitCode: 1, stdout: '' });
    expect(done.stderr).toMatch(/^program\.mts:2\n[\s\S]*SyntaxError.*enum/);
  });

  it('hands back what it wrote before an error', async () => {
    const code =
      "import fs from 'node:fs'; fs.writeFileSync('output/a.txt', 'a'); throw new Error('x');";
    expect((await run(code)).files.map(({ path: name }) => name)).toEqual(['a.txt']);
  });
});

function hasKit({ languages }: Sandbox): boolean {
  return languages.some(({ description }) => description.includes('readCsv'));
}

describe('the table of programs', () => {
  it('covers what programs find', () => {
    expect(Object.keys(AS_ON_NODE).length + Object.keys(WITH_FILES).length).toBeGreaterThan(15);
  });
});
