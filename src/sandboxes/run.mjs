// Runs one JavaScript or TypeScript program inside a box. It reads the job on descriptor 3, closes
// it, and imports the program; a process outside of this one collects the files.
import fs from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const CHANNEL = 3;
const [cwd, extension, ...links] = process.argv.slice(1);

function readExactly(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(CHANNEL, bytes, at, count - at, null);
    if (got === 0) process.exit(125);
    at += got;
  }
  return bytes;
}

function takeJob() {
  let source = '';
  while (true) {
    const head = readExactly(9);
    const name = readExactly(head.readUInt32BE(1)).toString();
    const payload = readExactly(head.readUInt32BE(5));
    const kind = String.fromCharCode(head[0]);
    if (kind === 'C') source = payload.toString();
    if (kind === 'F') {
      const target = path.join(cwd, 'output', name);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, payload);
    }
    if (kind === 'G') return source;
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

// Where nothing can be mounted, the two folders are links.
['inputs', 'shared'].forEach((name, index) => {
  const target = links[index];
  if (target) fs.symlinkSync(target, path.join(cwd, name));
  else if (target === '') fs.mkdirSync(path.join(cwd, name));
});

fs.writeSync(CHANNEL, Buffer.from([83, 0, 0, 0, 0, 0, 0, 0, 0]));
const source = takeJob();
fs.closeSync(CHANNEL);
process.chdir(cwd);

const program = path.join(cwd, `program.${extension}`);
const url = pathToFileURL(program).href;
const format = extension === 'mts' ? 'module-typescript' : 'module';
process.argv = [process.execPath, program];
// The program has no file of its own: it is handed over when it is imported.
const hooks = registerHooks({
  resolve: (name, context, next) =>
    name === url ? { url, format, shortCircuit: true } : next(name, context),
  load(address, context, next) {
    if (address !== url) return next(address, context);
    // The program's own imports are plain ones.
    hooks.deregister();
    return { format, source, shortCircuit: true };
  },
});
await import(url);
