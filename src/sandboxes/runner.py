"""Runs one program inside a box: reads the job on descriptor 3, starts the program in a process of
its own, and hands the files below output/ back on descriptor 3 after all its processes are gone.
jail.py may have been put before this text; then `enter` and `confine` exist."""
import os
import signal
import stat
import struct
import sys

CHANNEL = 3
OWN_NAME = '<awp>'
MAX_ENTRIES = 20000
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


def take_job(options):
    """Puts the worker's files in place and returns the program's text."""
    source = b''
    while True:
        kind, name, payload = receive()
        if kind == b'C':
            source = payload
        elif kind == b'F':
            put(os.path.join(options['cwd'], 'output', name), payload)
        elif kind == b'M':
            put(os.path.join(os.environ['MPLCONFIGDIR'], name), payload)
        elif kind == b'G':
            return source


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

    cap(resource.RLIMIT_CPU, 'cpu', 1)
    cap(resource.RLIMIT_FSIZE, 'fsize')
    cap(resource.RLIMIT_NOFILE, 'nofile')
    cap(resource.RLIMIT_DATA, 'data')
    cap(resource.RLIMIT_AS, 'as')
    cap(resource.RLIMIT_NPROC, 'nproc')
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- the program's side ---------------------------------------------------------------------------


def helpers(cwd):
    """The names that programs find (spec, capabilities 2.3)."""
    output = os.path.join(cwd, 'output')

    def below(folder, parts):
        path = os.path.normpath(os.path.join(folder, *[str(part).lstrip('/') for part in parts]))
        if path != folder and not path.startswith(folder + '/'):
            raise ValueError('the path leaves ' + os.path.basename(folder) + '/')
        return path

    def _ensure_dir(path):
        folder = os.path.dirname(path) if os.path.splitext(str(path))[1] else path
        if folder:
            os.makedirs(folder, exist_ok=True)
        return path

    def _output_file(*parts):
        path = below(output, parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def _input_file(*parts):
        return below(os.path.join(cwd, 'inputs'), parts)

    def _list_files(dir=None):
        top = cwd if dir is None else str(dir)
        found = []
        tops = [top] if top != cwd else [os.path.join(cwd, n) for n in ('inputs', 'output', 'shared')]
        for start in tops:
            for folder, _, names in os.walk(start):
                found += [os.path.relpath(os.path.join(folder, name), top) for name in names]
        return sorted(found)

    def _verify_png(path):
        with open(path, 'rb') as picture:
            head = picture.read(24)
        if os.path.getsize(path) < 500 or head[:8] != b'\x89PNG\r\n\x1a\n':
            return False
        width, height = struct.unpack('>II', head[16:24])
        return width >= 10 and height >= 10

    return {
        '_workspace_dir': cwd,
        '_output_dir': output,
        '_ensure_dir': _ensure_dir,
        '_output_file': _output_file,
        '_input_file': _input_file,
        '_list_files': _list_files,
        '_verify_png': _verify_png,
    }


def open_making_parents():
    """`open` that makes the folders above a file that is going to be written."""
    import builtins
    plain = builtins.open

    def open(file, mode='r', *rest, **options):
        if isinstance(file, (str, os.PathLike)) and any(letter in mode for letter in 'wax'):
            folder = os.path.dirname(os.fspath(file))
            if folder and not os.path.isdir(folder):
                try:
                    os.makedirs(folder, exist_ok=True)
                except OSError:
                    pass  # open itself says what is wrong
        return plain(file, mode, *rest, **options)

    builtins.open = open


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
        own = [frame for frame in part.stack if frame.filename != OWN_NAME]
        # The first of all is the line that started this file.
        part.stack[:] = own[1:] if own and len(own) < len(part.stack) - 1 else own
        queue += [part.__cause__, part.__context__]
    # A program that could not be compiled has no frames: then the header would stand alone.
    for line in report.format():
        if not (line.startswith('Traceback (most') and not report.stack and len(seen) == 1):
            sys.stderr.write(line)


def run_python(source, cwd):
    import builtins
    import site

    site.main()
    sys.path[:] = [entry for entry in sys.path if entry not in ('', cwd)]
    for stream in (sys.stdout, sys.stderr):
        # What was printed before a program is stopped must not be lost in a buffer.
        stream.reconfigure(line_buffering=True, errors='backslashreplace')
    sys.argv = ['program.py']
    text = source.decode('utf-8', 'replace')
    sys.excepthook = lambda *error: show_error(text, *error)
    main = type(sys)('__main__')
    sys.modules['__main__'] = main
    main.__builtins__ = builtins
    main.__file__ = 'program.py'
    names = main.__dict__
    names.update(helpers(cwd), _os=os, _sys=sys, _builtins=builtins)
    for name in ('json', 'pathlib', 're', 'math', 'datetime'):
        # Each costs start-up time; one that the text does not name cannot be missed.
        if name in text:
            names[name] = __import__(name)
    if '_AWP_MATPLOTLIB_AVAILABLE' in text:
        import importlib.util

        names['_AWP_MATPLOTLIB_AVAILABLE'] = importlib.util.find_spec('matplotlib') is not None
    open_making_parents()
    exec(compile(text, 'program.py', 'exec', dont_inherit=True), names)


# --- the runner's side ----------------------------------------------------------------------------


def list_output(top, notes):
    """Relative paths and sizes of the regular files, sorted; links and the like are left out."""
    found = []
    entries = 0
    queue = ['']
    while queue:
        folder = queue.pop()
        if folder.count('/') >= MAX_DEPTH:
            notes.append('left out what is deeper than %d folders' % MAX_DEPTH)
            continue
        with os.scandir(os.path.join(top, folder) if folder else top) as inside:
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


def end_all():
    """Kills and reaps whatever the program left."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        return
    # Without a process namespace orphans come to us, because jail.py made us their reaper.
    while True:
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.waitpid(-1, 0)
        except OSError:
            return


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


def wait_for(child, options):
    """The program's status as a shell gives it, or a reason why it had to be stopped."""
    if 'disk' not in options:
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == child:
                break
    else:
        import time

        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                break
            if pid == 0:
                used, count = disk_use(options['writable'])
                if used > int(options['disk']) or count > MAX_ENTRIES:
                    return None
                time.sleep(0.02)
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    return os.WEXITSTATUS(status)


def supervise(child, options):
    def stop(*_):
        end_all()
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    status = wait_for(child, options)
    end_all()
    if status is None:
        send(b'X', 'files')
        status = 137
    try:
        collect(options)
        send(b'D')
    except OSError as error:
        send(b'N', 'the files could not be collected: %s' % error)
    os._exit(status)


def link_folders(options):
    """Shows folders that could not be mounted; what may be read in them is settled elsewhere."""
    for name in ('inputs', 'shared'):
        path = os.path.join(options['cwd'], name)
        if options.get(name):
            os.symlink(options[name], path)
        elif name in options:
            os.mkdir(path)


def hand_over(channel, source):
    """Gives the program to the other interpreter's own runner, which reads it on descriptor 3."""
    try:
        channel.sendall(struct.pack('>cII', b'C', 0, len(source)) + source)
        channel.sendall(struct.pack('>cII', b'G', 0, 0))
    except OSError:
        pass  # it has ended before it read all: its status tells


def main():
    split = sys.argv.index('--')
    options = dict(argument.split('=', 1) for argument in sys.argv[1:split])
    command = sys.argv[split + 1:]
    if 'collect' in options:
        collect(options)
        return send(b'D')
    if 'enter' in globals():
        globals()['enter'](options)
    link_folders(options)
    os.chdir(options['cwd'])
    send(b'S')
    source = take_job(options)
    if 'alone' in options:
        os.close(CHANNEL)
        set_limits(options)
        return run_python(source, options['cwd'])
    ours = theirs = None
    if command:
        import socket

        ours, theirs = socket.socketpair()
    child = os.fork()
    if child:
        if ours:
            theirs.close()
            hand_over(ours, source)
        supervise(child, options)
    if theirs:
        os.dup2(theirs.fileno(), CHANNEL, inheritable=True)
    else:
        os.close(CHANNEL)
    os.closerange(CHANNEL + 1, 256)
    set_limits(options)
    if 'confine' in globals():
        globals()['confine'](options)
    if command:
        os.execv(command[0], command)
    return run_python(source, options['cwd'])


main()
