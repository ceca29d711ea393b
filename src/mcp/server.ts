import type { Secret } from '../base/secret.ts';

/** How to start a server that speaks over its standard streams. */
export interface CommandSpec {
  kind: 'command';
  command: string;
  args: readonly string[];
  /** Listed variables with their values; `PATH` and `HOME` are added where they are missing. */
  env: Readonly<Record<string, string>>;
  /** Absolute; the working folder of this process when undefined. */
  cwd: string | undefined;
}

/** How to reach a server over streamable HTTP. */
export interface AddressSpec {
  kind: 'address';
  url: URL;
  headers: Readonly<Record<string, string>>;
}

/** A server as the user's settings name it, checked and with its secrets in place. */
export interface ServerSpec {
  /** As the user wrote it, for messages. */
  label: string;
  /** First part of its tools' names. */
  namespace: string;
  /** What stands for its settings, without secrets; servers with other settings are other servers. */
  identity: string;
  reach: CommandSpec | AddressSpec;
  /** Patterns of tools that are offered; all when undefined. */
  allow: readonly string[] | undefined;
  /** Patterns of tools that change nothing, and may be called again. */
  readOnly: readonly string[];
  /** Patterns of tools that are not offered. */
  deny: readonly string[];
  /** Milliseconds from the start to the list of tools. */
  timeoutMs: number;
  /** Whether a person is asked before each call. */
  approval: boolean;
  /** Secrets in `env` and `headers`; they are kept out of messages. */
  secrets: readonly Secret[];
}

/** A text without the values of a server's secrets, which a broken server may have repeated. */
export function withoutSecrets(text: string, { secrets }: Pick<ServerSpec, 'secrets'>): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret.reveal(), String(secret)), text);
}
