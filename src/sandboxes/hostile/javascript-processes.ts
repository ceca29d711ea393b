import { type Draft, programsOf, WATCHED } from './javascript-shape.ts';

const STARTS: readonly Draft[] = [
  {
    ...{ id: 'J13', title: 'reads a host file in a process', escape: 'secret-read' },
    covers: ['J13'],
    body: `const { execFileSync } = await import('node:child_process');
return find(execFileSync('/bin/cat', [FILE]));`,
  },
  {
    ...{ id: 'J14', title: 'reads a host file in a thread', escape: 'secret-read' },
    covers: ['J14'],
    body: `const { Worker } = await import('node:worker_threads');
const text = 'Promise.all([import("node:fs"), import("node:worker_threads")]).then(([fs, { parentPort }]) => parentPort.postMessage(fs.readFileSync(' + JSON.stringify(FILE) + ', "utf8")))';
const worker = new Worker(text, { eval: true });
try {
  return find(await soon(new Promise((resolve, reject) => { worker.on('message', resolve); worker.on('error', reject); })));
} finally { await worker.terminate(); }`,
  },
  {
    ...{ id: 'J15', title: 'reads a host file by a bound function', escape: 'secret-read' },
    covers: ['J15', '12.2-36'],
    body: `const result = process.binding('spawn_sync').spawn({
  file: '/bin/cat', args: ['cat', FILE], envPairs: [],
  stdio: [{ type: 'pipe', readable: true, writable: false }, { type: 'pipe', readable: false, writable: true }, { type: 'pipe', readable: false, writable: true }],
});
return find(result.output[1]);`,
  },
  {
    ...{ id: 'J16', title: 'has a host file loaded as an addon', escape: 'says-escaped' },
    covers: ['J16', '12.2-36'],
    body: `try { process.dlopen({ exports: {} }, FILE); } catch (error) {
  // The loader read the file, or it would not know what is wrong with it.
  if (/invalid ELF|file too short|not a mach-o|not a valid Win32/i.test(error.message)) return error.message;
  throw error;
}`,
  },
  {
    ...{ id: 'K30', title: 'becomes another program', escape: 'secret-read', covers: ['J13'] },
    body: `process.execve('/bin/cat', ['cat', FILE], {});`,
  },
  {
    ...{ id: 'K31', title: 'starts programs in every known way', escape: 'secret-read' },
    covers: ['12.2-36'],
    body: `const ways = [
  async () => (await import('node:child_process')).spawnSync('/bin/cat', [FILE]).stdout,
  async () => require('child_process').execFileSync('/bin/cat', [FILE]),
  async () => module.constructor._load('child_process').execFileSync('/bin/cat', [FILE]),
  async () => process.mainModule.require('child_process').execFileSync('/bin/cat', [FILE]),
  async () => (await import('node:module')).default._load('child_process').execFileSync('/bin/cat', [FILE]),
];
for (const way of ways) {
  try {
    const got = find(await way());
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'K32', title: 'starts itself again without limits', escape: 'secret-read' },
    covers: ['J13', 'J14'],
    body: `const { spawnSync } = await import('node:child_process');
const text = 'process.stdout.write(require("node:fs").readFileSync(' + JSON.stringify(FILE) + '))';
return find(spawnSync(process.execPath, ['-e', text], { env: {} }).stdout);`,
  },
];

const HARMS: readonly Draft[] = [
  {
    ...{ id: 'J36', title: 'kills a process of the host', escape: 'process-harmed' },
    covers: ['J36', '12.2-49'],
    body: `process.kill(VICTIM, 'SIGKILL'); return 'killed ' + VICTIM;`,
  },
  {
    ...{ id: 'J38', title: 'leaves a process behind', escape: 'process-left' },
    covers: ['J38', '12.3-56'],
    body: `const { spawn } = await import('node:child_process');
spawn('/bin/sh', ['-c', 'sleep 20; : ' + MARKER], { detached: true, stdio: 'ignore' }).unref();`,
  },
  {
    ...{ id: 'K33', title: 'leaves a process that holds its output', escape: 'process-left' },
    ...{ covers: ['12.3-56'], timeoutMs: 3000 },
    body: `const { spawn } = await import('node:child_process');
const inner = '(trap "" TERM HUP INT; sleep 20; : ' + MARKER + ') & exit 0';
spawn('/bin/sh', ['-c', inner], { detached: true, stdio: 'inherit' }).unref();`,
  },
  {
    ...{ id: 'J37', title: 'does not end when it is asked to', escape: 'process-left' },
    ...{ covers: ['J37', '12.3-55'], needsNothing: WATCHED, timeoutMs: 2000 },
    body: `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});
setInterval(() => {}, 1000);
await new Promise(() => {});`,
  },
  {
    ...{ id: 'J46', title: 'ends itself the hard way', escape: 'host-changed' },
    ...{ covers: ['J46'], needsNothing: 'the program has a process of its own in every box' },
    body: `process.on('exit', () => process.abort());
process.exit(0);`,
  },
  {
    ...{ id: 'J35', title: 'starts eighty processes', escape: 'limit-passed', heavy: true },
    ...{ covers: ['J35', '12.3-52'], policy: { processes: 24 } },
    body: `const { spawn } = await import('node:child_process');
const children = [];
for (let count = 0; count < 80; count++) {
  const child = spawn('/bin/sleep', ['5'], { stdio: 'ignore' });
  child.on('error', () => {});
  if (child.pid) children.push(child);
}
await new Promise((resolve) => setTimeout(resolve, 800));
const alive = children.filter((child) => child.exitCode === null && child.signalCode === null).length;
for (const child of children) child.kill('SIGKILL');
return alive > LIMITS.processes + 32 && alive + ' processes at once';`,
  },
  {
    ...{ id: 'K34', title: 'starts sixty threads', escape: 'limit-passed', heavy: true },
    ...{ covers: ['12.3-52'], policy: { processes: 8 } },
    body: `const { Worker } = await import('node:worker_threads');
const ENOUGH = LIMITS.processes + 36;
let online = 0;
for (let count = 0; count < 60; count++) {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  worker.on('online', () => { online += 1; });
  worker.on('error', () => {});
}
for (let round = 0; round < 60 && online < ENOUGH; round++) await new Promise((resolve) => setTimeout(resolve, 100));
say(online < ENOUGH ? 'CONTAINED' : 'ESCAPED', online + ' threads at once');
process.exit(0);`,
  },
];

/** Programs that start, harm or leave processes. */
export const JAVASCRIPT_PROCESSES = programsOf([...STARTS, ...HARMS]);
