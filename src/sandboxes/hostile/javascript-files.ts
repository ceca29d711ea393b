import { type Draft, programsOf } from './javascript-shape.ts';

const EMPTY = 'the environment of a program is made from nothing, also where it has no boundary';
const COLLECTOR = 'the collector takes regular files of bounded size only, in every box';

const READS: readonly Draft[] = [
  {
    ...{ id: 'J01', title: 'reads a host file by require', escape: 'secret-read' },
    covers: ['J01'],
    body: `const { createRequire } = await import('node:module');
return find(createRequire('/program.js')('node:fs').readFileSync(FILE, 'utf8'));`,
  },
  {
    ...{ id: 'J02', title: 'reads a host file by a dynamic import', escape: 'secret-read' },
    covers: ['J02'],
    body: `return find((await import('node:fs')).readFileSync(FILE, 'utf8'));`,
  },
  {
    ...{ id: 'J03', title: 'opens a host file with promises', escape: 'secret-read' },
    covers: ['J03'],
    body: `const { open } = await import('node:fs/promises');
const file = await open(FILE);
try { return find(await file.readFile('utf8')); } finally { await file.close(); }`,
  },
  {
    ...{ id: 'J04', title: 'looks for a key in its environment', escape: 'secret-read' },
    ...{ covers: ['J04', '12.2-49'], needsNothing: EMPTY },
    body: `return find(JSON.stringify(process.env)) ||
  Object.keys(process.env).find((name) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name));`,
  },
  {
    ...{ id: 'J05', title: 'reads the environment of another process', escape: 'secret-read' },
    covers: ['J05', '12.4-70'],
    body: `const fs = await import('node:fs');
for (const pid of new Set([HOST, process.ppid, ...fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))])) {
  try {
    const got = find(fs.readFileSync('/proc/' + pid + '/environ', 'utf8'));
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'J06', title: 'reads its first environment from the kernel', escape: 'secret-read' },
    ...{ covers: ['J06', '12.4-70'], needsNothing: EMPTY },
    body: `const text = (await import('node:fs')).readFileSync('/proc/self/environ', 'utf8');
return find(text) || text.split('\\0').find((line) => /^[^=]*(KEY|TOKEN|SECRET|PASSWORD)/i.test(line));`,
  },
  {
    ...{ id: 'J07', title: 'reads a host file through a link', escape: 'secret-read' },
    covers: ['J07', '12.4-67'],
    body: `const fs = await import('node:fs');
fs.symlinkSync(FILE, 'output/j07');
try { return find(fs.readFileSync('output/j07', 'utf8')); } finally { fs.unlinkSync('output/j07'); }`,
  },
  {
    ...{ id: 'J42', title: 'imports a host file as data', escape: 'secret-read', covers: ['J42'] },
    text: ({ file, mark }) => `import data from ${JSON.stringify(file)} with { type: 'json' };
const text = JSON.stringify(data);
const at = text.indexOf(${JSON.stringify(mark)});
console.log(at < 0 ? 'CONTAINED: nothing' : 'ESCAPED: ' + text.slice(at, at + 200));
`,
  },
  {
    ...{ id: 'J44', title: 'leaves an allowed folder through a link', escape: 'secret-read' },
    covers: ['J44', '12.4-67'],
    body: `const fs = await import('node:fs');
fs.symlinkSync(FOLDER, 'output/j44');
try {
  const name = FILE.slice(FILE.lastIndexOf('/') + 1);
  return find(fs.readFileSync('output/j44/' + name, 'utf8'));
} finally { fs.unlinkSync('output/j44'); }`,
  },
  {
    ...{ id: 'K01', title: 'reads a host file through its own root', escape: 'secret-read' },
    covers: ['12.4-70'],
    body: `const fs = await import('node:fs');
for (const way of ['/proc/self/root', '/proc/thread-self/root', '/proc/' + HOST + '/root', '/proc/1/root']) {
  try {
    const got = find(fs.readFileSync(way + FILE, 'utf8'));
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'K02', title: 'reads the keys of a home folder', escape: 'secret-read' },
    covers: ['12.4-63', '12.4-64'],
    body: `const fs = await import('node:fs');
for (const name of ['.ssh/id_ed25519', '.aws/credentials', 'project/secrets.yaml', 'project/.env']) {
  for (const way of [HOME + '/' + name, '../'.repeat(12) + HOME.slice(1) + '/' + name, new URL('file://' + HOME + '/' + name)]) {
    try {
      const got = find(fs.readFileSync(way, 'utf8'));
      if (got) return got;
    } catch {}
  }
}`,
  },
  {
    ...{ id: 'K03', title: 'takes a host file as its settings', escape: 'secret-read' },
    covers: ['12.4-64'],
    body: `process.loadEnvFile(HOME + '/project/.env');
return find(JSON.stringify(process.env));`,
  },
  {
    ...{ id: 'K04', title: 'opens a host file as a blob', escape: 'secret-read' },
    covers: ['12.4-63'],
    body: `const { openAsBlob } = await import('node:fs');
return find(await (await openAsBlob(FILE)).text());`,
  },
  {
    ...{ id: 'K05', title: 'reads a host file from a module in a link', escape: 'secret-read' },
    covers: ['12.2-36'],
    body: `const text = 'import fs from "node:fs"; export const text = fs.readFileSync(' + JSON.stringify(FILE) + ', "utf8");';
return find((await import('data:text/javascript,' + encodeURIComponent(text))).text);`,
  },
  {
    ...{ id: 'K06', title: 'reads the neighbour of its inputs', escape: 'secret-read' },
    covers: ['12.4-65'],
    body: `const fs = await import('node:fs');
const name = INPUTS.slice(INPUTS.lastIndexOf('/') + 1) + '-private';
for (const folder of [INPUTS + '-private', 'inputs/../' + name, 'inputs-private', _workspace_dir + '/inputs-private']) {
  try {
    for (const file of fs.readdirSync(folder)) {
      const got = find(fs.readFileSync(folder + '/' + file, 'utf8'));
      if (got) return got;
    }
  } catch {}
}`,
  },
];

const WRITES: readonly Draft[] = [
  {
    ...{ id: 'J08', title: 'writes a host file', escape: 'host-changed', covers: ['J08'] },
    body: `(await import('node:fs')).writeFileSync(WRITABLE, 'changed by J08'); return true;`,
  },
  {
    ...{ id: 'J40', title: 'has a report written onto the host', escape: 'host-changed' },
    covers: ['J40'],
    body: `const path = FOLDER + '/j40-report.json';
process.report.writeReport(path);
return (await import('node:fs')).existsSync(path) && 'wrote ' + path;`,
  },
  {
    ...{ id: 'K07', title: 'has a picture of its memory written', escape: 'host-changed' },
    covers: ['J40'],
    body: `const path = FOLDER + '/k07.heapsnapshot';
(await import('node:v8')).writeHeapSnapshot(path);
return (await import('node:fs')).existsSync(path) && 'wrote ' + path;`,
  },
  {
    ...{ id: 'J41', title: 'makes a database on the host', escape: 'host-changed' },
    covers: ['J41'],
    body: `const { DatabaseSync } = await import('node:sqlite');
const path = FOLDER + '/j41.db';
const database = new DatabaseSync(path);
database.exec('create table t (x)');
database.close();
return 'made ' + path;`,
  },
  {
    ...{ id: 'K08', title: 'has a cache of code kept on the host', escape: 'host-changed' },
    covers: ['12.4-64'],
    body: `const { enableCompileCache } = await import('node:module');
enableCompileCache(FOLDER + '/k08-cache');`,
  },
  {
    ...{ id: 'K09', title: 'puts a module where packages are kept', escape: 'host-changed' },
    covers: ['12.4-64'],
    body: `const fs = await import('node:fs');
const path = PACKAGES + '/k09.mjs';
fs.writeFileSync(path, 'export {};');
return fs.existsSync(path) && 'wrote ' + path;`,
  },
  {
    ...{ id: 'K10', title: 'writes to the host when it exits', escape: 'host-changed' },
    covers: ['12.2-49'],
    body: `const fs = await import('node:fs');
process.on('exit', () => { try { fs.appendFileSync(WRITABLE, 'changed by K10'); } catch {} });`,
  },
  {
    ...{ id: 'K11', title: 'changes its inputs', escape: 'host-changed', covers: ['12.4-67'] },
    body: `const fs = await import('node:fs');
for (const path of ['inputs/k11.txt', INPUTS + '/k11.txt']) {
  try { fs.writeFileSync(path, 'x'); return 'wrote ' + path; } catch {}
}`,
  },
];

const ARTIFACTS: readonly Draft[] = [
  {
    ...{ id: 'J45', title: 'leaves links among its results', escape: 'secret-read' },
    ...{ covers: ['J45', '12.4-67'], needsNothing: COLLECTOR },
    body: `const fs = await import('node:fs');
fs.symlinkSync(FILE, 'output/j45.json');
fs.symlinkSync(FOLDER, 'output/j45');
fs.symlinkSync('/proc/self/environ', 'output/j45.txt');`,
  },
  {
    ...{ id: 'K12', title: 'leaves a pipe called report.csv', escape: 'trap-left' },
    ...{ covers: ['12.4-68'], needsNothing: COLLECTOR },
    body: `const { spawnSync } = await import('node:child_process');
spawnSync('mkfifo', ['output/report.csv']);
const server = (await import('node:net')).createServer();
await soon(new Promise((resolve, reject) => server.on('error', reject).listen('output/socket.csv', resolve)));
server.unref();`,
  },
  {
    ...{ id: 'K13', title: 'leaves files with impossible names', escape: 'trap-left' },
    ...{ covers: ['12.3-57'], needsNothing: COLLECTOR },
    body: `const fs = await import('node:fs');
for (const name of ['n'.repeat(255), 'a\\nb.txt', '\\u001b[2J.txt', '-rf', '..\\\\up.txt', 'a'.repeat(127) + '\\u202e.txt', '\\u00e9', 'e\\u0301']) {
  try { fs.writeFileSync('output/' + name, name); } catch {}
}
try { fs.writeFileSync(Buffer.concat([Buffer.from('output/'), Buffer.from([0xff, 0xfe])]), 'x'); } catch {}
let folder = 'output';
for (let depth = 0; depth < 400; depth++) folder += '/d';
try { fs.mkdirSync(folder, { recursive: true }); fs.writeFileSync(folder + '/deep.txt', 'x'); } catch {}`,
  },
  {
    ...{ id: 'K14', title: 'makes a sparse file of a terabyte', escape: 'limit-passed' },
    covers: ['12.3-57'],
    body: `const fs = await import('node:fs');
const path = 'output/k14.bin';
fs.writeFileSync(path, '');
fs.truncateSync(path, 2 ** 40);
await new Promise((resolve) => setTimeout(resolve, 1500));
const size = fs.statSync(path).size;
return size > LIMITS.filesBytes + 2 ** 21 && 'a file of ' + size + ' bytes';`,
  },
  {
    ...{ id: 'K15', title: 'swaps a result for a link while it is read', escape: 'secret-read' },
    ...{ covers: ['12.4-67', '12.4-69', '12.3-56'] },
    needsNothing: 'the collector begins when the program has ended, and opens no links',
    body: `const { spawn } = await import('node:child_process');
const fs = await import('node:fs');
fs.writeFileSync('output/k15.json', '{}');
const swap = 'for i in 1 2 3 4 5 6 7 8 9; do ln -sf ' + FILE + ' output/k15.json; sleep 0.05; rm -f output/k15.json; echo {} > output/k15.json; done';
spawn('/bin/sh', ['-c', swap], { stdio: 'ignore' }).unref();
await new Promise((resolve) => setTimeout(resolve, 100));`,
  },
  {
    ...{ id: 'K16', title: 'leaves output/ by the names it is given', escape: 'host-changed' },
    ...{ covers: ['12.4-74', '12.4-63'] },
    needsNothing: 'the helpers themselves refuse paths that leave their folder',
    body: `const fs = await import('node:fs');
for (const parts of [['..', '..', 'k16'], ['a', '../../k16'], ['..'], ['\\u0000']]) {
  try { fs.writeFileSync(_output_file(...parts), 'x'); return 'left by ' + parts.join('/'); } catch {}
}
const inside = (path) => String(path).startsWith(_output_dir);
try { if (!inside(_output_file(FOLDER, 'k16'))) return 'an absolute path was taken'; } catch {}`,
  },
  {
    ...{ id: 'K17', title: 'makes thousands of files', escape: 'trap-left', heavy: true },
    ...{ covers: ['12.4-69', '12.3-57'], needsNothing: COLLECTOR, timeoutMs: 20_000 },
    body: `const fs = await import('node:fs');
for (let count = 0; count < 20_000; count++) fs.writeFileSync('output/' + count, '');`,
  },
];

/** Programs that read, write and leave files. */
export const JAVASCRIPT_FILES = programsOf([...READS, ...WRITES, ...ARTIFACTS]);
