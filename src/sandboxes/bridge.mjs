// Lets programs reach the host's proxy where there is no Python: listens on a port of the box's own
// loopback and passes all bytes on to a unix socket. What may be reached is settled on the host alone.
import fs from 'node:fs';
import net from 'node:net';

const [port, socket, ready] = process.argv.slice(1);
const server = net.createServer({ allowHalfOpen: true }, (client) => {
  const host = net.connect({ path: socket, allowHalfOpen: true });
  client.on('error', () => host.destroy());
  host.on('error', () => client.destroy());
  client.pipe(host);
  host.pipe(client);
});
server.listen(Number(port), '127.0.0.1', () => fs.writeFileSync(ready, ''));
