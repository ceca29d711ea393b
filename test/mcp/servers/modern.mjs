/** A server of the official package that knows the newer protocol only, over stdio or HTTP. */
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

function make() {
  const server = new McpServer({ name: 'modern', version: '1.0.0' });
  const config = { description: 'says it again', inputSchema: z.object({ text: z.string() }) };
  server.registerTool('echo', config, async ({ text }) => ({ content: [{ type: 'text', text }] }));
  server.registerTool('slow', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
    return { content: [] };
  });
  return server;
}

if (process.argv[2] === 'http') {
  const handler = toNodeHandler(createMcpHandler(make, { legacy: 'reject' }));
  const server = createServer(handler);
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
} else {
  serveStdio(make, { legacy: 'reject' });
}
