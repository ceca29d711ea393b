import { Secret } from '../../src/base/secret.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { ToolContext } from '../../src/ports/tool.ts';
import { policy } from './bench.ts';

/** What a tool wanted and was refused, as the log would tell it. */
export interface Refusal {
  reason: string;
  kind: string | undefined;
}

/** What a tool of the network runs with in these tests; all of it but the name server is real. */
export interface WebOptions {
  hosts?: readonly string[];
  lookup?: (name: string) => Promise<readonly string[]>;
  /** Settings of the environment. */
  settings?: Readonly<Record<string, string>>;
  /** Secrets by `NAME host`, whatever the port. */
  secrets?: Readonly<Record<string, string>>;
  refusals?: Refusal[];
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The part of a call's context that decides about the network. */
export function webContext(options: WebOptions): Partial<ToolContext> {
  const { lookup, settings = {}, secrets = {}, refusals = [] } = options;
  const effects: Effects = {
    ...nodeEffects(),
    network: nodeNetwork(lookup ? { lookup } : {}),
    secrets: { get: (name) => settings[name] || undefined },
  };
  return {
    effects,
    sandboxPolicy: { ...policy, hosts: options.hosts ?? [] },
    secretFor(name, host) {
      const value = secrets[`${name} ${host.replace(/:\d+$/, '')}`];
      return value === undefined ? undefined : new Secret(name, value);
    },
    denied: (reason, kind) => {
      refusals.push({ reason, kind });
    },
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    ...(options.signal && { signal: options.signal }),
  };
}
