import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What hostile programs try to get at: all of it on this machine, all of it ours. */
export interface Bait {
  /** In the file, in our environment and in what the sockets answer. */
  secret: string;
  folder: string;
  file: string;
  writable: string;
  tcp: number;
  udp: number;
  socket: string;
  abstract: string;
  /** A sleeping process of the user that programs run as. */
  victim: number;
  /** What our sockets were told. */
  heard(): number;
  /** Whether nothing of it was changed, ended or reached. */
  untouched(): Promise<boolean>;
  close(): Promise<void>;
}

const listening = async (server: Server, where: string | number): Promise<number> => {
  await new Promise<void>((resolve) => {
    if (typeof where === 'number') server.listen(where, '127.0.0.1', resolve);
    else server.listen(where, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

/** Lays it out. `uid`: the box's user when we are root, so that a victim is really in reach. */
export async function layBait(uid: number | undefined): Promise<Bait> {
  const secret = `CANARY-${process.pid}-${Date.now()}`;
  process.env.AWP_TEST_API_KEY = secret;
  const folder = await mkdtemp(path.join(tmpdir(), 'awp-bait-'));
  await chmod(folder, 0o777);
  const file = path.join(folder, 'secret.json');
  const writable = path.join(folder, 'writable.txt');
  await writeFile(file, JSON.stringify({ secret }));
  await writeFile(writable, 'as it was');
  await chmod(writable, 0o666);
  let heard = 0;
  const servers = [0, 1, 2].map(() =>
    createServer((socket) => {
      heard += 1;
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${secret}`);
    }),
  ) as [Server, Server, Server];
  const socket = path.join(folder, 'host.sock');
  const abstract = `awp-bait-${process.pid}-${Date.now()}`;
  const tcp = await listening(servers[0], 0);
  await listening(servers[1], socket);
  await listening(servers[2], `\0${abstract}`);
  await chmod(socket, 0o777);
  const datagrams = createSocket('udp4', () => {
    heard += 1;
  });
  await new Promise<void>((resolve) => datagrams.bind(0, '127.0.0.1', resolve));
  const ids = uid === undefined ? {} : { uid, gid: uid };
  const victim: ChildProcess = spawn('/bin/sleep', ['600'], { stdio: 'ignore', ...ids });
  return {
    ...{ secret, folder, file, writable, tcp, socket, abstract },
    udp: datagrams.address().port,
    victim: victim.pid ?? 0,
    heard: () => heard,
    untouched: async () =>
      (await readFile(writable, 'utf8')) === 'as it was' &&
      (await readFile(file, 'utf8')).includes(secret) &&
      victim.exitCode === null &&
      victim.signalCode === null &&
      heard === 0,
    close: async () => {
      victim.kill('SIGKILL');
      datagrams.close();
      for (const server of servers) server.close();
      await rm(folder, { recursive: true, force: true });
      delete process.env.AWP_TEST_API_KEY;
    },
  };
}
