// Hands the files below output/ back on descriptor 3, after the program and all its processes are
// gone. Regular files only; links, pipes and the like are left out with a note.
import fs from 'node:fs';
import path from 'node:path';

const CHANNEL = 3;
const MAX_ENTRIES = 10000;
const MAX_DEPTH = 32;
const MAX_NOTES = 20;
const [cwd] = process.argv.slice(1);
const top = path.join(cwd, 'output');
const notes = [];

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(CHANNEL, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function send(kind, name = '', payload = Buffer.alloc(0)) {
  const encoded = Buffer.from(name);
  const head = Buffer.alloc(9);
  head.write(kind);
  head.writeUInt32BE(encoded.length, 1);
  head.writeUInt32BE(payload.length, 5);
  writeAll(Buffer.concat([head, encoded]));
  writeAll(payload);
}

function look(folder, entry, queue) {
  const name = entry.name.toString();
  const file = folder === '' ? name : `${folder}/${name}`;
  if (!Buffer.from(name).equals(entry.name)) {
    notes.push(`left out ${JSON.stringify(file)}: the name is not UTF-8`);
  } else if (entry.isDirectory()) queue.push(file);
  else if (entry.isFile()) return file;
  else notes.push(`left out ${JSON.stringify(file)}: it is no regular file`);
  return undefined;
}

function* entriesOf(folder) {
  let inside;
  try {
    inside = fs.opendirSync(path.join(top, folder), { encoding: 'buffer' });
  } catch (error) {
    notes.push(`left out ${JSON.stringify(folder)}: ${error.code}`);
    return;
  }
  try {
    for (let entry = inside.readSync(); entry; entry = inside.readSync()) yield entry;
  } finally {
    inside.closeSync();
  }
}

function listOutput() {
  const found = [];
  const queue = [''];
  let entries = 0;
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (folder.split('/').length > MAX_DEPTH) {
      notes.push(`left out what is deeper than ${MAX_DEPTH} folders`);
      continue;
    }
    for (const entry of entriesOf(folder)) {
      entries += 1;
      if (entries > MAX_ENTRIES) {
        notes.push(`looked at the first ${MAX_ENTRIES} entries of output/ only`);
        return found;
      }
      const file = look(folder, entry, queue);
      if (file !== undefined) found.push(file);
    }
  }
  return found;
}

function readBounded(file, limit) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const descriptor = fs.openSync(path.join(top, file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { size } = fs.fstatSync(descriptor);
    return size > limit ? undefined : fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function readExactly(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(CHANNEL, bytes, at, count - at, null);
    if (got === 0) process.exit(125);
    at += got;
  }
  return bytes;
}

/** The limits come behind the job, where no program can have read them. */
function takeLimits() {
  while (true) {
    const head = readExactly(9);
    readExactly(head.readUInt32BE(1));
    const payload = readExactly(head.readUInt32BE(5)).toString();
    if (head[0] !== 0x4c) continue;
    return Object.fromEntries(payload.split('\n').map((line) => line.split('=')));
  }
}

const limits = takeLimits();
let left = Number(limits.bytes);
let room = Number(limits.files);
let crowded = 0;
for (const file of listOutput().sort()) {
  if (room === 0) {
    crowded += 1;
    continue;
  }
  let payload;
  try {
    payload = readBounded(file, left);
  } catch (error) {
    notes.push(`left out ${file}: ${error.code}`);
    continue;
  }
  if (payload === undefined) {
    notes.push(`left out ${file}: it has more bytes than is left of the limit`);
    continue;
  }
  left -= payload.length;
  room -= 1;
  send('F', file, payload);
}
if (crowded > 0) {
  notes.push(`left out ${crowded} more files: only ${limits.files} may be handed back`);
}
for (const note of notes.slice(0, MAX_NOTES)) send('N', note.slice(0, 300));
if (notes.length > MAX_NOTES) send('N', `left out ${notes.length - MAX_NOTES} more entries`);
send('D');
