import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxJob } from '../../src/ports/sandbox.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import { quickjsProvider } from '../../src/sandboxes/quickjs/provider.ts';
import { selfTest } from '../../src/sandboxes/self-test.ts';
import { withstandsBattery } from '../contracts/sandbox-boundary.ts';
import { boxOrReason, describeBox, POLICY, runIn } from '../contracts/sandbox-contract.ts';
import { boxUser } from './boxes.ts';
import { type Attempts, NODE_ATTEMPTS } from './escapes.ts';
import { openQuickjs } from './quickjs-box.ts';

const box = await boxOrReason(openQuickjs);
const user = await boxUser();

/** Ways out that only this engine could have; `got` is what was reached. */
const ENGINE_ATTEMPTS: Attempts = {
  'J17 makes a function that knows more':
    "got = Function('return typeof process.binding')() === 'function'",
  '12.2-32 finds the process by a constructor':
    "got = this?.constructor?.constructor?.('return process.mainModule')()",
  '12.2-33 J18 finds our functions by one of its own': `
for (const f of [console.log, setTimeout, fetch, process.exit, fs.readFileSync, tools?.call ?? Array]) {
  const found = f.constructor('return globalThis')();
  got = got || found !== globalThis || found.require;
}`,
  '12.2-34 J19 finds our functions by an error': `
try { fs.readFileSync('nowhere'); } catch (error) {
  const found = error.constructor.constructor('return globalThis')();
  got = found !== globalThis || found.process.mainModule;
}`,
  '12.2-35 finds them by functions that wait': `
for (const f of [async () => {}, function* () {}, async function* () {}]) {
  try { got = got || f.constructor('return globalThis.process.dlopen')()?.name; } catch {}
}`,
  '12.2-36 requires what it likes':
    "got = typeof require === 'function' || typeof module === 'object'",
  '12.2-37 J20 looks at the frames of a stack': `
const { prepareStackTrace } = Error;
Error.prepareStackTrace = (error, sites) => sites;
Error.stackTraceLimit = Infinity;
const sites = new Error('x').stack;
const foreign = (made) => made?.constructor?.constructor?.('return globalThis')() !== globalThis;
got = sites.some((site) => [site.getThis?.(), site.getFunction?.()].filter(Boolean).some(foreign));
Error.prepareStackTrace = prepareStackTrace;`,
  '12.2-38 asks who called':
    '(function inner() { try { got = arguments.callee.caller; } catch {} })()',
  '12.2-39 changes what the host might use': `
const { map } = Array.prototype;
Object.prototype.toJSON = () => ({ ok: true, forged: FILE });
Array.prototype.map = () => [FILE];
try { fs.writeFileSync('output/own.txt', 'x'); got = fs.readFileSync('output/own.txt', 'utf8') !== 'x'; } catch {}
delete Object.prototype.toJSON;
Array.prototype.map = map;
fs.rmSync('output/own.txt', { force: true });`,
  'finds the door to the host again': 'got = globalThis.__host || globalThis.__dispatch',
  'imports the inside of the box': "got = (await import('awp:/guest/bridge.mjs')).ask",
  'imports by an address': "got = await import('data:text/javascript,export default 1')",
  'imports a host file by its path': 'got = (await import(FILE)).default',
  'leaves its folder by a path upwards':
    "got = fs.readFileSync('inputs/../../../../../../' + FILE, 'utf8')",
  'leaves the kit by a path upwards':
    "got = (await import('kit/../../../../package.json')).default",
  'reads the process around it': "got = fs.readFileSync('/proc/self/environ', 'utf8')",
  'J40 J47 turns the engine around it':
    'got = process.report || process.binding || process.setFlagsFromString',
  'J43 uses descriptors of the process':
    'got = fs.readSync(3, Buffer.alloc(9)) || fs.readSync(4, Buffer.alloc(9))',
  'J42 imports a host file as JSON':
    "got = await import('file://' + FILE, { with: { type: 'json' } })",
  'J46 ends the host': 'process.abort(); got = true',
};

/** Programs that end or hang, and what has to come of them; none may say that it got through. */
const REACHED = 'reached it';
const QUICK = { timeoutMs: 4000, policy: { ...POLICY, cpuSeconds: 3 } };
const STOPPED = /^(?:timeout|cpu|memory|output|files)$/;
interface Outcome {
  stopped?: RegExp;
  exitCode?: number;
  job?: Partial<SandboxJob>;
}
const PROGRAMS: Readonly<Record<string, [code: string, outcome: Outcome]>> = {
  'J24 loops': ['for (;;);', { stopped: STOPPED }],
  'J25 12.2-44 starves everybody by small steps': [
    // Nothing waits for the steps: a chain of promises would use up the memory first.
    'const next = () => { Promise.resolve().then(next); }; next(); await new Promise(() => {});',
    { stopped: STOPPED },
  ],
  'J26 12.2-47 matches a pattern for ever': [
    "/^(a+)+$/.test('a'.repeat(60) + 'b');",
    { stopped: STOPPED },
  ],
  'J27 12.2-45 never stops its timers': [
    'setInterval(() => {}, 1); await new Promise(() => {});',
    { stopped: /timeout|cpu/ },
  ],
  'J28 12.2-43 waits for ever': [
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
    { exitCode: 1 },
  ],
  'J29 fills the heap': [
    'const a = []; for (;;) a.push(new Array(1 << 20).fill(a.length + 0.5));',
    { stopped: /memory/, job: { timeoutMs: 30_000, policy: { ...POLICY, cpuSeconds: 30 } } },
  ],
  'J30 fills buffers': [
    'const a = []; for (;;) a.push(new ArrayBuffer(16 << 20));',
    { stopped: /memory/ },
  ],
  'J31 fills memory of wasm': ['new WebAssembly.Memory({ initial: 65536 });', { exitCode: 1 }],
  'J32 doubles a text': [
    "let a = 'x'; for (;;) { a += a; console.log(a.length); }",
    { exitCode: 1 },
  ],
  '12.2-47 joins an endless list': ["new Array(2 ** 32 - 1).join('x');", { stopped: STOPPED }],
  'J33 12.2-46 calls itself': ['(function f() { f(); })();', { exitCode: 1 }],
  '12.2-46 calls itself by patterns, sorts and getters': [
    `const deep = '['.repeat(200_000);
for (const way of [
  () => JSON.parse(deep), () => eval(deep), () => new RegExp('('.repeat(60_000)),
  function sorts() { return [2, 1].sort(sorts); }, () => { const o = { get a() { return o.a; } }; return o.a; },
  () => { const o = { toString: () => \`\${o}\` }; return \`\${o}\`; },
]) { try { way(); } catch {} }
process.exit(5);`,
    // The engine is given up where its stack could not be watched by itself.
    {},
  ],
  '12.2-48 sorts for ever': ['[3, 1, 2].sort(() => { for (;;); });', { stopped: STOPPED }],
  'J34 prints for ever': [
    "const line = 'x'.repeat(1 << 20); for (;;) console.log(line);",
    { stopped: /output/, job: { timeoutMs: 60_000, policy: { ...POLICY, cpuSeconds: 60 } } },
  ],
  'J37 does not hear the polite signal': [
    "process.on('SIGTERM', () => {}); for (;;);",
    { stopped: STOPPED },
  ],
  '12.3-57 makes a crowd of files': [
    "import fs from 'node:fs'; for (let i = 0; ; i++) fs.mkdirSync('output/' + i);",
    { stopped: /files/, job: { timeoutMs: 30_000, policy: { ...POLICY, cpuSeconds: 30 } } },
  ],
  '12.3-57 makes a deep tree': [
    "import fs from 'node:fs'; fs.mkdirSync('output/' + 'd/'.repeat(4000), { recursive: true });",
    { exitCode: 1 },
  ],
  '12.3-57 writes a huge file': [
    "import fs from 'node:fs'; const fd = fs.openSync('output/x', 'w'); fs.writeSync(fd, Buffer.alloc(1), 0, 1, 2 ** 43);",
    { exitCode: 1 },
  ],
  '12.2-40 is a promise that never ends': [
    'export const then = () => {}; await { then() {} };',
    { exitCode: 13 },
  ],
  '12.2-41 exports what must not be looked at': [
    'export default new Proxy({}, { get() { for (;;); }, ownKeys() { for (;;); } });',
    { exitCode: 0 },
  ],
  '12.2-41 throws what must not be looked at': [
    "throw new Proxy({}, { get() { throw new Error('again'); }, getPrototypeOf() { throw 1; } });",
    { exitCode: 1 },
  ],
  '12.2-50 names a host file in its types': [
    '/// <reference path="/etc/passwd" />\ndeclare module "x" { const a: number; }\ntype T = import("/etc/passwd").T;\nconsole.log("types");',
    { exitCode: 0, job: { language: 'typescript' } },
  ],
  '12.2-50 requires in the way of TypeScript': [
    'import x = require("fs");',
    { exitCode: 1, job: { language: 'typescript' } },
  ],
};

describeBox('quickjs withstands a program that', box, (opened) => {
  const attempts = { ...NODE_ATTEMPTS, ...ENGINE_ATTEMPTS };
  const job = { policy: { ...POLICY, outputChars: 100_000 } };
  withstandsBattery(opened, user, { language: 'javascript', attempts, job });

  it.for(Object.entries(PROGRAMS))('%s', { timeout: 90_000 }, async ([, [code, outcome]]) => {
    const { stopped, exitCode, job } = outcome;
    const text = `${code}\nconsole.log('${exitCode === 0 ? 'done' : REACHED}');`;
    const ended = await runIn(opened, { language: 'javascript', code: text, ...QUICK, ...job });
    expect(ended.stdout).not.toContain(REACHED);
    if (stopped) expect(ended.stopped).toMatch(stopped);
    if (exitCode !== undefined) expect(ended).toMatchObject({ exitCode });
    expect(ended.stderr).not.toMatch(/awp:|\/awp\/|wasm-function/);
    expect(ended.stderr.length).toBeLessThan(POLICY.outputChars + 100);
  });
});

describeBox('quickjs and its tools', box, (opened) => {
  const noting = () => {
    const heard: unknown[] = [];
    const call = async (_: string, args: object) => {
      heard.push(args);
      return { ok: true, status: 200, data: {} };
    };
    return { heard, tools: { names: ['a.b'], call } };
  };

  it('J22 J23 12.2-42: the host gets data only, whatever a program sends', async () => {
    const { heard, tools } = noting();
    const code = `
await tools.call('a.b', JSON.parse('{"__proto__": {"polluted": 1}}'));
await tools.call('a.b', { toJSON() { return { list: [1] }; } });
for (const args of [{ get x() { throw new Error('x'); } }, { n: 1n }, 'a text', [1]]) await tools.call('a.b', args).catch(() => {});
console.log('done');`;
    const ended = await runIn(opened, { language: 'javascript', code, tools });
    expect(ended).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(heard).toContainEqual({ list: [1] });
    expect(heard).not.toContainEqual('a text');
  });

  it('J49: a flood of calls is refused, then ended', async () => {
    const { heard, tools } = noting();
    const code = "for (;;) await tools.call('a.b', {}).catch(() => {});";
    const policy = { ...POLICY, toolCalls: 10, cpuSeconds: 60 };
    const ended = await runIn(opened, { language: 'javascript', code, tools, policy });
    expect(ended.limits).toContain('tool-calls');
    expect(ended.stopped).toMatch(/tool-calls|timeout/);
    expect(heard.length).toBe(10);
  });

  it('a call that waits does not mix up the answers to others', async () => {
    const { tools } = noting();
    const call = async (_: string, args: object) => ({ ok: true, status: 200, data: { ...args } });
    const code = `
const order = [];
const later = [1, 2, 3].map((n) => tools.call('a.b', { n }).then((reply) => order.push(reply.n)));
order.push('now ' + tools.callSync('a.b', { n: 4 }).n);
await Promise.all(later);
console.log(order.join());`;
    const both = { ...tools, call };
    const ended = await runIn(opened, { language: 'javascript', code, tools: both });
    expect(ended.stdout).toBe('now 4,1,2,3\n');
  });
});

describeBox('the self-test of quickjs', box, () => {
  it('passes in its languages', async () => {
    const effects = nodeEffects();
    const provider = await quickjsProvider(await makeKit(effects));
    const languages = new Set(['javascript', 'typescript']);
    expect(provider && (await selfTest(effects, provider))).toEqual({ languages, leak: undefined });
  });
});

describe('the attempts', () => {
  it('are more than 25 programs besides those of every box', () => {
    const own = { ...ENGINE_ATTEMPTS, ...PROGRAMS };
    expect(Object.keys(own).length).toBeGreaterThan(25);
  });
});
