import { loadStdioPackage } from './packages.ts';
import type { ServerFactory } from './server.ts';

/** Most bytes of one message of the client. */
const MESSAGE_BYTES = 10 * 1024 * 1024;

/**
 * Serves one client over standard input and output; resolves when the input has ended, the client is
 * gone, a message is too long, or `signal` aborts. Nothing but the protocol may be written to
 * standard output meanwhile. Throws `mcp/not-installed`.
 */
export async function serveOverStdio(
  factory: ServerFactory,
  { signal, note }: { signal: AbortSignal; note(text: string): void },
): Promise<void> {
  const { serveStdio, StdioServerTransport } = await loadStdioPackage();
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  // It closes itself for every reason there is to end.
  class Transport extends StdioServerTransport {
    override async close(): Promise<void> {
      await super.close();
      end();
    }
  }
  const server = serveStdio(factory, {
    transport: new Transport(process.stdin, process.stdout, { maxBufferSize: MESSAGE_BYTES }),
    onerror: (error) => note(`client: ${error.message}`),
  });
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    await server.close();
    // Nothing is read any more, so that it does not keep the process alive.
    process.stdin.pause();
  }
}
