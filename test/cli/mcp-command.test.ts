import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { awp } from './process.ts';

describe('awp mcp', () => {
  it.each<[string, string[], number, string]>([
    ['--host alone', ['--host', '127.0.0.1'], 2, '--host only goes with --http'],
    ['--port alone', ['--port', '1'], 2, '--port only goes with --http'],
    ['--allow-remote alone', ['--allow-remote'], 2, '--allow-remote only goes with --http'],
    ['an open address', ['--http', '--host', '0.0.0.0'], 2, 'would let other machines connect'],
    ['all addresses of IPv6', ['--http', '--host', '::'], 2, 'would let other machines connect'],
    ['a port that is none', ['--http', '--port', '70000'], 2, 'is no port from 0 to 65535'],
    ['a port in words', ['--http', '--port', 'many'], 2, 'is no port from 0 to 65535'],
    ['no runs at all', ['--max-runs', '0'], 2, 'is not a whole number above zero'],
    ['a limit that is none', ['--budget.tokens', 'many'], 2, 'is no limit for tokens'],
    ['a sandbox that is none', ['--sandbox', 'box'], 2, 'is not one of auto, bwrap'],
    ['a host that is none', ['--allow-host', 'a b'], 2, 'a host has no spaces'],
    ['nothing to be asked for', ['--approve', 'all'], 2, 'is not one of never, tools'],
    ['never and more', ['--approve', 'never', '--approve', 'tools'], 2, 'goes with no other'],
    ['a folder that is not there', ['none'], 2, 'there is no folder'],
  ])('%s is refused before anything is served', async (_, args, status, words) => {
    using folder = temporaryFolder();
    const { code, out, err } = await awp(['mcp', ...args], { cwd: folder.path });
    expect(err).toContain(words);
    expect(err).toContain('= try:');
    expect(code).toBe(status);
    expect(out).toBe('');
  });

  it('a token that anybody could guess is refused', async () => {
    using folder = temporaryFolder();
    for (const token of ['short', 'with a space in the middle']) {
      const { code, err } = await awp(['mcp', '--http', '--port', '0'], {
        cwd: folder.path,
        env: { AWP_MCP_TOKEN: token },
      });
      expect(err).toContain('AWP_MCP_TOKEN cannot be used as a token');
      expect(err).not.toContain(token);
      expect(code).toBe(2);
    }
  });
});
