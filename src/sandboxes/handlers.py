# Runs the handler of a tool that an agent made: what stands behind `_awp.handle`. This text is put behind
# sdk.py. The handler's code is a text, compiled under a name of its own: lines are those of the code, and
# none of our names are in its way. `{"args": {...}, "trial": false}` comes on the standard input; what comes
# of it goes back by one call: `{result}` or `{failed: {kind, message, hint, trace, line, module}}`.
HANDLER_FILE = 'handler.py'
MOST_CHARS = 900000
MOST_VALUES = 200000
MOST_LEVELS = 48
EXACT = 2 ** 53
# What a handler does not find: it has no tools.
HIDDEN = ('tools', 'ToolError', 'sdk', '_awp')
HINTS = {
    'bytes': 'decode it to a text, or write it to a file below output/',
    'bytearray': 'decode it to a text, or write it to a file below output/',
    'set': 'use sorted(...) or list(...)',
    'frozenset': 'use sorted(...) or list(...)',
    'datetime': 'use .isoformat()',
    'date': 'use .isoformat()',
    'time': 'use .isoformat()',
    'Decimal': 'use float(...) or str(...)',
    'complex': 'use its .real and .imag',
    'ndarray': 'use .tolist()',
    'DataFrame': "use .to_dict('records')",
    'Series': 'use .tolist() or .to_dict()',
    'generator': 'use list(...)',
}


class Unfit(Exception):
    """What a handler gave back cannot be handed on: what of it, and a hint; none when it is too large."""


class Result:
    """Takes a result apart into what JSON has; values and characters are counted."""

    def __init__(self):
        self._values = MOST_VALUES
        self._chars = MOST_CHARS

    def plain(self, value, path, level):
        self._values -= 1
        if self._values < 0:
            self._refuse('it', 'has more than %d values' % MOST_VALUES, 'give back less, or write a file below output/')
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (int, float)):
            return self._number(value, path)
        if level > MOST_LEVELS:
            self._refuse(path, 'is nested deeper than %d levels, or contains itself' % MOST_LEVELS, 'make it flatter')
        if isinstance(value, (list, tuple)):
            return [self.plain(one, '%s[%d]' % (path, at), level + 1) for at, one in enumerate(value)]
        if isinstance(value, dict):
            return {
                self._key(key, path): self.plain(one, '%s.%.80s' % (path, key), level + 1)
                for key, one in value.items()
            }
        kind = type(value).__name__
        usual = 'use .item()' if hasattr(value, 'item') else 'use texts, numbers, lists and dicts only'
        self._refuse(path, 'is a %s, which JSON does not know' % kind[:80], HINTS.get(kind, usual))

    def _number(self, value, path):
        if isinstance(value, int):
            if -EXACT <= value <= EXACT:
                return int(value)
            self._refuse(path, 'is a whole number beyond 2**53, which readers of JSON round', 'use str(...)')
        if value == value and value not in (float('inf'), float('-inf')):
            return float(value)
        self._refuse(path, 'is %r, which JSON does not know' % float(value), 'use None or a text instead')

    def _key(self, key, path):
        if isinstance(key, str):
            return self._text(key)
        if isinstance(key, int):
            return str(int(key))
        self._refuse(path, 'has a key that is a %s' % type(key).__name__[:80], 'use texts as keys')

    def _text(self, text):
        self._chars -= len(text)
        if self._chars < 0:
            raise Unfit('', '')
        return text

    def _refuse(self, path, what, hint):
        raise Unfit('%s %s' % (path, what), hint)


class Handling:
    """One run of a handler; `names` are those that programs find in this box."""

    def __init__(self, source, names):
        self._source = source
        self._names = names

    def outcome(self):
        try:
            return self._run()
        except Unfit as problem:
            what, hint = problem.args
            kind = 'unfit' if what else 'large'
            return {'failed': {'kind': kind, 'message': self._shown(what)[:500], 'hint': hint}}
        except BaseException as error:
            return {'failed': self._told(error)}

    def _run(self):
        import linecache
        import sys

        given = json.loads(sys.stdin.buffer.read())
        lines = self._source.splitlines(True)
        linecache.cache[HANDLER_FILE] = (len(self._source), None, lines, HANDLER_FILE)
        space = self._space(sys)
        exec(compile(self._source, HANDLER_FILE, 'exec', dont_inherit=True), space)
        handler = space.get('handler')
        if not callable(handler):
            return {'failed': {'kind': 'missing'}}
        args = self._known(handler, given['args']) if given['trial'] else given['args']
        result = handler(**args)
        if hasattr(type(result), '__await__') or hasattr(type(result), '__aiter__'):
            if hasattr(result, 'close'):
                result.close()
            return {'failed': {'kind': 'async'}}
        return {'result': Result().plain(result, 'result', 0)}

    def _space(self, sys):
        """A module of its own: what defines classes looks for them by its name."""
        module = type(sys)('__handler__')
        sys.modules['__handler__'] = module
        space = module.__dict__
        space.update((k, v) for k, v in self._names.items() if k[:2] != '__' and k not in HIDDEN)
        return space

    def _known(self, handler, args):
        """Of made-up arguments, those that it takes."""
        import inspect

        parts = inspect.signature(handler).parameters.values()
        if any(part.kind is part.VAR_KEYWORD for part in parts):
            return args
        return {part.name: args[part.name] for part in parts if part.name in args}

    def _shown(self, text):
        text = text.encode('utf-8', 'backslashreplace').decode()
        return text.replace(self._names['_workspace_dir'] + '/', '')

    def _told(self, error):
        import sys
        import traceback

        about = traceback.TracebackException.from_exception(error, limit=-200)
        frames = [frame for frame in about.stack if frame.filename == HANDLER_FILE][-8:]
        unread = isinstance(error, SyntaxError) and error.filename == HANDLER_FILE and not frames
        ended = isinstance(error, SystemExit)
        said = {
            'kind': 'unread' if unread else 'ended' if ended else 'raised',
            'message': self._shown('%s: %s' % (type(error).__name__, words_of(error)))[:1500],
            'trace': self._shown('\n'.join('line %s, in %s: %s' % (f.lineno, f.name, f.line) for f in frames))[:3000],
        }
        line = error.lineno if unread else frames[-1].lineno if frames else None
        if line is not None:
            said['line'] = line
        if isinstance(error, ModuleNotFoundError) and frames and about.stack[-1] is frames[-1]:
            root = str(error.name).split('.')[0]
            if frames[-1].name == '<module>' and root not in sys.stdlib_module_names:
                said['module'] = root[:100]
        return said


def words_of(error):
    try:
        return str(error)
    except BaseException:
        return 'it cannot be shown'


def end_at_once():
    """What a handler has left running or registered does not count any more, and is not waited for."""
    import atexit
    import sys

    try:
        sys.stdout.flush()
        sys.stderr.flush()
        atexit._clear()
    except BaseException:
        os._exit(0)
    if 'threading' in sys.modules and sys.modules['threading'].active_count() > 1:
        os._exit(0)


def handle(self, source, names):
    """Runs the handler of a program's text, and hands back what came of it."""
    outcome = Handling(source, names).outcome()
    try:
        self._tools.call(RETURNS, **outcome)
    except Exception:
        self._tools.call(RETURNS, failed={'kind': 'large'})
    end_at_once()


Awp.handle = handle
