import type { Node, Source } from './source.ts';
import { placeOf } from './source.ts';

/** A check looks at all files and complains in sentences that begin with the place. */
export type Check = (sources: readonly Source[]) => string[];

/**
 * Folders of `src/` by level, lowest first: a file imports from its own folder and from lower
 * levels, never from a sibling of its level. `index.ts` and `testing.ts` are the two entries.
 */
const LEVELS: readonly (readonly string[])[] = [
  ['base'],
  ['models'],
  ['events'],
  ['ports'],
  [
    ...['parser', 'validator', 'visualizer', 'packager', 'runtime'],
    ...['providers', 'tools', 'sandboxes', 'sources', 'stores', 'effects', 'mcp', 'modules'],
  ],
  ['builtins.ts'],
  ['data'],
  ['studio', 'mcp-server'],
  ['cli'],
  ['index.ts', 'testing.ts', 'browser.ts'],
];

const folderOf = (path: string): string => path.split('/')[0] ?? '';
const levelOf = (path: string): number =>
  LEVELS.findIndex((folders) => folders.includes(folderOf(path)));

/** Every file belongs to a level and imports from its own folder and from below. */
export const layers: Check = (sources) =>
  sources.flatMap((source) => {
    if (levelOf(source.path) < 0) return [`${source.path} is in a folder without a level`];
    return source.imports
      .filter(({ target }) => target !== undefined && !mayImport(source.path, target))
      .map(({ line, target }) => `${source.path}:${line} must not import ${target}`);
  });

function mayImport(from: string, to: string): boolean {
  const level = levelOf(to);
  if (level < 0) return false;
  return folderOf(from) === folderOf(to) || level < levelOf(from);
}

/** Packages that may be used at all, by the folders that may use them. */
const PACKAGES: ReadonlyMap<string, readonly string[]> = new Map([
  ['zod', ['models', 'parser', 'data']],
  ['yaml', ['parser']],
  ['ajv', ['runtime']],
  ['fflate', ['packager']],
  ['yauzl', ['packager']],
  ['ignore', ['packager']],
  ['papaparse', ['data']],
  ['picocolors', ['cli']],
  ['undici', ['effects']],
  ['ipaddr.js', ['effects']],
  ['quickjs-emscripten-core', ['sandboxes']],
  ['@jitl/quickjs-ng-wasmfile-release-sync', ['sandboxes']],
  ['@ai-sdk/openai-compatible', ['providers']],
  ['@ai-sdk/provider', ['providers']],
  ['@ai-sdk/openai', ['providers']],
  ['@ai-sdk/anthropic', ['providers']],
  ['re2js', ['runtime']],
  ['acorn', ['tools']],
  ['@modelcontextprotocol/client', ['mcp']],
  ['@modelcontextprotocol/server', ['mcp-server']],
  ['@modelcontextprotocol/node', ['mcp-server']],
]);

/** Each package is used in one place, so that it can be replaced there. */
export const packages: Check = (sources) =>
  sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ from, target }) => target === undefined && !from.startsWith('node:'))
      .filter(({ from }) => !PACKAGES.get(packageOf(from))?.includes(folderOf(path)))
      .map(({ line, from }) => `${path}:${line} must not use the package ${from}`),
  );

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What `events/` is made of, its imports included, runs in a browser: no Node, no package, no await. */
export const eventsArePure: Check = (sources) => {
  const files = new Map(sources.map((source) => [source.path, source]));
  const open = [...files.keys()].filter((path) => folderOf(path) === 'events');
  const reached = new Set(open);
  const complaints: string[] = [];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = files.get(path);
    for (const { target, from, typeOnly, line } of source?.imports ?? []) {
      if (typeOnly) continue;
      if (target === undefined) complaints.push(`${path}:${line} brings ${from} into events/`);
      else if (!reached.has(target)) {
        reached.add(target);
        open.push(target);
      }
    }
  }
  const own = sources.filter(({ path }) => folderOf(path) === 'events');
  return [...complaints, ...own.flatMap(asyncPlaces)];
};

/** Engines decide and do nothing: no await, no effects, no file that has any. */
export const enginesArePure: Check = (sources) =>
  sources
    .filter(({ path }) => path.startsWith('runtime/engines/'))
    .flatMap((source) => [
      ...asyncPlaces(source),
      ...source.imports
        .filter(({ from, typeOnly }) => from.startsWith('node:') || (isPort(from) && !typeOnly))
        .map(({ line, from }) => `${source.path}:${line} must not import ${from}`),
    ]);

const isPort = (from: string): boolean => from.includes('/ports/');

function asyncPlaces(source: Source): string[] {
  return source.nodes
    .filter(({ type, async, await: waits }) => type === 'AwaitExpression' || async || waits)
    .map((node) => `${placeOf(source, node)} waits for something`);
}

/** The recorder is the only writer of a log. Stores themselves are not asked. */
export const onlyTheRecorderAppends: Check = (sources) =>
  sources
    .filter(({ path }) => path !== 'runtime/recorder.ts' && folderOf(path) !== 'stores')
    .flatMap((source) =>
      source.nodes
        .filter((node) => memberName(node) === 'append' || takesOut(node, 'append'))
        .map((node) => `${placeOf(source, node)} appends`),
    );

/** Only the entry of the command line ends the process. */
export const onlyMainExits: Check = (sources) =>
  sources
    .filter(({ path }) => path !== 'cli/main.ts')
    .flatMap((source) =>
      source.nodes
        .filter((node) => /^process\.(?:exit|exitCode|reallyExit|abort)$/.test(chainOf(node)))
        .map((node) => `${placeOf(source, node)} ends the process`),
    );

/** What reaches outside of the program and must go through `Effects`. */
const RAW_CALLS =
  /^(?:globalThis\.)?(?:Date\.now|performance\.now|Math\.random|crypto\.(?:randomUUID|randomBytes|getRandomValues)|process\.(?:env|hrtime)|console\.\w+)$/;
const RAW_FUNCTIONS = new Set(['setTimeout', 'setInterval', 'setImmediate', 'fetch']);
const RAW_MODULES =
  /^node:(?:fs|fs\/promises|child_process|worker_threads|cluster|net|http|https|http2|tls|dgram|dns|os|timers|timers\/promises|sqlite)$/;
const RAW_IMPORTS = new Set(['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues']);
const RAW_FOLDERS = new Set(['effects', 'stores']);

/** Places outside of `effects/` and `stores/` that may, and why. */
const RAW_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  // The version in package.json, read when the first host is made; there is no other door yet.
  ['data/node-host.ts', 'node:fs'],
  // The shell is the door of the command line: environment and streams of this process.
  ['cli/node-shell.ts', 'process.env'],
]);

/** Clock, random, files, network, processes and environment are reached through `Effects` alone. */
export const rawEffects: Check = (sources) =>
  sources
    .filter(({ path }) => !RAW_FOLDERS.has(folderOf(path)))
    .flatMap((source) =>
      rawPlaces(source)
        .filter(({ what }) => RAW_EXCEPTIONS.get(source.path) !== what)
        .map(({ node, what }) => `${placeOf(source, node)} uses ${what} without Effects`),
    );

function rawPlaces(source: Source): { node: Node; what: string }[] {
  return source.nodes.flatMap((node) => {
    const what = rawName(node);
    return what === undefined ? [] : [{ node, what }];
  });
}

function rawName(node: Node): string | undefined {
  const chain = chainOf(node);
  if (RAW_CALLS.test(chain)) return chain;
  if (node.type === 'CallExpression') {
    const called = chainOf(node.callee).replace('globalThis.', '');
    return RAW_FUNCTIONS.has(called) ? called : undefined;
  }
  if (node.type === 'NewExpression') {
    const none = Array.isArray(node.arguments) && node.arguments.length === 0;
    return chainOf(node.callee) === 'Date' && none ? 'new Date()' : undefined;
  }
  return rawImport(node);
}

function rawImport(node: Node): string | undefined {
  if (!/^Import(?:Declaration|Expression)$/.test(node.type) || node.importKind === 'type') {
    return undefined;
  }
  const from = String((node.source as Node).value);
  if (RAW_MODULES.test(from)) return from;
  if (from !== 'node:crypto') return undefined;
  const parts = (node.specifiers ?? []) as Node[];
  const names = parts.map(({ imported }) => chainOf(imported));
  const raw = names.find((name) => RAW_IMPORTS.has(name));
  return raw === undefined ? undefined : `crypto.${raw}`;
}

/** `a.b.c` for a chain of plain names; empty for anything else. */
function chainOf(node: unknown): string {
  const { type, name, object, property, computed } = (node ?? {}) as Node;
  if (type === 'Identifier') return String(name);
  if (type !== 'MemberExpression' || computed === true) return '';
  const left = chainOf(object);
  return left === '' ? '' : `${left}.${chainOf(property)}`;
}

function memberName({ type, property, computed }: Node): string {
  return type === 'MemberExpression' && computed !== true ? chainOf(property) : '';
}

/** Whether a pattern such as `const { append } = store` takes a field by its name. */
function takesOut({ type, properties }: Node, name: string): boolean {
  if (type !== 'ObjectPattern') return false;
  return (properties as Node[]).some(({ key }) => chainOf(key) === name);
}

/**
 * Every export of `src/` is used by another file: of `src/`, tests, benchmarks or scripts. A type
 * may also be there because another part of its own file speaks of it: its users have a name for it.
 */
export const unusedExports: Check = (sources) => {
  const used = new Set<string>();
  for (const { imports, text } of sources) {
    for (const { target, names } of imports) {
      if (target === undefined) continue;
      for (const name of names) used.add(`${target} ${name}`);
      // Of a module that is loaded when it is needed, whatever the loading file names is used.
      if (names.includes('*'))
        for (const word of text.match(/\w+/g) ?? []) used.add(`${target} ${word}`);
    }
  }
  return sources
    .filter(({ path }) => !path.startsWith('../') && !ENTRIES.has(path))
    .flatMap(({ path, exports, text }) =>
      exports
        .filter(({ name }) => !used.has(`${path} ${name}`))
        .filter(({ name, isType }) => !isType || mentions(text, name) < 2)
        .map(({ name, line }) => `${path}:${line} exports ${name}, which nobody uses`),
    );
};

function mentions(text: string, name: string): number {
  return text.match(/\w+/g)?.filter((word) => word === name).length ?? 0;
}

const ENTRIES = new Set(['index.ts', 'testing.ts', 'browser.ts']);

/** Every exported name has a comment that says what it promises. */
export const documented: Check = (sources) =>
  sources
    .filter(({ path }) => !path.startsWith('../'))
    .flatMap(({ path, exports }) =>
      exports
        .filter((one) => one.documented === false)
        .map(({ name, line }) => `${path}:${line} exports ${name} without a comment`),
    );
