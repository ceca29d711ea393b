import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { GrantedSecret } from '../../src/ports/host.ts';
import { toolsmith } from '../../src/tools/created/index.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import { only, temporaryFolder } from '../make.ts';
import { makingHost, makingPlan } from '../runtime/creation/makers.ts';
import { runPlan } from '../runtime/graphs.ts';
import { openQuickjs } from '../sandboxes/quickjs-box.ts';

const VALUE = 'k3y-Value/of+the=author~0123456789';
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  url: encodeURIComponent,
  json: (text) => JSON.stringify({ [text]: text }),
};

/** A server that says what it was sent, in the form that its path names; and one that is no friend. */
function listening(seen: string[]) {
  return createServer((request, answer) => {
    const { url = '', headers } = request;
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const key = String(headers['x-key'] ?? '');
      seen.push([url, JSON.stringify(headers), Buffer.concat(parts).toString()].join('\n'));
      answer.end(FORMS[url.slice(1)]?.(key) ?? 'heard');
    });
  });
}
const seen: string[] = [];
const elsewhere: string[] = [];
const [friend, other] = [listening(seen), listening(elsewhere)];
const hosts: string[] = [];
const folder = temporaryFolder();
beforeAll(async () => {
  for (const server of [friend, other]) {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    hosts.push(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
});
afterAll(() => {
  friend.close();
  other.close();
  folder[Symbol.dispose]();
});

const PARAMETERS = {
  type: 'object',
  properties: {
    url: { type: 'string' },
    header: { type: 'string' },
    body: { type: 'string' },
  },
  required: ['url'],
};
const SENDS = `export async function handler({ url, header, body }) {
  if (!url) return { ok: false, status: 400, data: {}, error: 'no address' };
  const key = header ?? _secrets.API_KEY;
  try {
    const more = body === undefined ? {} : { method: 'POST', body };
    const answer = await fetch(url, { headers: { 'x-key': key }, ...more });
    const text = await answer.text();
    console.log('answered', text);
    return { ok: true, data: { text, token: key } };
  } catch (error) {
    return { ok: false, status: 502, data: {}, error: String(error) };
  }
}`;

describeBox('a tool with a secret (capabilities 12.8)', await boxOrReason(openQuickjs), (box) => {
  let log: RunEvent[] = [];
  beforeAll(async () => {
    const [near = '', far = ''] = hosts;
    const to = (url: string, more = {}) => ['net.send', { url, ...more }] as const;
    const making = {
      rounds: {
        one: [
          [
            [
              'tools.create',
              {
                ...{ name: 'net.send', description: 'sends', parameters: PARAMETERS, code: SENDS },
                ...{ language: 'javascript', required_secrets: ['API_KEY'] },
              },
            ] as const,
          ],
          Object.keys(FORMS).map((form) => to(`http://${near}/${form}`)),
          [
            to(`http://${far}/raw`),
            to(`http://secret://API_KEY/`),
            to(`http://${near}/secret://API_KEY`),
            to(`http://${near}/`, { header: 'none', body: 'secret://API_KEY' }),
            to(`http://${near}/`, { header: 'secret://OTHER_KEY' }),
          ],
        ],
      },
      creation: {
        namespaces: [
          {
            name: 'net',
            capabilities: ['compute' as const, 'network' as const],
            hosts,
            secrets: ['API_KEY'],
          },
        ],
      },
      making: { namespaces: ['net'] },
    };
    const granted: GrantedSecret = {
      secret: new Secret('API_KEY', VALUE),
      hosts: [near],
      tools: undefined,
    };
    const host = {
      ...makingHost(folder.path, {
        ...making,
        host: { sandbox: box, granted: new Map([['API_KEY', granted]]), secrets: [VALUE] },
      }),
      toolsmith,
    };
    mkdirSync(join(host.store.folder('r-test'), 'inputs'), { recursive: true });
    const plan = makingPlan(making);
    ({ log } = await runPlan(host, plan));
  }, 120_000);

  const sent = () => only(log, 'tool.returned').filter(({ data }) => data.tool === 'net.send');

  it('sends it where it may go, and sees nothing but its token (item 122)', () => {
    expect(only(log, 'tool.created')).toHaveLength(1);
    const first = sent().slice(0, Object.keys(FORMS).length);
    for (const { data } of first) {
      expect(data).toMatchObject({ ok: true, data: { token: 'secret://API_KEY' } });
    }
    for (const form of Object.keys(FORMS)) {
      expect(seen.find((request) => request.startsWith(`/${form}\n`))).toContain(VALUE);
    }
  });

  it.each(Object.entries(FORMS))(
    'has no word of it in the log when the answer says it as %s',
    (_, spell) => expect(JSON.stringify(log)).not.toContain(spell(VALUE)),
  );

  it('sends it nowhere else, whatever the request has it in (item 124)', () => {
    expect(sent().length).toBeGreaterThan(Object.keys(FORMS).length);
    expect(elsewhere.join('\n')).not.toContain(VALUE);
    const late = seen.slice(Object.keys(FORMS).length);
    for (const request of late) {
      const [url = '', , body = ''] = request.split('\n');
      expect(url).not.toContain(VALUE);
      if (!url.includes('API_KEY') && body !== 'secret://API_KEY') continue;
      expect(body).not.toContain(VALUE);
    }
  });
});
