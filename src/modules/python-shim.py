"""Runs one tool of a workflow's Python files in a box: takes the call on standard input, puts the files
in place, runs the file with the tool, and leaves the answer in a file whose name nobody else knows."""


def main():
    import base64
    import importlib.abc
    import importlib.machinery
    import json
    import os
    import sys
    import tempfile

    call = json.loads(sys.stdin.buffer.read())
    found = {}
    place = tempfile.mkdtemp()
    source = os.path.join(place, call['folder'])
    for path, text in call['files'].items():
        target = os.path.join(source, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as file:
            file.write(base64.b64decode(text))
    sys.path[:0] = [source, place]

    class Anything:
        """Stands for whatever the decorator's module has: `tool` notes functions, all else is itself."""

        def __init__(self, name):
            self.__name__ = name

        def __getattr__(self, name):
            if name.startswith('__'):
                raise AttributeError(name)
            return Anything(name)

        def __call__(self, *args, **named):
            if self.__name__ != 'tool':
                return Anything(self.__name__)
            if args and callable(args[0]):
                return args[0]
            name = named.get('name', named.get('fqn', args[0] if args else None))

            def note(function):
                found[name] = function
                return function

            return note

    class Stand(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        """Gives the modules that the decorator comes from; files of the workflow come first."""

        def stands(self, name):
            return any(name == root or name.startswith(root + '.') or root.startswith(name + '.')
                       for root in call['decorators'])

        def find_spec(self, name, path=None, target=None):
            if not self.stands(name):
                return None
            at = os.path.join(place, *name.split('.'))
            if os.path.exists(at + '.py') or os.path.exists(os.path.join(at, '__init__.py')):
                return None
            spec = importlib.machinery.ModuleSpec(name, self, is_package=True)
            spec.submodule_search_locations = [at]
            return spec

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            def attribute(name):
                if name.startswith('__'):
                    raise AttributeError(name)
                return Anything(name)

            module.__getattr__ = attribute

    sys.meta_path.insert(0, Stand())
    answer = os.path.join('output', call['answer'])

    def reply(**said):
        try:
            text = json.dumps(said, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            text = json.dumps({'code': 'tool/bad-result', 'error': 'the result is no JSON: %s' % error})
        os.makedirs('output', exist_ok=True)
        with open(answer, 'w') as file:
            file.write(text)

    def run():
        import builtins

        builtins._secrets = dict(call['secrets'])
        dotted = call['module'].replace('/', '.')
        __import__(dotted)
        function = found.get(call['tool'])
        if function is None:
            return reply(code='tool/not-found', error='the file does not have it when it is run')
        return finish(function)

    def finish(function):
        import inspect

        args = dict(call['args'])
        signature = inspect.signature(function)
        kinds = {one.kind for one in signature.parameters.values()}
        if '_secrets' in signature.parameters or inspect.Parameter.VAR_KEYWORD in kinds:
            args['_secrets'] = dict(call['secrets'])
        try:
            signature.bind(**args)
        except TypeError as error:
            return reply(code='tool/bad-input', error=str(error))
        value = function(**args)
        if inspect.isawaitable(value):
            value = awaited(value)
        return reply(value=value)

    def awaited(value):
        import asyncio

        async def wait():
            return await value

        waiting = wait()
        if sys.platform != 'emscripten':
            return asyncio.run(waiting)
        # There is no loop of our own here: what never really waits comes to its end in one step.
        try:
            waiting.send(None)
        except StopIteration as end:
            return end.value
        raise RuntimeError('this box cannot wait for what the tool waits for')

    try:
        run()
    except Exception as error:
        reply(code='tool/failed', error='%s: %s' % (type(error).__name__, error))


main()
