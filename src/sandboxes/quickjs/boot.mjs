// The first thing that the child process runs. Our modules come on descriptor 3 as texts, so that it
// needs no right to read a single file for them; after them comes the program.
import fs from 'node:fs';
import { registerHooks } from 'node:module';

const CHANNEL = 3;
const ROOT = process.platform === 'win32' ? 'file:///C:/awp/' : 'file:///awp/';
const PACKAGES = {
  'quickjs-emscripten-core': 'core/index.mjs',
  '@jitl/quickjs-ffi-types': 'types/index.mjs',
  '@jitl/quickjs-ng-wasmfile-release-sync': 'engine/index.mjs',
  '@jitl/quickjs-ng-wasmfile-release-sync/emscripten-module': 'engine/emscripten-module.mjs',
};

function readExactly(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(CHANNEL, bytes, at, count - at, null);
    if (got === 0) process.exit(125);
    at += got;
  }
  return bytes;
}

function readFrame() {
  const head = readExactly(9);
  const name = readExactly(head.readUInt32BE(1)).toString();
  return { kind: String.fromCharCode(head[0]), name, payload: readExactly(head.readUInt32BE(5)) };
}

/** All modules lie in one frame, as frames. */
function unpack(bytes) {
  const modules = new Map();
  for (let at = 0; at < bytes.length; ) {
    const start = at + 9 + bytes.readUInt32BE(at + 1);
    const end = start + bytes.readUInt32BE(at + 5);
    modules.set(bytes.toString('utf8', at + 9, start), bytes.subarray(start, end));
    at = end;
  }
  return modules;
}

const modules = unpack(readFrame().payload);

registerHooks({
  resolve(name, context, next) {
    const inside = context.parentURL?.startsWith(ROOT) || name.startsWith(ROOT);
    if (!inside || name.startsWith('node:')) return next(name, context);
    const path = PACKAGES[name] ?? new URL(name, context.parentURL).href.slice(ROOT.length);
    if (!modules.has(path)) return next(name, context);
    return { url: ROOT + path, format: 'module', shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith(ROOT)) return next(url, context);
    const source = modules.get(url.slice(ROOT.length));
    return { format: 'module', source, shortCircuit: true };
  },
});

const { serve } = await import(`${ROOT}child/main.mjs`);
await serve({ channel: CHANNEL, readFrame, modules, words: JSON.parse(process.argv[1]) });
