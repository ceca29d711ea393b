import { pythonPrograms } from './python-kit.ts';
import type { HostileProgram } from './types.ts';

/** A way around rules about a program's text: it gets hold of `os`, or of `open`, and reads FILE. */
interface Trick {
  id: string;
  title: string;
  covers: readonly string[];
  /** Lines that end by returning the module `os`, or the secret itself. */
  body: string;
}

const TRICKS: readonly Trick[] = [
  {
    ...{ id: 'P36', title: 'imports by a joined name', covers: ['P36', '12.1-13'] },
    body: "import inspect\nfirst(lambda: __import__('o' + 's'))\nreturn inspect.importlib.import_module('o' + 's')",
  },
  {
    ...{ id: 'P37', title: 'walks the subclasses of object', covers: ['P37', '12.1-7', '12.1-22'] },
    body: `
walk = getattr(object, '__sub' + 'classes__')()
base = getattr(getattr((1).__class__, '__ba' + 'se__'), '__sub' + 'classes__')()
for one in walk + base:
    space = getattr(getattr(one, '__init__', None), '__glo' + 'bals__', {})
    if 'sys' in space and hasattr(space['sys'], 'modules'): return space['sys'].modules['os']`,
  },
  {
    ...{ id: 'P38', title: 'uses what an allowed module has imported', covers: ['P38', '12.1-10'] },
    body: 'import json\nreturn secret(json.codecs.open(FILE).read()) or json.codecs.sys.modules["os"]',
  },
  {
    ...{ id: 'P39', title: 'runs an encoded payload', covers: ['P39', '12.1-5'] },
    body: `
import base64
space = {}
[exec][0](base64.b64decode('aW1wb3J0IG9z'), space)
return space['os']`,
  },
  {
    ...{ id: 'P53', title: 'swaps modules and builtins', covers: ['P53'] },
    body: `
import builtins, io
sys.modules['os.path'] = sys.modules['posixpath']
builtins.isinstance = lambda *_: True
return secret(io.FileIO(FILE).read())`,
  },
  {
    ...{ id: 'P60', title: 'replaces a builtin that a guard would use', covers: ['P60'] },
    body: 'import builtins\nbuiltins.any = lambda *_: False\nbuiltins.all = lambda *_: True\nreturn read(FILE)',
  },
  {
    ...{
      id: 'P61',
      title: 'starts a process below the modules that are watched',
      covers: ['P61', '12.1-17'],
    },
    body: `
import _posixsubprocess, inspect, subprocess
reader, writer = os.pipe()
error_reader, error_writer = os.pipe()
fixed = ([b'/bin/cat', FILE.encode()], [b'/bin/cat'], True, (error_writer,), None, None, -1, -1, reader, writer,
    -1, -1, error_reader, error_writer, True, False)
tail = {(3, 9): (None, None, None, -1, None), (3, 10): (None, None, None, -1, None), (3, 8): (None, None, None, -1, None),
    (3, 11): (-1, None, None, None, -1, None, False), (3, 12): (-1, None, None, None, -1, None, False),
    (3, 13): (-1, None, None, None, -1, None, False)}.get(sys.version_info[:2], (-1, None, None, None, -1, None))
_posixsubprocess.fork_exec(*fixed, *tail)
os.close(writer)
return secret(os.read(reader, 1000))`,
  },
  {
    ...{
      id: 'P62',
      title: 'looks for guards in memory and swaps their code',
      covers: ['P62', '12.1-16'],
    },
    body: `
import gc, marshal, types
for one in gc.get_objects():
    if isinstance(one, types.FunctionType) and 'hook' in one.__name__.lower() and one.__code__.co_freevars == ():
        first(lambda: setattr(one, '__code__', (lambda *rest, **named: None).__code__))
code = marshal.loads(marshal.dumps(compile('open(FILE).read()', 'x', 'eval')))
return secret(eval(code)) or types.FunctionType(code, {'FILE': FILE})()`,
  },
  {
    ...{ id: 'R01', title: 'imports the module below os', covers: ['12.1-1'] },
    body: "import posix\nfd = posix.open(FILE, 0)\nposix.system('true')\nreturn secret(posix.read(fd, 1000))",
  },
  {
    ...{ id: 'R02', title: 'finds eval by a joined name', covers: ['12.1-2', '12.1-3'] },
    body: `
import builtins
builtins.__dict__['ev' + 'al']('1 + 1')
return vars(builtins)['__imp' + 'ort__']('os')`,
  },
  {
    ...{ id: 'R04', title: 'gives eval another name', covers: ['12.1-4', '12.1-6'] },
    body: `
e = eval
got = list(map(e, ["__import__('os')"]))
sorted(["__import__('os')"], key=eval)
return e("__import__('os')") or got[0]`,
  },
  {
    ...{ id: 'R08', title: 'reads the globals of a function', covers: ['12.1-8', '12.1-9'] },
    body: `
name = '__glo' + 'bals__'
getattr(read, name)['os']
return globals()['__builtins__'].__dict__['__import__']('os')`,
  },
  {
    ...{ id: 'R11', title: 'takes os out of other modules', covers: ['12.1-11', '12.1-12'] },
    body: `
import bdb, collections, gzip, logging, platform, pty, random
from logging import os as o
found = [getattr(random, '_os', None), getattr(collections, '_sys', sys).modules['os'], platform.os, gzip.os, pty.os, bdb.os, logging.os]
return next((one for one in found if one), o)`,
  },
  {
    ...{ id: 'R14', title: 'runs code by loading a pickle', covers: ['12.1-14'] },
    body: `
import pickle
pickle.loads(b'cposix\\ngetpid\\n(tR.')
return secret(pickle.loads(b'cos\\npopen\\n(Vcat ' + FILE.encode() + b'\\ntR.').read())`,
  },
  {
    ...{ id: 'R15', title: 'runs code by an interpreter in the library', covers: ['12.1-15'] },
    body: `
import code, runpy, timeit
timeit.timeit('pass', number=1)
space = {}
code.InteractiveInterpreter(space).runsource('import os')
return space.get('os') or runpy.run_module('os')['sys'].modules['os']`,
  },
  {
    ...{ id: 'R18', title: 'finds processes and sockets in other modules', covers: ['12.1-18'] },
    body: `
import webbrowser
return secret(webbrowser.subprocess.Popen(['/bin/cat', FILE], stdout=-1).communicate()[0])`,
  },
  {
    ...{ id: 'R19', title: 'reads the frame of an exception', covers: ['12.1-19'] },
    body: `
try: 1 / 0
except Exception as e:
    frame = e.__traceback__.tb_frame
    return getattr(frame, 'f_builtins')['__import__']('os')`,
  },
  {
    ...{ id: 'R20', title: 'reads the frame of a generator', covers: ['12.1-20'] },
    body: "return (i for i in [1]).gi_frame.f_builtins['__import__']('os')",
  },
  {
    ...{ id: 'R21', title: 'reads attributes by formats and getters', covers: ['12.1-21'] },
    body: `
import operator
'{0.__globals__}'.format(read)
return operator.attrgetter('__glo' + 'bals__')(read)['os']`,
  },
  {
    ...{ id: 'R23', title: 'reads an attribute by a pattern', covers: ['12.1-23'] },
    body: `
got = {}
# A Python before 3.10 has no such patterns.
text = 'match read:\\n    case object(__globals__=g): got["g"] = g' if sys.version_info >= (3, 10) else 'got["g"] = read.__globals__'
exec(text, {'read': read, 'got': got})
return got['g']['os']`,
  },
  {
    ...{ id: 'R24', title: 'takes apart what it was given', covers: ['12.1-24'] },
    body: `
helper = globals().get('_ensure_dir') or read
helper.__code__
return (helper.__globals__.get('os') or globals().get('_os')) if helper.__globals__ else globals()['_os']`,
  },
  {
    ...{ id: 'R25', title: 'defines its function a second time', covers: ['12.1-25', '12.1-26'] },
    body: `
def handler(**_): return None
handler = lambda **named: read(named['file'])
return handler(file=FILE)`,
  },
  {
    ...{ id: 'R27', title: 'writes names in look-alike letters', covers: ['12.1-27'] },
    body: `
got = eval('\\U0001d4ee\\U0001d4ff\\U0001d4ea\\U0001d4f5("read(FILE)")', {'read': read, 'FILE': FILE})
return got or eval('object.__\\uff53ubclasses__()') and read(FILE)`,
  },
  {
    ...{ id: 'R29', title: 'hides in a function that is awaited', covers: ['12.1-29'] },
    body: `
async def handler(): return read(FILE)
coroutine = handler()
try: coroutine.send(None)
except StopIteration as done: return done.value`,
  },
];

/** Texts that are hostile as texts: the interpreter's reader is what they attack. */
const TEXTS: readonly HostileProgram[] = (
  [
    ['R28', 'imports from a package that it is not in', ['12.1-28'], 'from . import x\n'],
    [
      'R30',
      'nests 10,000 parentheses',
      ['12.1-30'],
      `x = ${'('.repeat(10_000)}${')'.repeat(10_000)}\n`,
    ],
    ['R31', 'is one line of 2 MB', ['12.1-30'], `x = ${'1+'.repeat(1_000_000)}1\n`],
    ['R32', 'has a zero byte in it', ['12.1-31'], "x = 1\0\nprint('ESCAPED: read past it')\n"],
    [
      'R33',
      'names an encoding in which it says something else',
      ['12.1-31'],
      "# -*- coding: utf-7 -*-\n# +AAo-print('ESCAPED: it was read as UTF-7')\n",
    ],
  ] as const
).map(([id, title, covers, text]) => ({
  ...{ id, title, covers, language: 'python', escape: 'says-escaped' },
  code: () => text,
  needsNothing: 'the interpreter itself refuses it or reads it as what it is',
}));

const DISGUISE = {
  ...{ id: 'R34', title: 'turns the order of its letters around', covers: ['12.1-31'] },
  escape: 'secret-read',
  body: "level = 'user\\u202e \\u2066# is it\\u2069 \\u2066'\nif level != 'user': return read(FILE) #\u202e } \u2066if nothing\u2069",
} as const;

/** Ways around rules about a text (spec, capabilities 12.1): only a boundary is one. */
export const PYTHON_GUARDS: readonly HostileProgram[] = [
  ...pythonPrograms([
    ...TRICKS.map((trick) => ({
      ...trick,
      escape: 'secret-read' as const,
      body: `def reach():\n${indent(trick.body)}\ngot = reach()\nreturn got if isinstance(got, str) else secret(got.fdopen(got.open(FILE, 0)).read())`,
    })),
    DISGUISE,
  ]),
  ...TEXTS,
];

function indent(text: string): string {
  return text.trim().replaceAll(/^(?=.)/gm, '    ');
}
