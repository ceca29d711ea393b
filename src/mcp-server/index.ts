import { AwpError } from '../base/errors.ts';
import { RunDesk } from './desk.ts';
import { isLoopback } from './guard.ts';
import { MCP_PATH, serveOverHttp } from './serve-http.ts';
import { serveOverStdio } from './serve-stdio.ts';
import { type ServerFactory, serverFactory } from './server.ts';
import type { McpSettings } from './settings.ts';
import { findWorkflows } from './workflows.ts';

/** Where a server listens, when not at standard input. */
export interface ListenOptions {
  /** Address or name. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Whether other machines may connect. */
  allowRemote: boolean;
}

/** Shortest token that may be set, in characters. */
const TOKEN_CHARS = 16;

/**
 * Serves runs to coding agents until `signal` aborts, or standard input ends: over HTTP when `listen`
 * is given, else over standard input and output. Runs that are at work then are stopped and can be
 * resumed. Throws `mcp/not-installed`, `network/cannot-listen`, `usage/bad-option`,
 * `usage/bad-argument`, and as `openHome`.
 */
export async function serveMcp(
  settings: McpSettings,
  { listen, signal }: { listen: ListenOptions | undefined; signal: AbortSignal },
): Promise<void> {
  await checkFolders(settings);
  if (listen) checkListen(listen);
  const workflows = await findWorkflows(settings);
  const desk = await RunDesk.open(settings);
  try {
    const factory = await serverFactory({ desk, settings, workflows });
    settings.note(`serving ${counted(workflows.length, 'workflow')} and any task`);
    if (listen) await overHttp(factory, { settings, listen, signal });
    else await serveOverStdio(factory, { signal, note: settings.note });
  } finally {
    await desk.close();
  }
}

async function overHttp(
  factory: ServerFactory,
  serving: { settings: McpSettings; listen: ListenOptions; signal: AbortSignal },
): Promise<void> {
  const { settings, listen, signal } = serving;
  const { effects, note } = settings;
  const { host } = listen;
  const own = effects.secrets.get('AWP_MCP_TOKEN');
  const token = own ?? Buffer.from(effects.random.bytes(32)).toString('base64url');
  if (token.length < TOKEN_CHARS || /[^\x21-\x7e]/.test(token)) {
    throw new AwpError('usage/bad-option', 'AWP_MCP_TOKEN cannot be used as a token', {
      hint: `at least ${TOKEN_CHARS} letters, digits and marks without spaces; or leave it out for a new one`,
    });
  }
  const server = await serveOverHttp(factory, { ...listen, token, note });
  try {
    const shown = host.includes(':') ? `[${host}]` : host;
    note(`listening at http://${shown}:${server.port}${MCP_PATH}`);
    note(own === undefined ? `token: ${token}` : 'token: the one in AWP_MCP_TOKEN');
    if (!isLoopback(host)) {
      note('other machines can connect, and nothing is encrypted: use it in a network you trust');
    }
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
  } finally {
    await server.close();
  }
}

function checkListen({ host, allowRemote }: ListenOptions): void {
  if (allowRemote || isLoopback(host)) return;
  throw new AwpError('usage/bad-option', `--host ${host} would let other machines connect`, {
    hint: 'leave it out, or add --allow-remote if that is what you want',
  });
}

async function checkFolders({ folders, effects: { files } }: McpSettings): Promise<void> {
  for (const folder of folders) {
    const real = await files.realPath(folder).catch(() => folder);
    if ((await files.info(real))?.kind === 'folder') continue;
    throw new AwpError('usage/bad-argument', `there is no folder ${folder}`, {
      hint: 'name folders with workflows and data; the working folder when none is named',
    });
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
