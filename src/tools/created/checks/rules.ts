import type { Capability } from '../../../events/creation.ts';

/** What every handler has without being given it as an argument (spec, capabilities 4.6). */
export const GIVEN_NAMES: ReadonlySet<string> = new Set([
  '_secrets',
  '_workspace_dir',
  '_output_dir',
]);

/** Words that cannot be names in Python. */
export const PYTHON_KEYWORDS: ReadonlySet<string> = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

/** Why a module is not for tools. */
export interface ModuleRule {
  /** The capability that allows it; undefined: nothing does (rule NC3). */
  capability?: Exclude<Capability, 'compute'>;
  /** What to use instead. */
  hint: string;
}

const FILES_HINT =
  'use the folder names `_workspace_dir` and `_output_dir`, and `open` for files in them';
const PROCESS_HINT = 'write it in plain Python: a tool starts no other program';
const SYSTEM_HINT =
  'leave it out: arguments come as arguments, secrets as `_secrets`, and the result is returned';
const ONE_PROCESS_HINT = 'do it in one process';
const IMPORT_HINT = 'import the module that you need normally, at the top';
const NATIVE_HINT = 'it is not available: write it in plain Python';
const DYNAMIC_HINT = 'write the code itself instead of running code that is made from text';
const AUTHOR = 'only the author of the workflow can grant it to a namespace';
const NETWORK_HINT = `do without it, or use a namespace with the capability network: ${AUTHOR}`;
const FILESYSTEM_HINT = `use \`open\` with paths in \`_output_dir\`, or a namespace with the capability filesystem: ${AUTHOR}`;
const NODE_FILES_HINT = `return what there is to say in \`data\`, or use a namespace with the capability filesystem: ${AUTHOR}`;
const NODE_PROCESS_HINT =
  'write it in plain JavaScript: a tool starts no other program and no other thread';
const NODE_SYSTEM_HINT =
  'leave it out: arguments come as arguments, secrets as `_secrets`, and the result is returned';

/** One rule for several modules, named with spaces between. */
function modules(names: string, rule: ModuleRule): [string, ModuleRule][] {
  return names.split(' ').map((name) => [name, rule]);
}

/** Roots of Python's modules that need a capability, or that no tool may import (spec, capabilities 4.2, 4.5). */
export const PYTHON_MODULES: ReadonlyMap<string, ModuleRule> = new Map([
  ...modules('os posix nt _pyrepl', { hint: FILES_HINT }),
  ...modules('subprocess _posixsubprocess pty', { hint: PROCESS_HINT }),
  ...modules('sys builtins gc', { hint: SYSTEM_HINT }),
  ...modules('ctypes _ctypes cffi', { hint: NATIVE_HINT }),
  ...modules('signal _signal', {
    hint: 'it is not available: the time of a call is limited anyway',
  }),
  ...modules('importlib _imp imp zipimport pkgutil _frozen_importlib _frozen_importlib_external', {
    hint: IMPORT_HINT,
  }),
  ...modules('multiprocessing _multiprocessing', { hint: ONE_PROCESS_HINT }),
  ...modules('runpy code codeop marshal _testcapi', { hint: DYNAMIC_HINT }),
  ...modules(
    'socket _socket ssl _ssl http urllib urllib3 requests httpx aiohttp asyncio _asyncio select selectors socketserver ftplib smtplib imaplib poplib nntplib telnetlib xmlrpc wsgiref webbrowser websocket websockets paramiko',
    { capability: 'network', hint: NETWORK_HINT },
  ),
  ...modules('pathlib glob shutil tempfile fileinput', {
    capability: 'filesystem',
    hint: FILESYSTEM_HINT,
  }),
]);

/** The same for modules of JavaScript, without `node:`. */
export const SCRIPT_MODULES: ReadonlyMap<string, ModuleRule> = new Map([
  ...modules('child_process cluster worker_threads', { hint: NODE_PROCESS_HINT }),
  ...modules(
    'process os v8 inspector repl async_hooks diagnostics_channel trace_events wasi tty sea',
    {
      hint: NODE_SYSTEM_HINT,
    },
  ),
  ...modules('vm', { hint: DYNAMIC_HINT }),
  ...modules('module', { hint: IMPORT_HINT }),
  ...modules('net http https http2 tls dgram dns undici axios node-fetch got ky ws', {
    capability: 'network',
    hint: NETWORK_HINT,
  }),
  ...modules('fs fs-extra graceful-fs', { capability: 'filesystem', hint: NODE_FILES_HINT }),
  ...modules('sqlite', { capability: 'filesystem', hint: NODE_FILES_HINT }),
]);

/** A name, field or text that no tool has to use. */
export interface ConstructRule {
  /** The capability that allows it; undefined: nothing does. */
  capability?: Exclude<Capability, 'compute'>;
  hint: string;
}

function constructs(names: string, rule: ConstructRule): [string, ConstructRule][] {
  return names.split(' ').map((name) => [name, rule]);
}

const INSIDE_HINT = 'use the value itself, not what the interpreter keeps about it';
const COMPILE_HINT = `${DYNAMIC_HINT}; a pattern is made with re.compile`;

/** Which uses of names a language's reader looks for. */
export interface ConstructRules {
  /** Names that stand for themselves, unless the code gives them a meaning of its own (`ownable`). */
  names: ReadonlyMap<string, ConstructRule>;
  ownable: ReadonlySet<string>;
  /** Fields of any value. */
  fields: ReadonlyMap<string, ConstructRule>;
  /** Fields that may be looked at, but not called. */
  calls: ReadonlyMap<string, ConstructRule>;
}

/** Names that reach the interpreter from any value: also as text, since a field can be named by one. */
export const DUNDERS =
  '__import__ __subclasses__ __bases__ __base__ __mro__ __globals__ __builtins__ __loader__ __spec__ __code__ __closure__ __getattribute__';

/** What Python's handlers have no use for (spec, capabilities 4.5). */
export const PYTHON_CONSTRUCTS: ConstructRules = {
  names: new Map([
    ...constructs('eval exec __import__ __builtins__ __loader__ __spec__', { hint: DYNAMIC_HINT }),
    ...constructs('compile', { hint: COMPILE_HINT }),
    ...constructs('breakpoint', { hint: 'leave it out' }),
  ]),
  ownable: new Set(['compile', 'breakpoint']),
  fields: new Map([
    ...constructs(DUNDERS, { hint: INSIDE_HINT }),
    ...constructs(
      'tb_frame f_builtins f_globals f_locals f_back f_code gi_frame gi_code cr_frame cr_code ag_frame ag_code FunctionType CodeType',
      { hint: INSIDE_HINT },
    ),
  ]),
  calls: new Map(constructs('eval exec', { hint: DYNAMIC_HINT })),
};

const REALM_HINT = 'leave it out: it reaches beyond the tool';

/** The same for JavaScript and TypeScript. */
export const SCRIPT_CONSTRUCTS: ConstructRules = {
  names: new Map([
    ...constructs('eval Function', { hint: DYNAMIC_HINT }),
    ...constructs('require module', {
      hint: 'use `import` at the top, and `export function handler`',
    }),
    ...constructs('process Deno Bun', { hint: NODE_SYSTEM_HINT }),
    ...constructs('WebAssembly', { hint: 'write it in plain JavaScript' }),
    ...constructs('fetch XMLHttpRequest WebSocket EventSource', {
      capability: 'network',
      hint: NETWORK_HINT,
    }),
  ]),
  ownable: new Set(
    'Function require module process Deno Bun WebAssembly fetch XMLHttpRequest WebSocket EventSource'.split(
      ' ',
    ),
  ),
  fields: new Map([
    ...constructs('__proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__', {
      hint: REALM_HINT,
    }),
    ...constructs('prepareStackTrace callee mainModule dlopen', { hint: REALM_HINT }),
  ]),
  calls: new Map([
    ...constructs('constructor', { hint: `${DYNAMIC_HINT}; a class is made by its name` }),
    ...constructs('eval', { hint: DYNAMIC_HINT }),
  ]),
};

/**
 * Modules of Python that are reached through others: `random._os`. `signal` is not among them, since
 * libraries have parts of this name that mean something else.
 */
export const REACHED_MODULES =
  'os sys subprocess ctypes importlib multiprocessing posix builtins socket posixsubprocess';

/** Text that has none of these words is no sign of a placeholder; in small letters. */
export const SIGNS: readonly string[] = [
  ...['placeholder', 'implement', 'todo', 'lorem ipsum', 'coming soon', 'stub'],
  ...['%pdf', 'jvberi', 'ivbor', 'r0lgod', 'png', 'gif8'],
];
