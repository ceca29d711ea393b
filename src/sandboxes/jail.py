"""The boundary of the `jail`: namespaces where the kernel allows them, Landlock, a system-call filter.
It is put before runner.py, which calls `enter` first of all and `confine` in the program's process."""
import ctypes
import os
import signal
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
# NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
NAMESPACES = 0x7E020000
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 2, 4, 1 << 14, 1 << 18
INSIDE_ID = 1000
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_CHAR, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 12
IOCTL_DEVICE = 1 << 15
# Rights by version of Landlock: 13 in the first, then REFER, TRUNCATE and device ioctls.
ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | IOCTL_DEVICE


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        sys.stderr.write('jail: %s: %s\n' % (what, os.strerror(number)))
        os._exit(126)
    return result


def mount(source, target, kind, flags, data=''):
    arguments = [word.encode() if word else None for word in (source, target, kind)]
    return LIBC.mount(*arguments, ctypes.c_ulong(flags), data.encode())


def tmpfs(target, size):
    os.makedirs(target, exist_ok=True)
    data = 'mode=0755,size=%s,nr_inodes=65536' % size
    check(mount('tmpfs', target, 'tmpfs', MS_NOSUID | MS_NODEV, data), 'tmpfs on ' + target)


def write_text(path, text):
    with open(path, 'w') as target:
        target.write(text)


def landlock_version():
    return LIBC.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)


def enter(options):
    """Makes the room for a program; afterwards we are the process that watches it."""
    cwd = options['cwd']
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if 'namespaces' not in options:
        check(LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'subreaper')
        os.mkdir(os.path.join(cwd, 'output'))
        os.mkdir(os.path.join(cwd, 'tmp'))
        return
    uid, gid = os.getuid(), os.getgid()
    check(LIBC.unshare(NAMESPACES), 'unshare')
    write_text('/proc/self/setgroups', 'deny')
    write_text('/proc/self/uid_map', '%d %d 1' % (INSIDE_ID, uid))
    write_text('/proc/self/gid_map', '%d %d 1' % (INSIDE_ID, gid))
    child = os.fork()
    if child:
        # Everything below dies with the first process of the namespace.
        os.closerange(3, 256)
        _, status = os.waitpid(child, 0)
        os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    check(mount('none', '/', None, MS_REC | MS_PRIVATE), 'private mounts')
    tmpfs(cwd, 1 << 20)
    tmpfs(os.path.join(cwd, 'output'), options['room'])
    tmpfs(os.path.join(cwd, 'tmp'), options['room'])
    if os.path.isdir('/dev/shm'):
        tmpfs('/dev/shm', 32 << 20)
    if 'proxy' in options:
        raise_loopback()
    # In some containers this is refused; then programs do without /proc.
    options['proc'] = mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV) == 0


def raise_loopback():
    """Switches the loopback of our own network on: flags UP and RUNNING by SIOCSIFFLAGS."""
    import fcntl
    import socket

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack('16sh14x', b'lo', 0x41))


def allow_port(ruleset, port):
    """Lets programs connect to one TCP port: the way to the host's proxy."""
    rule = ctypes.create_string_buffer(struct.pack('=QQ', 2, port))
    check(LIBC.syscall(LANDLOCK_ADD, ruleset, 2, rule, 0), 'rule for the proxy')


def allow(ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    if not os.path.isdir(path):
        rights &= OF_FILES
    rule = ctypes.create_string_buffer(struct.pack('=Qi', rights, descriptor))
    check(LIBC.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), 'rule for ' + path)
    os.close(descriptor)


def landlock(options):
    version = landlock_version()
    if version < 3 or (version < 6 and 'namespaces' not in options):
        sys.stderr.write('jail: Landlock is missing or too old (version %d)\n' % version)
        os._exit(126)
    rights = ALL_RIGHTS[max(known for known in ALL_RIGHTS if known <= version)]
    # No TCP from version 4 on; signals and abstract sockets stay inside from version 6 on.
    fields = [rights] + [3] * (version >= 4) + [3] * (version >= 6)
    attributes = ctypes.create_string_buffer(struct.pack('=%dQ' % len(fields), *fields))
    size = ctypes.c_size_t(8 * len(fields))
    ruleset = check(LIBC.syscall(LANDLOCK_CREATE, attributes, size, 0), 'Landlock')
    traps = MAKE_CHAR | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM
    write = rights & ~traps & ~IOCTL_DEVICE & ~EXECUTE
    for path in options['read'].split('\n'):
        allow(ruleset, path, READ)
    for name in ('output', 'tmp'):
        allow(ruleset, os.path.join(options['cwd'], name), write)
    allow(ruleset, options['cwd'], READ_FILE | READ_DIR)
    for name in ('null', 'zero', 'full', 'random', 'urandom'):
        allow(ruleset, '/dev/' + name, READ_FILE | WRITE_FILE)
    if 'namespaces' in options:
        allow(ruleset, '/dev/shm', write)
        if options['proc']:
            allow(ruleset, '/proc', READ_FILE | READ_DIR)
    if 'proxy' in options and version >= 4:
        allow_port(ruleset, int(options['port']))
    check(LIBC.syscall(LANDLOCK_RESTRICT, ruleset, 0), 'Landlock')
    os.close(ruleset)


def drop_capabilities():
    header = ctypes.create_string_buffer(struct.pack('=Ii', 0x20080522, 0))
    nothing = ctypes.create_string_buffer(struct.pack('=6I', 0, 0, 0, 0, 0, 0))
    check(LIBC.capset(header, nothing), 'capset')


def seccomp(filter_hex):
    steps = bytes.fromhex(filter_hex)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    program = struct.pack('HxxxxxxQ', len(steps) // 8, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(program)
    check(LIBC.prctl(PR_SET_SECCOMP, 2, pointer, 0, 0), 'seccomp')


def confine(options):
    """Shuts the door behind the process that becomes the program."""
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')
    landlock(options)
    if 'namespaces' in options:
        drop_capabilities()
    seccomp(options['seccomp'])
