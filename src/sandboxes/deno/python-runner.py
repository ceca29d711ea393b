"""The Python side of a program in Pyodide: names, tools and errors as in boxes with a Python of the
machine; names.py is put before this text and sdk.py behind it. It is no boundary: whatever a program does here, Deno gives it no more permissions."""
import asyncio  # what its event loop needs of JavaScript is imported before that is hidden
import builtins
import errno
import json
import linecache
import os
import socket
import sys
import traceback

from pyodide.ffi import can_run_sync, run_sync

OWN_NAME = '<awp>'
MOST_BYTES = 1 << 20


class ToolError(Exception):
    """A call that did not work; `status` is like that of HTTP, `data` what came with it."""

    def __init__(self, reply):
        super().__init__('%s (status %s)' % (reply.get('error', 'the call failed'), reply.get('status')))
        self.status = reply.get('status')
        self.data = reply.get('data')


def wait_for(promise):
    if can_run_sync():
        return run_sync(promise)
    raise ToolError({'status': 501, 'error': 'nothing can be waited for here: use await tools.call_async'})


class Tools:
    def __init__(self, names, send):
        self.all_names = list(names)
        self._send = send

    def list(self):
        """Names of the tools that this program may call."""
        return sorted(name for name in self.all_names if not name.startswith(OURS))

    def call(self, name, /, **args):
        """Calls a tool and waits; returns its data, or raises ToolError."""
        return self._data(wait_for(self._send(self._text(name, args))))

    async def call_async(self, name, /, **args):
        """The same for `await`; calls that are gathered run at the same time."""
        return self._data(await self._send(self._text(name, args)))

    def _text(self, name, args):
        text = json.dumps({'name': name, 'args': args}, default=str)
        if len(text.encode()) > MOST_BYTES - 64:
            raise ToolError({'status': 413, 'error': 'the arguments are larger than 1 MiB'})
        return text

    def _data(self, text):
        reply = json.loads(text)
        if not reply.get('ok'):
            raise ToolError(reply)
        return reply.get('data')


def fetch_through_host(send):
    """Lets urllib make its requests by way of the host: here are no sockets."""
    import base64
    import email
    import io
    import urllib.error
    import urllib.request
    import urllib.response

    def fetch(request):
        asked = {
            'url': request.full_url,
            'method': request.get_method(),
            'headers': dict(request.header_items()),
        }
        if request.data is not None:
            asked['body'] = base64.b64encode(bytes(request.data)).decode()
        reply = json.loads(wait_for(send(json.dumps({'fetch': asked}))))
        if not reply.get('ok'):
            raise urllib.error.URLError(reply.get('error', 'the request failed'))
        data = reply['data']
        head = ''.join('%s: %s\n' % pair for pair in data.get('headers', {}).items())
        body = io.BytesIO(base64.b64decode(data.get('body') or ''))
        answer = urllib.response.addinfourl(
            body, email.message_from_string(head), data.get('url', request.full_url), data['status']
        )
        answer.msg = ''
        return answer

    class Handler(urllib.request.BaseHandler):
        def http_open(self, request):
            return fetch(request)

        https_open = http_open

    opener = urllib.request.OpenerDirector()
    for handler in (Handler, urllib.request.HTTPErrorProcessor, urllib.request.HTTPDefaultErrorHandler):
        opener.add_handler(handler())
    urllib.request.install_opener(opener)


def show_error(text, error):
    """Python's own report, without the frames of this file."""
    linecache.cache['program.py'] = (len(text), None, text.splitlines(True), 'program.py')
    report = traceback.TracebackException.from_exception(error)
    seen = set()
    queue = [report]
    while queue:
        part = queue.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        part.stack[:] = [frame for frame in part.stack if frame.filename != OWN_NAME]
        queue += [part.__cause__, part.__context__]
    for line in report.format(colorize=False):
        # A program that could not be compiled has no frames: then the header would stand alone.
        if not (line.startswith('Traceback (most') and not report.stack and len(seen) == 1):
            sys.stderr.write(line)


class Unknown:
    """Python programs see no JavaScript: such a module is not there."""

    NAMES = ('js', 'pyodide_js')

    def find_spec(self, name, path=None, target=None):
        if name in self.NAMES:
            raise ModuleNotFoundError('No module named %r' % name, name=name)
        return None


def hide_javascript():
    for name in Unknown.NAMES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Unknown())


def refuse_what_is_not_there():
    """Sockets would lead nowhere, and a command would seem to have run."""
    def refusing(what):
        def refuse(*_, **__):
            raise OSError(errno.EACCES, 'this box has no ' + what)

        return refuse

    socket.socket.__init__ = refusing('sockets')
    os.system = refusing('other programs')


def exit_status(code):
    """As the interpreter itself takes what `sys.exit` was given."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write('%s\n' % (code,))
    return 1


def prepare(job, send):
    cwd = job['top']
    os.chdir(cwd)
    sys.argv = ['program.py'] + job['args']
    for name in ('PYTHONINSPECT', 'LD_LIBRARY_PATH', '_'):
        os.environ.pop(name, None)
    main = type(sys)('__main__')
    sys.modules['__main__'] = main
    main.__builtins__ = builtins
    main.__file__ = 'program.py'
    names = main.__dict__
    names.update(helpers(cwd), _AWP_MATPLOTLIB_AVAILABLE=False)
    names.update(_os=os, _sys=sys, _builtins=builtins, _secrets=job['secrets'])
    os.environ.update({name: names[name] for name in ('_workspace_dir', '_output_dir')})
    for name in ('json', 'pathlib', 're', 'math', 'datetime'):
        names[name] = __import__(name)
    if job['tools']:
        names.update(names_for(Tools(job['tools'], send), job['orders']))
    if job['hosts']:
        fetch_through_host(send)
    open_making_parents()
    refuse_what_is_not_there()
    hide_javascript()
    return names


def main(given, send):
    """Runs the program of a job and returns its exit status."""
    job = json.loads(given)
    text = job['source']
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors='backslashreplace')
    try:
        names = prepare(job, send)
        exec(compile(text, 'program.py', 'exec', dont_inherit=True), names)
        return 0
    except SystemExit as end:
        return exit_status(end.code)
    except BaseException as error:
        show_error(text, error)
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
