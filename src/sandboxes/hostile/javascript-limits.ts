import { type Draft, programsOf, WATCHED } from './javascript-shape.ts';

/** For what never ends: short, so that it is ended soon. */
const ENDLESS = { escape: 'limit-passed', needsNothing: WATCHED, timeoutMs: 1500 } as const;
/** What a program holds in the end, when nothing stops it: ten times what it may. */
const HOLD = `const ENOUGH = 1_280;
const MIB = 2 ** 20;
const held = [];
`;
const KEEP = `await new Promise((resolve) => setTimeout(resolve, 400));
return held.length > 0 && 'held ' + ENOUGH + ' MiB';`;

const ENDLESS_PROGRAMS: readonly Draft[] = [
  {
    ...{ ...ENDLESS, id: 'J23', title: 'hands over values that never end', covers: ['J23'] },
    body: `const bomb = { get a() { for (;;); }, toJSON() { for (;;); } };
try { await tools.call('bait.echo', bomb); } catch {}
JSON.stringify(bomb);`,
  },
  {
    ...{ ...ENDLESS, id: 'J24', title: 'loops for ever', covers: ['J24'] },
    body: 'for (;;);',
  },
  {
    ...{ ...ENDLESS, id: 'J25', title: 'starves the queue', covers: ['J25', '12.2-44'] },
    body: `await new Promise(() => { (function again() { Promise.resolve().then(again); })(); });`,
  },
  {
    ...{ ...ENDLESS, id: 'J26', title: 'never finishes a pattern', covers: ['J26', '12.2-47'] },
    body: `return /^(a+)+$/.test('a'.repeat(40) + 'b');`,
  },
  {
    ...{ ...ENDLESS, id: 'J27', title: 'keeps its timers running', covers: ['J27', '12.2-45'] },
    body: `Promise.reject(new Error('nobody hears it')).catch(() => {});
setInterval(() => {}, 10);
const again = () => setTimeout(again, 0);
again();
await new Promise(() => {});`,
  },
  {
    ...{ ...ENDLESS, id: 'J28', title: 'sleeps without end', covers: ['J28', '12.2-43'] },
    body: `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  },
  {
    ...{ ...ENDLESS, id: 'K50', title: 'sorts without end', covers: ['12.2-48'] },
    body: `[3, 1, 2].sort(() => { for (;;); });`,
  },
  {
    ...{ ...ENDLESS, id: 'K51', title: 'is an argument that never ends', covers: ['12.2-42'] },
    body: `const loop = () => { for (;;); };
const bomb = new Proxy({}, { getPrototypeOf: loop, ownKeys: loop, get: loop, has: loop });
try { await tools.call('bait.echo', bomb); } catch {}
JSON.stringify(bomb);`,
  },
  {
    ...{ ...ENDLESS, id: 'K52', title: 'is a result that must not be looked at' },
    covers: ['12.2-41'],
    text: () => `export default new Proxy({}, {
  get() { for (;;); }, ownKeys() { for (;;); }, getPrototypeOf() { for (;;); },
});
console.log('CONTAINED: nobody looked at it');
console.log(new Proxy({}, { get() { throw new Error('do not look'); } }));
console.log({ get a() { for (;;); } });
`,
  },
  {
    ...{ ...ENDLESS, id: 'K53', title: 'reads from a pipe that nobody fills', covers: ['12.3-55'] },
    body: `const { execFileSync } = await import('node:child_process');
execFileSync('mkfifo', ['output/k53']);
return (await import('node:fs')).readFileSync('output/k53');`,
  },
];

const MEMORY: readonly Draft[] = [
  {
    ...{ id: 'J29', title: 'fills the heap', escape: 'limit-passed', heavy: true, covers: ['J29'] },
    timeoutMs: 20_000,
    body: `${HOLD}for (let count = 0; count < ENOUGH; count++) held.push(new Array(MIB / 8).fill(count + 0.5));
${KEEP}`,
  },
  {
    ...{ id: 'J30', title: 'fills buffers outside of the heap', escape: 'limit-passed' },
    ...{ heavy: true, covers: ['J30', '12.3-53'] },
    body: `${HOLD}for (let count = 0; count < ENOUGH / 64; count++) held.push(new Uint8Array(64 * MIB).fill(1));
${KEEP}`,
  },
  {
    ...{ id: 'J31', title: 'fills the memory of wasm', escape: 'limit-passed', heavy: true },
    covers: ['J31', '12.2-43'],
    body: `${HOLD}for (let count = 0; count < ENOUGH / 64; count++) {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024 });
  new Uint8Array(memory.buffer).fill(1);
  held.push(memory);
}
${KEEP}`,
  },
  {
    ...{ id: 'K54', title: 'fills buffers in a thread', escape: 'limit-passed', heavy: true },
    timeoutMs: 20_000,
    covers: ['J30', 'J14'],
    body: `${HOLD}const { Worker } = await import('node:worker_threads');
const text = 'const held = []; for (let count = 0; count < ' + ENOUGH / 64 + '; count++) held.push(new Uint8Array(' + 64 * MIB + ').fill(1)); import("node:worker_threads").then(({ parentPort }) => parentPort.postMessage(held.length)); setTimeout(() => {}, 3000);';
const worker = new Worker(text, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
held.push(worker);
await new Promise((resolve, reject) => { worker.on('message', resolve); worker.on('error', reject); worker.on('exit', reject); });
setTimeout(() => process.exit(0), 1000);
${KEEP}`,
  },
  {
    ...{ id: 'K55', title: 'grows slowly', escape: 'limit-passed', heavy: true },
    covers: ['12.3-53'],
    body: `${HOLD}const WANTED = LIMITS.memoryMb * 4;
for (let size = 0; size < WANTED; size += 16) {
  held.push(new Uint8Array(16 * MIB).fill(1));
  await new Promise((resolve) => setTimeout(resolve, 40));
}
await new Promise((resolve) => setTimeout(resolve, 400));
return 'held ' + WANTED + ' MiB';`,
  },
  {
    ...{ id: 'J32', title: 'prints half a gigabyte at once', escape: 'limit-passed', heavy: true },
    ...{ covers: ['J32', '12.2-47', '12.3-54'], needsNothing: WATCHED },
    body: `let text = 'x';
while (text.length < 2 ** 28) text += text;
console.log(text);
console.log(text + text);`,
  },
  {
    ...{ id: 'K56', title: 'makes texts that are too long', escape: 'limit-passed', heavy: true },
    ...{ covers: ['12.2-47'], needsNothing: WATCHED, timeoutMs: 4000 },
    body: `try { console.log(JSON.stringify(Array(1e6).fill('y'.repeat(50))).length); } catch {}
try { 'x'.repeat(2 ** 29).length; } catch {}
try { 'x'.padEnd(2 ** 30); } catch {}
new Array(2 ** 32 - 1).join('x');`,
  },
];

const REST: readonly Draft[] = [
  {
    ...{ id: 'J33', title: 'calls itself until the stack ends', escape: 'limit-passed' },
    ...{ covers: ['J33'], needsNothing: 'the stack of a program is its own' },
    body: `(function deeper() { deeper(); })();`,
  },
  {
    ...{ id: 'K57', title: 'ends the stack inside of the engine', escape: 'limit-passed' },
    ...{ covers: ['12.2-46'], needsNothing: 'the stack of a program is its own' },
    body: `const deep = '['.repeat(200_000) + ']'.repeat(200_000);
const ways = [
  () => JSON.parse(deep),
  () => new RegExp('('.repeat(100_000) + ')'.repeat(100_000)),
  () => { let text = '1'; for (let i = 0; i < 20_000; i++) text = '(' + text + ')'; return Function('return ' + text)(); },
  () => { const a = []; a[0] = a; let b = a; for (let i = 0; i < 1e5; i++) b = [b]; return JSON.stringify(b); },
  () => { const name = { toString() { return String(name); } }; return String(name); },
  () => { for (let size = 1; size < 2000; size++) { let left = size; (function down() { if (left-- > 0) [0].map(down); })(); } },
  () => { const up = (...a) => up(...a, ...a, 1); return up(1); },
  () => { class A { get x() { return this.x; } } return new A().x; },
];
for (const way of ways) { try { way(); } catch {} }`,
  },
  {
    ...{ id: 'J34', title: 'prints without end', escape: 'limit-passed', heavy: true },
    ...{ covers: ['J34', '12.3-54'], needsNothing: WATCHED, timeoutMs: 8000 },
    body: `const line = 'y'.repeat(1023) + '\\n';
const block = line.repeat(1024);
for (let count = 0; count < 300; count++) {
  console.log(block);
  if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}`,
  },
  {
    ...{ id: 'J49', title: 'calls tools twenty thousand times', escape: 'limit-passed' },
    covers: ['J49'],
    body: `let done = 0;
for (let round = 0; round < 200; round++) {
  const calls = Array.from({ length: 100 }, (_, count) => tools.call('bait.echo', { count }));
  for (const { status } of await Promise.allSettled(calls)) done += status === 'fulfilled' ? 1 : 0;
}
return done > LIMITS.toolCalls && done + ' calls were answered';`,
  },
  {
    ...{ id: 'K58', title: 'sends controls to whoever reads its output', escape: 'limit-passed' },
    ...{ covers: ['12.3-54'], needsNothing: 'what is printed is text, and shown harmless' },
    body: `process.stdout.write('\\u001b[2J\\u001b]0;title\\u0007\\u001b]52;c;eA==\\u0007\\u202e');
process.stdout.write(new Uint8Array([0xff, 0xfe, 0xc3, 0x28, 0x0a]));`,
  },
  {
    ...{ id: 'K59', title: 'fills output/ beyond what it may hold', escape: 'limit-passed' },
    ...{ heavy: true, covers: ['12.3-57'] },
    body: `const fs = await import('node:fs');
const block = new Uint8Array(2 ** 20).fill(1);
let size = 0;
for (let file = 0; file < 16; file++) {
  for (let count = 0; count < 3; count++) {
    fs.appendFileSync('output/' + file, block);
    size += block.length;
  }
}
// Who watches from outside has a second to see it.
await new Promise((resolve) => setTimeout(resolve, 1500));
return size > LIMITS.filesBytes * 2 && size + ' bytes were written';`,
  },
];

/** Programs that want more than they may have. */
export const JAVASCRIPT_LIMITS = programsOf([...ENDLESS_PROGRAMS, ...MEMORY, ...REST]);
