import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./remote-child.ts', import.meta.url));

/** How to start the other process. */
export interface RemoteOptions {
  folder: string;
  leaseMs?: number;
  uid?: number;
  /** Command and arguments that the process is started through. */
  through?: readonly string[];
}

/** A store in another process. */
export interface Remote {
  /** Resolves with the action's answer; rejects with `{ code, message }`. */
  ask(action: string, ...args: unknown[]): Promise<unknown>;
  /** Resolves when `count` more acknowledgements have come. */
  acknowledged(count: number): Promise<void>;
  /** Number of the last event that was acknowledged, by run. */
  last: Map<string, number>;
  signal(name: NodeJS.Signals): void;
  /** Closes its stdin; resolves with the exit code when it has ended by itself. */
  end(): Promise<number | null>;
  /** Kills it; resolves when it is gone and all that it said was read. */
  kill(): Promise<void>;
}

/** Starts a process with a store of its own; `open` is the first thing to ask of it. */
export function startRemote({
  folder,
  leaseMs = 10_000,
  uid,
  through = [],
}: RemoteOptions): Remote {
  const [command = '', ...args] = [...through, process.execPath, CHILD, folder, String(leaseMs)];
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  const asked = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (why: unknown) => void }
  >();
  const last = new Map<string, number>();
  const waiting: { left: number; done: () => void }[] = [];
  let ids = 0;

  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, value, error, acknowledged, seq } = JSON.parse(line);
    if (acknowledged !== undefined) {
      last.set(acknowledged, seq);
      for (const each of waiting) if (--each.left === 0) each.done();
      return;
    }
    if (error) asked.get(id)?.reject(error);
    else asked.get(id)?.resolve(value);
    asked.delete(id);
  });
  child.stdin.on('error', () => {}); // it was killed: whoever asked is told below
  closed.then(() => {
    for (const { reject } of asked.values()) reject({ code: 'gone', message: 'the process ended' });
    for (const { done } of waiting) done();
  });

  return {
    ask: (action, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++ids;
        asked.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, action, args })}\n`);
      }),
    acknowledged: (count) =>
      new Promise((done) => {
        waiting.push({ left: count, done });
      }),
    last,
    signal: (name) => void child.kill(name),
    end: async () => {
      child.stdin.end();
      const [code] = await exited;
      return code as number | null;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
