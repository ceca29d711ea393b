import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type {
  ByteSink,
  ByteSource,
  Processes,
  ProcessSpec,
  RunningProcess,
} from '../ports/effects.ts';

/** Processes by Node's own `child_process`: nothing inherited that the spec does not name. */
export function nodeProcesses(): Processes {
  return {
    spawn: start,
    uid: () => process.geteuid?.(),
    end: (pid) => signalProcess(pid, 'SIGKILL'),
    pid: () => process.pid,
    platform: () => ({ os: process.platform, arch: process.arch }),
    node: () => process.execPath,
  };
}

function start(spec: ProcessSpec): RunningProcess {
  const extra = spec.extra ?? [];
  const wanted = extra.map((entry) => (entry === 'pipe' ? 'pipe' : entry.fd));
  const stdio = covered(['pipe', 'pipe', 'pipe', ...wanted]);
  const child = spawn(spec.command, [...spec.args], {
    stdio,
    env: { ...spec.env },
    shell: false,
    windowsHide: true,
    detached: spec.detached ?? false,
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
    ...(spec.uid !== undefined && { uid: spec.uid }),
    ...(spec.gid !== undefined && { gid: spec.gid }),
  });
  const streams = pipesOf(child);
  const state = { over: false };
  return {
    pid: child.pid ?? 0,
    stdin: sink(streams[0]),
    stdout: source(streams[1]),
    stderr: source(streams[2]),
    extra: extra.flatMap((entry, index) => {
      const stream = streams[index + 3];
      return entry === 'pipe' ? [{ ...source(stream), ...sink(stream) }] : [];
    }),
    exit: exitOf(child, streams, { state, detached: spec.detached ?? false }),
    kill: (signal, group = false) => {
      // After the end the number may belong to somebody else.
      if (state.over) return;
      if (signal === 'SIGSTOP') endWithUs(child);
      if (group) signalGroup(child, signal);
      else child.kill(signal);
    },
  };
}

type Stdio = Extract<StdioOptions, readonly unknown[]>;

/**
 * The same list with `/dev/null` in the place of every descriptor that whoever started us left open:
 * Node marks its own as not to be inherited, but not all of those that it found.
 */
function covered(stdio: Stdio): Stdio {
  inherited ??= findInherited();
  const list = [...stdio];
  for (const fd of inherited.numbers) {
    while (list.length < fd) list.push('ignore');
    if (fd >= stdio.length) list[fd] = inherited.nothing;
  }
  return list;
}

let inherited: { numbers: readonly number[]; nothing: number } | undefined;
const CLOSE_ON_EXEC = 0o2000000;

function findInherited(): { numbers: readonly number[]; nothing: number } {
  if (process.platform !== 'linux') return { numbers: [], nothing: -1 };
  const open = readdirSync('/proc/self/fdinfo').map(Number);
  const numbers = open.filter((fd) => fd > 2 && isInheritable(fd)).sort((a, b) => a - b);
  return { numbers, nothing: numbers.length > 0 ? openSync('/dev/null', 'r+') : -1 };
}

function isInheritable(fd: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
    return (flags & CLOSE_ON_EXEC) === 0;
  } catch {
    // The one with which the folder was read: it is closed again.
    return false;
  }
}

/** Processes that were halted: they cannot see that we have gone, as others do by their pipes. */
const halted = new Set<ChildProcess>();

function endWithUs(child: ChildProcess): void {
  if (halted.size === 0) process.on('exit', endHalted);
  halted.add(child);
  child.once('exit', () => {
    halted.delete(child);
    if (halted.size === 0) process.off('exit', endHalted);
  });
}

function endHalted(): void {
  for (const child of halted) {
    child.kill('SIGKILL');
    signalGroup(child, 'SIGKILL');
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && pid > 1) signalProcess(-pid, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended: what was wanted is the case.
  }
}

type Pipe = (Readable & Partial<Writable>) | undefined;

function pipesOf(child: ChildProcess): Pipe[] {
  return child.stdio.map((stream) => {
    // A peer that has gone is seen by its exit; as an unheard `error` event it would end us.
    stream?.on('error', () => {});
    return (stream ?? undefined) as Pipe;
  });
}

async function exitOf(
  child: ChildProcess,
  streams: readonly Pipe[],
  { state, detached }: { state: { over: boolean }; detached: boolean },
): Promise<{ code: number | null; signal: string | null }> {
  // Streams that nobody reads would hold back `close` for ever.
  child.once('exit', () => {
    // Its number stays its group's while one of the group lives, so this reaches nobody else.
    if (detached) signalGroup(child, 'SIGKILL');
    for (const stream of streams) {
      if (stream?.readable && stream.listenerCount('data') === 0) stream.resume();
    }
    // Ours alone keeps a two-way pipe half open.
    for (const stream of streams) if (stream?.writable) stream.end?.();
  });
  try {
    const [code, signal] = await once(child, 'close');
    return { code, signal };
  } finally {
    state.over = true;
  }
}

function source(stream: Pipe): ByteSource {
  return {
    onData: (listener) => void stream?.on('data', listener),
    onEnd: (listener) => void stream?.once('close', listener),
    destroy: () => void stream?.destroy(),
  };
}

function sink(stream: Pipe): ByteSink {
  const target = stream as Writable | undefined;
  // A pipe that is closed takes nothing more: whoever waits for it waits no longer.
  const waiting = new Set<() => void>();
  target?.once('close', () => {
    for (const resolve of waiting) resolve();
  });
  return {
    write: async (bytes) => {
      if (!target?.writable) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      target.write(bytes, () => resolve());
      await promise;
      waiting.delete(resolve);
    },
    end: () => void target?.end?.(),
  };
}
