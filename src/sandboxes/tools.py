"""Tools of the host as a program sees them: `tools.call`, `tools.call_async`, `tools.list`. It is read
only for programs that were given tools; CALLS is the descriptor of the channel. sdk.py is put behind it."""
import json
import os
import struct
import threading

MOST_BYTES = 1 << 20


class ToolError(Exception):
    """A call that did not work; `status` is like that of HTTP, `data` what came with it."""

    def __init__(self, reply):
        super().__init__('%s (status %s)' % (reply.get('error', 'the call failed'), reply.get('status')))
        self.status = reply.get('status')
        self.data = reply.get('data')


class Tools:
    def __init__(self, names):
        self.all_names = list(names)
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._replies = {}
        # What an earlier program of the same box has not read must not be taken for an answer to us.
        self._last = int.from_bytes(os.urandom(5), 'big')

    def list(self):
        """Names of the tools that this program may call."""
        return sorted(name for name in self.all_names if not name.startswith(OURS))

    def call(self, name, /, **args):
        """Calls a tool and waits; returns its data, or raises ToolError."""
        number = self._send(name, args)
        while True:
            with self._reading:
                # Another thread may have read our reply together with its own.
                reply = self._replies.pop(number, None) or self._receive()
            if reply['id'] == number:
                break
            self._replies[reply['id']] = reply
        if not reply.get('ok'):
            raise ToolError(reply)
        return reply.get('data')

    async def call_async(self, name, /, **args):
        """The same for `await`; calls that are gathered run at the same time."""
        # Programs that only call and wait start sooner without it.
        import asyncio

        return await asyncio.to_thread(self.call, name, **args)

    def _send(self, name, args):
        with self._lock:
            self._last += 1
            number = self._last
            text = json.dumps({'id': number, 'name': name, 'args': args}, default=str).encode()
            if len(text) > MOST_BYTES:
                raise ToolError({'status': 413, 'error': 'the arguments are larger than 1 MiB'})
            view = memoryview(struct.pack('>I', len(text)) + text)
            while view:
                view = view[os.write(CALLS, view):]
        return number

    def _receive(self):
        size, = struct.unpack('>I', self._exactly(4))
        return json.loads(self._exactly(size))

    def _exactly(self, count):
        parts = []
        while count > 0:
            part = os.read(CALLS, min(count, 1 << 16))
            if not part:
                raise ToolError({'status': 503, 'error': 'the host does not answer any more'})
            parts.append(part)
            count -= len(part)
        return b''.join(parts)
