// Writing to descriptors without a stream: nothing of it waits for the loop of events.
import fs from 'node:fs';

/** Pauses between looks at a full pipe, in milliseconds. */
const PAUSE_MS = 1;
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Does again what would have to wait. */
export function patiently(action, pauseMs = PAUSE_MS) {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(cell, 0, 0, pauseMs);
    }
  }
}

/** Writes all bytes. */
export function writeAll(descriptor, bytes) {
  for (let at = 0; at < bytes.length; ) {
    at += patiently(() => fs.writeSync(descriptor, bytes, at));
  }
}

/** Writes a text; a host that listens no more is no error of the program. */
export function writeText(descriptor, text) {
  try {
    writeAll(descriptor, Buffer.from(text));
  } catch (error) {
    if (error.code !== 'EPIPE') throw error;
  }
}

/** Sends a frame to the host. */
export function writeFrame(channel, { kind, name = '', payload = Buffer.alloc(0) }) {
  const encoded = Buffer.from(name);
  const head = Buffer.alloc(9);
  head.write(kind);
  head.writeUInt32BE(encoded.length, 1);
  head.writeUInt32BE(payload.length, 5);
  writeAll(channel, Buffer.concat([head, encoded]));
  writeAll(channel, payload);
}
