import { type Draft, programsOf } from './javascript-shape.ts';

/** Reads the host's file with whatever `process` was reached. */
const WITH_PROCESS = `const use = (found) => found && find(found.getBuiltinModule('node:fs').readFileSync(FILE, 'utf8'));
`;
const SEPARATE = 'no object of the host is in the process of a program: only bytes come out of it';
const ONLY_ITSELF: NonNullable<Draft['expected']> = {
  bwrap: 'surface',
  jail: 'surface',
  'jail-without-namespaces': 'surface',
  none: 'surface',
};

const CONSTRUCTORS: readonly Draft[] = [
  {
    ...{ id: 'J17', title: 'reaches the process by a new function', escape: 'secret-read' },
    covers: ['J17', '12.2-32'],
    body: `${WITH_PROCESS}const sloppy = Function('return this')();
for (const way of [() => Function('return process')(), () => sloppy.constructor.constructor('return process')(), () => (0, eval)('process')]) {
  try {
    const got = use(way());
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'J18', title: 'reaches the process by functions of the host', escape: 'secret-read' },
    covers: ['J18', '12.2-33'],
    body: `${WITH_PROCESS}const given = [console.log, globalThis._input_file, globalThis._list_files, globalThis.tools && tools.call, globalThis.setTimeout, globalThis.fetch];
for (const made of given) {
  try {
    const got = use(made.constructor('return process')());
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'J19', title: 'reaches the process by an error of the host', escape: 'secret-read' },
    covers: ['J19', '12.2-34'],
    body: `${WITH_PROCESS}const failing = [() => _input_file('../x'), () => _output_file('../../x'), () => structuredClone(() => {}), () => tools.callSync('no.such', {}), () => _list_files('/no/such')];
for (const fail of failing) {
  try { await fail(); } catch (error) {
    try {
      const got = use(error.constructor.constructor('return process')());
      if (got) return got;
    } catch {}
  }
}`,
  },
  {
    ...{ id: 'J20', title: 'reaches the process by the frames of a stack', escape: 'secret-read' },
    covers: ['J20', '12.2-37'],
    body: `${WITH_PROCESS}Error.stackTraceLimit = Infinity;
Error.prepareStackTrace = (_error, sites) => sites;
const sites = [].concat(new Function('return new Error().stack')(), new Error().stack);
Error.prepareStackTrace = undefined;
for (const site of sites) {
  for (const way of [() => site.getThis(), () => site.getFunction(), () => site.constructor.constructor('return globalThis')()]) {
    try {
      const reached = way();
      const got = use(reached.process || reached.constructor('return process')());
      if (got) return got;
    } catch {}
  }
}`,
  },
  {
    ...{ id: 'J48', title: 'asks the process for built-in modules', escape: 'secret-read' },
    covers: ['J48'],
    body: `return find(process.getBuiltinModule('node:fs').readFileSync(FILE, 'utf8'));`,
  },
  {
    ...{ id: 'K40', title: 'reaches the process by every kind of function', escape: 'secret-read' },
    covers: ['12.2-35'],
    body: `${WITH_PROCESS}const kinds = [async () => {}, function* () {}, async function* () {}, class {}];
for (const kind of kinds) {
  try {
    let made = new kind.constructor('return process')();
    if (typeof made.next === 'function') made = (await made.next()).value;
    const got = use(await made);
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'K41', title: 'looks for who called it', escape: 'says-escaped' },
    ...{ covers: ['12.2-38'], needsNothing: 'the engine shows no callers of modules' },
    body: `const seen = [];
const sloppy = new Function('seen', 'let at = arguments.callee; for (let up = 0; at && up < 50; up++) { at = at.caller; if (at) seen.push(String(at)); }');
[1].forEach(() => sloppy(seen));
Function.prototype.toString = () => MARK;
return seen.find((text) => /takeJob|readExactly|CHANNEL/.test(text));`,
  },
  {
    ...{ id: 'J50', title: 'asks other runtimes for their environment', escape: 'secret-read' },
    ...{ covers: ['J50'], needsNothing: 'Node has neither of these names' },
    body: `const ways = [
  () => JSON.stringify(Deno.env.toObject()),
  () => Deno.readTextFileSync(FILE),
  () => new TextDecoder().decode(new Deno.Command('/bin/cat', { args: [FILE] }).outputSync().stdout),
  () => Deno.openSync('/proc/self/environ') && Deno.readTextFileSync('/proc/self/environ'),
  () => JSON.stringify(Bun.env),
  () => Bun.spawnSync(['/bin/cat', FILE]).stdout.toString(),
];
for (const way of ways) {
  try {
    const got = find(way());
    if (got) return got;
  } catch {}
}`,
  },
];

const RUNTIME: readonly Draft[] = [
  {
    ...{ id: 'J21', title: 'looks for names of the host', escape: 'secret-read' },
    ...{ covers: ['J21'], needsNothing: SEPARATE },
    body: `const seen = new Set();
const look = (value, depth) => {
  if (depth > 4 || value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return '';
  seen.add(value);
  for (const name of Reflect.ownKeys(value)) {
    let inner;
    try { inner = value[name]; } catch { continue; }
    const got = typeof inner === 'string' ? find(inner) : look(inner, depth + 1);
    if (got) return got;
  }
  return '';
};
return look(globalThis, 0);`,
  },
  {
    ...{ id: 'J22', title: 'puts names onto the prototypes of the host', escape: 'says-escaped' },
    ...{ covers: ['J22'], needsNothing: SEPARATE },
    body: `const words = JSON.parse('{"__proto__": {"j22": 1}, "constructor": {"prototype": {"j22": 1}}}');
const back = await tools.call('bait.echo', words);
Object.assign({}, back);
return ({}).j22 !== undefined && 'every object has the name';`,
  },
  {
    ...{ id: 'J39', title: 'debugs itself to get out', escape: 'secret-read' },
    ...{ covers: ['J39'], expected: { ...ONLY_ITSELF, none: 'escaped' } },
    body: `const { Session } = await import('node:inspector');
const session = new Session();
session.connect();
const ask = (expression) => soon(new Promise((resolve, reject) => session.post('Runtime.evaluate', { expression, returnByValue: true }, (error, reply) => error ? reject(error) : resolve(reply.result.value))));
try {
  const got = find(await ask('(() => { try { return process.getBuiltinModule("fs").readFileSync(' + JSON.stringify(FILE) + ', "utf8"); } catch { return ""; } })()'));
  return got || (await ask('1 + 1')) === 2 && surface('a program can debug its own process');
} finally { session.disconnect(); }`,
  },
  {
    ...{ id: 'J47', title: 'switches functions of the engine on', escape: 'surface' },
    ...{ covers: ['J47'], expected: { ...ONLY_ITSELF, deno: ['contained', 'surface'] } },
    body: `(await import('node:v8')).setFlagsFromString('--allow-natives-syntax');
return new Function('return %IsSmi(1)')() === true && surface('a program can set flags of its own engine');`,
  },
  {
    ...{ id: 'J43', title: 'looks for descriptors that were left open', escape: 'secret-read' },
    ...{ covers: ['J43', '12.4-71', '12.4-70'] },
    needsNothing: 'what we start inherits no descriptors, whatever it is kept apart by',
    body: `const fs = await import('node:fs');
for (let fd = 3; fd < 256; fd++) {
  let target = '';
  try { target = fs.readlinkSync('/proc/self/fd/' + fd); } catch { continue; }
  if (target.startsWith('/') && !/^\\/(dev|proc)\\//.test(target) && !target.startsWith(_workspace_dir)) return fd + ' is open: ' + target;
  if (!target.startsWith('/')) continue;
  try {
    const got = find(fs.readFileSync(fd, 'utf8'));
    if (got) return got;
  } catch {}
}`,
  },
  {
    ...{ id: 'K42', title: 'changes what every object can do', escape: 'says-escaped' },
    ...{ covers: ['12.2-39'], needsNothing: SEPARATE },
    body: `say('CONTAINED', 'the host gets bytes only');
Object.prototype.toJSON = () => ({ forged: true });
Object.prototype.toString = () => 'forged';
Array.prototype.map = () => ['forged'];
Promise.prototype.then = function () { return this; };
JSON.parse = JSON.stringify = () => 'forged';
if (globalThis.Buffer) Buffer.concat = Buffer.from = () => { throw new Error('forged'); };`,
  },
  {
    ...{ id: 'K43', title: 'is a module that can be waited for, for ever', escape: 'says-escaped' },
    ...{ covers: ['12.2-40'], needsNothing: SEPARATE, timeoutMs: 3000 },
    text: () => `console.log('CONTAINED: who waits for it waits in the box');
export function then(_resolve) {}
export default { then() {} };
`,
  },
  {
    ...{ id: 'K44', title: 'gives itself other names on its way out', escape: 'says-escaped' },
    ...{
      covers: ['12.2-51'],
      needsNothing: 'a program is run as it is, fences in it are its text',
    },
    body: `const parts = ['\`\`\`js\\nthrow new Error("ESCAPED: the first block was run")\\n\`\`\`', '\`\`\`python\\nprint("ESCAPED: the second block was run")\\n\`\`\`'];
/*
\`\`\`js
console.log('ESCAPED: a block within a comment was run')
\`\`\`
*/
console.log(parts.length + ' blocks');`,
  },
];

/** Programs that look for the runtime behind their own names. */
export const JAVASCRIPT_REALMS = programsOf([...CONSTRUCTORS, ...RUNTIME]);
