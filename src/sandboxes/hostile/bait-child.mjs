// The process that hostile programs try to reach: it has the secret in its environment, listens on
// loopback and on unix sockets, and has a child that may be harmed. Whoever started it asks for the
// state by a line on its standard input; when that ends, this process and its child end as well.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';

const [folder, variable] = process.argv.slice(1);
const secret = process.env[variable] ?? '';
const abstract = process.platform === 'linux' ? `awp-bait-${process.pid}` : '';
const socket = process.platform === 'win32' ? '' : path.join(folder, 'host.sock');
let heard = [];

function listen(name, where) {
  const server = net.createServer((peer) => {
    heard.push(name);
    peer.on('error', () => {});
    peer.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${secret}`);
  });
  return new Promise((resolve) => {
    server.listen(where, () => resolve(server.address().port));
  });
}

const datagrams = dgram.createSocket('udp4', (_message, { port, address }) => {
  heard.push('udp');
  datagrams.send(secret, port, address);
});
datagrams.on('error', () => {});
await new Promise((resolve) => datagrams.bind(0, '127.0.0.1', resolve));
const tcp = await listen('tcp', { port: 0, host: '127.0.0.1' });
if (socket !== '') {
  await listen('unix', { path: socket });
  fs.chmodSync(socket, 0o777);
}
if (abstract !== '') await listen('abstract', { path: `\0${abstract}` });

const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
process.on('exit', () => victim.kill('SIGKILL'));

function victimState() {
  if (victim.exitCode !== null || victim.signalCode !== null) return 'gone';
  try {
    const stat = fs.readFileSync(`/proc/${victim.pid}/stat`, 'utf8');
    return 'tT'.includes(stat.slice(stat.lastIndexOf(')') + 2)[0]) ? 'stopped' : 'alive';
  } catch {
    return 'alive'; // a system without such files
  }
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
say({
  ...{ host: process.pid, victim: victim.pid, tcp, udp: datagrams.address().port },
  ...{ socket, abstract },
});
for await (const _line of readline.createInterface({ input: process.stdin })) {
  // What reached a socket before the question is told in the answer.
  await turn();
  await turn();
  say({ heard, victim: victimState() });
  heard = [];
}
process.exit(0);
