import { pythonPrograms } from './python-kit.ts';

const STOPPED = 'the wall clock and the cut of the output hold even without a box';

/** For programs that end by themselves, however slow the machine is, in milliseconds. */
const BOUNDED_MS = 40_000;

/** Using more than is granted: time, memory, processes, disk, output. Each is bounded. */
export const PYTHON_LIMITS = pythonPrograms([
  {
    ...{ id: 'P18', title: 'forks and forks', covers: ['P18', '12.3-52'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
made = 0
for _ in range(300):
    try: pid = os.fork()
    except OSError: break
    if pid == 0:
        time.sleep(4)
        os._exit(0)
    made += 1
return made > PROCESSES * 2 and hold('%d processes' % made)`,
  },
  {
    ...{ id: 'P19', title: 'starts threads and threads', covers: ['P19', '12.3-52'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
import threading
threading.stack_size(65536)
made = 0
for _ in range(1500):
    try: threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
    except RuntimeError: break
    made += 1
return made > PROCESSES * 2 and hold('%d threads' % made)`,
  },
  {
    ...{ id: 'P20', title: 'fills its memory', covers: ['P20', '12.3-53'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
held = []
while len(held) * 64 < 1024: held.append(bytearray(os.urandom(1 << 16)) * 1024)
return hold('%d MB' % (len(held) * 64))`,
  },
  {
    ...{ id: 'P21', title: 'fills the memory of twelve children', covers: ['P21'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
reader, writer = os.pipe()
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(b'x') * (100 << 20)
        os.write(writer, b'x')
        time.sleep(4)
        os._exit(len(held) & 1)
filled = 0
while filled < 12: filled += len(os.read(reader, 12))
return hold('%d MB' % (filled * 100))`,
  },
  {
    ...{
      id: 'P22',
      title: 'fills memory by files in memory',
      covers: ['P22', '12.3-53'],
      heavy: true,
    },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
held, total = [], 0
for folder in ('/dev/shm', '/tmp', '/run', '/var/tmp', 'output'):
    for number in range(32):
        try:
            fd = os.open('%s/%s-%d' % (folder, MARKER, number), os.O_RDWR | os.O_CREAT | os.O_EXCL)
            os.unlink('%s/%s-%d' % (folder, MARKER, number))
            for _ in range(4): total += os.write(fd, bytes(1 << 20))
            held.append(fd)
        except OSError: break
return total > 400 << 20 and hold('%d MB' % (total >> 20))`,
  },
  {
    ...{ id: 'P23', title: 'computes for ever', covers: ['P23'], timeoutMs: 2000 },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: 'while True: pass',
  },
  {
    ...{ id: 'P24', title: 'computes for ever in C', covers: ['P24'], timeoutMs: 2000 },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: "import re\nre.match('(a+)+$', 'a' * 60 + 'b')\nreturn 'it came to an end'",
  },
  {
    ...{
      id: 'P25',
      title: 'ignores the polite signal and sleeps',
      covers: ['P25', '12.3-55'],
      timeoutMs: 2000,
    },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: `
import signal
for number in range(1, 32):
    if number not in (9, 19): first(lambda: signal.signal(number, signal.SIG_IGN))
time.sleep(60)
return 'slept a minute'`,
  },
  {
    ...{ id: 'P26', title: 'leaves a process behind by two forks', covers: ['P26', '12.3-56'] },
    timeoutMs: 3000,
    escape: 'process-left',
    body: `
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execv(left_running()[0], left_running())
    os._exit(0)
os.wait()`,
  },
  {
    ...{ id: 'P27', title: 'leaves a process of a new session behind', covers: ['P27', '12.3-56'] },
    timeoutMs: 3000,
    escape: 'process-left',
    body: `
import subprocess
subprocess.Popen(left_running(), start_new_session=True)`,
  },
  {
    ...{ id: 'P28', title: 'prints 300 MB', covers: ['P28', '12.3-54'], heavy: true },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: `
for number in range(300):
    print('x' * 1000, end='\\n' if number % 2 else '')
    os.write(1 + number % 2, b'y' * (1 << 20))`,
  },
  {
    ...{ id: 'P29', title: 'fills the disk', covers: ['P29', '12.3-57'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
total = 0
for number in range(100):
    try:
        with open('output/%d.bin' % number, 'wb', 0) as target:
            for _ in range(8): total += target.write(bytes(1 << 20))
    except OSError: continue
return total > DISK * 8 and hold('%d MB' % (total >> 20)) and emptied('%d MB' % (total >> 20))`,
  },
  {
    ...{ id: 'P30', title: 'fills the disk by small files', covers: ['P30'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
total = 0
for number in range(256):
    with open('output/%d.bin' % number, 'wb', 0) as target: total += target.write(bytes(1 << 20))
return total > DISK * 8 and hold('%d MB' % (total >> 20)) and emptied('%d MB' % (total >> 20))`,
  },
  {
    ...{
      id: 'P31',
      title: 'makes 20,000 empty files',
      covers: ['P31', '12.3-57', '12.4-69'],
      heavy: true,
    },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
made = 0
for number in range(20000):
    try: os.close(os.open('output/%d' % number, os.O_CREAT | os.O_WRONLY))
    except OSError: break
    made += 1
return made >= 20000 and hold('20,000 files') and emptied('20,000 files')`,
  },
  {
    ...{
      id: 'P67',
      title: 'computes in eight children at once',
      covers: ['P67', '12.3-58'],
      heavy: true,
    },
    timeoutMs: 5000,
    policy: { cpuSeconds: 1 },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: `
for _ in range(8):
    if os.fork() == 0:
        while True: pass
while True: pass`,
  },
  {
    ...{ id: 'P85', title: 'starts program after program', covers: ['12.3-52'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
import subprocess
started = []
for _ in range(100):
    try: started.append(subprocess.Popen(['/bin/sleep', '4']))
    except OSError: break
return len(started) > PROCESSES * 2 and hold('%d programs' % len(started))`,
  },
  {
    ...{ id: 'P86', title: 'fills its memory slowly', covers: ['12.3-53'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
held = []
for _ in range(60):
    held.append(bytearray(b'x') * (10 << 20))
    time.sleep(0.02)
return hold('%d MB' % (len(held) * 10))`,
  },
  {
    ...{ id: 'P87', title: 'maps memory past the heap', covers: ['12.3-53'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
import mmap
held = []
while len(held) * 64 < 1024:
    part = mmap.mmap(-1, 64 << 20)
    for at in range(0, 64 << 20, 4096): part[at] = 1
    held.append(part)
return hold('%d MB' % (len(held) * 64))`,
  },
  {
    ...{ id: 'P88', title: 'keeps memory in pipes and sockets', covers: ['12.3-53'] },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
import fcntl, socket
held, total = [], 0
for number in range(1000):
    try:
        reader, writer = os.pipe()
        held.append((reader, writer))
        first(lambda: fcntl.fcntl(writer, 1031, 1 << 20))
        os.set_blocking(writer, False)
        total += os.write(writer, bytes(1 << 20))
    except OSError: break
return len(held) > OPEN_FILES and hold('%d pipes with %d MB' % (len(held), total >> 20))`,
  },
  {
    ...{ id: 'P89', title: 'prints what is no text, and codes of terminals', covers: ['12.3-54'] },
    escape: 'limit-passed',
    needsNothing: 'output is decoded and cut by the host; whoever shows it neutralises the codes',
    body: `
for fd in (1, 2):
    os.write(fd, b'\\xff\\xfe\\x80\\xc3' * 3000)
    os.write(fd, b'\\x1b]0;title\\x07\\x1b[2J\\x1b]52;c;AAAA\\x07\\x1b[?1049h' * 300)
    os.write(fd, '\\u202e\\u2066'.encode() * 3000 + b'\\n')`,
  },
  {
    ...{ id: 'P90', title: 'prints one line of 200 MB', covers: ['12.3-54'], heavy: true },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: "for _ in range(200): os.write(1, b'z' * (1 << 20))",
  },
  {
    ...{
      id: 'P91',
      title: 'waits for a pipe that nobody opens',
      covers: ['12.3-55'],
      timeoutMs: 2000,
    },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: `
import threading
first(lambda: os.mkfifo('output/wait'))
if not os.path.exists('output/wait'): time.sleep(60)
open('output/wait')
return 'somebody opened it'`,
  },
  {
    ...{ id: 'P92', title: 'holds its output open in another session', covers: ['12.3-56'] },
    timeoutMs: 3000,
    escape: 'process-left',
    body: `
import subprocess
code = "import os, time\\nfor _ in range(200):\\n    try: os.write(1, b'late')\\n    except OSError: pass\\n    time.sleep(0.1)"
subprocess.Popen([sys.executable or 'python3', '-c', code, MARKER], start_new_session=True)
print('done', flush=True)`,
  },
  {
    ...{ id: 'P93', title: 'writes one file of 300 MB', covers: ['12.3-57'], heavy: true },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
with open('output/big.bin', 'wb', 0) as target:
    for _ in range(300): target.write(bytes(1 << 20))
return hold('300 MB') and emptied('300 MB')`,
  },
  {
    ...{ id: 'P94', title: 'opens file after file', covers: ['12.4-69'] },
    escape: 'limit-passed',
    body: `
# In WebAssembly descriptors are numbers of its own: none of the host is opened.
if sys.platform == 'emscripten': return None
held = []
for _ in range(2000):
    try: held.append(os.open('.', os.O_RDONLY))
    except OSError: break
return len(held) > OPEN_FILES and hold('%d open files' % len(held))`,
  },
  {
    ...{ id: 'P95', title: 'calls a tool more often than it may', covers: ['12.3-60'] },
    policy: { toolCalls: 1 },
    escape: 'limit-passed',
    body: `
import threading
done = []
def call():
    try: done.append(tools.call('bait.echo', value=1))
    except Exception: pass
threads = [threading.Thread(target=call) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
return len(done) > TOOL_CALLS and '%d calls' % len(done)`,
  },
  {
    ...{
      id: 'P96',
      title: 'floods the host with calls and broken frames',
      covers: ['12.3-60'],
      heavy: true,
    },
    timeoutMs: BOUNDED_MS,
    escape: 'limit-passed',
    body: `
import struct
done = 0
for number in range(20000):
    try: tools.call('bait.echo', text='x' * 100, deep=[[[[[[number]]]]]])
    except NameError: raise
    except Exception: break
    done += 1
# Said before the broken frames: nobody listens to it after them.
if done > TOOL_CALLS: print('ESCAPED: %d calls' % done, flush=True)
for fd in range(3, 64):
    try:
        os.set_blocking(fd, False)
        os.write(fd, struct.pack('>I', 0xffffffff) + b'{' * 1000)
        os.write(fd, struct.pack('>I', 2000) + b'[' * 2000)
    except OSError: pass`,
  },
  {
    ...{
      id: 'P97',
      title: 'asks for times and sizes that cannot be',
      covers: ['12.3-59'],
      timeoutMs: 2000,
    },
    escape: 'limit-passed',
    needsNothing: STOPPED,
    body: `
import signal
for value in (0, -1, 1e308, float('nan'), float('inf'), 2 ** 63, '30', None):
    first(lambda: signal.setitimer(signal.ITIMER_REAL, value), lambda: time.sleep(value if value == 0 else -1))
    first(lambda: bytearray(value), lambda: os.posix_fallocate(1, 0, value))
time.sleep(60)
return 'slept a minute'`,
  },
]);
