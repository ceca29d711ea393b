"""Runs programs inside a box: reads a job on descriptor 3, starts the program in a process of its own,
and hands the files below output/ back on descriptor 3 after all its processes are gone. With `serve`
it then waits for the next one. names.py is put before this text, and jail.py may have been; then `enter` and
`confine` exist. tools.py and bridge.py come as options and are only compiled where they are needed."""
import os
import signal
import stat
import struct
import sys

CHANNEL = 3
OWN_NAME = '<awp>'
MAX_ENTRIES = 10000
MAX_DEPTH = 32
MAX_NOTES = 20


def read_exactly(count):
    parts = []
    while count > 0:
        part = os.read(CHANNEL, min(count, 1 << 20))
        if not part:
            os._exit(125)
        parts.append(part)
        count -= len(part)
    return b''.join(parts)


def receive():
    """One frame: kind, name, payload."""
    kind, name_size, size = struct.unpack('>cII', read_exactly(9))
    return kind, read_exactly(name_size).decode(), read_exactly(size)


def send(kind, name='', payload=b''):
    encoded = name.encode('utf-8', 'replace')
    view = memoryview(struct.pack('>cII', kind, len(encoded), len(payload)) + encoded + payload)
    while view:
        view = view[os.write(CHANNEL, view):]


def put(path, payload):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as target:
        target.write(payload)


class Job:
    """What came in: the program's text and all that goes with it."""

    def __init__(self):
        self.source = b''
        self.stdin = None
        self.mark = b''
        self.args = []
        self.tools = []
        self.orders = {}
        self.secrets = []


def take_job(options):
    """Puts the worker's files in place and returns the job."""
    job = Job()
    while True:
        kind, name, payload = receive()
        if kind == b'C':
            job.source = payload
        elif kind == b'F':
            put(os.path.join(options['cwd'], 'output', name), payload)
        elif kind == b'M':
            put(os.path.join(os.environ['MPLCONFIGDIR'], name), payload)
        elif kind == b'A':
            job.args.append(payload.decode('utf-8', 'replace'))
        elif kind == b'T':
            job.tools.append(name)
            if payload:
                job.orders[name] = payload
        elif kind == b'K':
            job.secrets.append(name)
        elif kind == b'I':
            job.stdin = payload
        elif kind == b'E':
            job.mark = payload
        elif kind == b'G':
            return job


def take_limits(options):
    """What the collector may hand back; comes after the job, so that the program cannot read it."""
    while True:
        kind, _, payload = receive()
        if kind == b'L':
            options.update(line.split('=', 1) for line in payload.decode().split('\n'))
            return


def open_stdin(payload):
    """Lets descriptor 0 read these bytes."""
    path = os.path.join(os.environ['TMPDIR'], '.stdin')
    with open(path, 'wb') as target:
        target.write(payload)
    source = os.open(path, os.O_RDONLY)
    os.unlink(path)
    os.dup2(source, 0)
    os.close(source)


def set_limits(options):
    import resource

    def cap(which, name, extra=0):
        if name not in options:
            return
        value = int(options[name])
        hard = resource.getrlimit(which)[1]
        above = value + extra
        if hard != resource.RLIM_INFINITY:
            value, above = min(value, hard), min(above, hard)
        resource.setrlimit(which, (value, above))

    if 'cpu' in options:
        # What the libraries have used until now is not the program's.
        used = resource.getrusage(resource.RUSAGE_SELF)
        options['cpu'] = int(options['cpu']) + int(used.ru_utime + used.ru_stime)
    cap(resource.RLIMIT_CPU, 'cpu', 1)
    cap(resource.RLIMIT_FSIZE, 'fsize')
    cap(resource.RLIMIT_NOFILE, 'nofile')
    cap(resource.RLIMIT_DATA, 'data')
    cap(resource.RLIMIT_AS, 'as')
    cap(resource.RLIMIT_NPROC, 'nproc')
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- the program's side ---------------------------------------------------------------------------


def show_error(text, kind, value, trace):
    """Python's own report, without the frames of this file."""
    import linecache
    import traceback

    linecache.cache['program.py'] = (len(text), None, text.splitlines(True), 'program.py')
    report = traceback.TracebackException(kind, value, trace)
    seen = set()
    queue = [report]
    while queue:
        part = queue.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        part.stack[:] = [frame for frame in part.stack if frame.filename != OWN_NAME]
        queue += [part.__cause__, part.__context__]
    # A program that could not be compiled has no frames: then the header would stand alone.
    for line in report.format():
        if not (line.startswith('Traceback (most') and not report.stack and len(seen) == 1):
            sys.stderr.write(line)


def tools_code(options):
    if 'tools_code' not in options:
        options['tools_code'] = compile(options['tools_text'], OWN_NAME, 'exec')
    return options['tools_code']


def program_tools(job, options):
    """The names with which a program calls tools; none when it has none."""
    if not job.tools:
        return {}
    import json

    names = {'CALLS': int(options['calls']), '__name__': 'tools'}
    exec(tools_code(options), names)
    orders = {name: json.loads(order) for name, order in job.orders.items()}
    return names['names_for'](names['Tools'](job.tools), orders)


def run_python(job, options):
    import builtins

    cwd = options['cwd']
    find_packages(options)
    sys.path[:] = [entry for entry in sys.path if entry not in ('', cwd)]
    for stream in (sys.stdout, sys.stderr):
        # What was printed before a program is stopped must not be lost in a buffer.
        stream.reconfigure(line_buffering=True, errors='backslashreplace')
    if job.stdin is not None:
        open_stdin(job.stdin)
    sys.argv = ['program.py'] + job.args
    text = job.source.decode('utf-8', 'replace')
    sys.excepthook = lambda *error: show_error(text, *error)
    main = type(sys)('__main__')
    sys.modules['__main__'] = main
    main.__builtins__ = builtins
    main.__file__ = 'program.py'
    names = main.__dict__
    names.update(helpers(cwd), _os=os, _sys=sys, _builtins=builtins)
    names.update(program_tools(job, options))
    names['_secrets'] = {name: 'secret://' + name for name in job.secrets}
    for name in ('json', 'pathlib', 're', 'math', 'datetime'):
        # Each costs start-up time; one that the text does not name cannot be missed.
        if name in text:
            names[name] = __import__(name)
    if '_AWP_MATPLOTLIB_AVAILABLE' in text:
        import importlib.util

        names['_AWP_MATPLOTLIB_AVAILABLE'] = importlib.util.find_spec('matplotlib') is not None
    open_making_parents()
    leave(run_to_end(text, names))


def run_shell(job, options):
    """Becomes the shell, which reads the program from a file of the temporary folder."""
    path = os.path.join(os.environ['TMPDIR'], 'program.sh')
    put(path, job.source)
    if job.stdin is not None:
        open_stdin(job.stdin)
    # Python ignores these, and whatever it becomes would do so as well.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv(options['shell'], [options['shell'], path] + job.args)


def run_program(job, options):
    if 'shell' in options:
        run_shell(job, options)
    run_python(job, options)


def run_to_end(text, names):
    """Runs the program and returns its exit status as Python itself would give it."""
    try:
        exec(compile(text, 'program.py', 'exec', dont_inherit=True), names)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        sys.stderr.write('%s\n' % (end.code,))
        return 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


# The process whose status others wait for, and where it says it; only they can end it then.
SAYING = None
SAYING_PIPE = None


def leave(status):
    """Ends the process with all that a program may rely on, but without taking every module apart:
    that would copy each page that is shared with the process that had imported them."""
    import atexit

    try:
        if 'threading' in sys.modules:
            sys.modules['threading']._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = status or 120
    if SAYING == os.getpid():
        # The kernel takes its time to tidy up after a large process: nobody has to wait for that.
        os.write(SAYING_PIPE, bytes([status]))
        while True:
            signal.pause()
    os._exit(status)


# --- libraries ------------------------------------------------------------------------------------

PACKAGES_FOUND = False


def find_packages(options):
    """The search path of a Python that was started without it, and the layers of declared packages."""
    global PACKAGES_FOUND
    if PACKAGES_FOUND:
        return
    PACKAGES_FOUND = True
    import site

    site.main()
    sys.path[:0] = [path for path in options.get('layers', '').split('\n') if path]


def preload(options):
    """Imports the usual libraries once, for the programs that are going to be forked from us."""
    names = [name for name in options.get('preload', '').split(',') if name]
    if not names:
        return
    find_packages(options)
    # Programs that were given tools need these, and ours takes longer to compile than to run.
    names += ['json', 'linecache', 'threading', 'traceback']
    tools_code(options)
    for name in names:
        try:
            __import__(name)
        except Exception:
            continue  # the program that wants it will say what is wrong
    if 'matplotlib.pyplot' in names and 'matplotlib.pyplot' in sys.modules:
        try:
            from io import BytesIO

            pyplot = sys.modules['matplotlib.pyplot']
            if 'pandas' in sys.modules:
                # Its own way to draw is looked for when it is first used.
                sys.modules['pandas'].DataFrame({'x': [0, 1], 'y': [1, 0]}).plot(x='x', y='y')
            else:
                pyplot.plot([0, 1])
            pyplot.savefig(BytesIO(), format='png')
            pyplot.close('all')
        except Exception:
            pass
    import gc

    # What is there now lives as long as we do: nobody has to look at it again after a fork.
    gc.collect()
    gc.freeze()


def shield(on):
    """Whether others may look into this process: its program must not, for the result's sake."""
    import ctypes

    ctypes.CDLL(None).prctl(4, 0 if on else 1, 0, 0, 0)


# --- the runner's side ----------------------------------------------------------------------------


def list_output(top, notes):
    """Relative paths and sizes of the regular files, sorted; links and the like are left out."""
    from itertools import islice

    found = []
    entries = 0
    queue = ['']
    while queue:
        folder = queue.pop()
        if folder.count('/') >= MAX_DEPTH:
            notes.append('left out what is deeper than %d folders' % MAX_DEPTH)
            continue
        try:
            inside = list(islice(os.scandir(os.path.join(top, folder)), MAX_ENTRIES + 1))
        except OSError as error:
            notes.append('left out %s: %s' % (ascii(folder), error.strerror))
            continue
        for entry in inside:
            entries += 1
            if entries > MAX_ENTRIES:
                notes.append('looked at the first %d entries of output/ only' % MAX_ENTRIES)
                return sorted(found)
            path = folder + '/' + entry.name if folder else entry.name
            info = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                queue.append(path)
            elif stat.S_ISREG(info.st_mode):
                found.append((path, info.st_size))
            else:
                notes.append('left out %s: it is no regular file' % ascii(path))
    return sorted(found)


def collect(options):
    top = os.path.join(options['cwd'], 'output')
    left = int(options['bytes'])
    room = int(options['files'])
    notes = []
    crowded = 0
    for path, size in list_output(top, notes):
        try:
            path.encode('utf-8')
        except UnicodeEncodeError:
            notes.append('left out %s: the name is not UTF-8' % ascii(path))
            continue
        if room == 0:
            crowded += 1
            continue
        if size > left:
            notes.append('left out %s: %d bytes are more than is left of the limit' % (path, size))
            continue
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(os.path.join(top, path), flags)
        except OSError as error:
            notes.append('left out %s: %s' % (path, error.strerror))
            continue
        with open(descriptor, 'rb') as source:
            payload = source.read(left + 1)
        if len(payload) > left:
            notes.append('left out %s: it grew beyond the limit' % path)
            continue
        left -= len(payload)
        room -= 1
        send(b'F', path, payload)
    if crowded:
        notes.append('left out %d more files: only %s may be handed back' % (crowded, options['files']))
    for note in notes[:MAX_NOTES]:
        send(b'N', note[:300])
    if len(notes) > MAX_NOTES:
        send(b'N', 'left out %d more entries' % (len(notes) - MAX_NOTES))


def descendants():
    found = []
    queue = [os.getpid()]
    while queue:
        pid = queue.pop()
        try:
            for task in os.listdir('/proc/%d/task' % pid):
                with open('/proc/%d/task/%s/children' % (pid, task)) as text:
                    children = [int(word) for word in text.read().split()]
                found += children
                queue += children
        except OSError:
            continue  # it has just ended
    return found


def end_all(options=None):
    """Kills and reaps whatever the program left; the bridge of a box that goes on is spared."""
    spare = options.get('spare') if options and 'serve' in options else None
    if os.getpid() == 1 and spare is None:
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        reap()
        return
    # Without a process namespace orphans come to us, because jail.py made us their reaper.
    while True:
        others = [pid for pid in descendants() if pid != spare]
        for pid in others:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        if not others or not wait_any():
            return


def wait_any():
    """Reaps one child; false when there is none that has ended or will."""
    try:
        os.waitpid(-1, 0)
        return True
    except OSError:
        return False


def reap():
    while wait_any():
        pass


def disk_use(top):
    total = 0
    count = 0
    for folder, _, names in os.walk(top):
        for name in names:
            count += 1
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue
            if count > MAX_ENTRIES:
                return total, count
    return total, count


def is_alone(child, options):
    """Whether nothing else of the program is there; true only where all processes can be seen."""
    ours = {'1', str(child), str(options.get('spare'))}
    try:
        others = [name for name in os.listdir('/proc') if name.isdigit() and name not in ours]
    except OSError:
        return False
    return os.getpid() == 1 and not others


def status_said(child, heard):
    """The status that the program's process says before it ends; None when it just ends."""
    import select

    while True:
        if select.select([heard], [], [], 0.05)[0]:
            said = os.read(heard, 1)
            break
        # What it has left running may hold the pipe: its own end counts as well.
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            said = b''
            break
    os.close(heard)
    return said[0] if said else None


def wait_for(child, options):
    """The program's status as a shell gives it, and the limit for which it had to be stopped."""
    limit = None
    if 'disk' not in options:
        pid = status = None
        while pid != child:
            pid, status = os.waitpid(-1, 0)
    else:
        import time

        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                break
            if pid == 0:
                started = time.monotonic()
                used, count = disk_use(options['writable'])
                if used > int(options['disk']) or count > MAX_ENTRIES:
                    limit, status = 'disk' if used > int(options['disk']) else 'files', signal.SIGKILL
                    break
                # Looking takes a fifth of the time at most, however many files there are.
                pause = max(0.02, 4 * (time.monotonic() - started))
                signal.sigtimedwait({signal.SIGCHLD}, pause)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status), limit
    return os.WEXITSTATUS(status), limit


def supervise(child, job, options, heard=None):
    """Waits for a program, tidies up after it and hands its files back. `heard`: the end of a pipe on
    which it says its status."""
    def stop(*_):
        end_all()
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    take_limits(options)
    said = None if heard is None else status_said(child, heard)
    if said is None:
        status, limit = wait_for(child, options)
        end_all(options)
    else:
        status, limit = said, None
        os.kill(child, signal.SIGKILL)
        if not is_alone(child, options):
            end_all(options)
    if limit:
        send(b'X', limit)
    send(b'Z', str(status))
    if job.mark:
        for stream in (1, 2):
            os.write(stream, job.mark)
    try:
        collect(options)
        send(b'D')
    except OSError as error:
        send(b'N', 'the files could not be collected: %s' % error)
        send(b'D')
    return status


def link_folders(options):
    """Shows folders that could not be mounted; what may be read in them is settled elsewhere."""
    for name in ('inputs', 'shared'):
        path = os.path.join(options['cwd'], name)
        if options.get(name):
            os.symlink(options[name], path)
        elif name in options:
            os.mkdir(path)


def hand_over(channel, job):
    """Gives the program to the other interpreter's own runner, which reads it on descriptor 3."""
    frames = [(b'C', '', job.source)]
    frames += [(b'A', '', word.encode()) for word in job.args]
    frames += [(b'T', name, job.orders.get(name, b'')) for name in job.tools]
    frames += [(b'K', name, b'') for name in job.secrets]
    if job.stdin is not None:
        frames.append((b'I', '', job.stdin))
    frames.append((b'G', '', b''))
    try:
        for kind, name, payload in frames:
            encoded = name.encode()
            channel.sendall(struct.pack('>cII', kind, len(encoded), len(payload)) + encoded + payload)
    except OSError:
        pass  # it has ended before it read all: its status tells


def start_bridge(options):
    if 'proxy' not in options:
        return
    names = {'SOCKET': options['proxy'], 'PORT': int(options['port']), '__name__': 'bridge'}
    exec(compile(options['bridge_text'], OWN_NAME, 'exec'), names)
    options['spare'] = names['run_bridge']()


def close_others(keep, options):
    """Closes what a program has no business with; libraries that are there keep their open files."""
    if options.get('preload'):
        for descriptor in {CHANNEL, int(options['calls'])} - keep:
            os.close(descriptor)
        return
    start = CHANNEL
    for descriptor in sorted(keep) + [256]:
        os.closerange(start, descriptor)
        start = descriptor + 1


def new_pipe(options):
    """A pipe for the status of a process that has its libraries already; both ends."""
    return os.pipe() if options.get('preload') else None


def will_say(pipe):
    global SAYING, SAYING_PIPE
    if pipe:
        os.close(pipe[0])
        SAYING, SAYING_PIPE = os.getpid(), pipe[1]


def only_heard(pipe):
    if not pipe:
        return None
    os.close(pipe[1])
    return pipe[0]


def become(job, options, command, channel):
    """In the new process: leaves it nothing but what is a program's, and becomes the program."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The other interpreter's runner closes it itself, before its own descriptors take the number.
    calls = command or (job.tools and 'shell' not in options)
    keep = {int(options['calls'])} if calls else set()
    if command:
        if channel:
            os.dup2(channel.fileno(), CHANNEL, inheritable=True)
        keep.add(CHANNEL)
    close_others(keep, options)
    set_limits(options)
    if 'confine' in globals():
        globals()['confine'](options)
    if command:
        os.execv(command[0], command)
    run_program(job, options)


def serve_one(options, command):
    """Takes a job, runs it in a process of its own and returns its status."""
    job = take_job(options)
    ours = theirs = None
    if command:
        import socket

        ours, theirs = socket.socketpair()
    shielded = 'serve' in options
    if shielded:
        shield(True)
    heard = None if command else new_pipe(options)
    child = os.fork()
    if not child:
        if shielded:
            shield(False)
        will_say(heard)
        return become(job, options, command, theirs)
    if ours:
        theirs.close()
        hand_over(ours, job)
    status = supervise(child, job, options, only_heard(heard))
    if ours:
        ours.close()
    return status


def wait_ahead(options, command):
    """Starts the program's process before there is a program: it has its libraries when one comes."""
    # What is needed later is looked for now.
    import atexit, itertools, resource, select, socket, threading  # noqa: E401, F401

    ours, theirs = socket.socketpair()
    heard = None if command else new_pipe(options)
    child = os.fork()
    if not child:
        ours.close()
        will_say(heard)
        os.dup2(theirs.fileno(), CHANNEL, inheritable=True)
        theirs.close()
        if command:
            return become(Job(), options, command, None)
        preload(options)
        send(b'S')
        return become(take_job(options), options, command, None)
    theirs.close()
    if len(ours.recv(9, socket.MSG_WAITALL)) < 9:
        os._exit(126)
    send(b'S')
    job = take_job(options)
    hand_over(ours, job)
    return supervise(child, job, options, only_heard(heard))


def main():
    split = sys.argv.index('--')
    options = dict(argument.split('=', 1) for argument in sys.argv[1:split])
    command = sys.argv[split + 1:]
    if 'collect' in options:
        take_limits(options)
        collect(options)
        return send(b'D')
    if 'enter' in globals():
        globals()['enter'](options)
    link_folders(options)
    os.chdir(options['cwd'])
    start_bridge(options)
    for _ in range(int(options.get('first', 0))):
        _, name, payload = receive()
        put(os.path.join(os.environ['MPLCONFIGDIR'], name), payload)
    if 'ahead' in options:
        status = wait_ahead(options, command)
        os._exit(1 if status is None else status)
    preload(options)
    send(b'S')
    if 'alone' in options:
        job = take_job(options)
        close_others({int(options['calls'])} if job.tools and 'shell' not in options else set(), options)
        set_limits(options)
        return run_program(job, options)
    while True:
        status = serve_one(options, command)
        if status is None:
            return None  # we are the program, and it has ended
        if 'serve' not in options:
            os._exit(status)


main()
