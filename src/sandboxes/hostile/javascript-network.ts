import { type Draft, programsOf } from './javascript-shape.ts';

const DRAFTS: readonly Draft[] = [
  {
    ...{ id: 'J09', title: 'connects to a port of the host', escape: 'network-reached' },
    covers: ['J09'],
    body: `const net = await import('node:net');
return answer(net.connect(TCP, '127.0.0.1'));`,
  },
  {
    ...{ id: 'J10', title: 'fetches from the host', escape: 'network-reached', covers: ['J10'] },
    body: `return find(await (await soon(fetch('http://127.0.0.1:' + TCP + '/'))).text());`,
  },
  {
    ...{ id: 'J11', title: 'sends a datagram to the host', escape: 'network-reached' },
    covers: ['J11'],
    body: `const socket = (await import('node:dgram')).createSocket('udp4');
try {
  await soon(new Promise((resolve, reject) => socket.on('error', reject).send(MARKER, UDP, '127.0.0.1', (error) => error ? reject(error) : resolve())));
} finally { socket.close(); }`,
  },
  {
    ...{ id: 'J12', title: 'connects to a socket of the host', escape: 'network-reached' },
    covers: ['J12'],
    body: `return answer((await import('node:net')).connect(SOCKET));`,
  },
  {
    ...{ id: 'K20', title: 'connects to a socket without a path', escape: 'network-reached' },
    covers: ['J12'],
    body: `if (ABSTRACT === '') return;
return answer((await import('node:net')).connect('\\0' + ABSTRACT));`,
  },
  {
    ...{ id: 'K21', title: 'asks a name server of its own', escape: 'network-reached' },
    covers: ['J11'],
    body: `const { Resolver } = (await import('node:dns')).promises;
const resolver = new Resolver({ timeout: 300, tries: 1 });
resolver.setServers(['127.0.0.1:' + UDP]);
await soon(resolver.resolve4(MARKER + '.example').catch(() => {}));`,
  },
  {
    ...{ id: 'K22', title: 'opens a web socket to the host', escape: 'network-reached' },
    covers: ['J10'],
    body: `const socket = new WebSocket('ws://127.0.0.1:' + TCP + '/');
await soon(new Promise((resolve) => { socket.onopen = socket.onerror = socket.onclose = resolve; }));`,
  },
  {
    ...{ id: 'K23', title: 'writes the host in other ways', escape: 'network-reached' },
    covers: ['J09', 'J10'],
    body: `const ways = ['http://localhost:' + TCP, 'http://127.1:' + TCP, 'http://0x7f000001:' + TCP, 'http://[::ffff:127.0.0.1]:' + TCP, 'http://0:' + TCP];
for (const way of ways) {
  try {
    const got = find(await (await soon(fetch(way))).text());
    if (got) return got;
  } catch {}
}`,
  },
];

/** Programs that want to speak with somebody. */
export const JAVASCRIPT_NETWORK = programsOf(DRAFTS);
