import { pythonPrograms } from './python-kit.ts';

/** Reading and changing what is the host's: files, environments, descriptors, traps in `output/`. */
export const PYTHON_FILES = pythonPrograms([
  {
    ...{ id: 'P01', title: 'reads a host file by its absolute path', covers: ['P01'] },
    escape: 'secret-read',
    body: 'return read(FILE)',
  },
  {
    ...{ id: 'P02', title: 'reads a host file by a path upwards', covers: ['P02'] },
    escape: 'secret-read',
    body: "return read('../' * 12 + FILE[1:])",
  },
  {
    ...{ id: 'P03', title: 'reads a key from its environment', covers: ['P03'] },
    escape: 'secret-read',
    needsNothing: 'programs get an environment of their own even without a box',
    body: "return secret(os.environ.get(VARIABLE, '')) or secret(dict(os.environ))",
  },
  {
    ...{ id: 'P04', title: "reads a host process's environment", covers: ['P04', '12.4-70'] },
    escape: 'secret-read',
    body: `
return first(
    lambda: secret(open('/proc/%d/environ' % HOST, 'rb').read()),
    lambda: secret(open('/proc/%d/environ' % os.getppid(), 'rb').read()),
    lambda: secret(open('/proc/1/environ', 'rb').read()),
    lambda: secret(open('/proc/self/environ', 'rb').read()))`,
  },
  {
    ...{ id: 'P05', title: 'looks through all environments', covers: ['P05'] },
    escape: 'secret-read',
    body: `
got = set()
for pid in filter(str.isdigit, os.listdir('/proc')):
    try: got.add(secret(open('/proc/%s/environ' % pid, 'rb').read()))
    except OSError: pass
return ' '.join(filter(None, got))`,
  },
  {
    ...{
      id: 'P06',
      title: 'reads a host file through a link of its own',
      covers: ['P06', '12.4-67'],
    },
    escape: 'secret-read',
    body: `
def by_folder():
    os.symlink(FOLDER, 'output/folder')
    return read('output/folder/secret.json')
def by_file():
    os.symlink(FILE, 'output/file')
    return read('output/file')
def upwards():
    os.symlink('../' * 12 + FOLDER[1:] + '/home', 'output/home')
    return read('output/home/../secret.json')
return first(by_folder, by_file, upwards)`,
  },
  {
    ...{
      id: 'P07',
      title: 'leaves a link to a host file as an artifact',
      covers: ['P07', '12.4-67'],
    },
    escape: 'trap-left',
    needsNothing: 'the collector takes regular files only and follows no link',
    body: `
os.symlink(FILE, 'output/report.json')
os.makedirs('output/sub', exist_ok=True)
os.symlink(FOLDER, 'output/sub/folder')
os.symlink('../../../../../../etc', 'output/etc')`,
  },
  {
    ...{
      id: 'P08',
      title: 'leaves a hard link to a host file as an artifact',
      covers: ['P08', '12.4-67'],
    },
    escape: 'secret-read',
    body: "os.link(FILE, 'output/report.json')",
  },
  {
    ...{
      id: 'P09',
      title: 'goes through the root and folder of a host process',
      covers: ['P09', '12.4-70'],
    },
    escape: 'secret-read',
    body: `
tries = []
for pid in (HOST, os.getppid(), 1):
    for name in ('root', 'cwd'):
        tries.append(lambda p='/proc/%d/%s%s' % (pid, name, FILE): read(p))
        tries.append(lambda p='/proc/%d/%s/%s%s' % (pid, name, '../' * 12, FILE[1:]): read(p))
return first(*tries)`,
  },
  {
    ...{ id: 'P10', title: 'looks for inherited descriptors', covers: ['P10', '12.4-71'] },
    escape: 'says-escaped',
    needsNothing: 'all other descriptors are closed before a program starts, also without a box',
    body: `
import stat
files, sockets = [], []
for fd in range(3, 256):
    try: mode = os.fstat(fd).st_mode
    except OSError: continue
    if stat.S_ISREG(mode): files.append(fd)
    if stat.S_ISSOCK(mode): sockets.append(fd)
# One socket is the program's own channel for calls of tools.
mine = files + sockets[1:]
return mine and 'descriptors %s' % mine`,
  },
  {
    ...{ id: 'P11', title: 'overwrites a host file', covers: ['P11'] },
    escape: 'host-changed',
    body: "open(WRITABLE, 'w').write('changed')",
  },
  {
    ...{ id: 'P12', title: 'deletes and renames host files', covers: ['P12'] },
    escape: 'host-changed',
    body: `
first(lambda: os.remove(WRITABLE), lambda: os.truncate(WRITABLE, 0),
    lambda: os.rename(FILE, FILE + '.taken'), lambda: os.chmod(WRITABLE, 0o600))`,
  },
  {
    ...{ id: 'P32', title: 'leaves a sparse file of 8 TB', covers: ['P32', '12.3-57'] },
    escape: 'limit-passed',
    body: `
with open('output/huge.bin', 'wb') as target:
    for size in (8 << 40, 1 << 40, DISK * 100):
        try: target.truncate(size)
        except OSError: continue
        hold(size)
        if size == DISK * 100: os.remove('output/huge.bin')
        return '%d bytes' % size`,
  },
  {
    ...{ id: 'P33', title: 'leaves a zip bomb', covers: ['P33', '12.4-69'] },
    escape: 'trap-left',
    needsNothing: 'files are bytes to us: nothing is ever unpacked',
    body: `
import zipfile
with zipfile.ZipFile('output/report.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    with archive.open('zeros', 'w') as inside:
        for _ in range(50): inside.write(bytes(1 << 20))
    archive.writestr('../../escaped.txt', 'x')`,
  },
  {
    ...{ id: 'P34', title: 'leaves a pipe, a socket and a folder named like reports' },
    covers: ['P34', '12.4-68'],
    escape: 'trap-left',
    needsNothing: 'the collector opens nothing but regular files, and never waits for one',
    body: `
import socket, stat
first(lambda: os.mkfifo('output/report.csv'),
    lambda: socket.socket(socket.AF_UNIX).bind('output/report.sock'),
    lambda: os.mknod('output/report.dev', 0o666 | stat.S_IFCHR, os.makedev(1, 5)),
    lambda: os.mkdir('output/report.png'))`,
  },
  {
    ...{ id: 'P35', title: "opens a host file by C's own functions", covers: ['P35'] },
    escape: 'secret-read',
    body: `
fd = libc().open(FILE.encode(), 0)
return secret(os.read(fd, 1000)) if fd >= 0 else None`,
  },
  {
    ...{ id: 'P51', title: 'leaves a pickle that runs code when it is loaded', covers: ['P51'] },
    escape: 'trap-left',
    needsNothing: 'files are bytes to us: nothing is ever loaded',
    body: `
import pickle
class Trap:
    def __reduce__(self): return os.system, ('echo changed > ' + WRITABLE,)
with open('output/model.pkl', 'wb') as target: pickle.dump(Trap(), target)`,
  },
  {
    ...{
      id: 'P52',
      title: 'reads a home folder: keys, credentials, settings',
      covers: ['P52', '12.4-64', '12.4-72'],
    },
    escape: 'secret-read',
    body: `
import glob
got = []
for name in ('.ssh/id_ed25519', '.aws/credentials', 'project/secrets.yaml', 'project/.env'):
    got.append(first(lambda: read(os.path.join(HOME, name))))
for pattern in (FOLDER + '/**/*', '../' * 12 + FOLDER[1:] + '/home/*/*', '/*/' + os.path.basename(FOLDER) + '/*'):
    for path in glob.glob(pattern, recursive=True)[:50]:
        if os.path.isfile(path): got.append(first(lambda: read(path)))
return next((one for one in got if one), None)`,
  },
  {
    ...{ id: 'P64', title: 'makes a database outside of its folder', covers: ['P64'] },
    escape: 'host-changed',
    body: "import sqlite3\nsqlite3.connect(FOLDER + '/made.db').execute('create table t (x)')",
  },
  {
    ...{ id: 'P66', title: 'plants code where other Pythons would run it', covers: ['P66'] },
    escape: 'host-changed',
    body: `
def append_to_library():
    fd = os.open(os.__file__, os.O_WRONLY | os.O_APPEND)
    os.close(fd)
    return 'the standard library can be written'
first(lambda: open(PACKAGES + '/hostile.pth', 'w').write('import os'))
first(lambda: open(PACKAGES + '/sitecustomize.py', 'w').write('import os'))
if not os.path.exists(PACKAGES): return append_to_library()`,
  },
  {
    ...{ id: 'P71', title: 'changes its inputs and the shared folder', covers: ['12.4-67'] },
    escape: 'host-changed',
    body: `
first(lambda: open('inputs/table.csv', 'a').write('x'), lambda: os.remove('inputs/table.csv'),
    lambda: open('shared/new.txt', 'w').write('x'))`,
  },
  {
    ...{ id: 'P72', title: 'reads the folder beside its inputs', covers: ['12.4-65'] },
    escape: 'secret-read',
    body: `
return first(lambda: read('inputs/../inputs-private/key.txt'),
    lambda: read(os.path.realpath('inputs') + '-private/key.txt'),
    lambda: read(INPUTS + '-private/key.txt'))`,
  },
  {
    ...{ id: 'P73', title: 'writes a path in every spelling', covers: ['12.4-63', '12.4-66'] },
    escape: 'secret-read',
    body: `
from urllib.request import url2pathname, urlopen
base = os.path.basename(FOLDER)
spellings = ['/tmp/../' + FILE[1:], '//' + FILE[1:], '/./' + FILE[1:], 'output/../' + '../' * 12 + FILE[1:],
    'file://' + FILE, '~/secret.json', FILE + '.', FILE + ' ', '\\\\\\\\?\\\\C:' + FILE, 'C:' + FILE,
    '/tmpfoo/../' + FILE[1:], url2pathname('/%2e%2e' + FILE)]
got = first(*[lambda p=spelling: read(p) for spelling in spellings])
return got or first(lambda: secret(urlopen('file://' + FILE).read()), lambda: read(FILE + '\\0.txt'))`,
  },
  {
    ...{ id: 'P74', title: 'writes names in other case and in other Unicode forms' },
    covers: ['12.4-73'],
    escape: 'secret-read',
    body: `
names = ('Secret.JSON', 'SECRET.json', 'secret.jso\\u006e', '\\uff53ecret.json', 'secret.json')
for number, name in enumerate(('table.csv', 'TABLE.csv', 'caf\\u00e9.txt', 'cafe\\u0301.txt')):
    open('output/' + name, 'w').write(str(number))
return first(*[lambda p=FOLDER + '/' + name: read(p) for name in names])`,
  },
  {
    ...{ id: 'P75', title: 'asks the helpers for paths outside', covers: ['12.4-74', '12.1-24'] },
    escape: 'secret-read',
    needsNothing: 'the helpers give no path outside of their folders; without a box P01 needs none',
    body: `
up = ['..'] * 12 + FILE[1:].split('/')
return first(lambda: read(_output_file(*up)), lambda: read(_input_file(*up)),
    lambda: read(_output_file(FILE)), lambda: read(_input_file(FILE)),
    lambda: read(_output_file('a', '/' + FILE)))`,
  },
  {
    ...{ id: 'P76', title: 'reads memory, terminals and devices', covers: ['12.4-70', 'P45'] },
    escape: 'secret-read',
    needsNothing:
      'of these only what belongs to another process is worth a secret: P04 and P80 try that',
    body: `
def memory():
    with open('/proc/self/mem', 'rb') as source:
        source.seek(0x400000)
        return secret(source.read(4096))
return first(memory, lambda: secret(open('/dev/tty').read(10)),
    *[lambda p='/dev/shm/' + name: read(p) for name in first(lambda: os.listdir('/dev/shm')) or []])`,
  },
  {
    ...{
      id: 'P77',
      title: 'swaps an artifact while it is collected',
      covers: ['12.4-67', '12.4-69', '12.3-56'],
    },
    timeoutMs: 3000,
    escape: 'process-left',
    body: `
import subprocess, textwrap
code = textwrap.dedent('''\\
import os, sys, time
file, end = sys.argv[1], time.time() + 15
while time.time() < end:
    try:
        os.path.lexists('output/swap') and os.remove('output/swap')
        os.symlink(file, 'output/swap')
        os.remove('output/swap')
        open('output/swap', 'w').close()
    except FileExistsError: pass
    except OSError: time.sleep(0.1)
''')
open('output/swap', 'w').write('x')
subprocess.Popen([sys.executable or 'python3', '-c', code, FILE, MARKER], start_new_session=True)`,
  },
  {
    ...{ id: 'P78', title: 'leaves names that mislead', covers: ['12.3-57'] },
    escape: 'trap-left',
    needsNothing: 'names are checked by the host; what cannot be kept is left out with a note',
    body: `
for name in (b'a\\nb.txt', b'n' * 255, b'bad\\xff.txt', b'..hidden', b'\\xe2\\x80\\xaegnp.exe', b'tab\\t.txt', b'CON', b'back\\\\slash'):
    first(lambda: open(b'output/' + name, 'w').write('x'))`,
  },
  {
    ...{ id: 'P79', title: 'makes a folder that is 4,000 levels deep', covers: ['12.3-57'] },
    escape: 'trap-left',
    needsNothing: 'the collector goes only so deep',
    body: `
os.chdir('output')
for _ in range(4000):
    os.mkdir('d')
    os.chdir('d')
open('bottom.txt', 'w').write('x')`,
  },
]);
