import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { mcpOpeners, mcpSecretNames } from '../../src/data/mcp-options.ts';
import type { McpServerOptions } from '../../src/data/mcp-settings.ts';
import { nodeEffects } from '../../src/effects/index.ts';

const context = {
  effects: nodeEffects(),
  pins: { read: async () => undefined, remember: async () => {} },
  trust: false,
  version: '1.0.0',
  secret: () => undefined,
};

const openers = (servers: Record<string, unknown>) =>
  mcpOpeners(servers as Record<string, McpServerOptions>, context);

describe('settings of MCP servers', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['no object', 'npx', 'usage/bad-option', /mcp\.s is no object/],
    ['nothing', {}, 'usage/bad-option', /needs a command or a url/],
    [
      'both',
      { command: 'x', url: 'https://a.example' },
      'usage/bad-option',
      /needs a command or a url/,
    ],
    ['an unknown one', { command: 'x', arg: [] }, 'usage/unknown-option', /mcp\.s\.arg/],
    [
      'one of the other kind',
      { url: 'https://a.example', env: {} },
      'usage/unknown-option',
      /mcp\.s\.env/,
    ],
    ['an empty command', { command: ' ' }, 'usage/bad-option', /mcp\.s\.command/],
    ['args that are no list', { command: 'x', args: '-y' }, 'usage/bad-option', /args is no list/],
    [
      'an argument that is no text',
      { command: 'x', args: [1] },
      'usage/bad-option',
      /args\[0\] is no text/,
    ],
    ['a zero character', { command: 'x', args: ['a\0b'] }, 'usage/bad-option', /args\[0\] holds/],
    ['env that is a list', { command: 'x', env: ['A=1'] }, 'usage/bad-option', /env is no map/],
    [
      'a value that is no text',
      { command: 'x', env: { A: 1 } },
      'usage/bad-option',
      /env\.A is no text/,
    ],
    ['a name of no variable', { command: 'x', env: { 'A-B': '1' } }, 'usage/bad-option', /A-B/],
    ['a relative folder', { command: 'x', cwd: 'here' }, 'usage/bad-option', /cwd is no absolute/],
    ['no address', { url: 'example.com/mcp' }, 'usage/bad-option', /url is no address/],
    ['another protocol', { url: 'file:///etc/passwd' }, 'usage/bad-option', /url is no address/],
    ['a password', { url: 'https://u:p@a.example' }, 'usage/bad-option', /holds a password/],
    ['plain http', { url: 'http://a.example/mcp' }, 'usage/bad-option', /without encryption/],
    [
      'a name of no header',
      { url: 'https://a.example', headers: { 'a b': 'x' } },
      'usage/bad-option',
      /header/,
    ],
    [
      'a line break',
      { url: 'https://a.example', headers: { A: 'x\ny' } },
      'usage/bad-option',
      /headers\.A/,
    ],
    ['no time', { command: 'x', timeout: 'soon' }, 'usage/bad-option', /timeout cannot be "soon"/],
    ['no time at all', { command: 'x', timeout: 0 }, 'usage/bad-option', /timeout cannot be 0/],
    [
      'a flag that is none',
      { command: 'x', approval: 'yes' },
      'usage/bad-option',
      /neither true nor/,
    ],
  ])('with %s are refused with the place', (_, server, code, message) => {
    expect(() => openers({ s: server })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it.each([
    { command: 'npx', args: ['-y', 'some-server'], env: { A: '1' }, cwd: '/tmp', timeout: '30s' },
    { url: 'https://a.example/mcp', headers: { Authorization: 'Bearer x' }, allow: ['search_*'] },
    { url: 'http://localhost:8080/mcp' },
    { url: 'http://127.0.0.1/mcp', approval: true },
    { url: 'http://[::1]:1/mcp', deny: ['delete_*'] },
    { url: 'http://a.example/mcp', insecure: true },
  ])('that can be are taken, and nothing is started: %o', (server) => {
    expect(openers({ github: server }).map(({ name }) => name)).toEqual(['mcp github']);
  });

  it.each([
    [{ 'brave-search': { command: 'x' }, brave_search: { command: 'x' } }, /would be brave_search/],
    [{ '--': { command: 'x' } }, /"--" is no name/],
  ])('with names that cannot be are refused', (servers, message) => {
    expect(() => openers(servers)).toThrow(message);
  });

  it('name their secrets, each once', () => {
    const servers = {
      a: { command: 'x', env: { A: '$KEY and $KEY_2', B: '$$NOT $lower', C: `${'$'}{BRACED}` } },
      b: { url: 'https://a.example', headers: { Authorization: 'Bearer $KEY' } },
    };
    expect(mcpSecretNames(servers)).toEqual(['BRACED', 'KEY', 'KEY_2']);
  });

  it('with secrets that are missing are refused with all their names', () => {
    const servers = { a: { command: 'x', env: { A: '$ONE $TWO $THREE' } } };
    const secret = (name: string) => (name === 'TWO' ? new Secret(name, 'value') : undefined);
    expect(() => mcpOpeners(servers, { ...context, secret })).toThrow(
      expect.objectContaining({
        code: 'mcp/no-secret',
        message: 'MCP servers need secrets: ONE, THREE',
      }),
    );
  });

  it('never repeat a secret that makes a bad header', () => {
    const servers = { a: { url: 'https://a.example', headers: { Key: '$KEY' } } };
    const secret = (name: string) => new Secret(name, 'top\nsecret');
    expect(() => mcpOpeners(servers, { ...context, secret })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});
