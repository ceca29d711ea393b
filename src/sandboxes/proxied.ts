import type { ProxyRecord } from '../ports/effects.ts';
import type { SandboxJob } from '../ports/sandbox.ts';
import type { Machine } from './machine.ts';
import { scratchFolder } from './scratch.ts';

/** The way out of a box that was given hosts: a proxy on our side, on a unix socket of its own. */
export interface WayOut {
  /** Host path of the socket. */
  socket: string;
  /** Whose secrets its requests may carry. */
  use(job: SandboxJob): void;
  /** What went through since the last time, when the program is over. */
  requests(): Promise<readonly ProxyRecord[]>;
  close(): Promise<void>;
}

/** The port inside of a box on which the way out begins. */
export const PROXY_PORT = 3128;
/** Requests of one program that are told. */
const MOST_REQUESTS = 200;

/** Opens the way out for a box; undefined when its programs may reach nothing. */
export async function openWayOut(
  machine: Machine,
  hosts: readonly string[],
): Promise<WayOut | undefined> {
  if (hosts.length === 0) return undefined;
  const { effects } = machine;
  const folder = await scratchFolder(machine, 'proxy');
  let job: SandboxJob | undefined;
  let records: ProxyRecord[] = [];
  const proxy = await effects.network.proxy({
    socket: `${folder}/socket`,
    hosts,
    secret: (name, host) => job?.secrets?.valueFor(name, host),
    record: (entry) => {
      if (records.length < MOST_REQUESTS) records.push(entry);
    },
  });
  return {
    socket: `${folder}/socket`,
    use: (next) => {
      job = next;
    },
    requests: async () => {
      await proxy.hangUp();
      const told = records;
      records = [];
      return told;
    },
    close: async () => {
      await proxy.close();
      await effects.files.remove(folder);
    },
  };
}

/** The variables by which programs find the way out. */
export function proxyEnv(wayOut: WayOut | undefined): Record<string, string> {
  if (!wayOut) return {};
  const address = `http://127.0.0.1:${PROXY_PORT}`;
  const names = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];
  const entries = names.map((name): [string, string] => [name, address]);
  return { ...Object.fromEntries(entries), NODE_USE_ENV_PROXY: '1' };
}
