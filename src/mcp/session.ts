import { orAborted } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import { shownText } from './bounds.ts';
import { type Connection, type ConnectOptions, connect, type ToolList } from './connection.ts';
import { connectFailure } from './failures.ts';
import { LIMITS } from './limits.ts';
import { changedParts, type WireTool } from './wire-tool.ts';

/** What became of a tool since the run began. */
export type ToolState =
  | { state: 'same'; tool: WireTool }
  | { state: 'gone' }
  /** `reason` shows a person what is new. */
  | { state: 'changed'; tool: WireTool; reason: string };

/**
 * A server for the time of a run: its connection, a fresh one when that is lost, and what became of
 * its tools meanwhile. A tool that changed is not called until somebody has allowed just this
 * change (threat T13: "rug pull").
 */
export class ServerSession {
  readonly #options: Omit<ConnectOptions, 'listChanged'>;
  readonly #closing = new AbortController();
  #connection: Promise<Connection> | undefined;
  #renewing: Promise<Connection> | undefined;
  /** Connections that were lost and end when the last call over them has ended. */
  readonly #old = new Set<Connection>();
  #restarts = 0;
  /** Whether the server said that its list is another one. */
  #stale = false;
  #first = new Map<string, WireTool>();
  #now = new Map<string, WireTool>();
  /** Changed tools that somebody was asked about, and those that were allowed, by their hashes. */
  readonly #asked = new Map<string, string>();
  readonly #allowed = new Map<string, string>();

  constructor(options: Omit<ConnectOptions, 'listChanged'>) {
    this.#options = options;
  }

  /** Reaches the server for the first time. Throws `mcp/...`, or the reason of the signal. */
  async open(signal: AbortSignal): Promise<ToolList> {
    let list: ToolList = { tools: [], odd: 0 };
    this.#connection = this.#reach(signal, (found) => {
      list = found;
      this.#first = byName(found.tools);
    });
    await this.#connection;
    return list;
  }

  /**
   * A connection that is good, with the list of tools as it is now. Throws `mcp/...`, or the reason
   * of the signal.
   */
  async ready(signal: AbortSignal): Promise<Connection> {
    const connection = await orAborted(this.#good(), signal);
    if (this.#stale) {
      this.#stale = false;
      try {
        await this.#within(signal, async (limited) => {
          this.#now = byName((await connection.listTools(limited)).tools);
        });
      } catch (error) {
        this.#stale = true;
        throw signal.aborted ? signal.reason : connectFailure(this.#options, error);
      }
    }
    return connection;
  }

  /** What became of a tool of the server. */
  stateOf(name: string): ToolState {
    const before = this.#first.get(name);
    const tool = this.#now.get(name);
    if (!tool || !before) return { state: 'gone' };
    const parts = changedParts(before.hashes, tool.hashes);
    if (parts.length === 0 || this.#allowed.get(name) === markOf(tool)) {
      return { state: 'same', tool };
    }
    const { label } = this.#options.server;
    const words = JSON.stringify(shownText(tool.description, LIMITS.descriptionChars));
    const reason = `the MCP server ${label} changed this tool during the run (${parts.join(', ')}); it says now: ${words}`;
    return { state: 'changed', tool, reason };
  }

  /** Somebody is being asked about the tool as it is now. */
  asked(name: string, tool: WireTool): void {
    this.#asked.set(name, markOf(tool));
  }

  /** Whether a changed tool is the one that was asked about; then it was allowed. */
  allowedNow(name: string, tool: WireTool): boolean {
    const mark = markOf(tool);
    if (this.#asked.get(name) !== mark) return false;
    this.#allowed.set(name, mark);
    return true;
  }

  /** Ends the connection, also one that is being made. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(new AwpError('mcp/disconnected', 'the run has ended'));
    const connection = await this.#connection?.catch(() => undefined);
    const all = connection ? [connection, ...this.#old] : [...this.#old];
    await Promise.all(all.map((one) => one.close()));
  }

  async #good(): Promise<Connection> {
    const known = await this.#connection?.catch(() => undefined);
    if (known && known.lost === undefined) return known;
    // Several calls may wait for the same fresh connection.
    if (this.#renewing) return await this.#renewing;
    this.#renewing = this.#renew(known).finally(() => {
      this.#renewing = undefined;
    });
    return await this.#renewing;
  }

  async #renew(old: Connection | undefined): Promise<Connection> {
    const { label } = this.#options.server;
    if (this.#restarts >= LIMITS.restarts) {
      const words = `the MCP server ${label} was lost ${this.#restarts + 1} times`;
      throw new AwpError('mcp/gave-up', `${words} and is not started again in this run`);
    }
    this.#restarts++;
    if (old) {
      this.#old.add(old);
      const forget = (): boolean => this.#old.delete(old);
      old.retire().then(forget, forget);
    }
    const fresh = this.#reach(this.#closing.signal, () => {});
    this.#connection = fresh;
    return await fresh;
  }

  async #reach(signal: AbortSignal, found: (list: ToolList) => void): Promise<Connection> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return await this.#within(either, async (limited) => {
      const listChanged = (): void => {
        this.#stale = true;
      };
      const connection = await connect({ ...this.#options, listChanged }, limited);
      try {
        const list = await connection.listTools(limited);
        this.#now = byName(list.tools);
        found(list);
        return connection;
      } catch (error) {
        await connection.close();
        throw limited.aborted ? limited.reason : connectFailure(this.#options, error);
      }
    });
  }

  /** Gives up when the server takes longer than the settings allow. */
  async #within<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<T> {
    const { server, effects } = this.#options;
    const overdue = new AbortController();
    const stop = effects.clock.timer(server.timeoutMs, () => {
      const words = `the MCP server ${server.label} was not ready within ${server.timeoutMs} ms`;
      const hint = 'raise its `timeout`; the first start of a package may have to fetch it';
      overdue.abort(new AwpError('mcp/timeout', words, { hint }));
    });
    try {
      return await work(AbortSignal.any([signal, overdue.signal]));
    } finally {
      stop();
    }
  }
}

function byName(tools: readonly WireTool[]): Map<string, WireTool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}

function markOf({ hashes }: WireTool): string {
  return Object.values(hashes).join(' ');
}
