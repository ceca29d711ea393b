// Runs one JavaScript or TypeScript program inside a box. It reads the job on descriptor 3, closes
// it, and imports the program; a process outside of this one collects the files.
import fs from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const CHANNEL = 3;
const [cwd, extension, words] = process.argv.slice(1);
/** `links`: what inputs/ and shared/ lead to where nothing can be mounted. */
const { links = [], calls, layers = [], kit, texts } = JSON.parse(words ?? '{}');
const own = (text) => import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);

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
  const job = { source: '', args: [], tools: [], secrets: [] };
  const take = {
    C: (_, payload) => {
      job.source = payload.toString();
    },
    F: putFile,
    A: (_, payload) => job.args.push(payload.toString()),
    T: (name) => job.tools.push(name),
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

fs.writeSync(CHANNEL, Buffer.from([83, 0, 0, 0, 0, 0, 0, 0, 0]));
const { source, args, tools, secrets } = takeJob();
fs.closeSync(CHANNEL);
process.chdir(cwd);
globalThis._secrets = Object.fromEntries(secrets.map((name) => [name, `secret://${name}`]));
if (tools.length > 0) {
  const { makeTools } = await own(texts.tools);
  Object.assign(globalThis, makeTools(calls, tools));
} else fs.closeSync(calls);
if (secrets.length > 0 && process.env.http_proxy) {
  const { secretFetch } = await own(texts.secretFetch);
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
