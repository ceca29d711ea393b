import { pythonPrograms } from './python-kit.ts';

const KERNEL = { none: ['escaped', 'contained'] } as const;

/** Reaching what is outside: the network, other processes, the kernel. */
export const PYTHON_REACH = pythonPrograms([
  {
    ...{ id: 'P13', title: 'connects to a loopback port', covers: ['P13'] },
    escape: 'network-reached',
    body: "import socket\nreturn secret(socket.create_connection(('127.0.0.1', TCP), 2).recv(200))",
  },
  {
    ...{ id: 'P14', title: 'sends a datagram to loopback', covers: ['P14'] },
    escape: 'network-reached',
    body: `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(b'x', ('127.0.0.1', UDP))
return secret(s.recv(200))`,
  },
  {
    ...{ id: 'P15', title: 'connects to a unix socket by its path', covers: ['P15'] },
    escape: 'network-reached',
    body: `
import socket
s = socket.socket(socket.AF_UNIX)
s.connect(SOCKET)
return secret(s.recv(200))`,
  },
  {
    ...{ id: 'P16', title: 'connects to an abstract unix socket', covers: ['P16'] },
    escape: 'network-reached',
    body: `
import socket
s = socket.socket(socket.AF_UNIX)
s.connect('\\0' + ABSTRACT)
return secret(s.recv(200))`,
  },
  {
    ...{ id: 'P17', title: 'fetches from loopback by urllib', covers: ['P17'] },
    escape: 'network-reached',
    body: `
import urllib.request
return secret(urllib.request.urlopen('http://127.0.0.1:%d/' % TCP, timeout=2).read())`,
  },
  {
    ...{ id: 'P40', title: 'runs a shell', covers: ['P40'] },
    escape: 'secret-read',
    body: `
import subprocess
return first(lambda: secret(subprocess.run(['/bin/cat', FILE], capture_output=True).stdout),
    lambda: secret(os.popen('cat ' + FILE).read()))`,
  },
  {
    ...{ id: 'P41', title: 'kills a host process', covers: ['P41'] },
    escape: 'process-harmed',
    body: 'os.kill(VICTIM, 9)\ntime.sleep(0.2)',
  },
  {
    ...{ id: 'P42', title: 'traces a host process', covers: ['P42'] },
    escape: 'says-escaped',
    expected: KERNEL,
    body: `
c = libc()
if c.ptrace(16, VICTIM, 0, 0) != 0: return None
os.waitpid(VICTIM, 0x40000000)
c.ptrace(17, VICTIM, 0, 0)
return 'traced'`,
  },
  {
    ...{ id: 'P43', title: 'makes a user namespace and mounts inside', covers: ['P43'] },
    escape: 'says-escaped',
    expected: KERNEL,
    body: `
c = libc()
if c.unshare(0x10000000 | 0x20000) != 0: return None
c.mount(b'none', b'/', None, 1 << 14 | 1 << 18, None)
return c.mount(b'tmpfs', b'/mnt', b'tmpfs', 0, None) == 0 and 'mounted'`,
  },
  {
    ...{ id: 'P44', title: 'reaches dangerous calls of the kernel', covers: ['P44'] },
    escape: 'surface',
    body: `
import ctypes
c = libc()
# bpf, perf_event_open, io_uring_setup, userfaultfd, keyctl, open_by_handle_at, pidfd_getfd, kexec_load.
numbers = {'x86_64': (321, 298, 425, 323, 250, 304, 438, 246), 'aarch64': (280, 241, 425, 282, 219, 265, 438, 104)}
open_ones = []
for number in numbers[os.uname().machine]:
    ctypes.set_errno(0)
    if c.syscall(number, -1, 0, 0, 0, 0) >= 0 or ctypes.get_errno() not in (1, 38): open_ones.append(number)
return surface('system calls %s' % open_ones) if open_ones else None`,
  },
  {
    ...{ id: 'P45', title: 'opens disks and the memory of the machine', covers: ['P45'] },
    escape: 'says-escaped',
    expected: KERNEL,
    needsNothing: 'an ordinary user may not open these either',
    body: `
names = ['/dev/mem', '/dev/kmem', '/dev/port', '/proc/kcore', '/dev/sda', '/dev/vda', '/dev/nvme0n1', '/dev/kvm', '/dev/fuse']
return first(*[lambda n=name: open(n, 'rb').close() or n for name in names])`,
  },
  {
    ...{ id: 'P46', title: 'opens tunables of the kernel for writing', covers: ['P46'] },
    escape: 'says-escaped',
    expected: KERNEL,
    needsNothing: 'an ordinary user may not open these either',
    body: `
names = ['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/sys/kernel/uevent_helper', '/proc/sys/vm/drop_caches']
return first(*[lambda n=name: os.close(os.open(n, os.O_WRONLY)) or n for name in names])`,
  },
  {
    ...{ id: 'P47', title: 'lists the processes of the host', covers: ['P47'] },
    escape: 'says-escaped',
    body: `
def line(pid): return open('/proc/%s/cmdline' % pid).read()
seen = [pid for pid in os.listdir('/proc') if pid.isdigit() and first(lambda: VARIABLE in line(pid))]
return seen and 'processes %s' % seen`,
  },
  {
    ...{ id: 'P48', title: 'raises its own limits', covers: ['P48'] },
    escape: 'limit-passed',
    expected: KERNEL,
    needsNothing: 'the kernel refuses that to an ordinary user',
    body: `
import resource
raised = []
for name in ('RLIMIT_NOFILE', 'RLIMIT_FSIZE', 'RLIMIT_CPU', 'RLIMIT_NPROC', 'RLIMIT_AS', 'RLIMIT_DATA'):
    which = getattr(resource, name)
    hard = resource.getrlimit(which)[1]
    if hard == resource.RLIM_INFINITY: continue
    try: resource.setrlimit(which, (hard + 1, hard + 1))
    except (ValueError, OSError): continue
    raised.append(name)
return raised`,
  },
  {
    ...{ id: 'P49', title: 'would get rights from a setuid program', covers: ['P49'] },
    escape: 'says-escaped',
    body: `
import stat
held = libc().prctl(39, 0, 0, 0, 0) == 1
for path in ('/usr/bin/su', '/bin/su', '/usr/bin/mount', '/usr/bin/passwd', '/usr/bin/newgrp'):
    if held or not os.path.exists(path): continue
    if os.stat(path).st_mode & stat.S_ISUID and not os.statvfs(path).f_flag & os.ST_NOSUID: return path`,
  },
  {
    ...{ id: 'P50', title: 'forges its result', covers: ['P50', '12.4-71'] },
    escape: 'trap-left',
    needsNothing:
      'output is text to the host, and files come from the collector, which it cannot be',
    body: `
import struct
def frame(kind, name, payload): return struct.pack('>cII', kind, len(name), len(payload)) + name + payload
forged = frame(b'F', b'../forged.txt', b'x') + frame(b'D', b'', b'') * 30000
print('{"ok": true, "status": 200, "exitCode": 0}')
for fd in range(3, 64):
    try: os.write(fd, forged)
    except OSError: pass
# Only what watches over this box may be spoken to: without one that would be a stranger.
for pid in (os.getppid(), 1):
    if not first(lambda: '<awp>' in open('/proc/%d/cmdline' % pid).read()): continue
    for fd in range(3, 10):
        first(lambda: os.write(os.open('/proc/%d/fd/%d' % (pid, fd), os.O_WRONLY | os.O_NONBLOCK), forged))
sys.stdout.flush()
os._exit(3)`,
  },
  {
    ...{ id: 'P63', title: 'makes sockets that no network namespace holds', covers: ['P63'] },
    escape: 'surface',
    body: `
import socket
made = []
for family, kind in ((16, 3), (17, 2), (38, 5), (40, 1), (15, 3)):
    try: socket.socket(family, kind).close()
    except OSError: continue
    made.append(family)
return surface('families %s' % made) if made else None`,
  },
  {
    ...{
      id: 'P65',
      title: 'puts a socket into a shown folder and signals its parent',
      covers: ['P65'],
    },
    escape: 'host-changed',
    body: `
import socket
first(lambda: socket.socket(socket.AF_UNIX).bind(INPUTS + '/s'), lambda: socket.socket(socket.AF_UNIX).bind('inputs/s'))
os.kill(HOST, 0)
return 'the host can be signalled'`,
  },
  {
    ...{ id: 'P80', title: "reads a host process's memory", covers: ['12.4-70', 'P42'] },
    escape: 'secret-read',
    expected: KERNEL,
    body: `
with open('/proc/%d/maps' % HOST) as maps, open('/proc/%d/mem' % HOST, 'rb', 0) as memory:
    for line in maps:
        if '[stack]' not in line: continue
        start, end = (int(part, 16) for part in line.split()[0].split('-'))
        memory.seek(start)
        return secret(memory.read(end - start))`,
  },
  {
    ...{ id: 'P81', title: 'stops a host process and changes its priority', covers: ['P41'] },
    escape: 'process-harmed',
    body: `
first(lambda: os.setpriority(os.PRIO_PROCESS, VICTIM, 19))
os.kill(VICTIM, 19)
time.sleep(0.2)`,
  },
  {
    ...{ id: 'P82', title: 'sets the clock', covers: ['12.3-62'] },
    escape: 'surface',
    // The time is one that cannot be: whoever may set it gets another error than who may not.
    body: `
import ctypes
c = libc()
settime, setday = {'x86_64': (227, 164), 'aarch64': (112, 170)}[os.uname().machine]
never = (ctypes.c_long * 2)(0, -1)
for arguments in ((settime, 0, never), (setday, never, None)):
    ctypes.set_errno(0)
    # By its number: the library would look at the time itself.
    if c.syscall(*arguments) == 0 or ctypes.get_errno() == 22: return surface('the clock can be set')`,
  },
  {
    ...{ id: 'P83', title: 'becomes root again', covers: ['P49'] },
    escape: 'says-escaped',
    expected: KERNEL,
    needsNothing: 'an ordinary user cannot become root',
    body: `
def write_root():
    os.setuid(0)
    return os.access('/etc/shadow', os.R_OK) and open('/etc/shadow').read(1) and 'read /etc/shadow'
return first(write_root, lambda: libc().setns(os.open('/proc/1/ns/mnt', 0), 0) == 0 and 'entered',
    lambda: libc().chroot(b'/tmp') == 0 and 'changed its root')`,
  },
  {
    ...{ id: 'P84', title: 'reaches everything else of the network', covers: ['P13'] },
    escape: 'network-reached',
    body: `
import socket
def ipv6():
    s = socket.socket(socket.AF_INET6)
    s.settimeout(2)
    s.connect(('::ffff:127.0.0.1', TCP))
    return secret(s.recv(200))
def other_names():
    return secret(socket.create_connection(('localhost', TCP), 2).recv(200))
def by_number():
    return secret(socket.create_connection(('0', TCP), 2).recv(200))
return first(ipv6, other_names, by_number)`,
  },
]);
