// Runs one JavaScript or TypeScript program inside a box. It reads the job on descriptor 3, closes
// it, and imports the program; a process outside of this one collects the files.
import fs from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const CHANNEL = 3;
const [cwd, extension, words] = process.argv.slice(1);
/** `links`: what inputs/ and shared/ lead to where nothing can be mounted. */
const { links = [], calls, layers = [], kit, texts, ahead } = JSON.parse(words ?? '{}');
/** Our own modules while they are loaded; under these names reports leave their frames out. */
const ours = new Map();
const own = async (name, text) => {
  const address = `node:awp/${name}`;
  ours.set(address, text);
  const module = await import(address);
  ours.delete(address);
  return module;
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

function putFile(name, payload) {
  const target = path.join(cwd, 'output', name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, payload);
}

/** Lets descriptor 0 read these bytes: the lowest free number is the one that was just closed. */
function openStdin(payload) {
  const file = path.join(process.env.TMPDIR, '.stdin');
  fs.writeFileSync(file, payload);
  fs.closeSync(0);
  fs.openSync(file);
  fs.unlinkSync(file);
}

function takeJob() {
  const job = { source: '', args: [], tools: [], orders: {}, secrets: [] };
  const take = {
    C: (_, payload) => {
      job.source = payload.toString();
    },
    F: putFile,
    A: (_, payload) => job.args.push(payload.toString()),
    T(name, payload) {
      job.tools.push(name);
      if (payload.length > 0) job.orders[name] = JSON.parse(payload.toString());
    },
    K: (name) => job.secrets.push(name),
    I: (_, payload) => openStdin(payload),
  };
  while (true) {
    const head = readExactly(9);
    const name = readExactly(head.readUInt32BE(1)).toString();
    const payload = readExactly(head.readUInt32BE(5));
    const kind = String.fromCharCode(head[0]);
    if (kind === 'G') return job;
    take[kind]?.(name, payload);
  }
}

function below(folder, parts) {
  const target = path.join(folder, ...parts.map(String));
  if (target === folder || target.startsWith(`${folder}/`)) return target;
  throw new Error(`the path leaves ${path.basename(folder)}/`);
}

function filesBelow(top) {
  return fs
    .readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

// The names that programs find (spec, capabilities 2.3).
const output = path.join(cwd, 'output');
Object.assign(globalThis, {
  _workspace_dir: cwd,
  _output_dir: output,
  _ensure_dir(target) {
    const folder = path.extname(target) === '' ? target : path.dirname(target);
    fs.mkdirSync(folder, { recursive: true });
    return target;
  },
  _output_file(...parts) {
    const target = below(output, parts);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    return target;
  },
  _input_file: (...parts) => below(path.join(cwd, 'inputs'), parts),
  _list_files(folder) {
    const tops = folder ? [folder] : ['inputs', 'output', 'shared'].map((n) => path.join(cwd, n));
    const found = tops.filter((top) => fs.existsSync(top)).flatMap(filesBelow);
    return found.map((file) => path.relative(folder ?? cwd, file)).sort();
  },
  _verify_png(target) {
    const bytes = fs.readFileSync(target);
    if (bytes.length < 500 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return false;
    return bytes.readUInt32BE(16) >= 10 && bytes.readUInt32BE(20) >= 10;
  },
});

['inputs', 'shared'].forEach((name, index) => {
  const target = links[index];
  if (target) fs.symlinkSync(target, path.join(cwd, name));
  else if (target === '') fs.mkdirSync(path.join(cwd, name));
});

registerHooks({
  resolve: (name, context, next) =>
    ours.has(name) ? { url: name, format: 'module', shortCircuit: true } : next(name, context),
  load: (address, context, next) =>
    ours.has(address)
      ? { format: 'module', source: ours.get(address), shortCircuit: true }
      : next(address, context),
});
const loadTools = async () => ({
  ...(await own('tools', texts.tools)),
  ...(await own('sdk', texts.sdk)),
});
// What a box has loaded while it waits, its program need not wait for.
const loaded = ahead ? await loadTools() : undefined;

fs.writeSync(CHANNEL, Buffer.from([83, 0, 0, 0, 0, 0, 0, 0, 0]));
const { source, args, tools, orders, secrets } = takeJob();
fs.closeSync(CHANNEL);
process.chdir(cwd);
globalThis._secrets = Object.fromEntries(secrets.map((name) => [name, `secret://${name}`]));
if (tools.length > 0) {
  const { makeTools, ToolError, shownNames, namesFor } = loaded ?? (await loadTools());
  const made = makeTools(calls, shownNames(tools));
  Object.assign(globalThis, namesFor(made, { all: tools, orders, ToolError }));
} else fs.closeSync(calls);
if (secrets.length > 0 && process.env.http_proxy) {
  const { secretFetch } = await own('secret-fetch', texts.secretFetch);
  globalThis.fetch = secretFetch(fetch, process.env.http_proxy);
}

const program = path.join(cwd, `program.${extension}`);
const url = pathToFileURL(program).href;
const format = extension === 'mts' ? 'module-typescript' : 'module';
process.argv = [process.execPath, program, ...args];
const isBare = (name) => /^[a-z@]/i.test(name) && !name.includes(':');

/** Where declared packages and the data kit lie, asked only when the usual places have nothing. */
function elsewhere(name, context, next) {
  for (const layer of layers) {
    try {
      return next(name, { ...context, parentURL: pathToFileURL(path.join(layer, 'x.mjs')).href });
    } catch {}
  }
  const module = kit && path.join(kit, `${name}.mjs`);
  if (!module || !fs.existsSync(module)) return undefined;
  return { url: pathToFileURL(module).href, format: 'module', shortCircuit: true };
}

// The program has no file of its own: it is handed over when it is imported.
registerHooks({
  resolve(name, context, next) {
    if (name === url) return { url, format, shortCircuit: true };
    try {
      return next(name, context);
    } catch (error) {
      const found = isBare(name) ? elsewhere(name, context, next) : undefined;
      if (found) return found;
      throw error;
    }
  },
  load: (address, context, next) =>
    address === url ? { format, source, shortCircuit: true } : next(address, context),
});
await import(url);
