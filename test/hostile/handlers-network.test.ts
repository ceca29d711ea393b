import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlanNamespace } from '../../src/events/creation.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { openBox } from '../sandboxes/boxes.ts';
import { openQuickjs } from '../sandboxes/quickjs-box.ts';
import { policy } from '../tools/bench.ts';
import { around, callMade, created, placeIn } from '../tools/created/making.ts';

const seen: { url: string; key: string | undefined }[] = [];
const server = createServer(({ url = '', headers }, answer) => {
  const key = headers['x-key'];
  seen.push({ url, key: typeof key === 'string' ? key : undefined });
  if (url === '/away') answer.writeHead(302, { location: 'http://evil.test/' }).end();
  else if (url === '/port') answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  else answer.end(`answer to ${url}`);
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

const CODE = {
  python: `
import urllib.request
def handler(*, url, key=False):
    headers = {'x-key': _secrets['KEY']} if key else {}
    try:
        text = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5).read().decode()
    except Exception as error:
        return {'ok': False, 'status': 502, 'error': type(error).__name__}
    return {'ok': True, 'data': {'text': text, 'secrets': _secrets}}`,
  javascript: `
async function handler({ url, key }) {
  const headers = key ? { 'x-key': _secrets.KEY } : {};
  try {
    const answer = await fetch(url, { headers });
    if (!answer.ok) return { ok: false, status: 502, error: String(answer.status) };
    return { ok: true, data: { text: await answer.text(), secrets: _secrets } };
  } catch (error) {
    return { ok: false, status: 502, error: error.name };
  }
}`,
};

/** Ways to what is not listed, where 127.0.0.1 with its port is (spec, capabilities 12.5). */
const REFUSED: readonly [string, (port: number) => string][] = [
  ['a name that is no part of the host', (at) => `http://127.0.0.1:${at}@evil.test/`],
  ['a fragment', (at) => `http://evil.test#@127.0.0.1:${at}/`],
  ['a query', (at) => `http://evil.test?.127.0.0.1:${at}`],
  ['a name that begins like it', () => 'http://127.0.0.1.evil.test/'],
  ['another port', (at) => `http://127.0.0.1:${at + 1}/`],
  ['the usual port', () => 'http://127.0.0.1/'],
  ['another name of this machine', (at) => `http://localhost:${at}/`],
  ['its address of the other kind', (at) => `http://[::1]:${at}/`],
  ['a mapped address', (at) => `http://[::ffff:127.0.0.1]:${at + 1}/`],
  ['an address that clouds have', () => 'http://169.254.169.254/latest/meta-data/'],
  ['no address at all', (at) => `http://0:${at}/`],
  ['a redirection to another host', (at) => `http://127.0.0.1:${at}/away`],
  ['a redirection to another port', (at) => `http://127.0.0.1:${at}/port`],
  ['a file', () => 'file:///proc/self/environ-that-is-not-there'],
];

function reaches(box: Sandbox): void {
  const languages = box.languages.flatMap(({ language }) =>
    language === 'python' || language === 'javascript' ? [language] : [],
  );
  const call = async (
    language: keyof typeof CODE,
    args: { url: string; key?: boolean },
    {
      namespace,
      secrets = [],
      valueFor = (name, host) => `${name} for ${host}`,
    }: {
      namespace: Partial<PlanNamespace>;
      secrets?: string[];
      valueFor?: (name: string, host: string) => string | undefined;
    },
  ) => {
    // What the programs of the run may reach is nothing to tools that were made.
    const sandboxPolicy = { ...policy, hosts: [`127.0.0.1:${port}`] };
    const boxSecrets = { names: ['KEY', 'OTHER'], valueFor };
    const near = around(box, { sandboxPolicy, boxSecrets });
    Object.assign(near.context.workspace, { inputs: undefined, shared: undefined });
    const tool = created(CODE[language], language, { secrets });
    return { ...near, result: await callMade(tool, near, { args, place: placeIn(namespace) }) };
  };
  const listed = (): Partial<PlanNamespace> => ({
    ...{ capabilities: ['compute', 'network'], hosts: [`127.0.0.1:${port}`], secrets: ['KEY'] },
  });
  afterAll(async () => box.close());

  it.each(languages)('reach what is listed for their namespace, in %s', async (language) => {
    const url = `http://127.0.0.1:${port}/one`;
    const { result, denied } = await call(language, { url }, { namespace: listed() });
    expect(result).toMatchObject({ ok: true, data: { text: 'answer to /one', secrets: {} } });
    expect(denied).toEqual([]);
  });

  it.each(languages)(
    'send secrets that they asked for, and see their tokens, in %s',
    async (language) => {
      const url = `http://127.0.0.1:${port}/key`;
      const wanted = { namespace: listed(), secrets: ['KEY', 'OTHER'] };
      const { result } = await call(language, { url, key: true }, wanted);
      expect(result.data).toMatchObject({ secrets: { KEY: 'secret://KEY' } });
      expect(result.data).not.toHaveProperty('secrets.OTHER');
      expect(seen.at(-1)).toEqual({ url: '/key', key: `KEY for 127.0.0.1:${port}` });
    },
  );

  it.each(languages)(
    'send no secret to a host of their namespace that the secret is not for, in %s',
    async (language) => {
      const before = seen.length;
      const wanted = {
        ...{ namespace: listed(), secrets: ['KEY'] },
        valueFor: (name: string, host: string) =>
          host === 'api.example.com:443' ? name : undefined,
      };
      const url = `http://127.0.0.1:${port}/other`;
      const { result } = await call(language, { url, key: true }, wanted);
      expect(result).toMatchObject({ ok: false });
      expect(seen.slice(before).map(({ key }) => key)).toEqual([]);
    },
  );

  it.each(languages)(
    'reach nothing else, in %s',
    async (language) => {
      const answers = await Promise.all(
        REFUSED.map(async ([way, url]) => {
          const { result } = await call(language, { url: url(port) }, { namespace: listed() });
          return [way, result.ok];
        }),
      );
      expect(answers).toEqual(REFUSED.map(([way]) => [way, false]));
    },
    60_000,
  );

  it.each(languages)('tell of what was refused, in %s', async (language) => {
    const { denied } = await call(language, { url: 'http://evil.test/' }, { namespace: listed() });
    expect(denied).toEqual([
      expect.stringMatching(/^(?:GET|CONNECT) evil\.test:80: network\/denied/),
    ]);
  });

  it.each(
    languages.flatMap(
      (language) =>
        [
          [language, 'only computes', { capabilities: ['compute'] as const }],
          [
            language,
            'sees files',
            { capabilities: ['compute', 'filesystem'] as const, hosts: ['127.0.0.1'] },
          ],
          [
            language,
            'has an empty list',
            { capabilities: ['compute', 'network'] as const, hosts: [] },
          ],
        ] as const,
    ),
  )('reach nothing, in %s, when their namespace %s', async (language, _, namespace) => {
    const before = seen.length;
    const url = `http://127.0.0.1:${port}/two`;
    expect((await call(language, { url }, { namespace })).result).toMatchObject({ ok: false });
    expect(seen.length).toBe(before);
  });
}

describeBox('tools that were made, in bwrap,', await boxOrReason(() => openBox('bwrap')), reaches);
describeBox('tools that were made, in QuickJS,', await boxOrReason(openQuickjs), reaches);
