# `sdk` of programs: the host's tools as `sdk.<namespace>.<action>(...)`, and the way on which the value of
# `solve` goes back. This text is put behind that which has `ToolError` and `Tools`, whatever the box.
from collections.abc import Coroutine

# Names of this namespace are between the host and us: programs do not see them.
OURS = 'awp.'
RETURNS = 'awp.result'
STATE = 'awp.state'


def in_task():
    """Whether this code runs in a coroutine, where nothing may block."""
    import sys

    # Where nobody has imported it there is no coroutine that runs: programs without one start sooner.
    asyncio = sys.modules.get('asyncio')
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def arguments(name, order, given, named):
    """The arguments of a call by their names: keywords, places in the order of the schema, or one dict."""
    if not given:
        return named
    first = given[0]
    alone = len(order) == 1 and isinstance(first, dict) and first and order[0] not in first
    if len(given) == 1 and isinstance(first, dict) and not named and not alone:
        return dict(first)
    if len(given) > len(order):
        names = ', '.join(order)
        raise TypeError('sdk.%s takes its arguments by name%s' % (name, ': ' + names if names else ''))
    placed = dict(zip(order, given))
    for key in placed:
        if key in named:
            raise TypeError('sdk.%s was given %r twice' % (name, key))
    placed.update(named)
    return placed


class Pending(Coroutine):
    """A call that is made when it is awaited; whoever uses it without `await` is told so."""

    def __init__(self, name, start):
        self._name = name
        self._start = start
        self._running = None

    def _made(self):
        if self._running is None:
            self._running = self._start()
        return self._running

    def __await__(self):
        return self._made().__await__()

    def send(self, value):
        return self._made().send(value)

    def throw(self, *error):
        return self._made().throw(*error)

    def close(self):
        if self._running is not None:
            self._running.close()

    def _unawaited(self, *_, **__):
        raise TypeError('write await before sdk.%s(...): its data is not there yet' % self._name)

    __getitem__ = __iter__ = __len__ = __contains__ = __bool__ = __call__ = _unawaited
    __int__ = __float__ = __add__ = __radd__ = __sub__ = __mul__ = __lt__ = __gt__ = _unawaited

    def __getattr__(self, key):
        if key.startswith('_') or key.startswith(('cr_', 'gi_', 'ag_')):
            raise AttributeError(key)
        self._unawaited()

    def __repr__(self):
        return '<sdk.%s(...) without await>' % self._name

    def __del__(self):
        if self._running is None:
            import sys

            sys.stderr.write('sdk.%s(...) was never awaited: nothing was called\n' % self._name)


class Surface:
    """What `sdk` and `sdk.sync` share."""

    def __init__(self, sdk, blocks):
        self._sdk = sdk
        self._blocks = blocks

    def __getattr__(self, namespace):
        if namespace.startswith('_'):
            raise AttributeError(namespace)
        return Namespace(self, namespace)

    def __getitem__(self, namespace):
        return Namespace(self, namespace)

    def __dir__(self):
        return sorted({name.partition('.')[0] for name in self._sdk.names()})

    def __repr__(self):
        return '<sdk: %s>' % ', '.join(self._sdk.names())


class Namespace:
    def __init__(self, surface, name):
        self._surface = surface
        self._name = name

    def __getattr__(self, action):
        if action.startswith('_'):
            raise AttributeError(action)
        # A word that Python keeps for itself is written with a line behind it.
        name = '%s.%s' % (self._name, action[:-1] if action.endswith('_') else action)
        sdk, blocks = self._surface._sdk, self._surface._blocks

        def call(*given, **named):
            return sdk.call(name, given, named, blocks)

        call.__name__ = call.__qualname__ = name
        return call

    __getitem__ = __getattr__

    def __dir__(self):
        before = self._name + '.'
        return [name[len(before):] for name in self._surface._sdk.names() if name.startswith(before)]

    def __repr__(self):
        return '<sdk.%s: %s>' % (self._name, ', '.join(dir(self)))


class Calls:
    """The calls behind `sdk`; `orders`: by tool the names of its arguments in their order."""

    def __init__(self, tools, orders):
        self._tools = tools
        self._orders = dict(orders)
        self._later = []

    def names(self):
        return sorted(set(self._tools.list()) | set(self._later))

    def call(self, name, given, named, blocks):
        args = arguments(name, self._orders.get(name, ()), given, named)
        if not blocks and in_task():
            return Pending(name, lambda: self._soon(name, args))
        try:
            return self._seen(name, args, self._tools.call(name, **args))
        except ToolError as error:
            raise self._told(name, error) from None

    async def _soon(self, name, args):
        try:
            return self._seen(name, args, await self._tools.call_async(name, **args))
        except ToolError as error:
            raise self._told(name, error) from None

    def _seen(self, name, args, data):
        """What this program makes or takes away counts for what it is told of its tools."""
        made = data.get('name') if isinstance(data, dict) else None
        if name == 'tools.create' and isinstance(made, str):
            self._later.append(made)
            parameters = args.get('parameters')
            if isinstance(parameters, dict) and isinstance(parameters.get('properties'), dict):
                self._orders[made] = list(parameters['properties'])
        if name == 'tools.remove' and made in self._later:
            self._later.remove(made)
        return data

    def _told(self, name, error):
        if error.status != 404 or 'tool/unknown' not in str(error) or name in self.names():
            return error
        import difflib

        near = difflib.get_close_matches(name, self.names(), 3, 0.5)
        if not near:
            return error
        said = str(error).removesuffix(' (status 404)')
        told = '%s; did you mean %s?' % (said, ' or '.join('sdk.' + one for one in near))
        return ToolError({'status': error.status, 'data': error.data, 'error': told})


class Sdk(Surface):
    """The tools of this program: await sdk.<namespace>.<action>(...) in async code, the same without
    await elsewhere; sdk.sync.<namespace>.<action>(...) always waits. `state` is kept for later programs
    where the agent keeps one."""

    def __init__(self, calls):
        super().__init__(calls, False)
        self.sync = Surface(calls, True)


def plain(value):
    """What JSON has in place of values of usual libraries."""
    for method in ('tolist', 'to_dict', 'isoformat', '__fspath__'):
        change = getattr(value, method, None)
        if callable(change):
            try:
                return change()
            except (TypeError, ValueError):
                continue
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError('a value of the type %s is not JSON' % type(value).__name__)


def exact(digits):
    number = int(digits)
    if abs(number) > 2 ** 53:
        raise TypeError('%s is beyond 2**53, and readers of JSON would round it: use str()' % digits)
    return number


def as_json(what, value):
    """The same value as JSON has it; raises TypeError, which says what is wrong."""
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=plain), parse_int=exact)
    except RecursionError:
        raise TypeError('%s is nested too deeply, or holds itself' % what) from None
    except (TypeError, ValueError) as error:
        hint = ': write None for nan and inf' if 'Out of range' in str(error) else ''
        raise TypeError('%s is not JSON: %s%s' % (what, error, hint)) from None


class Awp:
    """What the host puts behind a program calls this."""

    def __init__(self, tools, sdk, keeps):
        self._tools = tools
        self._sdk = sdk
        self._keeps = keeps

    def give(self, **given):
        """Hands values back; what was handed back first counts."""
        try:
            self._tools.call(RETURNS, **given)
        except ToolError as error:
            if error.status != 413:
                raise
            raise TypeError('what is handed back is larger than 1 MiB: write it to a file') from None

    def solve(self, names):
        """Runs `solve` of the program, and hands back its value and the state."""
        solve = names.get('solve')
        if not callable(solve):
            raise TypeError('the program defines no function solve(sdk)')
        if self._keeps:
            self._sdk.state = self._tools.call(STATE)
        try:
            value = self._value(solve)
            answer = {'value': as_json('what solve returned', value)}
        except BaseException:
            self._keep_what_there_is()
            raise
        self.give(**answer, **self._state())

    def _state(self):
        return {'state': as_json('sdk.state', self._sdk.state)} if self._keeps else {}

    def _keep_what_there_is(self):
        if self._keeps:
            try:
                self.give(**self._state())
            except (TypeError, ToolError):
                pass  # the error that ended the program is the one to be told

    def _value(self, solve):
        import asyncio
        import inspect

        value = solve(self._sdk)
        if not inspect.isawaitable(value):
            return value

        async def awaited():
            return await value

        return asyncio.run(awaited())


def names_for(tools, orders):
    """The names that a program finds when it was given tools."""
    sdk = Sdk(Calls(tools, orders))
    own = Awp(tools, sdk, STATE in tools.all_names)
    return {'tools': tools, 'ToolError': ToolError, 'sdk': sdk, '_awp': own}
