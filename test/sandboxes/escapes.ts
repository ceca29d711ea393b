import type { Bait } from './bait.ts';

/** Attempts to get out: each sets `got` to what it reached. Source: sandbox-and-scale A3. */
export type Attempts = Readonly<Record<string, string>>;

/** Attempts in Python, run one after the other in one program. */
export const PYTHON_ATTEMPTS: Attempts = {
  'reads a host file by its absolute path': 'got = open(FILE).read()',
  'reads a host file by a path upwards': "got = open('../' * 12 + FILE[1:]).read()",
  'reads a host file through a link':
    "os.symlink(FILE, 'output/l1'); got = open('output/l1').read()",
  'reads a host file by a hard link': "os.link(FILE, 'output/h1'); got = open('output/h1').read()",
  'reads a host file through C': `
fd = libc.open(FILE.encode(), 0)
got = fd >= 0 and os.read(fd, 100)`,
  'reads a host file through a shell':
    "got = subprocess.run(['/bin/cat', FILE], capture_output=True).stdout",
  'lists the home of root': "got = os.listdir('/root')",
  'reads the password file': "got = open('/etc/shadow').read()",
  'finds a key in its environment': 'got = SECRET in repr(os.environ)',
  'finds a key in any environment': `
for pid in os.listdir('/proc'):
    try:
        got = got or SECRET.encode() in open('/proc/%s/environ' % pid, 'rb').read()
    except OSError: pass`,
  'reaches the root folder of a host process':
    "got = open('/proc/%d/root%s' % (HOST, FILE)).read()",
  'sees the host process':
    "got = os.path.exists('/proc/%d/cmdline' % HOST) and 'node' in open('/proc/%d/cmdline' % HOST).read()",
  'overwrites a host file': "open(WRITABLE, 'w').write('changed')",
  'truncates a host file': 'os.truncate(WRITABLE, 0)',
  'deletes a host file': 'os.remove(WRITABLE)',
  'makes a database on the host': `
import sqlite3
sqlite3.connect(FOLDER + '/made.db').execute('create table t (x)')`,
  'writes into the system': "open('/usr/lib/python3/awp_test.pth', 'w').write('x'); got = True",
  'connects to a loopback port':
    "s = socket.create_connection(('127.0.0.1', TCP), 1); got = s.recv(100)",
  'fetches from loopback':
    "import urllib.request; got = urllib.request.urlopen('http://127.0.0.1:%d/' % TCP, timeout=1).read()",
  'sends a datagram':
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', UDP))",
  'connects to a socket by path':
    's = socket.socket(socket.AF_UNIX); s.connect(SOCKET); got = s.recv(100)',
  'connects to an abstract socket':
    "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + ABSTRACT); got = s.recv(100)",
  'makes sockets of other families': `
for family in (16, 17, 38, 40):
    try:
        socket.socket(family, socket.SOCK_DGRAM if family != 38 else socket.SOCK_SEQPACKET); got = family
    except OSError: pass`,
  'kills a host process': 'os.kill(VICTIM, 9)',
  'stops a host process': 'os.kill(VICTIM, 19)',
  'traces a host process': 'got = libc.ptrace(16, VICTIM, 0, 0) == 0',
  'reads the memory of a host process': "got = open('/proc/%d/mem' % VICTIM, 'rb')",
  'makes a user namespace': 'got = libc.unshare(0x10000000) == 0',
  'makes a namespace by clone': `
number = {'x86_64': 56, 'aarch64': 220}[os.uname().machine]
pid = libc.syscall(number, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0: os._exit(0)
got = pid > 0`,
  'mounts something': "got = libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == 0",
  'changes its root': "got = libc.chroot(b'/') == 0",
  'becomes root': 'os.setuid(0); got = True',
  'could gain rights by a setuid program': 'got = libc.prctl(39, 0, 0, 0, 0) != 1',
  'opens the memory of the machine': "got = open('/dev/mem', 'rb')",
  'opens a kernel tunable for writing':
    "got = os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)",
  'opens the trigger of the kernel': "got = os.open('/proc/sysrq-trigger', os.O_WRONLY)",
  'reaches dangerous calls of the kernel': `
numbers = {'x86_64': (321, 298, 425, 323, 250, 304, 438), 'aarch64': (280, 241, 425, 282, 219, 265, 438)}
for number in numbers[os.uname().machine]:
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0 or ctypes.get_errno() != 1: got = number`,
  'finds open descriptors': `
for fd in range(3, 256):
    try: os.fstat(fd)
    except OSError: continue
    got = fd`,
  'writes to the channel': 'os.write(3, FORGED); got = True',
  'writes to the channel of its parent':
    "open('/proc/%d/fd/3' % os.getppid(), 'wb').write(FORGED); got = True",
  'raises its own limits': `
import resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1)); got = True`,
  'changes its inputs': "open('inputs/table.csv', 'a').write('x'); got = True",
  'adds to the shared folder': "open('shared/new.txt', 'w').write('x'); got = True",
  'writes beside output/': "open('beside.txt', 'w').write('x'); got = True",
};

/** Attempts in JavaScript; `got` may be a promise. */
export const NODE_ATTEMPTS: Attempts = {
  'reads a host file': "got = fs.readFileSync(FILE, 'utf8')",
  'reads a host file through a link':
    "fs.symlinkSync(FILE, 'output/l2'); got = fs.readFileSync('output/l2', 'utf8')",
  'imports a host file': "got = (await import(FILE, { with: { type: 'json' } })).default.secret",
  'requires a host file': "got = (await import('node:module')).createRequire('/box/x.js')(FILE)",
  'opens a host file as a database':
    "const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(FOLDER + '/made.db').exec('create table t (x)')",
  'reads a host file by a bound function': "got = process.binding('fs').open(FILE, 0, 0o666) > 0",
  'reads a host file in a thread': `
const { Worker } = await import('node:worker_threads');
got = await new Promise((resolve, reject) => {
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(require('node:fs').readFileSync(" + JSON.stringify(FILE) + ", 'utf8'))", { eval: true });
  worker.on('message', resolve); worker.on('error', reject);
})`,
  'reads a host file in a process': "got = spawnSync('/bin/cat', [FILE]).stdout.toString()",
  'finds a key in its environment': 'got = JSON.stringify(process.env).includes(SECRET)',
  'finds a key in any environment': `
for (const pid of fs.readdirSync('/proc')) {
  try { got = got || fs.readFileSync('/proc/' + pid + '/environ', 'utf8').includes(SECRET); } catch {}
}`,
  'writes a host file': "fs.writeFileSync(WRITABLE, 'changed')",
  'writes a report onto the host': "process.report.writeReport(FOLDER + '/report.json')",
  'fetches from loopback': "got = await (await fetch('http://127.0.0.1:' + TCP)).text()",
  'connects to a loopback port': "got = await reach(net.connect(TCP, '127.0.0.1'))",
  'connects to a socket by path': 'got = await reach(net.connect(SOCKET))',
  'connects to an abstract socket': "got = await reach(net.connect('\\0' + ABSTRACT))",
  'sends a datagram': `
const socket = (await import('node:dgram')).createSocket('udp4');
await new Promise((resolve, reject) => socket.on('error', reject).send('x', UDP, '127.0.0.1', (e) => e ? reject(e) : resolve()));`,
  'kills a host process': "process.kill(VICTIM, 'SIGKILL')",
  'makes a user namespace': "got = spawnSync('/usr/bin/unshare', ['-U', 'true']).status === 0",
  'finds open sockets and files': `
for (let fd = 3; fd < 256; fd++) {
  let stat; try { stat = fs.fstatSync(fd); } catch { continue; }
  if (stat.isSocket() || stat.isFile()) got = fd;
}`,
  'writes to the channel': 'fs.writeSync(3, FORGED)',
  'changes its inputs': "fs.appendFileSync('inputs/table.csv', 'x'); got = true",
  'writes beside output/': "fs.writeFileSync('beside.txt', 'x'); got = true",
};

/** A frame of the channel with a file of that name in it. */
export const FORGED_NAME = 'forged.txt';
const FORGED = Buffer.concat([
  Buffer.from([0x46, 0, 0, 0, FORGED_NAME.length, 0, 0, 0, 1]),
  Buffer.from(`${FORGED_NAME}x`),
]);

/** One program of all attempts; it prints, as JSON, what each one reached, or null. */
export function pythonBattery(attempts: Attempts, bait: Bait): string {
  return `
import base64, ctypes, json, os, socket, subprocess, sys
FORGED = base64.b64decode(${JSON.stringify(FORGED.toString('base64'))})
${names(bait)
  .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  .join('\n')}
libc = ctypes.CDLL(None, use_errno=True)
results = {}
for name, code in json.loads(${JSON.stringify(JSON.stringify(attempts))}).items():
    space = dict(globals(), got=None)
    try:
        exec(code, space)
        results[name] = repr(space['got']) if space['got'] else None
    except BaseException as error:
        results[name] = None
print(json.dumps(results))
`;
}

/** The same in JavaScript. */
export function nodeBattery(attempts: Attempts, bait: Bait): string {
  const bodies = Object.entries(attempts).map(
    ([name, code]) => `
try { let got; ${code}; results[${JSON.stringify(name)}] = got ? String(got) : null; }
catch (error) { results[${JSON.stringify(name)}] = null; }`,
  );
  return `
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
const FORGED = Buffer.from(${JSON.stringify(FORGED.toString('base64'))}, 'base64');
${names(bait)
  .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
  .join('\n')}
const reach = (socket) => new Promise((resolve, reject) => {
  socket.on('data', (data) => resolve(data.toString())); socket.on('error', reject);
});
const results = {};
${bodies.map((body) => `{${body}}`).join('\n')}
console.log(JSON.stringify(results));
process.exit(0);
`;
}

function names(bait: Bait): [string, string | number][] {
  return [
    ['SECRET', bait.secret],
    ['FILE', bait.file],
    ['FOLDER', bait.folder],
    ['WRITABLE', bait.writable],
    ['TCP', bait.tcp],
    ['UDP', bait.udp],
    ['SOCKET', bait.socket],
    ['ABSTRACT', bait.abstract],
    ['VICTIM', bait.victim],
    ['HOST', process.pid],
  ];
}
