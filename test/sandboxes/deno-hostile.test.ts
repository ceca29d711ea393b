import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { encodeFrame } from '../../src/sandboxes/frames.ts';
import { withstandsBattery } from '../contracts/sandbox-boundary.ts';
import { boxOrReason, describeBox, POLICY, runIn } from '../contracts/sandbox-contract.ts';
import { type Bait, layBait } from './bait.ts';
import { boxUser } from './boxes.ts';
import { openDeno } from './deno-box.ts';
import { type Attempts, NODE_ATTEMPTS, PYTHON_ATTEMPTS } from './escapes.ts';

const box = await boxOrReason(() => openDeno());
const user = await boxUser();

/** What is special about Deno; each sets `got` to what it reached. Source: sandbox-and-scale A3. */
const DENO_ATTEMPTS: Attempts = {
  'J02 reads a host file through an imported module':
    "got = (await import('node:fs/promises')).readFile(FILE, 'utf8'); got = await got",
  'J03 opens a host file': "got = await (await import('node:fs/promises')).open(FILE)",
  'J04 reads a key from its environment': 'got = process.env.AWP_TEST_API_KEY',
  'J05 reads the environment of the host':
    "got = fs.readFileSync('/proc/' + HOST + '/environ', 'utf8')",
  'J06 reads its own environment from the kernel':
    "got = fs.readFileSync('/proc/self/environ', 'utf8')",
  'J07 reads through a link that it makes':
    "Deno.symlinkSync(FILE, 'output/link'); got = Deno.readTextFileSync('output/link')",
  'J07 reads through a hard link that it makes':
    "Deno.linkSync(FILE, 'output/hard'); got = Deno.readTextFileSync('output/hard')",
  'J08 writes a host file by way of a path upwards':
    "Deno.writeTextFileSync('output/' + '../'.repeat(20) + WRITABLE.slice(1), 'changed'); got = true",
  'J08 moves a file out of its folder':
    "Deno.writeTextFileSync('output/x', 'x'); Deno.renameSync('output/x', FOLDER + '/moved'); got = true",
  'J08 copies a host file into its folder': "Deno.copyFileSync(FILE, 'output/copied'); got = true",
  'J08 truncates a host file': 'Deno.truncateSync(WRITABLE, 0); got = true',
  'J08 removes a host file': 'Deno.removeSync(WRITABLE); got = true',
  'J09 connects by TCP': "got = await Deno.connect({ hostname: '127.0.0.1', port: TCP })",
  'J09 listens': 'got = Deno.listen({ port: 0 })',
  'J09 serves': 'got = Deno.serve({ port: 0 }, () => new Response()).addr.port',
  'J10 fetches by what Deno has beneath our fetch': `
const http = await import('node:http');
got = await new Promise((resolve, reject) => http.get('http://127.0.0.1:' + TCP, resolve).on('error', reject));
got = got.statusCode`,
  'J10 opens a web socket':
    "got = await new Promise((resolve, reject) => { const s = new WebSocket('ws://127.0.0.1:' + TCP); s.onopen = resolve; s.onerror = () => reject(new Error('no')); })",
  'J10 fetches a file': "got = await fetch('file://' + FILE)",
  'J10 asks a name server': "got = await Deno.resolveDns('localhost', 'A')",
  'J11 sends a datagram':
    "got = Deno.listenDatagram({ port: 0, transport: 'udp', hostname: '127.0.0.1' })",
  'J12 connects by a path': "got = await Deno.connect({ transport: 'unix', path: SOCKET })",
  'J13 starts a program':
    "got = new Deno.Command('/bin/cat', { args: [FILE] }).outputSync().stdout.length",
  'J13 starts itself anew':
    "got = new Deno.Command(Deno.execPath(), { args: ['eval', '1'] }).outputSync().success",
  'J14 imports a host file in a thread': `
got = await new Promise((resolve, reject) => {
  const text = 'import a from ' + JSON.stringify('file://' + FILE) + ' with { type: "json" }; postMessage(a.secret)';
  const worker = new Worker('data:text/javascript,' + encodeURIComponent(text), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data); worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
})`,
  'J15 finds inner functions that ask nobody': `
const { core } = Deno[Deno.internal] ?? {};
for (const [name, op] of Object.entries(core?.ops ?? {})) {
  if (!/read_file|open_sync|fs_read/.test(name)) continue;
  try { const read = op(FILE); got = got || (String(read).includes(SECRET) && name); } catch {}
}`,
  'J16 loads a library':
    "got = Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } })",
  'J17 makes a function that sees more':
    "got = new Function('return Deno.readTextFileSync(' + JSON.stringify(FILE) + ')')()",
  'J20 looks at the frames of an error': `
Error.prepareStackTrace = (_, frames) => frames.map((frame) => frame.getThis?.()).find((one) => one && one !== globalThis && one.readTextFileSync);
got = new Error('x').stack?.readTextFileSync(FILE); Error.prepareStackTrace = undefined`,
  'J36 kills a host process': "Deno.kill(VICTIM, 'SIGKILL'); got = true",
  'J39 inspects itself': `
const inspector = await import('node:inspector');
const session = new inspector.Session(); session.connect(); got = true`,
  'J39 opens a door for an inspector': "(await import('node:inspector')).open(0); got = true",
  'J40 writes a picture of its memory':
    "got = (await import('node:v8')).writeHeapSnapshot(FOLDER + '/heap')",
  'J41 attaches a database to another':
    "const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(':memory:').exec(\"attach '\" + FOLDER + \"/made.db' as q; create table q.t (x)\"); got = true",
  'J42 imports a host file as JSON':
    "got = (await import('file://' + FILE, { with: { type: 'json' } })).default.secret",
  'J42 imports a host file as text':
    "got = (await import('file://' + WRITABLE, { with: { type: 'text' } })).default",
  'J42 imports by a module of its own making':
    "got = (await import('data:text/javascript,' + encodeURIComponent('import a from ' + JSON.stringify('file://' + FILE) + ' with { type: \"json\" }; export default a'))).default",
  'J42 imports from the network': "got = await import('http://127.0.0.1:' + TCP + '/x.mjs')",
  'J42 imports a package from the network': "got = await import('npm:chalk')",
  'J42 imports from a registry': "got = await import('jsr:@std/fs')",
  'J43 reads descriptors by the kernel’s names':
    "for (const fd of fs.readdirSync('/proc/self/fd')) got = fd",
  'J48 requires a host file':
    "got = process.getBuiltinModule('module').createRequire('file:///x.js')(FILE)",
  'J50 asks for more rights':
    "got = (await Deno.permissions.request({ name: 'read' })).state === 'granted'",
  'J50 reads the variables of Deno': "got = Deno.env.get('DENO_DIR')",
  'reads the folder of our own programs': "got = Deno.readDirSync(FOLDER + '/..').next()",
  'changes its inputs by a path through its output':
    "fs.writeFileSync('output/../inputs/table.csv', 'x'); got = true",
  'changes to a folder of the host': "Deno.chdir('/'); got = true",
  'watches a host file': 'got = Deno.watchFs(FILE)',
  'learns who runs it': 'got = Deno.uid()',
  'keeps something for other programs':
    "localStorage.setItem('a', 'b'); got = localStorage.getItem('kept'); localStorage.clear()",
};

/** The ways from Python in Pyodide to JavaScript, and what lies behind them. */
const BRIDGE_ATTEMPTS: Attempts = {
  'P54 reads the environment by js': 'import js; got = js.process.env.AWP_TEST_API_KEY',
  'P55 runs JavaScript that reads':
    "from pyodide.code import run_js; got = run_js('Deno.readTextFileSync(%r)' % FILE)",
  'P56 makes a function of JavaScript':
    "from pyodide.code import run_js; got = run_js('Function')('return Deno')().readTextFileSync(FILE)",
  'P57 fetches by JavaScript':
    "import js; from pyodide.ffi import run_sync; got = run_sync(js.fetch('http://127.0.0.1:%d' % TCP))",
  'P58 mounts a folder of the host':
    "import pyodide_js; pyodide_js.mountNodeFS('/tmp/host', FOLDER); got = open('/tmp/host/secret.json').read()",
  'P68 kills by JavaScript': "import js; js.process.kill(VICTIM, 'SIGKILL'); got = True",
  'P69 opens a database by JavaScript':
    "import js; got = js.process.getBuiltinModule('sqlite').DatabaseSync.new(FILE)",
};

/** The same by whoever has found JavaScript again: then only Deno is left to refuse. */
const FOUND = `
import sys
from pyodide.ffi import JsProxy
import gc
def javascript():
    for one in gc.get_objects():
        if isinstance(one, dict):
            for value in list(one.values()):
                if isinstance(value, JsProxy) and hasattr(value, 'constructor'):
                    return value.constructor.constructor('return globalThis')()
js = javascript()
assert js is not None and hasattr(js, 'Deno')
`;
const FOUND_ATTEMPTS: Attempts = Object.fromEntries(
  Object.entries({
    'P54 reads the environment':
      "got = js.Deno.env.get('AWP_TEST_API_KEY') or js.process.env.AWP_TEST_API_KEY",
    'P55 reads a host file': 'got = js.Deno.readTextFileSync(FILE)',
    'P56 reads a host file by an evaluated text':
      "got = js.eval('Deno.readTextFileSync(%s)' % json.dumps(FILE))",
    'P57 connects to a host port':
      "from pyodide.ffi import run_sync, to_js; got = run_sync(js.eval('(port) => Deno.connect({ port })')(TCP))",
    'P58 overwrites a host file': "js.Deno.writeTextFileSync(WRITABLE, 'changed'); got = True",
    'P68 kills a host process': "js.process.kill(VICTIM, 'SIGKILL'); got = True",
    'P68 starts a program':
      'got = js.eval(\'(file) => new Deno.Command("/bin/cat", { args: [file] }).outputSync()\')(FILE)',
    'P69 opens a host file as a database':
      'got = js.eval(\'(file) => new (process.getBuiltinModule("sqlite").DatabaseSync)(file)\')(FILE)',
    'asks for more rights':
      "from pyodide.ffi import run_sync; got = run_sync(js.eval('Deno.permissions.request({ name: \"read\" })')).state == 'granted'",
  }).map(([name, code]) => [`${name} by JavaScript that it found`, `${FOUND}${code}`]),
);

/** Programs that end or hang; each must leave this text unsaid. */
const REACHED = 'reached it';
const PROGRAMS: Readonly<Record<string, (bait: Bait) => string>> = {
  'J01 requires a host file': ({ file }) =>
    `const { createRequire } = await import('node:module'); console.log('${REACHED}', createRequire('${file}')('${file}'));`,
  'J42 imports a host file as JSON, statically': ({ file }) =>
    `import a from 'file://${file}' with { type: 'json' }; console.log('${REACHED}', a);`,
  'J42 imports a host file as text, statically': ({ writable }) =>
    `import a from 'file://${writable}' with { type: 'text' }; console.log('${REACHED}', a);`,
  'J42 imports a host file as bytes, statically': ({ file }) =>
    `import a from 'file://${file}' with { type: 'bytes' }; console.log('${REACHED}', a);`,
  'J42 imports a host file by its path': ({ file }) =>
    `import a from '${file}' with { type: 'json' }; console.log('${REACHED}', a);`,
  'J42 hands a host file on': ({ file }) =>
    `export * from 'file://${file}'; console.log('${REACHED}');`,
  'J42 imports from the network, statically': ({ tcp }) =>
    `import 'http://127.0.0.1:${tcp}/x.mjs'; console.log('${REACHED}');`,
  '12.2-50 names a host file in a comment that types are read from': ({ file }) =>
    `// @deno-types="${file}"\n/// <reference path="${file}" />\nimport 'file://${file}'; console.log('${REACHED}');`,
  'J14 reads in a thread that it gives more rights': ({ file }) =>
    `new Worker('data:text/javascript,' + encodeURIComponent('console.log("${REACHED}", Deno.readTextFileSync("${file}"))'), { type: 'module', deno: { permissions: 'inherit' } }); await new Promise(() => {});`,
  'J25 starves everybody by small steps': () =>
    `const next = () => Promise.resolve().then(next); await next(); console.log('${REACHED}');`,
  'J26 matches a pattern for ever': () =>
    `/^(a+)+$/.test('a'.repeat(60) + 'b'); console.log('${REACHED}');`,
  'J27 never stops its timers': () =>
    `setInterval(() => {}, 1); await new Promise(() => {}); console.log('${REACHED}');`,
  'J28 waits in a thread for ever': () =>
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); console.log('${REACHED}');`,
  'J30 fills memory by buffers': () =>
    `const all = []; for (let i = 0; i < 40; i++) { all.push(new Uint8Array(64 << 20).fill(1)); await new Promise((r) => setTimeout(r, 10)); } console.log('${REACHED}');`,
  'J31 fills memory by WebAssembly': () =>
    `const all = []; for (let i = 0; i < 40; i++) { const m = new WebAssembly.Memory({ initial: 1024 }); new Uint8Array(m.buffer).fill(1); all.push(m); await new Promise((r) => setTimeout(r, 10)); } console.log('${REACHED}');`,
  'J14 fills memory by threads': () =>
    `const all = []; for (let i = 0; i < 400; i++) { all.push(new Worker('data:text/javascript,setInterval(()=>{},1e6)', { type: 'module' })); await new Promise((r) => setTimeout(r, 5)); } console.log('${REACHED}');`,
  'J32 doubles a text': () =>
    `let a = 'x'; const all = []; for (;;) { a += a; all.push(Buffer.from(a)); if (all.length > 40) break; } console.log('${REACHED}');`,
  'J33 calls itself for ever': () => `(function f() { f(); })(); console.log('${REACHED}');`,
  'J37 does not hear the polite signal': () =>
    `process.on('SIGTERM', () => {}); Deno.addSignalListener('SIGTERM', () => {}); while (true); console.log('${REACHED}');`,
  'J46 aborts': () => `process.abort(); console.log('${REACHED}');`,
};

describeBox('deno withstands JavaScript that', box, (opened) => {
  escapes(opened, 'javascript', { ...heardOf(NODE_ATTEMPTS), ...DENO_ATTEMPTS });
});
describeBox('deno withstands Python that', box, (opened) => {
  escapes(opened, 'python', { ...ours(PYTHON_ATTEMPTS), ...BRIDGE_ATTEMPTS, ...FOUND_ATTEMPTS });
});
describeBox('deno withstands a program that', box, (opened) => {
  let bait: Bait;
  beforeAll(async () => {
    bait = await layBait(user);
  });
  afterAll(async () => bait?.close());

  it.for(Object.entries(PROGRAMS))('%s', { timeout: 60_000 }, async ([, code]) => {
    const limits = { timeoutMs: 4000, policy: { ...POLICY, cpuSeconds: 3 } };
    const done = await runIn(opened, { language: 'typescript', code: code(bait), ...limits });
    expect(done.exitCode).not.toBe(0);
    expect(done.stdout).not.toContain(REACHED);
    expect(JSON.stringify(done)).not.toContain(bait.secret);
    expect(await bait.untouched()).toBe(true);
  });

  it('J34 prints without an end', async () => {
    const code = "const line = 'x'.repeat(1 << 20); for (;;) console.log(line);";
    const policy = { ...POLICY, cpuSeconds: 60 };
    const done = await runIn(opened, { language: 'javascript', code, policy });
    expect(done.stopped).toBe('output');
  });

  it('J49 calls tools without an end', async () => {
    const code = "for (;;) await tools.call('a.b', {}).catch(() => {});";
    const tools = { names: ['a.b'], call: async () => ({ ok: true, status: 200, data: {} }) };
    const policy = { ...POLICY, toolCalls: 10, cpuSeconds: 60 };
    const done = await runIn(opened, { language: 'javascript', code, tools, policy });
    expect(done.limits).toContain('tool-calls');
    expect(done.stopped).toMatch(/tool-calls|timeout/);
  });

  it('J22 J23 sends the host what no tool expects', async () => {
    const heard: unknown[] = [];
    const tools = {
      names: ['a.b'],
      call: async (_: string, args: object) => {
        heard.push(args);
        return { ok: true, status: 200, data: {} };
      },
    };
    const code = `
await tools.call('a.b', JSON.parse('{"__proto__": {"polluted": 1}}'));
await tools.call('a.b', { toJSON() { return { list: [1] }; } });
for (const args of [{ get x() { throw new Error('x'); } }, { n: 1n }, 'a text', [1]]) await tools.call('a.b', args).catch(() => {});
console.log('done');`;
    const done = await runIn(opened, { language: 'javascript', code, tools });
    expect(done).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(heard).toContainEqual({ list: [1] });
    expect(heard).not.toContainEqual('a text');
  });

  // By then the number may be that of a pipe of Deno's own: it can harm itself with it, not us.
  it('J43 speaks to the host by the channel on which its job came', async () => {
    const forged = encodeFrame({ kind: 'F', name: 'forged.txt', payload: Buffer.from('x') });
    const code = `
import net from 'node:net';
try {
  const way = new net.Socket({ fd: 3 });
  way.on('error', () => {});
  way.write(Buffer.from('${Buffer.from(forged).toString('hex')}', 'hex'), () => Deno.exit(0));
} catch {}`;
    const done = await runIn(opened, { language: 'javascript', code });
    expect(done.stopped).not.toBe('frames');
    expect(done.files).toEqual([]);
  });

  it('J38 J45 leaves what is no regular file', async () => {
    const code = `
import fs from 'node:fs';
fs.writeFileSync('output/plain.txt', 'ok');
try { Deno.symlinkSync('/etc/hostname', 'output/link'); } catch {}
try { Deno.mkfifoSync('output/pipe'); } catch {}
try { Deno.mkdirSync('output/' + 'd/'.repeat(100), { recursive: true }); } catch {}`;
    const done = await runIn(opened, { language: 'javascript', code });
    expect(done.exitCode).toBe(0);
    expect(done.files.map(({ path }) => path)).toEqual(['plain.txt']);
  });
});

/** Deno refuses a datagram by an error that no socket hears: who waits for that one waits for ever. */
function heardOf(attempts: Attempts): Attempts {
  return Object.fromEntries(
    Object.entries(attempts).filter(([name]) => name !== 'sends a datagram'),
  );
}

/** What only a Python of the machine can attempt is not there to be withstood. */
function ours(attempts: Attempts): Attempts {
  const inMemory = /^(?:finds open descriptors|writes to the channel)/;
  return Object.fromEntries(Object.entries(attempts).filter(([name]) => !inMemory.test(name)));
}

function escapes(opened: Sandbox, language: 'javascript' | 'python', attempts: Attempts): void {
  // Errors that come by an event and not by the call are as good an answer.
  const before = language === 'javascript' ? "process.on('uncaughtException', () => {});\n" : '';
  const job = { policy: { ...POLICY, outputChars: 100_000, cpuSeconds: 60 } };
  withstandsBattery(opened, user, { language, attempts, before, job });
}

describe('the attempts', () => {
  it('are more than 25 programs in JavaScript and all bridges of Python', () => {
    expect(Object.keys({ ...DENO_ATTEMPTS, ...PROGRAMS }).length).toBeGreaterThan(25);
    for (const id of ['P54', 'P55', 'P56', 'P57', 'P58', 'P68', 'P69']) {
      expect(Object.keys(BRIDGE_ATTEMPTS).some((name) => name.startsWith(id))).toBe(true);
    }
  });
});
