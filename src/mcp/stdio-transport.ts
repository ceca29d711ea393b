import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { AwpError } from '../base/errors.ts';
import { depthOf, parseJson } from '../base/json.ts';
import type { Effects, RunningProcess } from '../ports/effects.ts';
import { shownText } from './bounds.ts';
import { LIMITS } from './limits.ts';
import { Rate } from './rate.ts';
import { type CommandSpec, type ServerSpec, withoutSecrets } from './server.ts';

const LINE_FEED = 10;
/** Deeper than any message that we use, so that a result that is too deep is told as such. */
const PARSE = { maxLength: LIMITS.messageBytes, maxDepth: 2000 };

/**
 * MCP over the standard streams of a process of ours: a message is a line of JSON. The official
 * package has one as well, but it starts processes itself and lets them inherit. The process is the
 * leader of a group of its own, which ends with it.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  /** Why the connection is over. */
  failure: AwpError | undefined;
  readonly #server: ServerSpec;
  readonly #spec: CommandSpec;
  readonly #effects: Effects;
  readonly #messages: Rate;
  readonly #over = Promise.withResolvers<void>();
  #child: RunningProcess | undefined;
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  #unsent = 0;
  #stderr = '';
  /** Whether it ever spoke the protocol. */
  #spoke = false;
  #ended = false;
  #closed = false;

  constructor(server: ServerSpec, spec: CommandSpec, effects: Effects) {
    this.#server = server;
    this.#spec = spec;
    this.#effects = effects;
    this.#messages = new Rate(effects.clock, LIMITS.messages);
  }

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#spec;
    const { processes, files } = this.#effects;
    if (cwd !== undefined && (await files.info(cwd)) === undefined) {
      this.#exited(`was not started: there is no folder ${cwd}`);
      throw this.failure ?? gone(this.#server.label);
    }
    const all = { ...surroundings(this.#effects), ...env };
    const place = cwd === undefined ? {} : { cwd };
    const child = processes.spawn({ command, args, env: all, detached: true, ...place });
    this.#child = child;
    child.exit.then(
      ({ code, signal }) => this.#exited(`ended with ${signal ?? `status ${code}`}`),
      (error: unknown) => this.#exited(couldNotStart(error)),
    );
    child.stdout.onData((bytes) => this.#received(bytes));
    const decoder = new TextDecoder();
    child.stderr.onData((bytes) => {
      const text = decoder.decode(bytes, { stream: true });
      this.#stderr = (this.#stderr + text).slice(-LIMITS.stderrBytes);
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (!child || this.#ended || this.#closed) throw this.failure ?? gone(this.#server.label);
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    if (this.#unsent + bytes.length > 2 * LIMITS.messageBytes) {
      throw this.#fail('mcp/disconnected', 'does not read what is sent to it');
    }
    if ('method' in message && 'id' in message) this.#messages.expect();
    this.#unsent += bytes.length;
    await child.stdin.write(bytes);
    this.#unsent -= bytes.length;
  }

  /** Ends the process: its input ends first, then it is asked, then it is ended with its group. */
  async close(): Promise<void> {
    this.#closeOnce();
    const child = this.#child;
    if (!child || this.#ended) return;
    child.stdin.end();
    if (await this.#endsSoon()) return;
    child.kill('SIGTERM', true);
    if (await this.#endsSoon()) return;
    child.kill('SIGKILL', true);
    if (await this.#endsSoon()) return;
    // A stranger of another group still holds the pipes; the process itself has gone.
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
    await this.#endsSoon();
  }

  async #endsSoon(): Promise<boolean> {
    const waited = Promise.withResolvers<void>();
    const stop = this.#effects.clock.timer(LIMITS.farewellMs, () => waited.resolve());
    await Promise.race([this.#over.promise, waited.promise]);
    stop();
    return this.#ended;
  }

  #received(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      if (this.#closed || !this.#keep(bytes.subarray(from, end))) return;
      const line = Buffer.concat(this.#line).toString('utf8');
      this.#line = [];
      this.#lineBytes = 0;
      this.#readLine(line);
      from = end + 1;
    }
    if (!this.#closed) this.#keep(bytes.subarray(from));
  }

  #keep(bytes: Uint8Array): boolean {
    this.#lineBytes += bytes.length;
    if (this.#lineBytes > LIMITS.messageBytes) {
      this.#fail('mcp/too-large', `sent a message of more than ${LIMITS.messageBytes} bytes`);
      return false;
    }
    if (bytes.length > 0) this.#line.push(bytes);
    return true;
  }

  #readLine(line: string): void {
    if (line.trim() === '') return;
    if (!this.#messages.one()) {
      this.#fail('mcp/too-large', `sent more than ${LIMITS.messages.limit} messages a minute`);
      return;
    }
    const message = parseJson(line, PARSE);
    // Programs print greetings to their standard output although they should not.
    if (message === undefined && depthOf(line) > PARSE.maxDepth) {
      this.#fail('mcp/too-large', `sent a message of more than ${PARSE.maxDepth} levels`);
    } else if (message === undefined) this.onerror?.(new Error('a line that is no JSON'));
    else {
      this.#spoke = true;
      this.onmessage?.(message as unknown as JSONRPCMessage);
    }
  }

  #fail(code: `mcp/${string}`, what: string): AwpError {
    this.failure ??= new AwpError(code, `the MCP server ${this.#server.label} ${what}`);
    this.#line = [];
    this.close().catch(() => {}); // what failed is told already
    return this.failure;
  }

  #exited(how: string): void {
    this.#ended = true;
    const code = this.#spoke ? 'mcp/disconnected' : 'mcp/not-started';
    const words = `the MCP server ${this.#server.label} ${how}${this.#lastWords()}`;
    this.failure ??= new AwpError(code, words);
    this.#over.resolve();
    this.#closeOnce();
  }

  #lastWords(): string {
    const words = shownText(withoutSecrets(this.#stderr, this.#server), LIMITS.errorChars);
    return words === '' ? '' : `; it said: ${words}`;
  }

  #closeOnce(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }
}

/** What a program needs to be found and to find its own files; nothing else is inherited. */
function surroundings({ processes, secrets }: Effects): Record<string, string> {
  const windows = ['PATH', 'PATHEXT', 'SYSTEMROOT', 'USERPROFILE', 'APPDATA', 'TEMP'];
  const names = processes.platform().os === 'win32' ? windows : ['PATH', 'HOME'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = secrets.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function couldNotStart(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return code === 'ENOENT'
    ? 'was not started: there is no such program'
    : `was not started: ${code}`;
}

function gone(label: string): AwpError {
  return new AwpError('mcp/disconnected', `the MCP server ${label} is not connected`);
}
