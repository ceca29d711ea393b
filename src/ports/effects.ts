/** The doors to everything outside the program. Tests replace any of them. */

/** Time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number;
  /** Calls `fire` once after `ms`; returns what cancels it. The timer keeps the process alive. */
  timer(ms: number, fire: () => void): () => void;
}

/** Random bytes. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** What a path leads to. Links are not followed. */
export interface FileInfo {
  kind: 'file' | 'folder' | 'link' | 'other';
  bytes: number;
}

/**
 * Files of the machine. Paths are absolute. Errors are Node's own, with `code`: who calls knows
 * what the file was for and wraps them.
 */
export interface Files {
  readText(path: string): Promise<string>;
  /** At most `maxBytes` from the start of the file; all of it when left out. */
  readBytes(path: string, maxBytes?: number): Promise<Uint8Array>;
  /** SHA-256 of a file of any size, read in pieces. */
  hash(path: string): Promise<string>;
  /**
   * Writes to a temporary neighbour, syncs it and renames it: a reader sees all or nothing. A file
   * that was there keeps its mode.
   */
  write(path: string, data: string | Uint8Array): Promise<void>;
  /** Makes a file that only its owner may read, and syncs it. Throws `EEXIST` when something is there. */
  writePrivate(path: string, text: string): Promise<void>;
  /** Adds text to the end of a file that is there, and syncs it. A link is not followed. */
  extend(path: string, text: string): Promise<void>;
  /** Writes into a file that is there, as it is: for those of the kernel, which are no real files. */
  tell(path: string, text: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Gives a file or folder another name on the same file system; a folder never takes a full one's place. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the folder and those above it. */
  makeFolder(path: string, mode?: number): Promise<void>;
  /** Names in a folder, sorted; an empty list when there is none. */
  list(path: string): Promise<string[]>;
  /** Undefined when there is nothing. */
  info(path: string): Promise<FileInfo | undefined>;
  /** What the file system of a path holds: bytes and entries in use, bytes that are left. */
  space(path: string): Promise<{ bytes: number; entries: number; free: number }>;
  /** The path with all links resolved. */
  realPath(path: string): Promise<string>;
  /** Removes a file or a folder with all in it; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  setOwner(path: string, uid: number, gid: number): Promise<void>;
  /** A hard link; throws `EXDEV` across file systems. */
  link(from: string, to: string): Promise<void>;
  /** Tells of every change of a file, or below a folder, until the returned function is called. */
  watch(path: string, changed: () => void): () => void;
  /** A new empty folder below the machine's temporary folder. */
  temporaryFolder(prefix: string): Promise<string>;
}

/** A request of the guarded client: for addresses that a workflow, a model or a program named. */
export interface GuardedRequest {
  /** `http:` or `https:`; anything else is refused. */
  url: string;
  /** GET when left out. */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Hosts that may be reached, in the grammar of `base/hosts.ts`; also for each redirect. */
  hosts: readonly string[];
  /** From the first byte out to the last byte in, redirects included, in milliseconds. */
  timeoutMs: number;
  /** Bytes of the body after decompression. */
  maxBytes: number;
  /** Redirects that are followed; 5 when left out. */
  maxRedirects?: number;
  signal?: AbortSignal;
}

/** What came back; its body is complete, or there is no answer. */
export interface GuardedResponse {
  /** Where it came from in the end. */
  url: string;
  status: number;
  /** Lower-case names; several values of one name are joined with `, `. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** A proxy on the host for programs that have no network of their own. */
export interface ProxyOptions {
  /** Path of the unix socket that it listens on. */
  socket: string;
  /** Hosts that may be reached, in the grammar of `base/hosts.ts`. */
  hosts: readonly string[];
  /** The value of `secret://NAME` in a header for this `host:port`, else undefined (decision 32). */
  secret?(name: string, host: string): string | undefined;
  /** Told of every request when it is over. */
  record(entry: ProxyRecord): void;
}

/** A request that went through a proxy, or was refused there. */
export interface ProxyRecord {
  method: string;
  /** `host:port`, as it was held against the list. */
  host: string;
  /** The answer's status; undefined for a tunnel or when there was none. */
  status?: number;
  /** Bytes that came back. */
  bytes: number;
  ms: number;
  /** Why it was refused or failed. */
  problem?: string;
}

/** A proxy that listens. */
export interface RunningProxy {
  /** Ends all connections and resolves when each request was recorded; goes on listening. */
  hangUp(): Promise<void>;
  /** Ends all connections and removes the socket. */
  close(): Promise<void>;
}

/** What a request is made with. */
export interface FetchInit extends RequestInit {
  /** Until the connection has come about, in milliseconds; 10,000 when left out. */
  connectMs?: number;
  /** Whether it may be sent again on a new connection when a kept one turns out to be closed; reading requests always may. */
  repeatable?: boolean;
}

/** HTTP requests. */
export interface Network {
  /**
   * Like the platform's `fetch`, over connections that are kept. Redirects are never followed unless
   * the caller says so. Only the connection has a limit of time; `signal` ends the rest at once and
   * closes the connection.
   */
  fetch(url: string, init: FetchInit): Promise<Response>;
  /**
   * One request to an address that nobody has to trust (threat T08): names and addresses are checked
   * where they are connected to, answers are bounded. Throws `network/denied`, `network/unreachable`,
   * `network/timeout`, `network/too-large`.
   */
  request(request: GuardedRequest): Promise<GuardedResponse>;
  /** Starts a proxy with the same checks; resolves when it listens. */
  proxy(options: ProxyOptions): Promise<RunningProxy>;
}

/** How to start a process. */
export interface ProcessSpec {
  command: string;
  args: readonly string[];
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Pipes besides stdin, stdout and stderr: fd 3 and up. `pipe` is two-way. */
  extra?: readonly ('pipe' | { fd: number })[];
  /** Starts it as the leader of a new process group. */
  detached?: boolean;
}

/** A stream of bytes from a process. */
export interface ByteSource {
  onData(listener: (bytes: Uint8Array) => void): void;
  onEnd(listener: () => void): void;
  /** Stops listening and closes it. */
  destroy(): void;
}

/** A way to send bytes to a process. */
export interface ByteSink {
  /** Resolves when the bytes were taken; rejects never: a closed pipe swallows them. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
}

/** A started process. */
export interface RunningProcess {
  pid: number;
  stdin: ByteSink;
  stdout: ByteSource;
  stderr: ByteSource;
  /** fd 3 and up that were asked for as `pipe`, in order. */
  extra: readonly (ByteSource & ByteSink)[];
  /** Resolves when it has ended and its pipes are drained or destroyed. Rejects if it could not start. */
  exit: Promise<{ code: number | null; signal: string | null }>;
  /** Sends a signal to the process, or to its whole group with `group`. Never throws. */
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGSTOP', group?: boolean): void;
}

/** Other programs. */
export interface Processes {
  spawn(spec: ProcessSpec): RunningProcess;
  /** Sends SIGKILL to a process that a started one has made. Never throws. */
  end(pid: number): void;
  /** Our own effective user id, or undefined where there is none (Windows). */
  uid(): number | undefined;
  /** Our own process id. */
  pid(): number;
  /** Operating system and processor, as Node names them: `linux`, `x64`. */
  platform(): { os: string; arch: string };
  /** The absolute path of the Node that runs us. */
  node(): string;
}

/** Named secrets and settings of the environment. */
export interface Secrets {
  /** The value of a variable, or undefined. Empty counts as absent. */
  get(name: string): string | undefined;
}

/** All doors together. */
export interface Effects {
  clock: Clock;
  random: Random;
  files: Files;
  network: Network;
  processes: Processes;
  secrets: Secrets;
}
