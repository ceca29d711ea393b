// Runs one Python program in Pyodide, CPython in WebAssembly. Whatever the program reaches of
// JavaScript has Deno's permissions and no others: that is the boundary, not what Python is shown.

import handlers from '../handlers.py' with { type: 'text' };
import names from '../names.py' with { type: 'text' };
import sdk from '../sdk.py' with { type: 'text' };
import { takeJob, tellReady } from './job.mjs';
import { load } from './load.mjs';
import runner from './python-runner.py' with { type: 'text' };
import { ask, makeFetch } from './tools.mjs';

const TOP = '/box';
/** WASI's number for "permission denied", which Emscripten uses. */
const EACCES = 2;
const EXIT_BROKEN = 134;

/** Says that the box is ready once Python is loaded, so that a program's time is its own. */
export async function runPython({ pyodide, folders, calls, hosts }, putFiles) {
  const python = await load(pyodide);
  showFolders(python.FS, folders);
  connect(python);
  const scope = python.toPy({ __name__: '_awp' });
  python.runPython(`${names}\n${runner}\n${sdk}\n${handlers}`, {
    globals: scope,
    filename: '<awp>',
  });
  tellReady();
  const job = await takeJob();
  putFiles(job.files);
  globalThis.fetch = makeFetch(calls, hosts);
  const given = JSON.stringify({ ...job, files: [], top: TOP, hosts });
  const send = async (text) => JSON.stringify(await ask(calls, JSON.parse(text)));
  Deno.exit(await statusOf(() => scope.get('main').callPromising(given, send)));
}

async function statusOf(run) {
  try {
    return await run();
  } catch (error) {
    if (typeof error.status === 'number') return error.status;
    Deno.stderr.writeSync(new TextEncoder().encode(`Python could not go on: ${error.message}\n`));
    return EXIT_BROKEN;
  }
}

/** The three folders are the host's, seen through Deno's permissions. */
function showFolders(FS, folders) {
  const { NODEFS } = FS.filesystems;
  const attempt = NODEFS.tryFSOperation;
  NODEFS.tryFSOperation = (operation) => {
    try {
      return attempt(operation);
    } catch (error) {
      // What Deno refuses is an error like any other for Python, not the end of it.
      if (error instanceof Deno.errors.NotCapable) throw new FS.ErrnoError(EACCES);
      throw error;
    }
  };
  for (const [name, root] of Object.entries(folders)) {
    FS.mkdirTree(`${TOP}/${name}`);
    FS.mount(NODEFS, { root }, `${TOP}/${name}`);
  }
  // What is written elsewhere would be gone without a word.
  for (const path of [TOP, '/']) FS.chmod(path, 0o555);
}

function connect(python) {
  const stream = (file) => ({
    isatty: false,
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += file.writeSync(bytes.subarray(at));
      return bytes.length;
    },
  });
  python.setStdout(stream(Deno.stdout));
  python.setStderr(stream(Deno.stderr));
  python.setStdin({ isatty: false, read: (bytes) => Deno.stdin.readSync(bytes) ?? 0 });
}
