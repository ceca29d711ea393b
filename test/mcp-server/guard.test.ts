import { describe, expect, it } from 'vitest';
import { type Headers, isLoopback, refusalOf } from '../../src/mcp-server/guard.ts';

const TOKEN = 'a-token-of-a-test';
const local = { host: '127.0.0.1', port: 4917, token: TOKEN };
const remote = { host: '0.0.0.0', port: 4917, token: TOKEN };
const named = { host: 'box.example', port: 4917, token: TOKEN };
const good = { host: '127.0.0.1:4917', authorization: `Bearer ${TOKEN}` };

describe('a request is served', () => {
  it.each<[string, Headers, typeof local]>([
    ['with our address and the token', good, local],
    ['with the name of this machine', { ...good, host: 'localhost:4917' }, local],
    ['in capital letters', { ...good, host: 'LocalHost:4917' }, local],
    ['over IPv6', { ...good, host: '[::1]:4917' }, local],
    ['from a page of this server', { ...good, origin: 'http://127.0.0.1:4917' }, local],
    ['from the address bar', { ...good, 'sec-fetch-site': 'none' }, local],
    ['at port 80 without a port', { ...good, host: 'localhost' }, { ...local, port: 80 }],
    ['at another address, when it listens to all', { ...good, host: '192.168.1.7:4917' }, remote],
    ['at the name that was given', { ...good, host: 'box.example:4917' }, named],
  ])('%s', (_, headers, options) => {
    expect(refusalOf(headers, options)).toBeUndefined();
  });
});

describe('a request is refused', () => {
  it.each<[string, number, Headers, typeof local]>([
    ['without a Host', 403, { authorization: good.authorization }, local],
    ['with a foreign Host', 403, { ...good, host: 'evil.example' }, local],
    ['with a foreign Host at our port', 403, { ...good, host: 'evil.example:4917' }, local],
    [
      'with a name that ends like ours',
      403,
      { ...good, host: 'localhost.evil.example:4917' },
      local,
    ],
    ['with another port', 403, { ...good, host: '127.0.0.1:80' }, local],
    ['without a port', 403, { ...good, host: '127.0.0.1' }, local],
    ['with a user in the Host', 403, { ...good, host: 'localhost:4917@evil.example' }, local],
    ['with a path in the Host', 403, { ...good, host: 'localhost:4917/x' }, local],
    ['with two Hosts', 403, { ...good, host: ['localhost:4917', 'evil.example'] }, local],
    ['with an address of the network', 403, { ...good, host: '192.168.1.7:4917' }, local],
    [
      'with a foreign name, when it listens to all',
      403,
      { ...good, host: 'evil.example:4917' },
      remote,
    ],
    ['with an address in disguise', 403, { ...good, host: '0x7f.1:4917' }, local],
    ['from a foreign page', 403, { ...good, origin: 'https://evil.example' }, local],
    ['from a page of another port', 403, { ...good, origin: 'http://127.0.0.1:3000' }, local],
    ['from a page without an origin', 403, { ...good, origin: 'null' }, local],
    [
      'from a page that the browser calls foreign',
      403,
      { ...good, 'sec-fetch-site': 'cross-site' },
      local,
    ],
    ['from a page of the same site', 403, { ...good, 'sec-fetch-site': 'same-site' }, local],
    ['without a token', 401, { host: good.host }, local],
    ['with a wrong token', 401, { ...good, authorization: 'Bearer wrong' }, local],
    ['with the token alone', 401, { ...good, authorization: TOKEN }, local],
    ['with a longer token', 401, { ...good, authorization: `Bearer ${TOKEN}x` }, local],
    ['with a token of another kind', 401, { ...good, authorization: `Basic ${TOKEN}` }, local],
  ])('%s', (_, status, headers, options) => {
    const refusal = refusalOf(headers, options);
    expect(refusal?.status).toBe(status);
    expect(refusal?.message).not.toContain(TOKEN);
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.0.1', false],
  ['127.0.0.1.evil.example', false],
  ['evil.example', false],
])('%s is of this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
