// The channel of frames, descriptor 3: says that this box is ready, takes the job, and is closed
// before the program begins.
import { Buffer } from 'node:buffer';
import net from 'node:net';

const CHANNEL = 3;
const HEAD_BYTES = 9;
const NO_JOB = 125;

const channel = new net.Socket({ fd: CHANNEL, readable: true, writable: true });
channel.on('error', () => {});

/** Tells the host that a program may come. */
export function tellReady() {
  channel.write(Buffer.from([0x53, 0, 0, 0, 0, 0, 0, 0, 0]));
}

/** Closes the channel; resolves when Deno has really let go of it, which is later than it is told. */
async function closed() {
  const told = new Promise((resolve) => channel.once('close', resolve));
  channel.destroy();
  await told;
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The job, once all of it is there; the channel is closed then. */
export async function takeJob() {
  const job = { source: '', args: [], tools: [], orders: {}, secrets: {}, files: [] };
  const take = {
    C: (_, payload) => {
      job.source = payload.toString();
    },
    F: (name, payload) => job.files.push([name, payload]),
    A: (_, payload) => job.args.push(payload.toString()),
    T: (name, payload) => {
      job.tools.push(name);
      if (payload.length > 0) job.orders[name] = JSON.parse(payload.toString());
    },
    K: (name) => {
      job.secrets[name] = `secret://${name}`;
    },
  };
  let chunks = [];
  let size = 0;
  let wanted = HEAD_BYTES;
  for await (const chunk of channel) {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const bytes = Buffer.concat(chunks);
      const [nameSize, payloadSize] = [bytes.readUInt32BE(1), bytes.readUInt32BE(5)];
      const end = HEAD_BYTES + nameSize + payloadSize;
      chunks = [bytes];
      wanted = end;
      if (size < end) break;
      const kind = String.fromCharCode(bytes[0]);
      const at = HEAD_BYTES + nameSize;
      take[kind]?.(bytes.toString('utf8', HEAD_BYTES, at), bytes.subarray(at, end));
      // Behind the job come the limits of the collector, which is another process.
      if (kind === 'L') {
        await closed();
        return job;
      }
      chunks = [bytes.subarray(end)];
      size -= end;
      wanted = HEAD_BYTES;
    }
  }
  Deno.exit(NO_JOB);
}
