import type { BaitFacts, HostileProgram } from './types.ts';

/** A program in Python before it has its frame: `body` returns what it got at. */
export interface PythonProgram extends Omit<HostileProgram, 'language' | 'code'> {
  /**
   * Lines of a function that has the bait's names (`FILE`, `TCP`, ...). What it returns, if
   * anything, is what it reached; a text made by `surface` is what it found open. An exception is a
   * refusal.
   */
  body: string;
}

/** Puts bodies into the frame that says in one line what they reached. */
export function pythonPrograms(programs: readonly PythonProgram[]): HostileProgram[] {
  return programs.map(({ body, ...rest }) => ({
    ...rest,
    language: 'python',
    code: (bait) => frame(bait, body),
  }));
}

/** Names that hold what is read from the bait, and a few helpers. */
const HELPERS = `
import os, sys, time
_found = None
class _Surface(str): pass
def surface(words): return _Surface(words)
def secret(data):
    """The secret in a text, if it is there."""
    text = data.decode('utf-8', 'replace') if isinstance(data, (bytes, bytearray)) else str(data)
    at = text.find(MARK)
    return text[at:at + 40] if at >= 0 else None
def read(path):
    with open(path) as source: return secret(source.read())
def first(*attempts):
    """What the first of them gives; the others' exceptions are refusals."""
    for attempt in attempts:
        try: got = attempt()
        except Exception as error: print(type(error).__name__, str(error)[:100])
        else:
            if got: return got
def hold(what):
    """Longer than a watch may take to see it: what is still there then was let through."""
    time.sleep(1.5)
    return what
def emptied(what):
    """Leaves nothing of it: what comes back is not what these programs try."""
    import shutil
    shutil.rmtree('output', ignore_errors=True)
    return what
def libc():
    import ctypes
    return ctypes.CDLL(None, use_errno=True)
def left_running(seconds=20):
    """The command of a process that the host finds again."""
    return [sys.executable or 'python3', '-c', 'import time; time.sleep(%d)' % seconds, MARKER]
`;

function frame(bait: BaitFacts, body: string): string {
  const { mark, variable, folder, file, writable, home, packages, inputs, policy } = bait;
  const { tcp, udp, socket, abstract, host, victim, marker } = bait;
  const names = {
    ...{ MARK: mark, VARIABLE: variable, FOLDER: folder, FILE: file, WRITABLE: writable },
    ...{ HOME: home, PACKAGES: packages, INPUTS: inputs, TCP: tcp, UDP: udp, SOCKET: socket },
    ...{ ABSTRACT: abstract, HOST: host, VICTIM: victim, MARKER: marker },
    ...{ MEMORY: policy.memoryMb, PROCESSES: policy.processes, DISK: policy.filesBytes },
    ...{ OPEN_FILES: policy.openFiles, TOOL_CALLS: policy.toolCalls },
  };
  const lines = Object.entries(names).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const indented = body.trim().replaceAll(/^(?=.)/gm, '    ');
  return `${lines.join('\n')}${HELPERS}
def attack():
${indented}
try: _found = attack()
except BaseException as error: print('CONTAINED: %s: %s' % (type(error).__name__, str(error)[:200]))
else:
    word = 'SURFACE' if isinstance(_found, _Surface) else 'ESCAPED'
    print('%s: %s' % (word, str(_found)[:2000]) if _found else 'CONTAINED: nothing was reached')
`;
}
