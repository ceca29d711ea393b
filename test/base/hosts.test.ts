import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareHost, hostProblem, listsAddress, matchHost } from '../../src/base/hosts.ts';

/** `host:port`, as rows of tables write a target. */
function target(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port) };
}

describe('an entry of a list of hosts', () => {
  it.each([
    'api.example.com',
    'API.Example.COM',
    'api.example.com.',
    'localhost',
    '_service.example.com',
    'host:8443',
    'example.com:1',
    'example.com:65535',
    '*.example.com',
    '*.example.com:8443',
    '*.co.uk',
    '*',
    '*:8443',
    'bücher.example',
    'BÜCHER.example',
    'xn--bcher-kva.example',
    'api。example。com',
    '10.0.0.5',
    '127.0.0.1:8080',
    '::1',
    '[::1]',
    '[::1]:80',
    '10.0.0.0/8',
    '192.168.1.0/24',
    '10.0.0.5/32',
    'fd00::/8',
    'fc00::/7',
    '::1/128',
  ])('may be %s', (entry) => {
    expect(hostProblem(entry)).toBeUndefined();
  });

  it.each([
    ['', /empty/],
    [' ', /spaces/],
    [' api.example.com', /spaces/],
    ['api.example.com\n', /spaces/],
    ['api.exa\tmple.com', /spaces/],
    ['api.example.com\u200b', /invisible/],
    ['https://api.example.com/x', /address of a page/],
    ['https://api.example.com', /address of a page/],
    ['api.example.com/x', /leave paths out/],
    ['user@example.com', /characters/],
    ['example.com?x', /characters/],
    ['example.com#x', /characters/],
    ['example.com\\x', /characters/],
    ['example%2ecom', /characters/],
    ['*.com', /top-level/],
    ['*.localhost', /top-level/],
    ['api.*.com', /star/],
    ['*api.example.com', /star/],
    ['**', /star/],
    ['*.*.example.com', /star/],
    ['example.*', /star/],
    ['*.', /no name/],
    ['*.10.0.0.5', /write 10\.0\.0\.5/],
    ['.example.com', /no name/],
    ['example..com', /no name/],
    ['example.com..', /no name/],
    ['.', /no name/],
    ['-a.example.com', /no name/],
    ['a!b.example.com', /no name/],
    [`${'a'.repeat(64)}.example.com`, /no name/],
    [`${'a.'.repeat(127)}example.com`, /no name/],
    ['a'.repeat(400), /longer/],
    ['host:', /port/],
    ['host:0', /port/],
    ['host:080', /port/],
    ['host:65536', /port/],
    ['host:http', /port/],
    ['host:*', /port/],
    ['127.1', /write 127\.0\.0\.1/],
    ['0x7f.0.0.1', /write 127\.0\.0\.1/],
    ['2130706433', /write 127\.0\.0\.1/],
    ['0177.0.0.1', /write 127\.0\.0\.1/],
    ['①②⑦.⓪.⓪.①', /write 127\.0\.0\.1/],
    ['1.2.3.256', /no name/],
    ['[::1', /no name/],
    ['[::1]x', /no name/],
    ['[10.0.0.5]x', /no name/],
    ['fe80::1%eth0', /characters/],
    ['10.0.0.0/33', /at most \/32/],
    ['fd00::/129', /at most \/128/],
    ['0.0.0.0/0', /too wide/],
    ['10.0.0.0/7', /too wide/],
    ['::/0', /too wide/],
    ['10.0.0.1/8', /does not start/],
    ['fd00::1/8', /does not start/],
    ['10.0.0.0/', /no range/],
    ['10.0.0.0/8:80', /no range/],
    ['10.0.0/8', /no range/],
    ['example.com/8', /no range/],
  ])('cannot be %j, and a sentence says why', (entry, sentence) => {
    expect(hostProblem(entry)).toMatch(sentence);
    expect(matchHost([entry], { host: entry, port: 80 })).toBeUndefined();
  });

  it('never makes anything fail, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (entry, host) => {
        hostProblem(entry);
        matchHost([entry, `*.${entry}`], { host, port: 80 });
        listsAddress([entry], { host, port: 80 });
      }),
    );
  });
});

describe('a list of hosts', () => {
  it.each([
    ['api.example.com', 'api.example.com:443'],
    ['api.example.com', 'api.example.com:80'],
    ['api.example.com', 'api.example.com.:443'],
    ['API.EXAMPLE.COM.', 'api.example.com:443'],
    ['api。example。com', 'api.example.com:443'],
    ['bücher.example', 'xn--bcher-kva.example:443'],
    ['host:8443', 'host:8443'],
    ['*.example.com', 'a.example.com:443'],
    ['*.example.com', 'a.b.c.example.com:80'],
    ['*.example.com:8443', 'a.example.com:8443'],
    ['*', 'anything.test:443'],
    ['*', '8.8.8.8:80'],
    ['*', '[2606:4700::1111]:443'],
    ['*:8443', 'anything.test:8443'],
  ])('with %s allows %s, if it is public', (entry, wanted) => {
    expect(matchHost(['other.test', entry], target(wanted))).toBe('if-public');
  });

  it.each([
    ['10.0.0.5', '10.0.0.5:80'],
    ['10.0.0.5', '10.0.0.5:443'],
    ['127.0.0.1:8080', '127.0.0.1:8080'],
    ['[::1]:80', '[::1]:80'],
    ['::1', '[::1]:443'],
    ['[0:0:0:0:0:0:0:1]', '[::1]:443'],
    ['10.0.0.0/8', '10.255.255.255:80'],
    ['fd00::/8', '[fd12:3456::1]:443'],
    ['8.8.8.8', '8.8.8.8:443'],
  ])('with %s allows the address %s as it is', (entry, wanted) => {
    expect(matchHost(['*', entry], target(wanted))).toBe('listed');
  });

  it.each([
    ['api.example.com', 'api.example.com:22'],
    ['api.example.com', 'api.example.com:6379'],
    ['api.example.com', 'xapi.example.com:443'],
    ['api.example.com', 'notapi.example.com:443'],
    ['api.example.com', 'a.api.example.com:443'],
    ['api.example.com', 'api.example.com.evil.test:443'],
    ['api.example.com', 'xn--pi-6kc.example.com:443'],
    ['api.example.com', 'api.example.com..:443'],
    ['host:8443', 'host:443'],
    ['*.example.com', 'example.com:443'],
    ['*.example.com', 'notexample.com:443'],
    ['*.example.com', 'a.example.com.evil.test:443'],
    ['*.example.com', '.example.com:443'],
    ['*.example.com:8443', 'a.example.com:443'],
    ['*', 'anything.test:8080'],
    ['*', ':80'],
    ['10.0.0.5', '10.0.0.6:80'],
    ['10.0.0.5', '[::ffff:a00:5]:80'],
    ['127.0.0.1:8080', '127.0.0.1:80'],
    ['10.0.0.0/8', '11.0.0.0:80'],
    ['10.0.0.0/8', '10.0.0.5:5432'],
    ['fd00::/8', '[fe00::1]:80'],
    ['::1', '0.0.0.1:80'],
  ])('with %s refuses %s', (entry, wanted) => {
    expect(matchHost([entry], target(wanted))).toBeUndefined();
  });

  it('that is empty allows nothing', () => {
    expect(matchHost([], { host: 'example.com', port: 443 })).toBeUndefined();
  });

  it.each([
    ['10.0.0.0/8', '10.1.2.3:8443', true],
    ['10.1.2.3', '10.1.2.3:8443', true],
    ['10.1.2.3:8443', '10.1.2.3:8443', true],
    ['[::1]:80', '[::1]:80', true],
    ['10.1.2.3:8443', '10.1.2.3:443', false],
    ['10.0.0.0/8', '127.0.0.1:80', false],
    ['*', '127.0.0.1:80', false],
    ['localhost', '127.0.0.1:80', false],
    ['10.0.0.0/8', 'name.test:80', false],
  ])('with %s has the address of a name, %s, itself: %s', (entry, wanted, expected) => {
    expect(listsAddress(['bad entry', entry], target(wanted))).toBe(expected);
  });
});

describe('a bare host', () => {
  it.each([
    ['[::1]', '::1'],
    ['Example.COM.', 'example.com'],
    ['a..', 'a.'],
  ])('of %s is %s', (host, bare) => {
    expect(bareHost(host)).toBe(bare);
  });
});
