import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMcpFile } from '../../src/data/mcp-file.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder } from '../make.ts';

const { files } = nodeEffects();

async function read(text: string) {
  using folder = temporaryFolder();
  const path = join(folder.path, 'mcp.json');
  writeFileSync(path, text);
  return await readMcpFile(path, files);
}

describe('a file of MCP settings', () => {
  it('has the form that other programs write', async () => {
    const servers = {
      files: { type: 'stdio', command: 'npx', args: ['-y', 'x'], env: { A: '$KEY' } },
      web: { type: 'http', url: 'https://a.example/mcp', headers: { A: 'b' } },
      own: { command: 'x', allow: ['read_*'], approval: true },
    };
    expect(await read(`\uFEFF${JSON.stringify({ mcpServers: servers })}`)).toEqual({
      files: { command: 'npx', args: ['-y', 'x'], env: { A: '$KEY' } },
      web: { url: 'https://a.example/mcp', headers: { A: 'b' } },
      own: { command: 'x', allow: ['read_*'], approval: true },
    });
  });

  it.each([
    ['{"mcpServers": {\n  "a": 1 "b"', /it is no JSON \(line 2, column 10\)/],
    ['{"mcpServers": ', /it is no JSON/],
    ['[]', /it has no object mcpServers/],
    ['{"servers": {}}', /it has no object mcpServers/],
    ['{"mcpServers": []}', /it has no object mcpServers/],
    ['{"mcpServers": {}, "inputs": []}', /inputs is not known/],
    ['{"mcpServers": {"a": "npx"}}', /mcpServers\.a is no object/],
    ['{"mcpServers": {"a": {"command": "x", "disabled": true}}}', /mcpServers\.a\.disabled/],
    ['{"mcpServers": {"a": {"type": "sse", "url": "https://a.example"}}}', /type cannot be "sse"/],
    ['{"mcpServers": {"a": {"type": "stdio", "url": "https://a.example"}}}', /has no command/],
    ['{"mcpServers": {"a": {"command": "x", "args": [1]}}}', /mcpServers\.a\.args\[0\] is no text/],
  ])('is refused with the place: %s', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'mcp/bad-file',
      message: expect.stringMatching(message),
    });
  });

  it('that is not there is told as such', async () => {
    await expect(readMcpFile('/no/such/mcp.json', files)).rejects.toMatchObject({
      code: 'mcp/bad-file',
      message: expect.stringContaining('cannot be read'),
    });
  });
});
