import { pythonPrograms } from './python-kit.ts';

const NO_BRIDGE = 'only a Python that runs inside of JavaScript has this bridge';

/** Python inside of JavaScript: through the bridge to the machine of the outer language. */
export const PYTHON_BRIDGE = pythonPrograms(
  [
    {
      ...{ id: 'P54', title: 'reads the environment by the bridge to JavaScript', covers: ['P54'] },
      escape: 'secret-read' as const,
      body: `
import js
return first(lambda: secret(js.JSON.stringify(js.process.env)), lambda: secret(js.Deno.env.get(VARIABLE)))`,
    },
    {
      ...{ id: 'P55', title: 'imports a module by the bridge to JavaScript', covers: ['P55'] },
      escape: 'secret-read' as const,
      body: `
from pyodide.code import run_js
return first(
    lambda: secret(run_js("process.getBuiltinModule('node:fs')").readFileSync(FILE, 'utf8')),
    lambda: secret(run_js('Deno').readTextFileSync(FILE)),
    lambda: secret(run_js("require('node:fs')").readFileSync(FILE, 'utf8')))`,
    },
    {
      ...{ id: 'P56', title: 'reaches JavaScript by a constructor of functions', covers: ['P56'] },
      escape: 'secret-read' as const,
      body: `
import js, pyodide_js
make = js.Object.getPrototypeOf(js.eval('(function () {})')).constructor
return first(lambda: secret(make.new("return process.getBuiltinModule('node:fs')")().readFileSync(FILE, 'utf8')),
    lambda: secret(make.new('return Deno')().readTextFileSync(FILE)))`,
    },
    {
      ...{ id: 'P57', title: 'fetches by the bridge to JavaScript', covers: ['P57'] },
      escape: 'network-reached' as const,
      body: `
import js
# On its way already; who waits for the answer has it, too.
response = js.globalThis.fetch('http://127.0.0.1:%d/' % TCP)
from pyodide.ffi import run_sync
return secret(run_sync(run_sync(response).text()))`,
    },
    {
      ...{
        id: 'P58',
        title: "mounts the host's files by the bridge to JavaScript",
        covers: ['P58'],
      },
      escape: 'secret-read' as const,
      body: `
import pyodide_js
os.makedirs('/mounted', exist_ok=True)
options = pyodide_js.globalThis.Object.new() if hasattr(pyodide_js, 'globalThis') else __import__('js').Object.new()
options.root = FOLDER
pyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, options, '/mounted')
return read('/mounted/secret.json')`,
    },
    {
      ...{ id: 'P68', title: 'kills a process by the bridge to JavaScript', covers: ['P68'] },
      escape: 'process-harmed' as const,
      body: `
import js
first(lambda: js.process.kill(VICTIM, 'SIGKILL'), lambda: js.Deno.kill(VICTIM, 'SIGKILL'),
    lambda: js.process.getBuiltinModule('node:process').kill(VICTIM, 9))
time.sleep(0.2)`,
    },
    {
      ...{ id: 'P69', title: 'makes a database by the bridge to JavaScript', covers: ['P69'] },
      escape: 'host-changed' as const,
      body: `
import js
database = js.process.getBuiltinModule('node:sqlite').DatabaseSync.new(FOLDER + '/made.db')
database.exec('create table t (x)')`,
    },
  ].map((program) => ({ ...program, needsNothing: NO_BRIDGE })),
);
